//! Whether somebody speaks: the energy of 10 ms pieces against a floor that follows the room.

/// Length of a piece, in ms.
pub(super) const HOP_MS: u64 = 10;
/// Speech is this many times louder than the room (10 dB).
const OVER_FLOOR: f64 = 3.2;
/// Below this RMS, full scale being 1, nothing is speech: a live but quiet room peaks at 0.017 (−50 dB here).
const SILENCE_RMS: f64 = 0.003;
/// A floor above this RMS is not believed, so that very loud steady sound counts as speech (−34 dB).
const LOUDEST_FLOOR_RMS: f64 = 0.02;
/// The floor is the least energy of the last 4 stretches of this many pieces: 2 s.
const FLOOR_HOPS: u32 = 50;
/// Pieces in a row that must be loud before speech is believed: a click is shorter.
const ONSET_HOPS: u32 = 3;
/// Pieces in a row that must be quiet before speech is over: pauses between words are shorter.
const HANGOVER_HOPS: u32 = 25;

/// What was heard in one piece.
#[derive(Debug, Clone, Copy)]
pub(super) struct VadFrame {
    /// Somebody speaks, or is between two words.
    pub(super) speaking: bool,
    /// This very piece is loud.
    pub(super) loud: bool,
}

/// Vad activity detection over a stream of samples of any rate.
#[derive(Debug)]
pub(super) struct Vad {
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
    pub(super) fn new(rate_hz: u32) -> Self {
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

    /// Takes one sample; at the end of a piece tells what was heard in it.
    pub(super) fn push(&mut self, sample: i16) -> Option<VadFrame> {
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

        // The smoothed level outlasts a click, the level itself does not.
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

    /// The pieces in which somebody speaks, as (from, to) in ms.
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
    fn silence_is_no_speech() {
        assert_eq!(speech(&vec![0; 160_000]), []);
    }

    #[test]
    fn a_steady_noise_is_no_speech_whatever_its_level() {
        for rms in [0.001, 0.004, 0.01, 0.03] {
            assert_eq!(speech(&noise(10.0, rms)), [], "rms {rms}");
        }
    }

    #[test]
    fn speech_over_a_noisy_room_is_found_where_it_is() {
        let audio = [noise(2.0, 0.005), noise(1.0, 0.1), noise(2.0, 0.005)].concat();
        let found = speech(&audio);
        assert_eq!(found.len(), 1, "{found:?}");
        let (from, to) = found[0];
        assert!((2000..2060).contains(&from), "{from}");
        assert!((3200..3350).contains(&to), "{to}: one second and the hangover");
    }

    #[test]
    fn speech_from_the_very_first_sample_is_found_after_its_first_pause() {
        let audio = [noise(0.4, 0.1), noise(0.1, 0.001), noise(1.0, 0.1)].concat();
        assert_eq!(speech(&audio).len(), 1);
    }

    #[test]
    fn a_click_is_no_speech() {
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
