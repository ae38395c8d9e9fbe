/// The losses of a connection in a row, without audio confirmed between them, that a stopped recording survives while its
/// rest is sent; with the next one it gives up. Where the application limits the end, such losses after `Terminate`.
const MOST_LOSSES_FLUSHING: u32 = 5;
/// Such losses after `Terminate` that it survives where the application does not limit the end: the next connection would
/// be lost too.
const MOST_LOSSES_TERMINATING: u32 = 1;

/// Limits how hard a stopped recording tries to send its rest.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// Whether the application limits it, except for a few losses after `Terminate`.
    is_unlimited: bool,
    is_limited: bool,
    /// Losses since audio was last confirmed, while the rest was sent.
    losses: u32,
    /// The same, after `Terminate`.
    losses_terminating: u32,
    /// The position up to which audio was confirmed at the last loss.
    confirmed: u64,
}

impl Ending {
    /// The application limits the end.
    pub(super) fn unlimited() -> Self {
        Self { is_unlimited: true, ..Self::default() }
    }

    /// That of the next recording.
    pub(super) fn next(&self) -> Self {
        Self { is_unlimited: self.is_unlimited, ..Self::default() }
    }

    /// Limits the wait for a connection; returns whether it was not limited before.
    pub(super) fn limit(&mut self) -> bool {
        !self.is_unlimited && !std::mem::replace(&mut self.is_limited, true)
    }

    /// A connection is open.
    pub(super) fn lift_limit(&mut self) {
        self.is_limited = false;
    }

    /// A connection was lost, before or after `Terminate` was sent, when audio was confirmed up to this position; returns
    /// whether another is worth trying.
    pub(super) fn on_lost(&mut self, is_terminating: bool, confirmed: u64) -> bool {
        if confirmed > self.confirmed {
            self.confirmed = confirmed;
            (self.losses, self.losses_terminating) = (0, 0);
        }
        if is_terminating {
            self.losses_terminating += 1;
            self.losses_terminating
                <= if self.is_unlimited { MOST_LOSSES_FLUSHING } else { MOST_LOSSES_TERMINATING }
        } else {
            self.losses += 1;
            self.is_unlimited || self.losses <= MOST_LOSSES_FLUSHING
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_for_a_connection_is_limited_once_until_one_is_open() {
        let mut ending = Ending::default();
        assert_eq!([ending.limit(), ending.limit()], [true, false]);
        ending.lift_limit();
        assert!(ending.limit());
    }

    #[test]
    fn five_losses_are_survived_while_audio_is_sent_and_one_after_terminate() {
        let mut ending = Ending::default();
        assert_eq!([(); 6].map(|()| ending.on_lost(false, 0)), [true, true, true, true, true, false]);
        let mut ending = Ending::default();
        assert_eq!([(); 2].map(|()| ending.on_lost(true, 0)), [true, false]);
    }

    #[test]
    fn losses_while_audio_is_sent_do_not_count_after_terminate() {
        let mut ending = Ending::unlimited();
        assert!((0..6).all(|_| ending.on_lost(false, 0)) && ending.on_lost(true, 0));
        let mut ending = Ending::default();
        assert_eq!(
            [false, true, true].map(|is_terminating| ending.on_lost(is_terminating, 0)),
            [true, true, false]
        );
    }

    #[test]
    fn a_loss_after_some_audio_was_confirmed_is_the_first_one_again() {
        let mut ending = Ending::default();
        assert!((1..100).all(|position| ending.on_lost(false, position) && ending.on_lost(false, position)));
        assert!((100..200).all(|position| ending.on_lost(true, position)));
    }

    #[test]
    fn where_the_application_limits_the_end_neither_a_wait_does_nor_a_loss_while_audio_is_sent() {
        let mut ending = Ending::unlimited().next();
        assert!(!ending.limit());
        assert!((0..1_000).all(|_| ending.on_lost(false, 0)));
        // A service that never ends a session shows it soon.
        let mut ending = Ending::unlimited();
        assert_eq!([(); 6].map(|()| ending.on_lost(true, 0)), [true, true, true, true, true, false]);
    }
}
