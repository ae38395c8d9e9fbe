//! A talk over a connection that is cut ten times: each word is in the transcript once, and each sample arrives.

use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{
    Fault, MockAssemblyAi, Recording as KnownRecording, Script, SessionRecord, TokenFault, ViolationKind,
};
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::{Recording, Reference, stitch};
use end_to_end_tests::browser::{BrowserError, Microphone};

use super::engines::{Capabilities as _, TornSound, hears_whole};
use super::page::{LIMIT, Page};
use crate::ENGINE;

/// The talk takes 69 s. Ten cuts add their waits, and sending the buffered audio takes more time.
const TALK_LIMIT_S: u64 = 300;

/// A failure of the connection.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// The TCP connection breaks.
    Drop,
    /// The service ends the session with an error.
    ServiceFault,
    /// The connection transmits nothing any more but stays open.
    HalfOpen,
    /// The connection breaks, and token requests fail for 20 s.
    NoToken,
    /// The service is down for 2 s and loses its sessions.
    Restart,
}

/// The cuts with their times, in s of the recording.
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

/// From this time on (s of the recording) the test sends an `online` event after a cut, as a browser does whose network
/// comes back: it ends the wait.
const ONLINE_EVENT_FROM_S: u64 = 50;

fn talk_microphone() -> Microphone {
    Microphone::File(Recording::talk_path())
}

fn talk() -> Result<KnownRecording, assemblyai_mock::RecordingError> {
    KnownRecording::read(Recording::talk_path(), Recording::talk_words_path())
}

/// The words of the talk: text, and start and end in the file (ms).
fn words_of_the_talk() -> std::io::Result<Vec<(String, i64, i64)>> {
    let text = std::fs::read_to_string(Recording::talk_words_path())?;
    let word = |line: &str| {
        let mut columns = line.split('\t');
        let start = columns.next()?.parse().ok()?;
        let end = columns.next()?.parse().ok()?;
        Some((columns.next()?.to_owned(), start, end))
    };
    Ok(text.lines().skip(1).filter_map(word).collect())
}

/// The words on the page: text, and start and end in the recording (ms).
async fn words_on_the_page(page: &mut Page) -> Result<Vec<(String, i64, i64)>, BrowserError> {
    page.ask("__noWordLost.words", ()).await
}

/// Checks that each word is shown once, in order, at its time. The recording starts some ms after the file.
fn each_word_once(shown: &[(String, i64, i64)], spoken: &[(String, i64, i64)]) -> Result<(), TornSound> {
    let texts = |words: &[(String, i64, i64)]| -> Vec<String> {
        // A stop in mid-sentence adds a full stop.
        words.iter().map(|(text, ..)| text.trim_end_matches('.').to_owned()).collect()
    };
    let (shown_texts, spoken_texts) = (texts(shown), texts(spoken));
    if !ENGINE.captures_a_long_talk() {
        return in_order(&shown_texts, &spoken_texts);
    }
    if shown_texts != spoken_texts {
        return Err(TornSound(format!("shown: {shown_texts:?}\nspoken: {spoken_texts:?}")));
    }
    let mut late_ms: Vec<i64> = shown.iter().zip(spoken).map(|(shown, spoken)| shown.1 - spoken.1).collect();
    late_ms.sort_unstable();
    let offset_ms = late_ms[late_ms.len() / 2];
    // A browser's first capture may miss the start of the file or of the silence before it.
    let (latest_ms, missed_ms) = (ENGINE.microphone_delay_ms() as i64, ENGINE.max_missed_start_ms());
    let possible = latest_ms - missed_ms..=latest_ms + 50;
    if !possible.contains(&offset_ms) {
        return Err(TornSound(format!("the clock is {offset_ms} ms off")));
    }
    let worst = shown.iter().zip(spoken).map(|(shown, spoken)| {
        (shown.1 - spoken.1 - offset_ms).abs().max((shown.2 - spoken.2 - offset_ms).abs())
    });
    let worst_ms = worst.max().unwrap_or_default();
    println!("{} words, offset {offset_ms} ms, the worst {worst_ms} ms from its time", shown.len());
    if worst_ms > 50 {
        return Err(TornSound(format!("a word is {worst_ms} ms from its time")));
    }
    Ok(())
}

/// Checks that at least 70 % of the words are shown, in order and none twice. Case is ignored, because a sentence whose
/// first word is missing begins with the next one.
fn in_order(shown: &[String], spoken: &[String]) -> Result<(), TornSound> {
    let mut rest = spoken.iter();
    for word in shown {
        if !rest.any(|spoken| spoken.eq_ignore_ascii_case(word)) {
            return Err(TornSound(format!("{word:?} is not in its place: {shown:?}")));
        }
    }
    println!("{} of {} words", shown.len(), spoken.len());
    if shown.len() * 10 < spoken.len() * 7 {
        return Err(TornSound(format!("too few words: {shown:?}")));
    }
    Ok(())
}

