//! Detects a microphone that delivers no sound: a muted one looks like a quiet room, and an empty transcript like a
//! broken application.

/// How long there must be no sound before it is reported, in ms: longer than pauses of speech.
const LIMIT_MS: u64 = 3_000;
/// The highest peak of a microphone that is muted in hardware; 0.0005 to 0.001 were measured, against 0.017 in a
/// quiet room.
const MUTED_PEAK: f32 = 0.001;

/// Why a microphone seems to be muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It delivers exact zeros: the system or the browser has muted it.
    Zeros,
    /// It delivers less than the noise of any room: a switch has muted it, or its level is turned down.
    Faint,
}

/// Finds silence in the peaks of one recording.
#[derive(Debug, Default)]
pub struct SilenceDetector {
    zeros_ms: u64,
    faint_ms: u64,
}

impl SilenceDetector {
    /// Adds `duration_ms` of audio with this peak, 0 to 1; returns the silence that lasts long enough to be reported.
    pub fn push(&mut self, peak: f32, duration_ms: u64) -> Option<Silence> {
        self.zeros_ms = if peak == 0.0 { self.zeros_ms + duration_ms } else { 0 };
        self.faint_ms = if peak <= MUTED_PEAK { self.faint_ms + duration_ms } else { 0 };
        if self.zeros_ms >= LIMIT_MS {
            Some(Silence::Zeros)
        } else if self.faint_ms >= LIMIT_MS {
            Some(Silence::Faint)
        } else {
            None
        }
    }

    /// Forgets the audio so far: the microphone was paused or closed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results after each 100 ms of these peaks.
    fn detect(peaks: &[(f32, usize)]) -> Vec<Option<Silence>> {
        let mut detector = SilenceDetector::default();
        let peaks = peaks.iter().flat_map(|&(peak, times)| std::iter::repeat_n(peak, times));
        peaks.map(|peak| detector.push(peak, 100)).collect()
    }

    #[test]
    fn three_seconds_of_zeros_are_a_muted_microphone() {
        let silence = detect(&[(0.0, 31)]);
        assert_eq!(silence[..29], [None; 29]);
        assert_eq!(silence[29..], [Some(Silence::Zeros); 2]);
    }

    #[test]
    fn a_faint_signal_is_reported_apart_from_zeros() {
        assert_eq!(detect(&[(0.0, 10), (0.0008, 20)]).last(), Some(&Some(Silence::Faint)));
    }

    #[test]
    fn a_quiet_room_is_not_reported() {
        assert_eq!(detect(&[(0.017, 600)]), [None; 600]);
    }

    #[test]
    fn the_first_sound_ends_the_silence() {
        assert_eq!(detect(&[(0.0, 40), (0.2, 1)]).last(), Some(&None));
    }

    #[test]
    fn a_reset_detector_counts_from_the_beginning() {
        let mut detector = SilenceDetector::default();
        detector.push(0.0, 2_900);
        detector.reset();
        assert_eq!(detector.push(0.0, 2_900), None);
    }
}
