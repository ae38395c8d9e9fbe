use std::time::Duration;

use tokio::time::Instant;

/// Pings in a row that a client may leave unanswered; then its connection counts as lost.
const MAX_UNANSWERED: u8 = 2;

/// Finds out whether a client that sends nothing is still there: it is pinged at an interval.
#[derive(Debug)]
pub(super) struct Liveness {
    /// `None` never pings.
    interval: Option<Duration>,
    next: Instant,
    unanswered: u8,
}

/// What to do when [`Liveness::due`] has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing: no answer could have been read.
    Wait,
    /// Ping.
    Ping,
    /// The client is gone.
    Gone,
}

impl Liveness {
    pub(super) fn new(interval: Option<Duration>, now: Instant) -> Self {
        Self { interval, next: now + interval.unwrap_or_default(), unanswered: 0 }
    }

    /// When to call [`Liveness::check`] next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.interval.map(|_| self.next)
    }

    /// The client has sent a frame.
    pub(super) fn heard(&mut self, now: Instant) {
        self.next = now + self.interval.unwrap_or_default();
        self.unanswered = 0;
    }

    /// Decides at [`Liveness::due`]; `reads` says whether the client's frames are being read.
    pub(super) fn check(&mut self, now: Instant, reads: bool) -> Check {
        self.next = now + self.interval.unwrap_or_default();
        if !reads {
            return Check::Wait;
        }
        if self.unanswered >= MAX_UNANSWERED {
            return Check::Gone;
        }
        self.unanswered += 1;
        Check::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_gone_after_two_unanswered_pings_that_it_could_have_answered() {
        let start = Instant::now();
        let after = |s| start + Duration::from_secs(s);
        let mut liveness = Liveness::new(Some(Duration::from_secs(20)), start);
        assert_eq!(liveness.due(), Some(after(20)));
        liveness.heard(after(5));
        assert_eq!(liveness.due(), Some(after(25)));
        assert_eq!(liveness.check(after(25), true), Check::Ping);
        liveness.heard(after(26));
        assert_eq!(liveness.check(after(46), true), Check::Ping);
        assert_eq!(liveness.check(after(66), false), Check::Wait);
        assert_eq!(liveness.check(after(86), true), Check::Ping);
        assert_eq!(liveness.check(after(106), true), Check::Gone);
        assert_eq!(Liveness::new(None, start).due(), None);
    }
}