/// Checks that all sessions together contain each captured sample once, and that these are the recording.
fn each_sample_once(sessions: &[SessionRecord], captured: &[i16], recording: &Recording) -> TestResult {
    let audio: Vec<Vec<i16>> = sessions.iter().map(SessionRecord::pcm_i16).collect();
    let whole = stitch(audio.iter().map(Vec::as_slice))?;
    println!("{} samples were captured, {} arrived", captured.len(), whole.len());
    // A last frame shorter than 50 ms is padded with silence.
    let padding = whole.strip_prefix(captured).ok_or("what arrived is not what was captured")?;
    assert!(padding.len() < 800 && captured.len() > 16_000, "{} samples of padding", padding.len());
    if !ENGINE.captures_a_long_talk() {
        return Ok(());
    }
    let alignment = Reference::new(recording)
        .check(&whole)
        .map_err(|misalignment| TornSound(misalignment.to_string()))?;
    println!("{} sessions: {alignment}", audio.len());
    Ok(())
}

async fn wait_for_captured_s(page: &mut Page, seconds: u64) -> Result<(), BrowserError> {
    page.wait_for_stat("captured", seconds, Duration::from_secs(40)).await
}

/// Injects a fault into the newest session.
fn inject_fault(page: &Page, fault: Fault) {
    assert!(page.mock.inject_fault_into_newest(fault).is_some(), "no session is running");
}

/// Cuts the connection, and waits until the page has reconnected.
async fn cut_connection(page: &mut Page, at_s: u64, cut: Cut) -> TestResult {
    let before = page.session_stat("reconnects").await?;
    // Later than planned if the last reconnect took long.
    let cut_s = page.session_stat("captured").await?;
    match cut {
        Cut::Drop => inject_fault(page, Fault::Drop),
        Cut::ServiceFault => inject_fault(page, Fault::error(3005, "Session Cancelled: An error occurred")),
        Cut::HalfOpen => inject_fault(page, Fault::HalfOpen),
        Cut::NoToken => {
            page.mock.token_faults().always(TokenFault::Status(500));
            inject_fault(page, Fault::Drop);
            wait_for_captured_s(page, at_s + 20).await?;
            page.mock.token_faults().clear();
        }
        Cut::Restart => {
            page.mock.go_down().await;
            wait_for_captured_s(page, at_s + 2).await?;
            page.mock.come_up().await?;
        }
    }
    if at_s >= ONLINE_EVENT_FROM_S && !matches!(cut, Cut::HalfOpen) {
        page.wait_for_state("reconnecting").await?;
        page.dispatch("online").await?;
    }
    // A replacement can take over too fast for the state `reconnecting` to be seen.
    page.wait_for_stat("reconnects", before + 1.0, LIMIT).await?;
    if matches!(cut, Cut::HalfOpen) {
        let noticed_s = page.session_stat("captured").await?;
        // Heartbeats arrive every 5.0 to 5.1 s, so the page notices the loss within 6 s. Reconnecting and this
        // test take the rest.
        assert!(noticed_s - cut_s <= 8.0, "noticed after {} s", noticed_s - cut_s);
    }
    Ok(())
}

#[tokio::test]
async fn ten_cuts_of_the_connection_cost_no_word_and_no_sample() -> TestResult {
    let hear = async || {
        // A half-open connection stays open on the service's side.
        let mock =
            MockAssemblyAi::builder().script(Script::recording(talk()?)).allow(ViolationKind::StillOpen);
        let mut page = Page::open_at(mock, talk_microphone()).await?;
        page.press_record().await?;
        for (at_s, cut) in CUTS {
            wait_for_captured_s(&mut page, at_s).await?;
            println!("{at_s} s: {cut:?}");
            cut_connection(&mut page, at_s, cut).await?;
        }
        wait_for_captured_s(&mut page, 70 + ENGINE.microphone_delay_ms() / 1_000).await?;
        page.press("#record").await?;
        page.browser.wait_for_state("idle", Duration::from_mins(2)).await?;
        assert_eq!(page.error().await?, "");
        page.assert_nothing_is_held().await?;

        let (shown, captured) = (words_on_the_page(&mut page).await?, page.captured().await?);
        let reconnects = page.session_stat("reconnects").await?;
        assert!(reconnects >= 10.0, "{reconnects} reconnects");
        assert!(page.session_stat("dropped").await?.abs() < f64::EPSILON);
        page.screenshot("ten-cuts").await?;

        let seen = page.finish_despite_errors().await?;
        each_word_once(&shown, &words_of_the_talk()?)?;
        let recording = Recording::read(&Recording::talk_path())?;
        each_sample_once(&seen.sessions, &captured, &recording)
    };
    hears_whole(async || with_time_limit(TALK_LIMIT_S, hear()).await).await
}

