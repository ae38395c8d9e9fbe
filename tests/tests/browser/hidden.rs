//! A hidden tab, whose timers the browser checks once a minute.

use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{Fault, Script, SessionRecord, TokenFault};
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::Recording;
use end_to_end_tests::browser::Microphone;

use super::engines::Capabilities as _;
use super::files::{PICK, write};
use super::page::Page;
use crate::ENGINE;

/// The talk of 35 s, and a minute for a busy machine.
const HIDDEN_LIMIT_S: u64 = 120;
/// How long the page is recorded, in s: 15 s are slow, as the browser is strict only after a while.
const TALK_S: usize = 35;
/// The longest that a few seconds of audio may take.
const LIMIT: Duration = Duration::from_secs(15);

/// Counts, in `window.__ticks`, how often a timer of 100 ms fires after the page has been hidden for 10 s.
const COUNT_TICKS: &str = "__hidden.countTicks();";

impl Page {
    /// Opens another tab in front of the page, and waits for half a minute of audio. The connection is cut
    /// twice meanwhile, and one token comes only at the second request.
    async fn record_hidden(&mut self) -> TestResult {
        self.browser.open_tab().await?;
        let mut before_s = 0;
        for (session, seconds) in [(0, 5), (0, 10), (0, 15), (1, 22), (2, 15)] {
            let audio_ms = seconds * 1_000;
            let sent = self.mock.wait_for_audio_ms(session, audio_ms, LIMIT).await;
            sent.map_err(|error| format!("{error}, after {before_s} s"))?;
            before_s = seconds;
            if [(0, 15), (1, 22)].contains(&(session, seconds)) {
                // A third failure would have to wait longer than the limit.
                if session == 0 {
                    self.mock.token_faults().next(TokenFault::Status(503));
                }
                assert!(self.mock.inject_fault(session, Fault::Drop));
            }
        }
        self.browser.close_tab().await?;
        let hidden_at = self.global("__hiddenAt").await?;
        assert!(hidden_at.is_number(), "the page was not hidden");
        let ticks = self.global_as::<u32>("__ticks").await?;
        // 20 s hold 200 ticks.
        assert!(ticks < 40, "{ticks} ticks: the page was not slowed down");
        Ok(())
    }
}

/// Asserts that the sessions' audio are parts of the samples that together are all of them. Silence may fill the last frame,
/// and a decoder may round.
fn assert_is_whole(sessions: &[SessionRecord], samples: &[i16]) -> TestResult {
    let mut covered = 0;
    for session in sessions {
        let audio = session.pcm_i16();
        let is_there = |at: usize| {
            let rest = &samples[at..];
            rest.len() + 800 > audio.len()
                && audio.iter().zip(rest).all(|(sent, sample)| sent.abs_diff(*sample) <= 1)
        };
        let from = (0..=covered).rev().find(|at| is_there(*at));
        let from = from.ok_or("a session's audio is not in the recording, or has a gap before it")?;
        println!("{} samples from {from} on", audio.len());
        covered = (from + audio.len()).min(samples.len());
    }
    assert_eq!(covered, samples.len(), "samples were sent");
    Ok(())
}

#[tokio::test]
async fn a_microphone_is_recorded_without_loss_while_the_tab_is_hidden_and_reconnects() -> TestResult {
    if !ENGINE.slows_hidden_tabs() {
        return Ok(());
    }
    with_time_limit(HIDDEN_LIMIT_S, async {
        let microphone = Microphone::File(Recording::talk_path());
        let mut page = Page::open_to_hide(Script::new(), microphone, COUNT_TICKS).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        page.record_hidden().await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        let captured = page.captured().await?;
        let seen = page.finish_despite_errors().await?;
        assert_eq!(seen.sessions.len(), 3);
        assert_is_whole(&seen.sessions, &captured)?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_is_transcribed_in_real_time_while_the_tab_is_hidden_and_reconnects() -> TestResult {
    if !ENGINE.slows_hidden_tabs() {
        return Ok(());
    }
    with_time_limit(HIDDEN_LIMIT_S, async {
        let folder = tempfile::tempdir()?;
        let mut reader = hound::WavReader::open(Recording::talk_path())?;
        let samples: Vec<i16> = reader.samples::<i16>().take(TALK_S * 16_000).collect::<Result<_, _>>()?;
        let path = write(folder.path(), 1, 16_000, &samples)?;
        let script = format!("{COUNT_TICKS}{PICK}");
        let mut page = Page::open_to_hide(Script::new(), Microphone::Recording, &script).await?;
        page.hand_file(&std::fs::read(path)?, "talk.wav").await?;
        page.press("#file").await?;
        page.wait_for_state("recording").await?;
        page.record_hidden().await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.error().await?, "");
        let seen = page.finish_despite_errors().await?;
        assert_eq!(seen.sessions.len(), 3, "a connection was replaced without need");
        assert_is_whole(&seen.sessions, &samples)?;
        Ok(())
    })
    .await
}
