//! The language is global to the program, so this test is a program of its own.

use assemblyai_session::{AudioStats, SessionStats};
use transcription_common::texts::{german_file, load_german};
use transcription_page::stats::rows;

#[test]
fn seconds_have_a_decimal_comma() {
    load_german(german_file());
    let audio = AudioStats { captured: 197_600, ..AudioStats::default() };
    let rows = rows(&SessionStats { audio, latency_ms: Some((1_234, 2_050)), ..SessionStats::default() });
    assert_eq!(rows[0], ("#stat-captured", "12,3\u{a0}s".to_owned()));
    assert_eq!(rows[7], ("#stat-latency", "1,23\u{a0}s / 2,05\u{a0}s".to_owned()));
}
