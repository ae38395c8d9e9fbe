//! Voice activity detection: the energy of frames of 10 ms against an adaptive noise floor.

/// Duration of a frame, in ms.
pub(crate) const HOP_MS: u64 = 10;
/// Speech exceeds the noise floor by this factor (10 dB).
const OVER_FLOOR: f64 = 3.2;
/// Below this RMS (full scale is 1, so −50 dB) nothing is speech: a quiet room peaks at 0.017.
const SILENCE_RMS: f64 = 0.003;
/// Upper limit of the noise floor (−34 dB), so that very loud steady sound counts as speech.
const LOUDEST_FLOOR_RMS: f64 = 0.02;
/// The noise floor is the minimum over the last four blocks of this many frames: 2 s.
const FLOOR_HOPS: u32 = 50;
/// Loud frames in a row that start speech; a click is shorter.
const ONSET_HOPS: u32 = 3;
/// Quiet frames in a row that end speech; pauses between words are shorter.
const HANGOVER_HOPS: u32 = 25;

/// The result for one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VadFrame {
    /// Whether speech is in progress, pauses between words included.
    pub(crate) speaking: bool,
    /// Whether this frame is loud.
    pub(crate) loud: bool,
}

/// Detects speech in a stream of samples of any rate.
#[derive(Debug)]
pub(crate) struct Vad {
    hop_samples: u32,
    collected: u32,
    energy: f64,
    smoothed: f64,
    minima: [f64; 4],
    hops: u32,
    loud_hops: u32,
    quiet_hops: u32,
    speaking: bool,
}

impl Vad {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self {
            hop_samples: (rate_hz / 100).max(1),
            collected: 0,
            energy: 0.0,
            smoothed: 0.0,
            minima: [f64::INFINITY; 4],
            hops: 0,
            loud_hops: 0,
            quiet_hops: 0,
            speaking: false,
        }
    }

    /// Takes a sample; returns a result at the end of each frame.
    pub(crate) fn push(&mut self, sample: i16) -> Option<VadFrame> {
        let level = f64::from(sample) / 32_768.0;
        self.energy += level * level;
        self.collected += 1;
        (self.collected == self.hop_samples).then(|| self.end_hop())
    }

    fn end_hop(&mut self) -> VadFrame {
        let rms = (self.energy / f64::from(self.collected)).sqrt();
        (self.collected, self.energy) = (0, 0.0);
        self.smoothed = if self.hops == 0 { rms } else { 0.6 * self.smoothed + 0.4 * rms };
        if self.hops.is_multiple_of(FLOOR_HOPS) {
            self.minima.rotate_right(1);
            self.minima[0] = f64::INFINITY;
        }
        self.hops = self.hops.wrapping_add(1);
        self.minima[0] = self.minima[0].min(self.smoothed);
        let floor = self.minima.into_iter().fold(f64::INFINITY, f64::min).min(LOUDEST_FLOOR_RMS);

        // The smoothed level outlasts a click, the level of the frame does not.
        if self.smoothed.min(2.0 * rms) > SILENCE_RMS.max(OVER_FLOOR * floor) {
            (self.loud_hops, self.quiet_hops) = (self.loud_hops.saturating_add(1), 0);
        } else {
            (self.loud_hops, self.quiet_hops) = (0, self.quiet_hops.saturating_add(1));
        }
        if self.loud_hops >= ONSET_HOPS {
            self.speaking = true;
        } else if self.quiet_hops >= HANGOVER_HOPS {
            self.speaking = false;
        }
        VadFrame { speaking: self.speaking, loud: self.quiet_hops == 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 16_000;

    /// Noise of a given RMS from a fixed seed.
    fn noise(seconds: f64, rms: f64) -> Vec<i16> {
        let mut state = 0x2545_F491_u32;
        (0..(seconds * f64::from(RATE)) as usize)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let uniform = f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0;
                (uniform * 3f64.sqrt() * rms * 32_768.0) as i16
            })
            .collect()
    }

    /// The ranges with speech, as (from, to) in ms.
    fn speech(samples: &[i16]) -> Vec<(u64, u64)> {
        let mut vad = Vad::new(RATE);
        let mut found: Vec<(u64, u64)> = Vec::new();
        let answers = samples.iter().filter_map(|sample| vad.push(*sample)).map(|heard| heard.speaking);
        for (hop, speaking) in answers.enumerate() {
            let at = hop as u64 * HOP_MS;
            match found.last_mut() {
                Some(last) if speaking && last.1 == at => last.1 = at + HOP_MS,
                _ if speaking => found.push((at, at + HOP_MS)),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn silence_is_not_speech() {
        assert_eq!(speech(&vec![0; 160_000]), []);
    }

    #[test]
    fn steady_noise_of_any_level_is_not_speech() {
        for rms in [0.001, 0.004, 0.01, 0.03] {
            assert_eq!(speech(&noise(10.0, rms)), [], "rms {rms}");
        }
    }

    #[test]
    fn speech_over_noise_is_detected_at_its_position() {
        let audio = [noise(2.0, 0.005), noise(1.0, 0.1), noise(2.0, 0.005)].concat();
        let found = speech(&audio);
        assert_eq!(found.len(), 1, "{found:?}");
        let (from, to) = found[0];
        assert!((2000..2060).contains(&from), "{from}");
        assert!((3200..3350).contains(&to), "{to}: one second and the hangover");
    }

    #[test]
    fn speech_from_the_first_sample_is_detected_after_its_first_pause() {
        let audio = [noise(0.4, 0.1), noise(0.1, 0.001), noise(1.0, 0.1)].concat();
        assert_eq!(speech(&audio).len(), 1);
    }

    #[test]
    fn a_click_is_not_speech() {
        let mut audio = noise(2.0, 0.001);
        audio[16_000..16_080].fill(20_000);
        assert_eq!(speech(&audio), []);
    }

    #[test]
    fn a_gap_between_words_does_not_end_speech() {
        let audio = [noise(1.0, 0.001), noise(0.4, 0.1), noise(0.15, 0.001), noise(0.4, 0.1)].concat();
        assert_eq!(speech(&audio).len(), 1);
    }
}
