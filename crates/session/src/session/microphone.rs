use crate::journal::SAMPLE_RATE_HZ;

/// How much later a sound is captured, in samples, at most: 200 ms. It is in the buffers of device and browser meanwhile.
pub(super) const CAPTURE_DELAY: u64 = SAMPLE_RATE_HZ as u64 / 5;
/// Losses in a row after which the microphone is given up.
const MOST_LOSSES: u32 = 4;
/// Samples captured between two losses that end a row: 5 s.
const BETWEEN_LOSSES: u64 = 5 * SAMPLE_RATE_HZ as u64;

/// Follows the microphone through pauses and losses.
#[derive(Debug, Default)]
pub(super) struct Microphone {
    /// Samples still to be captured since Pause.
    pause_tail: u64,
    /// Whether it was lost during a pause and has not come back.
    is_gone: bool,
    /// Losses in a row.
    losses: u32,
    /// The recording position of the last loss.
    lost_at: u64,
}

impl Microphone {
    /// Pause was pressed: the tail is still to be captured.
    pub(super) fn start_pause(&mut self) {
        self.pause_tail = CAPTURE_DELAY;
    }

    /// Capture continues, or ends.
    pub(super) fn end_pause(&mut self) {
        self.pause_tail = 0;
    }

    /// How many of the next samples belong to the tail of a pause.
    pub(super) fn take_tail(&mut self, samples: usize) -> usize {
        let taken = samples.min(self.pause_tail as usize);
        self.pause_tail -= taken as u64;
        taken
    }

    /// How many samples of the tail of a pause are still to be captured.
    pub(super) fn tail(&self) -> u64 {
        self.pause_tail
    }

    /// Whether the tail of a pause is complete.
    pub(super) fn is_tail_complete(&self) -> bool {
        self.pause_tail == 0
    }

    /// Whether it was lost during a pause and has not come back.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    pub(super) fn on_opened(&mut self) {
        self.is_gone = false;
    }

    /// It was lost during a pause. However often that happens is no reason to give up: it is not needed now.
    pub(super) fn on_lost_in_pause(&mut self) {
        self.is_gone = true;
    }

    /// It was lost at this recording position; returns whether another attempt is worth it.
    pub(super) fn on_lost(&mut self, captured: u64) -> bool {
        let is_in_a_row = captured < self.lost_at + BETWEEN_LOSSES;
        self.losses = if is_in_a_row { self.losses + 1 } else { 1 };
        self.lost_at = captured;
        self.losses < MOST_LOSSES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_loss_in_a_row_gives_the_microphone_up() {
        let mut microphone = Microphone::default();
        assert_eq!([0, 100, 79_000, 150_000].map(|at| microphone.on_lost(at)), [true, true, true, false]);
    }

    #[test]
    fn a_loss_after_5_s_of_audio_begins_a_new_row() {
        let mut microphone = Microphone::default();
        let at = [0, 100, 200, 200 + BETWEEN_LOSSES, 300 + BETWEEN_LOSSES, 400 + BETWEEN_LOSSES];
        assert_eq!(at.map(|at| microphone.on_lost(at)), [true; 6]);
    }

    #[test]
    fn a_pause_captures_200_ms_more_and_then_nothing() {
        let mut microphone = Microphone::default();
        assert_eq!(microphone.take_tail(1_600), 0);
        microphone.start_pause();
        assert_eq!(
            [1_600, 1_000, 1_000, 1_000].map(|samples| microphone.take_tail(samples)),
            [1_600, 1_000, 600, 0]
        );
        assert!(microphone.is_tail_complete());
        microphone.start_pause();
        microphone.end_pause();
        assert_eq!(microphone.take_tail(1_600), 0);
    }

    #[test]
    fn a_microphone_that_was_lost_in_a_pause_is_gone_until_one_is_open() {
        let mut microphone = Microphone::default();
        microphone.on_lost_in_pause();
        assert!(microphone.is_gone());
        microphone.on_opened();
        assert!(!microphone.is_gone());
    }
}
