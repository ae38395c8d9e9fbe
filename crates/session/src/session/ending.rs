/// Losses of a connection while the rest of the audio is being sent after which that is given up: some of it arrives
/// each time.
const MOST_LOSSES_FLUSHING: u32 = 5;
/// Losses after `Terminate` was sent after which the last turns are given up: the next connection would be lost too.
const MOST_LOSSES_TERMINATING: u32 = 1;

/// Limits how hard a stopped recording tries to send its rest.
#[derive(Debug, Default)]
pub(super) struct Ending {
    is_limited: bool,
    losses: u32,
}

impl Ending {
    /// Limits the wait for a connection; returns whether it was not limited before.
    pub(super) fn limit(&mut self) -> bool {
        !std::mem::replace(&mut self.is_limited, true)
    }

    /// A connection is open.
    pub(super) fn lift_limit(&mut self) {
        self.is_limited = false;
    }

    /// A connection was lost, before or after `Terminate` was sent; returns whether another is worth trying.
    pub(super) fn on_lost(&mut self, is_terminating: bool) -> bool {
        self.losses += 1;
        self.losses <= if is_terminating { MOST_LOSSES_TERMINATING } else { MOST_LOSSES_FLUSHING }
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
        assert_eq!([(); 6].map(|()| ending.on_lost(false)), [true, true, true, true, true, false]);
        let mut ending = Ending::default();
        assert_eq!([(); 2].map(|()| ending.on_lost(true)), [true, false]);
    }
}
