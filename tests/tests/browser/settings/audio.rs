//! Encodings: the transmitted bytes differ, the words and their times do not.

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, SessionRecord, Turn};
use assemblyai_protocol::Encoding;
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::{Recording, Reference};
use serde_json::json;

use super::super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// The time limit of a test, in s: three recordings of 13 s, and the wait for other tests.
const TEST_LIMIT_S: u64 = 150;
/// The recording must arrive complete in one of these attempts: on a busy machine a browser loses some ms of sound.
const ATTEMPTS: usize = 3;

#[tokio::test]
async fn mulaw_at_8_khz_sends_all_audio_in_a_quarter_of_the_bytes_with_correct_word_times() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let recording = Recording::speech()?;
        let reference = Reference::new(&recording.halved());
        for _ in 0..ATTEMPTS {
            let session = record_in_mulaw().await?;
            let received = Recording::of(&session.pcm_i16(), session.sample_rate_hz).wire_pcm();
            match reference.check(&received) {
                Ok(alignment) => {
                    println!("{alignment}");
                    return Ok(());
                }
                Err(misalignment) => println!("{misalignment}"),
            }
        }
        Err(format!("the recording did not arrive complete in {ATTEMPTS} attempts").into())
    })
    .await
}

/// Records the recording and asserts everything but its samples.
async fn record_in_mulaw() -> TestResult<SessionRecord> {
    let script = Script::new()
        .turn(Turn::said("The microphone opens first.").from_ms(1_000).to_ms(3_400))
        .turn(Turn::said("Nothing is said twice.").from_ms(10_700).final_after_terminate());
    let mut page = Page::open(script).await?;
    page.open_panel().await?;
    page.enter(&[("encoding", "pcm_mulaw"), ("sample_rate", "8000")]).await?;
    page.save().await?;
    page.close_panel().await?;
    page.press_record().await?;
    page.wait_for_whole_recording().await?;
    page.press_stop().await?;

    let words = page.run("__settings.words", ()).await?;
    let captured_s = page.session_stat("captured").await?;
    let sent_s = page.session_stat("sent").await?;
    page.assert_chunks_are_sent_at_once(800).await?;
    let mut seen = page.finish().await?;
    assert_eq!(seen.sessions.len(), 1);
    let session = seen.sessions.remove(0);
    assert_eq!((session.encoding, session.sample_rate_hz), (Encoding::PcmMulaw, 8_000));

    // The page's stats agree with what the service received.
    assert!((sent_s - captured_s).abs() < 0.06, "{sent_s} s of {captured_s} s");
    assert!((session.audio_ms as f64 / 1000.0 - sent_s).abs() < 0.1, "{} ms, {sent_s} s", session.audio_ms);
    let given: Vec<_> = session
        .sent_of_type("Turn")
        .iter()
        .filter(|turn| turn["end_of_turn"] == true)
        .flat_map(|turn| turn["words"].as_array().cloned().unwrap_or_default())
        .map(|word| json!([word["text"], word["start"], word["end"]]))
        .collect();
    assert_eq!(given.len(), 8);
    assert_eq!(words, json!(given));
    Ok(session)
}

/// Whether the newest session has received speech.
fn has_speech(page: &Page) -> bool {
    let session = page.mock.sessions().pop();
    session.is_some_and(|session| session.pcm_i16().iter().any(|sample| sample.unsigned_abs() > 1_000))
}

#[tokio::test]
async fn each_of_the_other_encodings_delivers_speech_in_full_frames() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        for (encoding, rate, frame_bytes) in [("pcm_mulaw", "16000", 1_600), ("pcm_s16le", "8000", 1_600)] {
            page.open_panel().await?;
            page.enter(&[("encoding", encoding), ("sample_rate", rate)]).await?;
            page.save().await?;
            page.close_panel().await?;
            page.press_record().await?;
            // The speech begins later on a busy machine. The recording has 12 s of it.
            let mut audio_ms = ENGINE.microphone_delay_ms() + 2_000;
            page.wait_for_audio_ms(audio_ms).await?;
            while !has_speech(&page) && audio_ms < 12_000 {
                audio_ms += 500;
                page.wait_for_audio_ms(audio_ms).await?;
            }
            page.press_stop().await?;
            let session = page.mock.sessions().pop().ok_or("no session")?;
            assert_eq!(session.parameter("encoding"), Some(encoding));
            assert_eq!(session.parameter("sample_rate"), Some(rate));
            assert!(page.assert_chunks_are_sent_at_once(frame_bytes).await? > 10);
            assert!(has_speech(&page), "no speech");
        }
        page.finish().await?;
        Ok(())
    })
    .await
}
