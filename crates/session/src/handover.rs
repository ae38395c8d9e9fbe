//! From one microphone to another in mid-sentence: which samples of the two belong to the recording.
//!
//! ```text
//! old   ──chunk──chunk──chunk──rest│
//! new          ···0··│··0··│·sound·│──chunk──chunk──
//!              wired               taken
//! ```
//!
//! The old one is heard until the new one has its first sound: a Bluetooth headset gives zeros, or nothing, for up
//! to a second after it was opened. Each has a context and a worklet of its own, since their rates may differ.

use crate::journal::Frame;

/// How many ticks of a second a new microphone may give exact zeros before it is taken all the same: it is muted.
const ZEROS_TICKS: u32 = 2;
/// How many ticks it may give nothing at all.
const NOTHING_TICKS: u32 = 5;
/// How many ticks the old one has to give its last samples, which takes some ms.
const REST_TICKS: u32 = 2;

/// What comes from a worklet.
#[derive(Debug, Clone, PartialEq)]
pub enum Sound {
    /// Samples, with the peak among them, 0 to 1.
    Chunk(Frame, f32),
    /// Nothing follows.
    End,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing.
    Wait,
    /// Ask the old one for its last samples.
    EndOld,
    /// Let the old one go: the recording goes on with this of the new one.
    Take(Vec<Sound>),
    /// Let the new one go: it gives nothing.
    GiveUp,
}

/// The time in which two microphones are open.
#[derive(Debug, Default)]
pub struct Handover {
    /// The new one has begun; what it gives since then waits for the old one's last samples.
    held: Option<Vec<Sound>>,
    has_new_come: bool,
    ticks: u32,
}

impl Handover {
    /// The old one gives this: whether it belongs to the recording.
    pub fn hear_old(&mut self, sound: &Sound) -> (bool, Step) {
        let belongs = *sound != Sound::End;
        match self.held.take() {
            // The first that comes since the new one is taken reaches up to that moment, and what follows beyond:
            // where the page was blocked, that would be seconds.
            Some(held) => (belongs, Step::Take(held)),
            None if belongs => (true, Step::Wait),
            None => (false, self.take()),
        }
    }

    /// The new one gives this.
    pub fn hear_new(&mut self, sound: Sound) -> Step {
        if let Some(held) = &mut self.held {
            held.push(sound);
            return Step::Wait;
        }
        let Sound::Chunk(_, peak) = sound else { return Step::GiveUp };
        self.has_new_come = true;
        // This chunk's time is already in the old one's.
        if peak > 0.0 { self.take() } else { Step::Wait }
    }

    /// The old one will give nothing more of its own accord.
    pub fn lose_old(&mut self) -> Step {
        if self.held.is_none() { self.take() } else { Step::Wait }
    }

    /// A second has passed.
    pub fn tick(&mut self) -> Step {
        self.ticks += 1;
        match (&mut self.held, self.ticks) {
            (Some(held), REST_TICKS..) => Step::Take(std::mem::take(held)),
            (None, ZEROS_TICKS..) if self.has_new_come => self.take(),
            (None, NOTHING_TICKS..) => Step::GiveUp,
            _ => Step::Wait,
        }
    }

    /// Whether the new one is taken, and the recording's end would be its.
    pub fn is_taken(&self) -> bool {
        self.held.is_some()
    }

    fn take(&mut self) -> Step {
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
    fn the_old_one_is_heard_until_the_new_one_has_a_sound_and_its_last_samples_come_first() {
        let mut handover = Handover::default();
        assert_eq!(handover.hear_old(&chunk(1, 0.5)), (true, Step::Wait));
        assert_eq!(handover.hear_new(chunk(11, 0.0)), Step::Wait);
        assert_eq!(handover.hear_old(&chunk(2, 0.5)), (true, Step::Wait));
        assert_eq!(handover.hear_new(chunk(12, 0.1)), Step::EndOld);
        assert_eq!(handover.hear_new(chunk(13, 0.1)), Step::Wait);
        assert_eq!(handover.hear_old(&chunk(3, 0.5)), (true, Step::Take(vec![chunk(13, 0.1)])));
    }

    #[test]
    fn an_old_one_that_has_no_last_samples_only_ends() {
        let mut handover = Handover::default();
        handover.hear_new(chunk(11, 0.1));
        handover.hear_new(chunk(12, 0.1));
        assert_eq!(handover.hear_old(&Sound::End), (false, Step::Take(vec![chunk(12, 0.1)])));
    }

    #[test]
    fn a_new_one_that_is_muted_is_taken_after_2_s() {
        let mut handover = Handover::default();
        handover.hear_new(chunk(11, 0.0));
        assert_eq!([handover.tick(), handover.tick()], [Step::Wait, Step::EndOld]);
    }

    #[test]
    fn a_new_one_that_gives_nothing_is_let_go_after_5_s() {
        let mut handover = Handover::default();
        let steps: Vec<Step> = (0..5).map(|_| handover.tick()).collect();
        assert_eq!(steps[..4], vec![Step::Wait; 4]);
        assert_eq!(steps[4], Step::GiveUp);
    }

    #[test]
    fn an_old_one_that_does_not_answer_holds_nothing_up() {
        let mut handover = Handover::default();
        handover.hear_new(chunk(11, 0.1));
        handover.hear_new(chunk(12, 0.1));
        assert_eq!([handover.tick(), handover.tick()], [Step::Wait, Step::Take(vec![chunk(12, 0.1)])]);
    }

    #[test]
    fn an_old_one_that_is_lost_leaves_all_of_the_new_one_to_the_recording() {
        let mut handover = Handover::default();
        assert_eq!(handover.lose_old(), Step::EndOld);
        assert_eq!(handover.lose_old(), Step::Wait);
        handover.hear_new(chunk(11, 0.0));
        assert_eq!(handover.hear_old(&Sound::End), (false, Step::Take(vec![chunk(11, 0.0)])));
    }

    #[test]
    fn a_new_one_that_ends_is_let_go() {
        assert_eq!(Handover::default().hear_new(Sound::End), Step::GiveUp);
    }
}
