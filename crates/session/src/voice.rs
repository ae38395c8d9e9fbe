//! Judges whether somebody may be speaking: by how far the sound rises above the noise of the room.
//!
//! It is meant to err on one side. What may be speech counts as speech, a whisper included; a fan, a hum and the clicks
//! of a keyboard do not.

use crate::journal::SAMPLE_RATE_HZ;

/// Samples of which the energy is measured at once: 20 ms.
const BLOCK: u32 = SAMPLE_RATE_HZ / 50;
/// Blocks in which the loud ones are counted: 240 ms, about a syllable.
const WINDOW: u32 = 12;
/// Loud blocks in a window from which on it is speech: keys that are pressed ten times a second make fewer.
const LOUD_IN_WINDOW: u32 = 6;
/// Loud blocks in a row from which on it is speech, however short: 80 ms. A click makes one or two.
const LOUD_IN_A_ROW: u32 = 4;
/// How far above the noise a block is loud, as a ratio of energies: 6 dB.
const LOUD: f32 = 4.0;
/// How far below the loudest block before it, as a ratio of energies, a block is only its echo: 15 dB. A click falls
/// faster than that, a syllable more slowly.
const ECHO: f32 = 0.03;
/// How much of the loudest block's energy counts a block later: 3 dB less.
const FADE: f32 = 0.5;
/// Blocks of which the mean energy is taken for noise, if it is low: 80 ms, as between two words.
const GAP: u32 = 4;
/// Gaps in a slot; the quietest one stands for it: 960 ms.
const GAPS_IN_SLOT: u32 = 12;
/// Slots among which the quietest one is the noise: 15 s. A fan that is switched on is noise after that.
const SLOTS: usize = 15;
/// The least mean energy of noise: that of one step of a 16-bit sample.
const LEAST_NOISE: f32 = 1.0;
/// The pole of the filter that takes away hum and rumble: -3 dB at 300 Hz, applied twice.
const POLE: f32 = 0.895;

/// Finds speech in the samples of one recording. It allocates nothing.
#[derive(Debug, Clone)]
pub struct VoiceDetector {
    filters: [HighPass; 2],
    block: Mean,
    /// The energy of the loudest block, faded.
    loudest: f32,
    gap: Mean,
    /// The lowest mean energy of a gap in the slot that is not complete.
    slot: f32,
    gaps_in_slot: u32,
    slots: [f32; SLOTS],
    slot_count: usize,
    /// The last blocks, the newest in the lowest bit; 1 is a loud one.
    loud: u32,
}

impl Default for VoiceDetector {
    fn default() -> Self {
        Self {
            filters: Default::default(),
            block: Mean::default(),
            loudest: 0.0,
            gap: Mean::default(),
            slot: f32::INFINITY,
            gaps_in_slot: 0,
            slots: [f32::INFINITY; SLOTS],
            slot_count: 0,
            loud: 0,
        }
    }
}

impl VoiceDetector {
    /// Adds samples at 16 kHz; returns whether there may be speech among them. In the first second everything may be.
    pub fn push(&mut self, samples: &[i16]) -> bool {
        let mut is_speech = self.slot_count == 0;
        for &sample in samples {
            let filtered = self.filters.iter_mut().fold(f32::from(sample), |x, filter| filter.next(x));
            if let Some(energy) = self.block.add(filtered * filtered, BLOCK) {
                self.end_block(energy);
                is_speech |=
                    self.loud.count_ones() >= LOUD_IN_WINDOW || self.loud.trailing_ones() >= LOUD_IN_A_ROW;
            }
        }
        is_speech
    }

    /// Whether any of the last 240 ms was loud: a word may have begun.
    pub fn may_have_begun(&self) -> bool {
        self.loud != 0 || self.slot_count == 0
    }

    fn end_block(&mut self, energy: f32) {
        self.loudest *= FADE;
        let is_loud = energy > self.noise() * LOUD && energy > self.loudest * ECHO;
        self.loudest = self.loudest.max(energy);
        self.loud = (self.loud << 1 | u32::from(is_loud)) & ((1 << WINDOW) - 1);
        let Some(energy) = self.gap.add(energy, GAP) else { return };
        self.slot = self.slot.min(energy);
        self.gaps_in_slot += 1;
        if self.gaps_in_slot == GAPS_IN_SLOT {
            self.slots[self.slot_count % SLOTS] = self.slot;
            self.slot_count += 1;
            (self.slot, self.gaps_in_slot) = (f32::INFINITY, 0);
        }
    }

    /// The mean energy of the room's noise.
    fn noise(&self) -> f32 {
        self.slots.iter().fold(self.slot, |noise, slot| noise.min(*slot)).max(LEAST_NOISE)
    }
}

/// The mean of so many values.
#[derive(Debug, Clone, Default)]
struct Mean {
    sum: f32,
    count: u32,
}

