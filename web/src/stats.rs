//! The statistics of a recording as rows of the details panel.

use assemblyai_session::SAMPLE_RATE_HZ;
use assemblyai_session::{AudioStats, SessionStats};
use transcription_common::{clock, texts};

/// One row for each, a selector of the page's element and a value.
pub fn rows(stats: &SessionStats) -> [(&'static str, String); 8] {
    let AudioStats { captured, sent, confirmed, dropped, reconnects, standby, .. } = stats.audio;
    [
        ("#stat-captured", seconds(captured)),
        ("#stat-sent", seconds(sent)),
        ("#stat-confirmed", seconds(confirmed)),
        ("#stat-dropped", seconds(dropped)),
        ("#stat-reconnects", reconnects.to_string()),
        ("#stat-open", clock(stats.open_ms / 1000)),
        ("#stat-standby", clock(standby / u64::from(SAMPLE_RATE_HZ))),
        ("#stat-latency", stats.latency_ms.map_or("–".to_owned(), latency)),
    ]
}

/// Samples as seconds with one decimal, without a float: formatting those takes 12 kB of code.
fn seconds(samples: u64) -> String {
    let tenths = samples * 10 / u64::from(SAMPLE_RATE_HZ);
    [&*(tenths / 10).to_string(), texts::DECIMAL_POINT.get(), &*(tenths % 10).to_string(), "\u{a0}s"].concat()
}

/// Two latencies as seconds.
fn latency((median, percentile_95): (u64, u64)) -> String {
    let digit = |number: u64| (number % 10).to_string();
    let point = texts::DECIMAL_POINT.get();
    let seconds =
        |ms: u64| [&*(ms / 1000).to_string(), point, &*digit(ms / 100), &*digit(ms / 10), "\u{a0}s"].concat();
    [&*seconds(median), " / ", &*seconds(percentile_95)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_seconds() {
        let audio =
            AudioStats { captured: 24_800, reconnects: 2, standby: 61 * 16_000, ..AudioStats::default() };
        let rows = rows(&SessionStats { audio, open_ms: 65_000, latency_ms: Some((1_234, 2_050)) });
        assert_eq!(rows[0], ("#stat-captured", "1.5\u{a0}s".to_owned()));
        assert_eq!(rows[4], ("#stat-reconnects", "2".to_owned()));
        assert_eq!(rows[5], ("#stat-open", "1:05".to_owned()));
        assert_eq!(rows[6], ("#stat-standby", "1:01".to_owned()));
        assert_eq!(rows[7], ("#stat-latency", "1.23\u{a0}s / 2.05\u{a0}s".to_owned()));
    }
}
