use super::link::LONGEST_WAIT_MS;

/// The timers that a session uses, each for the longest time that it waits for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// From the user's grant to capture: the audio thread's code is loaded from the server, and the audio device has
    /// to start.
    Microphone,
    /// For the server's answer to a token request; the server's own limit towards AssemblyAI is 10 s.
    Token,
    /// From opening the socket to `Begin`, which took 1.3 s in live captures; the SDKs' limit of 1 s is too short.
    Begin,
    /// For the last samples of the audio thread, which take 0.2 s, but never come from a suspended one.
    Drain,
    /// From Stop to a connection, if there is none: it outlasts three of the longest waits between two attempts.
    Flush,
    /// From `Terminate`, or the last turn after it, to `Termination`, which took up to 1.3 s in live captures; the SDKs
    /// also wait 5 s.
    Termination,
    /// From `Terminate`, or the last turn after it that confirmed audio, to `Termination`, whatever else is received: a
    /// service of this project ends a session 80 s after it has read `Terminate`.
    LastTurns,
    /// Until the next attempt to connect; each wait is another.
    Backoff,
    /// For the next message, if the service sends `Heartbeat`, every 5.0 to 5.1 s.
    Heartbeat,
    /// Until a connection counts as stable, so that the backoff starts over after its loss.
    Stable,
    /// Until a new connection has to replace one whose session time is nearly over.
    Rotation,
    /// Until more of the late audio may be sent while nothing is captured; otherwise captured audio is the clock.
    Pace,
    /// Until a paused recording closes its connection, since an open one is billed.
    Pause,
}

/// How long before a session expires its replacement is started, in ms: the limits for a token and for a socket are
/// 25 s together.
const ROTATION_LEAD_MS: f64 = 60_000.0;
/// The shortest time between two replacements, in ms.
const SHORTEST_ROTATION_MS: f64 = 30_000.0;

impl Timer {
    /// The limit of [`Timer::Rotation`], in ms, for a session that expires at this time; both times are of the wall
    /// clock, in ms since 1970. A session that has just begun has not expired: if it seems so, this machine's clock is
    /// wrong, and the limit is the usual one.
    pub fn rotation_limit_ms(expires_at_ms: f64, now_ms: f64) -> u32 {
        if expires_at_ms < now_ms {
            return Self::Rotation.limit_ms();
        }
        // The conversion saturates: a session may never expire.
        (expires_at_ms - now_ms - ROTATION_LEAD_MS).max(SHORTEST_ROTATION_MS) as u32
    }

    /// The usual limit, in ms; for [`Timer::Backoff`] its own longest wait; the other side may ask
    /// for more.
    pub fn limit_ms(self) -> u32 {
        match self {
            Self::Token => 15_000,
            Self::Microphone | Self::Begin => 10_000,
            Self::Drain => 1_000,
            Self::Termination => 5_000,
            Self::Heartbeat => 5_900,
            Self::Flush | Self::Stable => 60_000,
            Self::LastTurns => 120_000,
            Self::Pause => 30_000,
            Self::Pace => 1_000,
            Self::Backoff => LONGEST_WAIT_MS,
            Self::Rotation => 3_600_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_recording_has_time_for_three_of_the_longest_waits() {
        assert!(Timer::Flush.limit_ms() > 3 * Timer::Backoff.limit_ms());
    }

    #[test]
    fn a_session_is_replaced_a_minute_before_it_expires_but_not_at_once() {
        let now_ms = 1.79e12;
        assert_eq!(Timer::rotation_limit_ms(now_ms + 3_600_000.0, now_ms), 3_540_000);
        assert_eq!(Timer::rotation_limit_ms(now_ms + 5_000.0, now_ms), 30_000);
        assert_eq!(Timer::rotation_limit_ms(f64::INFINITY, now_ms), u32::MAX);
    }

    #[test]
    fn a_clock_that_is_hours_ahead_does_not_replace_sessions_every_half_minute() {
        let now_ms = 1.79e12;
        for ahead_ms in [1.0, 3_600_000.0, 1e10] {
            assert_eq!(
                Timer::rotation_limit_ms(now_ms - ahead_ms, now_ms),
                Timer::Rotation.limit_ms(),
                "{ahead_ms}"
            );
        }
    }
}
