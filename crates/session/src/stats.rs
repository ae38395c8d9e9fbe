//! Statistics of a recording.

use crate::session::AudioStats;
use crate::turn::ConnectionId;

/// The statistics of a recording, those that need a clock included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionStats {
    /// The session's counts.
    pub audio: AudioStats,
    /// How long sockets were open, which is billed, in ms.
    pub open_ms: u64,
    /// The time from the end of a word in the audio until it is shown, in ms: the median and the 95th percentile.
    pub latency_ms: Option<(u64, u64)>,
}

/// Measures how long sockets have been open.
#[derive(Debug, Default)]
pub struct OpenTime {
    open: Vec<(ConnectionId, u64)>,
    closed_ms: u64,
}

impl OpenTime {
    /// A socket was opened.
    pub fn opened(&mut self, connection: ConnectionId, now_ms: u64) {
        self.open.push((connection, now_ms));
    }

    /// A socket was closed.
    pub fn closed(&mut self, connection: ConnectionId, now_ms: u64) {
        let was_open = self.open.extract_if(.., |(open, _)| *open == connection);
        self.closed_ms += was_open.map(|(_, since_ms)| now_ms.saturating_sub(since_ms)).sum::<u64>();
    }

    /// The sum of the times of all sockets until now, in ms.
    pub fn total_ms(&self, now_ms: u64) -> u64 {
        self.closed_ms + self.open.iter().map(|(_, since_ms)| now_ms.saturating_sub(*since_ms)).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_sockets_add_up_even_if_two_are_open_at_once() {
        let (first, second) = (ConnectionId(1), ConnectionId(2));
        let mut time = OpenTime::default();
        time.opened(first, 1_000);
        time.opened(second, 3_000);
        time.closed(first, 4_000);
        assert_eq!(time.total_ms(5_000), 3_000 + 2_000);
        time.closed(second, 6_000);
        time.closed(second, 9_000);
        assert_eq!(time.total_ms(10_000), 6_000);
    }
}