impl Mean {
    /// Adds a value; returns the mean once there are `of`, and begins again.
    fn add(&mut self, value: f32, of: u32) -> Option<f32> {
        self.sum += value;
        self.count += 1;
        (self.count == of).then(|| std::mem::take(self).sum / of as f32)
    }
}

/// Lets through what is above 300 Hz.
#[derive(Debug, Clone, Default)]
struct HighPass {
    input: f32,
    output: f32,
}

impl HighPass {
    fn next(&mut self, input: f32) -> f32 {
        self.output = POLE * (self.output + input - self.input);
        self.input = input;
        self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: usize = 1_600;

    /// White noise with this standard deviation.
    struct Noise(u64, f32);

    impl Noise {
        fn next(&mut self) -> f32 {
            let uniform = |state: &mut u64| {
                *state =
                    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (*state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
            };
            // The sum of 12 uniform numbers has a deviation of 1.
            (0..12).map(|_| uniform(&mut self.0)).sum::<f32>() * self.1
        }
    }

    /// The 100 ms in which there is speech; `sound` is asked for each sample, by its time in s.
    fn speech(seconds: usize, room: f32, sound: impl Fn(f32, &mut Noise) -> f32) -> Vec<usize> {
        let (mut detector, mut noise, mut own) = (VoiceDetector::default(), Noise(1, room), Noise(2, 1.0));
        let mut heard = vec![];
        for chunk in 0..seconds * 10 {
            let samples: Vec<i16> = (0..CHUNK)
                .map(|at| (chunk * CHUNK + at) as f32 / 16_000.0)
                .map(|time| (noise.next() + sound(time, &mut own)).round() as i16)
                .collect();
            if detector.push(&samples) {
                heard.push(chunk);
            }
        }
        heard
    }

    fn is_within(time: f32, from: f32, to: f32) -> bool {
        (from..to).contains(&time)
    }

    #[test]
    fn a_quiet_room_is_speech_only_until_its_noise_is_known() {
        for room in [0.0, 0.4, 3.0, 30.0, 300.0] {
            let heard = speech(60, room, |_, _| 0.0);
            assert!(heard.iter().all(|chunk| *chunk < 10), "{room}: {heard:?}");
            assert!(heard.contains(&0));
        }
    }

    #[test]
    fn a_whisper_of_a_fifth_of_a_second_is_heard_at_once() {
        // A room at -60 dB, and a whisper, which is noise, 9 dB above it.
        let heard =
            speech(30, 33.0, |time, own| if is_within(time, 20.0, 20.2) { own.next() * 93.0 } else { 0.0 });
        assert!(heard.contains(&201) && heard.iter().all(|chunk| *chunk < 10 || (200..205).contains(chunk)));
    }

    #[test]
    fn the_shortest_of_words_is_heard() {
        for from in [20.0, 20.005, 20.01, 20.015] {
            let word = |time, own: &mut Noise| {
                if is_within(time, from, from + 0.1) { own.next() * 100.0 } else { 0.0 }
            };
            assert!(speech(30, 33.0, word).iter().any(|chunk| (200..203).contains(chunk)), "{from}");
        }
    }

    #[test]
    fn a_hum_a_fan_and_a_keyboard_are_no_speech_for_long() {
        let hum = |time: f32, _: &mut Noise| 3_000.0 * (std::f32::consts::TAU * 50.0 * time).sin();
        assert_eq!(speech(60, 10.0, hum).last().filter(|last| **last >= 10), None);
        // Switched on after 20 s, with a slow beat of 2 dB.
        let fan = |time: f32, own: &mut Noise| {
            if time < 20.0 { 0.0 } else { own.next() * 200.0 * (1.0 + 0.12 * (time * 3.0).sin()) }
        };
        let heard = speech(60, 10.0, fan);
        assert!(heard.iter().all(|chunk| *chunk < 10 || (200..200 + 170).contains(chunk)), "{heard:?}");
        // Ten keys a second, each a click that is gone after 30 ms.
        let keys = |time: f32, own: &mut Noise| {
            if time < 5.0 { 0.0 } else { own.next() * 3_000.0 * (-(time % 0.1) / 0.008).exp() }
        };
        let heard = speech(60, 10.0, keys);
        assert_eq!(heard.last().filter(|last| **last >= 10), None, "{heard:?}");
    }

    #[test]
    fn speech_without_a_pause_stays_speech() {
        // Syllables of 150 ms with 100 ms between them, 20 dB above the room.
        let talk = |time: f32, own: &mut Noise| if time % 0.25 < 0.15 { own.next() * 300.0 } else { 0.0 };
        let heard = speech(120, 30.0, talk);
        assert!(heard.len() > 120 * 10 * 9 / 10, "{}", heard.len());
    }

    #[test]
    fn a_word_that_has_just_begun_may_be_one() {
        let mut detector = VoiceDetector::default();
        assert!(detector.may_have_begun());
        detector.push(&vec![0; 32_000]);
        assert!(!detector.may_have_begun());
        detector.push(&[1_000, -1_000].repeat(160));
        assert!(detector.may_have_begun());
    }
}
