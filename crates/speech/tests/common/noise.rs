//! Sounds without speech, made from a seed: 16 kHz, 16 bits.

use std::f32::consts::TAU;

pub(crate) const RATE_HZ: u32 = 16_000;

/// Kinds of sound.
pub(crate) const KINDS: [&str; 7] = ["silence", "white", "pink", "brown", "hum", "clicks", "music"];

/// A generator of random numbers (xorshift64*): small, and the same on each machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1u64 << 24) as f32
    }

    fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }
}

/// A sound of `kind` with the given root mean square, in dB below full scale.
pub(crate) fn sound(kind: &str, seed: u64, seconds: u32, level_db: f32) -> Vec<i16> {
    let count = (seconds * RATE_HZ) as usize;
    let mut random = Random::new(seed);
    let samples: Vec<f32> = match kind {
        "white" => (0..count).map(|_| random.signed()).collect(),
        "pink" => pink(&mut random, count),
        "brown" => brown(&mut random, count),
        "hum" => hum(&mut random, count),
        "clicks" => clicks(&mut random, count),
        "music" => music(&mut random, count),
        _ => vec![0.0; count],
    };
    scale(&samples, level_db)
}

fn scale(samples: &[f32], level_db: f32) -> Vec<i16> {
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
    let gain = 10f32.powf(level_db / 20.0) / power.sqrt().max(1e-9);
    samples.iter().map(|sample| (sample * gain * 32_767.0) as i16).collect()
}

/// Paul Kellet's filter: -3 dB an octave.
fn pink(random: &mut Random, count: usize) -> Vec<f32> {
    let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
    let sample = |_| {
        let white = random.signed();
        a = 0.99765 * a + white * 0.099_046;
        b = 0.963 * b + white * 0.296_516_4;
        c = 0.57 * c + white * 1.052_691_3;
        a + b + c + white * 0.1848
    };
    (0..count).map(sample).collect()
}

fn brown(random: &mut Random, count: usize) -> Vec<f32> {
    let mut level = 0.0;
    let sample = |_| {
        level = 0.999 * level + random.signed();
        level
    };
    (0..count).map(sample).collect()
}

/// Mains: 50 or 60 Hz with harmonics.
fn hum(random: &mut Random, count: usize) -> Vec<f32> {
    let base_hz = if random.unit() < 0.5 { 50.0 } else { 60.0 };
    let harmonics: Vec<(f32, f32, f32)> =
        (1..12).map(|n| (base_hz * n as f32, random.unit() / n as f32, TAU * random.unit())).collect();
    let sample = |at: usize| {
        let t = at as f32 / RATE_HZ as f32;
        harmonics.iter().map(|(hz, gain, phase)| gain * (TAU * hz * t + phase).sin()).sum()
    };
    (0..count).map(sample).collect()
}

/// A few short decaying clicks a second, as of a keyboard.
fn clicks(random: &mut Random, count: usize) -> Vec<f32> {
    let mut samples = vec![0.0; count];
    let mut at = 0;
    loop {
        at += (RATE_HZ as f32 * (0.05 + random.unit() * 0.5)) as usize;
        if at >= count {
            return samples;
        }
        let (mut gain, decay) = (0.3 + random.unit(), 0.97 + 0.02 * random.unit());
        for sample in samples.iter_mut().skip(at).take(800) {
            *sample += gain * random.signed();
            gain *= decay;
        }
    }
}

/// Chords and a melody of decaying tones with harmonics and vibrato, and a drum.
fn music(random: &mut Random, count: usize) -> Vec<f32> {
    const SCALE: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
    let mut samples = vec![0.0; count];
    let beat_samples = (RATE_HZ as f32 * (0.3 + 0.4 * random.unit())) as usize;
    let root = 45 + (random.unit() * 12.0) as i32;
    for (beat, start) in (0..count).step_by(beat_samples).enumerate() {
        let degree = (random.unit() * 7.0) as usize;
        let chord: &[usize] = if beat % 4 == 0 { &[0, 2, 4] } else { &[] };
        let notes = chord.iter().map(|third| (SCALE[(degree + third) % 7], 4.0, 0.5));
        let melody = (SCALE[(random.unit() * 7.0) as usize] + 12, 1.0, 1.0);
        for (semitone, beats, gain) in notes.chain([melody]) {
            let hz = 440.0 * 2f32.powf((root + semitone - 69) as f32 / 12.0);
            let length = (beats * beat_samples as f32) as usize;
            for (at, sample) in samples.iter_mut().skip(start).take(length).enumerate() {
                let t = at as f32 / RATE_HZ as f32;
                let envelope = (t * 50.0).min(1.0) * (-1.5 * t).exp() * gain;
                let vibrato = 0.3 * (TAU * 5.5 * t).sin();
                let tone = |n: u16| (TAU * hz * f32::from(n) * t + vibrato).sin() / f32::from(n);
                *sample += envelope * (1..6).map(tone).sum::<f32>();
            }
        }
        for (at, sample) in samples.iter_mut().skip(start).take(1600).enumerate() {
            *sample += 0.5 * random.signed() * (-(at as f32) / 300.0).exp();
        }
    }
    samples
}
