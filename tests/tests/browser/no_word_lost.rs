//! A talk over a connection that is cut again and again: each word is in the transcript once, and each sample was sent.

use std::time::Duration;

use assemblyai_mock::{Fault, Recording as KnownRecording, Script, SocketFault, TokenFault};
use end_to_end_tests::audio::{Recording, Reference, stitch};
use end_to_end_tests::browser::Microphone;
use end_to_end_tests::limit::with_time_limit;

use super::page::Page;

/// The talk takes 69 s, and what the last cut held back takes some more.
const TALK_LIMIT_S: u64 = 150;

/// What happens to the connection.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// The TCP connection breaks.
    Drop,
    /// The service has a fault.
    ServiceFault,
    /// Nothing goes over the connection any more, and nobody says so.
    HalfOpen,
    /// The connection breaks, and for 20 s there is no token.
    NoToken,
    /// The service is gone for 2 s with all its sessions.
    Restart,
}

/// When what happens, in s of the recording.
const CUTS: [(u64, Cut); 10] = [
    (3, Cut::Drop),
    (6, Cut::ServiceFault),
    (9, Cut::HalfOpen),
    (19, Cut::Restart),
    (25, Cut::NoToken),
    (50, Cut::Drop),
    (53, Cut::HalfOpen),
    (62, Cut::ServiceFault),
    (65, Cut::Drop),
    (67, Cut::Restart),
];

fn talk() -> KnownRecording {
    KnownRecording::read(Recording::talk_path(), Recording::talk_words_path())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The words of the talk: text, start and end in ms of the file.
fn words_of_the_talk() -> Vec<(String, i64, i64)> {
    let text = std::fs::read_to_string(Recording::talk_words_path()).expect("the talk's words");
    let word = |line: &str| {
        let mut columns = line.split('\t');
        let start = columns.next()?.parse().ok()?;
        let end = columns.next()?.parse().ok()?;
        Some((columns.next()?.to_owned(), start, end))
    };
    text.lines().skip(1).filter_map(word).collect()
}

/// The words on the page: text, start and end in ms of the recording's clock.
async fn words_on_the_page(page: &mut Page) -> Vec<(String, i64, i64)> {
    let words = page
        .eval(
            "return [...document.querySelectorAll('#transcript p[data-final] [data-start]')]
                .map(w => [w.textContent, +w.dataset.start, +w.dataset.end])",
        )
        .await;
    serde_json::from_value(words).unwrap_or_else(|error| panic!("{error}"))
}

/// Each word once, in order, at its time: the page's clock begins some ms after the file's.
fn assert_each_word_once(shown: &[(String, i64, i64)]) {
    let spoken = words_of_the_talk();
    let texts = |words: &[(String, i64, i64)]| -> Vec<String> {
        words.iter().map(|(text, ..)| text.clone()).collect()
    };
    assert_eq!(texts(shown), texts(&spoken));
    let mut late_ms: Vec<i64> = shown.iter().zip(&spoken).map(|(shown, spoken)| shown.1 - spoken.1).collect();
    late_ms.sort_unstable();
    let offset_ms = late_ms[late_ms.len() / 2];
    // The first capture of a browser misses up to 250 ms of the file.
    assert!((-300..=50).contains(&offset_ms), "the clock is {offset_ms} ms off");
    let worst = shown.iter().zip(&spoken).map(|(shown, spoken)| {
        (shown.1 - spoken.1 - offset_ms).abs().max((shown.2 - spoken.2 - offset_ms).abs())
    });
    let worst_ms = worst.max().unwrap_or_default();
    println!("{} words, offset {offset_ms} ms, the worst {worst_ms} ms from its time", shown.len());
    assert!(worst_ms <= 50, "a word is {worst_ms} ms from its time");
}

async fn wait_for_captured_s(page: &mut Page, seconds: u64) {
    let condition =
        format!("return parseFloat(document.querySelector('#figure-captured').textContent) >= {seconds}");
    page.browser
        .wait_until(&condition, Duration::from_secs(40))
        .await
        .unwrap_or_else(|error| panic!("{seconds} s: {error}"));
}

/// Strikes the newest session.
fn strike(page: &Page, fault: Fault) {
    let newest = page.mock.sessions().len() - 1;
    assert!(page.mock.strike(newest, fault), "the session is not running");
}

async fn befall(page: &mut Page, at_s: u64, cut: Cut) {
    match cut {
        Cut::Drop => strike(page, Fault::Drop),
        Cut::ServiceFault => strike(page, Fault::error(3005, "Session Cancelled: An error occurred")),
        Cut::HalfOpen => strike(page, Fault::HalfOpen),
        Cut::NoToken => {
            page.mock.token_faults().always(TokenFault::Status(500));
            strike(page, Fault::Drop);
            wait_for_captured_s(page, at_s + 20).await;
            page.mock.token_faults().clear();
        }
        Cut::Restart => {
            page.mock.socket_faults().always(SocketFault::Drop);
            strike(page, Fault::Drop);
            wait_for_captured_s(page, at_s + 2).await;
            page.mock.socket_faults().clear();
        }
    }
}

#[tokio::test]
async fn ten_cuts_of_the_connection_cost_no_word_and_no_sample() {
    with_time_limit(TALK_LIMIT_S, async {
        let mut page = Page::open_with(Script::recording(talk()), Microphone::Talk, "").await;
        page.press_record().await;
        for (at_s, cut) in CUTS {
            wait_for_captured_s(&mut page, at_s).await;
            println!("{at_s} s: {cut:?}");
            // A cut of no connection is none.
            page.wait_for_state("recording").await;
            befall(&mut page, at_s, cut).await;
        }
        wait_for_captured_s(&mut page, 70).await;
        page.press("#record").await;
        page.browser
            .wait_for_state("idle", Duration::from_secs(60))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(page.error().await, "");
        page.assert_nothing_is_held().await;

        let shown = words_on_the_page(&mut page).await;
        assert_each_word_once(&shown);
        let reconnects = page.eval("return +document.querySelector('#figure-reconnects').textContent").await;
        for session in page.mock.sessions() {
            println!("{:?} {} ms", session.end, session.audio_ms);
        }
        assert!(reconnects.as_u64().is_some_and(|count| count >= 10), "{reconnects} reconnects");
        let dropped = page.eval("return document.querySelector('#figure-dropped').textContent").await;
        assert_eq!(dropped, "0.0 s");
        page.screenshot("ten-cuts").await;

        let seen = page.finish_despite_errors().await;
        let audio: Vec<Vec<i16>> = seen.sessions.iter().map(|session| session.pcm_i16()).collect();
        let whole = stitch(audio.iter().map(Vec::as_slice)).unwrap_or_else(|error| panic!("{error}"));
        let recording = Recording::read(&Recording::talk_path()).unwrap_or_else(|error| panic!("{error}"));
        match Reference::new(&recording).check(&whole) {
            Ok(alignment) => println!("{} sessions: {alignment}", audio.len()),
            Err(misalignment) => panic!("{misalignment}"),
        }
    })
    .await;
}
