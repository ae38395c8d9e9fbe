//! Switching microphones in mid-sentence: decides which samples of the two belong to the recording.
//!
//! ```text
//! old   ──chunk──chunk──chunk──rest│
//! new          ···0··│··0··│·sound·│──chunk──chunk──
//!              opened              switched
//! ```
//!
//! The old one stays in use until the new one delivers its first sound: a Bluetooth headset delivers zeros, or nothing,
//! for up to a second after it was opened. Each is captured on its own, since their sample rates may differ.

use crate::journal::Frame;

/// Ticks, of one second each, after which a new microphone is used although it delivers exact zeros: it is muted.
const ZEROS_TICKS: u32 = 2;
/// Ticks after which a new microphone that delivers nothing is given up.
const NOTHING_TICKS: u32 = 5;
/// Ticks after which the last samples of the old microphone are given up; they take some ms.
const REST_TICKS: u32 = 2;

/// What one of the two microphones delivers.
#[derive(Debug, Clone, PartialEq)]
pub enum Sound {
    /// Samples, and the highest magnitude among them, 0 to 1.
    Chunk(Frame, f32),
    /// The end: no samples follow.
    End,
}

/// What the caller has to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing.
    Wait,
    /// Request the last samples of the old microphone.
    EndOld,
    /// Release the old microphone: the recording continues with these samples of the new one.
    Switch(Vec<Sound>),
    /// Release the new microphone: it delivers nothing.
    GiveUp,
}

/// Decides, while two microphones are open, which of them is recorded.
#[derive(Debug, Default)]
pub struct Handover {
    /// What the new one has delivered since its first sound, while the last samples of the old one are awaited.
    held: Option<Vec<Sound>>,
    has_new_delivered: bool,
    ticks: u32,
}

impl Handover {
    /// The old one delivers this; returns whether it belongs to the recording, and the next step.
    pub fn on_old(&mut self, sound: &Sound) -> (bool, Step) {
        let belongs = *sound != Sound::End;
        match self.held.take() {
            // The first chunk since the new one's first sound reaches up to that moment. Later ones would overlap, by
            // seconds if the page was blocked.
            Some(held) => (belongs, Step::Switch(held)),
            None if belongs => (true, Step::Wait),
            None => (false, self.switch()),
        }
    }

    /// The new one delivers this.
    pub fn on_new(&mut self, sound: Sound) -> Step {
        if let Some(held) = &mut self.held {
            held.push(sound);
            return Step::Wait;
        }
        let Sound::Chunk(_, peak) = sound else { return Step::GiveUp };
        self.has_new_delivered = true;
        // The old one covers the time of this chunk.
        if peak > 0.0 { self.switch() } else { Step::Wait }
    }

    /// The old one was lost: it delivers no more samples.
    pub fn on_old_lost(&mut self) -> Step {
        if self.held.is_none() { self.switch() } else { Step::Wait }
    }

    /// A second has passed.
    pub fn tick(&mut self) -> Step {
        self.ticks += 1;
        match (&mut self.held, self.ticks) {
            (Some(held), REST_TICKS..) => Step::Switch(std::mem::take(held)),
            (None, ZEROS_TICKS..) if self.has_new_delivered => self.switch(),
            (None, NOTHING_TICKS..) => Step::GiveUp,
            _ => Step::Wait,
        }
    }

    /// Whether the new one is in use, so that its end is the end of the recording.
    pub fn is_switching(&self) -> bool {
        self.held.is_some()
    }

    fn switch(&mut self) -> Step {
        self.held = Some(vec![]);
        self.ticks = 0;
        Step::EndOld
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: i16, peak: f32) -> Sound {
        Sound::Chunk(vec![name], peak)
    }

    #[test]
    fn the_old_microphone_is_recorded_until_the_new_one_has_a_sound_and_its_last_samples_come_first() {
        let mut handover = Handover::default();
        assert_eq!(handover.on_old(&chunk(1, 0.5)), (true, Step::Wait));
        assert_eq!(handover.on_new(chunk(11, 0.0)), Step::Wait);
        assert_eq!(handover.on_old(&chunk(2, 0.5)), (true, Step::Wait));
        assert_eq!(handover.on_new(chunk(12, 0.1)), Step::EndOld);
        assert_eq!(handover.on_new(chunk(13, 0.1)), Step::Wait);
        assert_eq!(handover.on_old(&chunk(3, 0.5)), (true, Step::Switch(vec![chunk(13, 0.1)])));
    }

    #[test]
    fn an_old_microphone_without_last_samples_only_ends() {
        let mut handover = Handover::default();
        handover.on_new(chunk(11, 0.1));
        handover.on_new(chunk(12, 0.1));
        assert_eq!(handover.on_old(&Sound::End), (false, Step::Switch(vec![chunk(12, 0.1)])));
    }

    #[test]
    fn a_new_microphone_that_is_muted_is_used_after_2_s() {
        let mut handover = Handover::default();
        handover.on_new(chunk(11, 0.0));
        assert_eq!([handover.tick(), handover.tick()], [Step::Wait, Step::EndOld]);
    }

    #[test]
    fn a_new_microphone_that_delivers_nothing_is_released_after_5_s() {
        let mut handover = Handover::default();
        let steps: Vec<Step> = (0..5).map(|_| handover.tick()).collect();
        assert_eq!(steps[..4], vec![Step::Wait; 4]);
        assert_eq!(steps[4], Step::GiveUp);
    }

    #[test]
    fn an_old_microphone_that_does_not_answer_delays_nothing() {
        let mut handover = Handover::default();
        handover.on_new(chunk(11, 0.1));
        handover.on_new(chunk(12, 0.1));
        assert_eq!([handover.tick(), handover.tick()], [Step::Wait, Step::Switch(vec![chunk(12, 0.1)])]);
    }

    #[test]
    fn after_the_old_microphone_is_lost_all_of_the_new_one_is_recorded() {
        let mut handover = Handover::default();
        assert_eq!(handover.on_old_lost(), Step::EndOld);
        assert_eq!(handover.on_old_lost(), Step::Wait);
        handover.on_new(chunk(11, 0.0));
        assert_eq!(handover.on_old(&Sound::End), (false, Step::Switch(vec![chunk(11, 0.0)])));
    }

    #[test]
    fn a_new_microphone_that_ends_is_released() {
        assert_eq!(Handover::default().on_new(Sound::End), Step::GiveUp);
    }
}