#[tokio::test]
async fn an_expiring_session_is_replaced_without_a_gap() -> TestResult {
    let hear = async || {
        // The page replaces a session 60 s before its end, but not before it is 30 s old.
        let mock = MockAssemblyAi::builder().script(Script::recording(talk()?)).max_session_s(60);
        let mut page = Page::open_at(mock, talk_microphone()).await?;
        page.press_record().await?;
        wait_for_captured_s(&mut page, 34).await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");

        let (shown, captured) = (words_on_the_page(&mut page).await?, page.captured().await?);
        assert!(page.session_stat("reconnects").await? >= 1.0);
        let seen = page.finish().await?;
        assert!(seen.sessions.len() >= 2, "{} sessions", seen.sessions.len());
        // The page terminated the first session before the service ended it.
        assert_eq!(seen.sessions[0].received_of_type("Terminate").len(), 1);
        let heard_ms = 33_000 - ENGINE.microphone_delay_ms();
        let mut spoken = words_of_the_talk()?;
        if ENGINE.captures_a_long_talk() {
            assert!(spoken[shown.len()].2 > heard_ms as i64, "{:?} is missing", spoken[shown.len()]);
            spoken.truncate(shown.len());
        } else {
            // The words up to the end of the audio.
            spoken.retain(|word| word.2 <= 34_000);
        }
        each_word_once(&shown, &spoken)?;
        let recording = Recording::read(&Recording::talk_path())?;
        each_sample_once(&seen.sessions, &captured, &recording.first_ms(heard_ms))
    };
    hears_whole(async || with_time_limit(TALK_LIMIT_S, hear()).await).await
}

#[tokio::test]
async fn a_pause_is_not_billed_for_long_and_resumes_on_the_same_clock() -> TestResult {
    with_time_limit(TALK_LIMIT_S, async {
        let mut page = Page::open_with(Script::recording(talk()?), talk_microphone(), "").await?;
        page.press_record().await?;
        wait_for_captured_s(&mut page, 4).await?;
        page.press_pause().await?;
        assert_eq!(page.browser.text("#pause").await?, "Resume");
        // Open sockets are billed: the page closes this one after a pause of 30 s.
        page.wait_for_within(Duration::from_secs(45), "__noWordLost.hasNoSocket", ()).await?;
        let paused_s = page.session_stat("captured").await?;
        assert!(paused_s < 6.0, "{paused_s} s were captured in a pause");
        let open_s =
            page.mock.sessions()[0].sent_of_type("Termination")[0]["session_duration_seconds"].clone();
        assert!(open_s.as_f64().is_some_and(|open_s| (30.0..45.0).contains(&open_s)), "{open_s}");

        page.press_resume().await?;
        wait_for_captured_s(&mut page, 12).await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        let shown = words_on_the_page(&mut page).await?;
        let seen = page.finish().await?;
        let audio_ms: u64 = seen.sessions.iter().map(|session| session.audio_ms).sum();
        assert_eq!(seen.sessions.len(), 2);
        let last_ms = shown.last().map(|word| word.2).ok_or("no words")?;
        assert!(shown.windows(2).all(|two| two[0].2 <= two[1].1), "{shown:?}");
        assert!(
            last_ms > (paused_s * 1000.0) as i64 && last_ms <= audio_ms as i64,
            "{last_ms} of {audio_ms} ms"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_audio_stats_agree_with_what_the_service_received() -> TestResult {
    with_time_limit(TALK_LIMIT_S, async {
        let mut page = Page::open_with(Script::recording(talk()?), talk_microphone(), "").await?;
        page.press_record().await?;
        wait_for_captured_s(&mut page, 6).await?;
        inject_fault(&page, Fault::Drop);
        wait_for_captured_s(&mut page, 10).await?;
        page.press_stop().await?;
        let (captured, sent) = (page.session_stat("captured").await?, page.session_stat("sent").await?);
        let confirmed = page.session_stat("confirmed").await?;
        assert_eq!(page.property("#notice", "hidden").await?, true);
        let seen = page.finish_despite_errors().await?;
        let received: f64 = seen.sessions.iter().map(|session| session.audio_ms as f64 / 1000.0).sum();
        assert!((sent - received).abs() < 0.3, "{sent} s sent, {received} s received");
        assert!(sent > captured, "nothing was sent again: {sent} s of {captured} s");
        assert!((confirmed - captured).abs() < 0.1, "{confirmed} s of {captured} s confirmed");
        Ok(())
    })
    .await
}
