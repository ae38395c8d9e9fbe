//! What became of the audio, for the details panel.

use crate::journal::SAMPLE_RATE_HZ;
use crate::session::{ConnectionId, Ledger};
use crate::transcript::clock;

/// The session's ledger, and what only a clock can tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// What became of the audio.
    pub ledger: Ledger,
    /// How long sockets were open, which is billed, in ms.
    pub open_ms: u64,
    /// From the end of a word to the word on the page, in ms: half of the words took less, and 95 of 100 did.
    pub latency_ms: Option<(u64, u64)>,
}

impl Figures {
    /// One line for each, a name and a value; the names are those of the page's elements.
    pub fn lines(&self) -> [(&'static str, String); 7] {
        let Ledger { captured, sent, confirmed, dropped, reconnects, .. } = self.ledger;
        [
            ("captured", seconds(captured)),
            ("sent", seconds(sent)),
            ("confirmed", seconds(confirmed)),
            ("dropped", seconds(dropped)),
            ("reconnects", reconnects.to_string()),
            ("open", clock(self.open_ms / 1000)),
            ("latency", self.latency_ms.map_or("–".to_owned(), latency)),
        ]
    }
}

/// Samples as seconds with one decimal, without a float: to print those takes 12 kB of code.
fn seconds(samples: u64) -> String {
    let tenths = samples * 10 / u64::from(SAMPLE_RATE_HZ);
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Two latencies as seconds.
fn latency((half, most): (u64, u64)) -> String {
    let seconds = |ms: u64| format!("{}.{:02} s", ms / 1000, ms % 1000 / 10);
    [&*seconds(half), " / ", &*seconds(most)].concat()
}

/// How long sockets have been open.
#[derive(Debug, Default)]
pub struct OpenTime {
    open: Vec<(ConnectionId, u64)>,
    closed_ms: u64,
}

impl OpenTime {
    /// A socket is open since now.
    pub fn opened(&mut self, connection: ConnectionId, now_ms: u64) {
        self.open.push((connection, now_ms));
    }

    /// A socket is closed.
    pub fn closed(&mut self, connection: ConnectionId, now_ms: u64) {
        let was_open = self.open.extract_if(.., |(open, _)| *open == connection);
        self.closed_ms += was_open.map(|(_, since_ms)| now_ms.saturating_sub(since_ms)).sum::<u64>();
    }

    /// All of it until now, in ms.
    pub fn total_ms(&self, now_ms: u64) -> u64 {
        self.closed_ms + self.open.iter().map(|(_, since_ms)| now_ms.saturating_sub(*since_ms)).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_sockets_add_up_also_where_two_are_open_at_once() {
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

    #[test]
    fn figures_are_told_in_seconds() {
        let ledger = Ledger { captured: 24_800, reconnects: 2, ..Ledger::default() };
        let lines = Figures { ledger, open_ms: 65_000, latency_ms: Some((1_234, 2_050)) }.lines();
        assert_eq!(lines[0], ("captured", "1.5 s".to_owned()));
        assert_eq!(lines[4], ("reconnects", "2".to_owned()));
        assert_eq!(lines[5], ("open", "1:05".to_owned()));
        assert_eq!(lines[6], ("latency", "1.23 s / 2.05 s".to_owned()));
    }
}
