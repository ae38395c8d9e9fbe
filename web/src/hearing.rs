//! Whether the microphone hears anything: a muted one looks like a quiet room, and an empty transcript like a
//! broken page.

use transcription_common::texts;

/// How long nothing must be heard before it is told, in ms: longer than pauses of speech.
const LIMIT_MS: u64 = 3_000;
/// The loudest peak of a microphone that is muted in hardware; 0.0005 to 0.001 were measured, against 0.017 in a
/// quiet room.
const MUTED_PEAK: f32 = 0.001;

/// What the microphone hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Heard {
    /// Sound, or not yet long enough nothing.
    #[default]
    Sound,
    /// Exact zeros: the system, or the browser, has muted it.
    Zeros,
    /// Less than any room has: it is muted by a switch, or turned down.
    NextToNothing,
}

impl Heard {
    /// What to do about it, where there is something.
    pub fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Sound => None,
            Self::Zeros => Some(texts::MICROPHONE_MUTED.get()),
            Self::NextToNothing => Some(texts::MICROPHONE_FAINT.get()),
        }
    }
}

/// Judges by the peaks of one recording.
#[derive(Debug, Default)]
pub struct Hearing {
    zeros_ms: u64,
    faint_ms: u64,
}

impl Hearing {
    /// Takes in `duration_ms` of audio with this peak, 0 to 1.
    pub fn judge(&mut self, peak: f32, duration_ms: u64) -> Heard {
        self.zeros_ms = if peak == 0.0 { self.zeros_ms + duration_ms } else { 0 };
        self.faint_ms = if peak <= MUTED_PEAK { self.faint_ms + duration_ms } else { 0 };
        match (self.zeros_ms >= LIMIT_MS, self.faint_ms >= LIMIT_MS) {
            (true, _) => Heard::Zeros,
            (false, true) => Heard::NextToNothing,
            (false, false) => Heard::Sound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard after each 100 ms of these peaks.
    fn judged(peaks: &[(f32, usize)]) -> Vec<Heard> {
        let mut hearing = Hearing::default();
        let peaks = peaks.iter().flat_map(|&(peak, times)| std::iter::repeat_n(peak, times));
        peaks.map(|peak| hearing.judge(peak, 100)).collect()
    }

    #[test]
    fn three_seconds_of_zeros_are_a_muted_microphone() {
        let heard = judged(&[(0.0, 31)]);
        assert!(heard[..29].iter().all(|&heard| heard == Heard::Sound));
        assert_eq!(heard[29..], [Heard::Zeros; 2]);
    }

    #[test]
    fn next_to_nothing_is_another_fault_than_nothing() {
        assert_eq!(judged(&[(0.0, 10), (0.0008, 20)]).last(), Some(&Heard::NextToNothing));
    }

    #[test]
    fn a_quiet_room_is_no_fault() {
        assert!(judged(&[(0.017, 600)]).iter().all(|&heard| heard == Heard::Sound));
    }

    #[test]
    fn the_first_sound_ends_it() {
        assert_eq!(judged(&[(0.0, 40), (0.2, 1)]).last(), Some(&Heard::Sound));
    }
}
