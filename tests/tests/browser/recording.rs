//! The audio: every sample of the recording arrives, once.

use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, SocketFault, Turn};
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::{Recording, Reference};

use super::TEST_LIMIT_S;
use super::engines::{Capabilities as _, REFUSE_16_KHZ, TornSound, hears_whole};
use super::page::Page;
use crate::ENGINE;

/// Asserts that the received audio is what the page captured, and that this is the speech, each sample once. `record`
/// returns both.
async fn assert_arrives_whole(record: impl AsyncFn() -> TestResult<(Vec<i16>, Vec<i16>)>) -> TestResult {
    let recording = Recording::speech()?;
    let reference = Reference::new(&recording);
    hears_whole(async || {
        let (heard, captured) = with_time_limit(TEST_LIMIT_S, record()).await?;
        // A last frame shorter than 50 ms is padded with silence.
        let padding = heard.strip_prefix(&captured[..]).ok_or("what arrived is not what was captured")?;
        assert!(padding.len() < 800 && padding.iter().all(|sample| *sample == 0), "{padding:?}");
        let alignment =
            reference.check(&heard).map_err(|misalignment| TornSound(misalignment.to_string()))?;
        println!("{alignment}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recording_arrives_whole_in_frames_of_100_ms_and_its_turns_are_shown() -> TestResult {
    let record = async || {
        let script = Script::new()
            .turn(Turn::said("The microphone opens before the first word.").from_ms(1_000).to_ms(3_400))
            .turn(Turn::said("Every sentence ends with a pause.").from_ms(4_500).to_ms(6_400))
            .turn(Turn::said("Nothing is said twice.").from_ms(10_700).final_after_terminate());
        let mut page = Page::open(script).await?;

        page.press_record().await?;
        page.wait_for_whole_recording().await?;
        page.press_stop().await?;

        assert_eq!(
            page.finals().await?,
            [
                "The microphone opens before the first word.",
                "Every sentence ends with a pause.",
                "Nothing is said twice."
            ]
        );
        page.assert_nothing_is_held().await?;
        let messages = page.global("__seen.messages").await?;
        let messages = messages.as_array().map_or(0, Vec::len);

        let chunks = page.assert_chunks_are_sent_at_once(3_200).await?;
        let captured = page.captured().await?;
        let seen = page.finish().await?;
        let [session] = &seen.sessions[..] else {
            return Err(format!("{} sessions", seen.sessions.len()).into());
        };
        assert_eq!(session.received_of_type("Terminate").len(), 1);
        // One message per chunk, and the final `end`.
        assert_eq!(messages, chunks + 1);
        Ok((session.pcm_i16(), captured))
    };
    assert_arrives_whole(record).await
}

#[tokio::test]
async fn a_socket_that_opens_2_s_late_costs_no_word() -> TestResult {
    let record = async || {
        let mut page = Page::open(Script::new()).await?;
        // The first word comes 1 s after Record.
        page.mock.socket_faults().next(SocketFault::AcceptLate(Duration::from_secs(2)));
        page.press("#record").await?;
        page.wait_for_state("connecting").await?;
        page.wait_for_whole_recording().await?;
        page.press_stop().await?;
        let captured = page.captured().await?;
        Ok((page.finish().await?.sessions[0].pcm_i16(), captured))
    };
    assert_arrives_whole(record).await
}

#[tokio::test]
async fn a_browser_that_refuses_16_khz_is_resampled_and_loses_nothing() -> TestResult {
    let record = async || {
        let mut page = Page::open_with_init(REFUSE_16_KHZ).await?;
        page.press_record().await?;
        // A context closes asynchronously.
        page.wait_for_global("__seen.held().contexts", 1).await?;
        let rates: Vec<f64> = page.ask("__seen.rates", ()).await?;
        let refused = if ENGINE.needs_resampling_by_the_page() { vec![] } else { vec![16_000.0] };
        assert_eq!(rates[..rates.len() - 1], refused);
        assert!(rates[rates.len() - 1] > 40_000.0, "{rates:?}");
        page.wait_for_whole_recording().await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        let captured = page.captured().await?;
        Ok((page.finish().await?.sessions[0].pcm_i16(), captured))
    };
    assert_arrives_whole(record).await
}
