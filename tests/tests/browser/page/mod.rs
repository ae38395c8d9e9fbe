//! The page with its server and the mock, and the actions that the tests share.

mod open;

use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_mock::{Finished, MockAssemblyAi, TimedOut};
use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{Browser, BrowserError, Level, Window};
use end_to_end_tests::server::TestServer;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::ENGINE;
use crate::engines::Capabilities as _;

/// The time limit of one wait; the page itself waits at most 5 s after Stop.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// The recording's length in ms, which a test of `Recording` checks.
const RECORDING_MS: u64 = 13_180;

/// The time limit for the whole recording, which a browser on a busy machine captures slower than it is played.
const RECORDING_LIMIT: Duration = Duration::from_mins(1);

/// The length of a chunk from the page's audio thread, in ms.
const CHUNK_MS: u64 = 100;

/// The chunks in the longest message that the service accepts, 1000 ms.
const MAX_FRAME_CHUNKS: usize = 10;

/// The languages of the page, each with the status of a page that is ready.
pub(super) const LANGUAGES: [(&str, &str); 2] = [("en", "Ready"), ("de", "Bereit")];

/// The texts of the final turns; some tests open pages without the functions above.
const FINALS: &str = "return [...document.querySelectorAll('#transcript p[data-final]')]
    .map((turn) => turn.querySelector('.settled').textContent)";

/// A page in its own browser.
pub(super) struct Page {
    pub(super) browser: Browser,
    pub(super) mock: MockAssemblyAi,
    server: Option<TestServer>,
    address: String,
}

impl Page {
    /// Its address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Loads or reloads the page.
    pub(super) async fn reload(&mut self) -> Result<(), BrowserError> {
        self.reload_until("Ready").await
    }

    /// Chooses a language by its tag and reloads the page, whose status is then `ready`.
    pub(super) async fn reload_in(&mut self, language: &str, ready: &str) -> Result<(), BrowserError> {
        self.store_item("language", language).await?;
        self.reload_until(ready).await
    }

    /// Chooses German and reloads the page.
    pub(super) async fn reload_in_german(&mut self) -> Result<(), BrowserError> {
        self.reload_in("de", "Bereit").await
    }

    /// Loads or reloads the page, which may not start. A page that reloads itself may still be the old one afterwards.
    pub(super) async fn open_again(&mut self) -> Result<(), BrowserError> {
        self.browser.open(&self.address).await
    }

    /// Loads the page with this query.
    pub(super) async fn open_with_query(&mut self, query: &str) -> Result<(), BrowserError> {
        self.browser.open(&format!("{}?{query}", self.address)).await
    }

    /// Reloads the page, whose status is then `ready`.
    pub(super) async fn reload_until(&mut self, ready: &str) -> Result<(), BrowserError> {
        self.open_again().await?;
        // The page's code has run, and its button works.
        self.wait_for_property("#status", "textContent", ready).await
    }

    /// Kills the browser, restarts it with the same profile and opens the page. Where an engine loses its data in
    /// a crash, this only reloads the page.
    pub(super) async fn crash(&mut self) -> Result<(), BrowserError> {
        if ENGINE.keeps_data_after_a_crash() {
            self.browser.crash().await?;
        }
        self.reload().await
    }

    /// Runs JavaScript in the page.
    pub(super) async fn eval(&mut self, script: &str) -> Result<Value, BrowserError> {
        self.browser.eval(script).await
    }

    /// Runs JavaScript in the page, and returns its result as a type of the test's.
    pub(super) async fn read<T: DeserializeOwned>(&mut self, script: &str) -> Result<T, BrowserError> {
        let answer = self.eval(script).await?;
        T::deserialize(&answer).map_err(|source| BrowserError::Answer {
            script: script.to_owned(),
            answer,
            source,
        })
    }

    /// Clicks an element.
    pub(super) async fn press(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.browser.click(selector).await
    }

    /// Delivers a message on the page's socket as if the service had sent it.
    pub(super) async fn receive(&mut self, message: &Value) -> Result<(), BrowserError> {
        self.run("__seen.receive", [message.to_string()]).await.map(drop)
    }

    /// Delivers a turn of a speaker, or of nobody in particular, whose words are separated by spaces.
    pub(super) async fn receive_turn(
        &mut self,
        order: u64,
        speaker: Option<&str>,
        is_final: bool,
        text: &str,
    ) -> Result<(), BrowserError> {
        let words: Vec<_> =
            text.split(' ').map(|word| json!({ "text": word, "word_is_final": is_final })).collect();
        let mut turn = json!({ "type": "Turn", "turn_order": order, "end_of_turn": is_final, "transcript": text,
            "turn_is_formatted": true, "words": words });
        if let Some(speaker) = speaker {
            turn["speaker_label"] = speaker.into();
        }
        self.receive(&turn).await
    }

    /// Presses a key.
    pub(super) async fn key(&mut self, key: &str) -> Result<(), BrowserError> {
        self.browser.press_key(key).await
    }

    /// Clicks Record and waits for the state `recording`.
    pub(super) async fn press_record(&mut self) -> Result<(), BrowserError> {
        assert_eq!(self.browser.text("#record").await?, "Record");
        self.start_in_any_language().await?;
        assert_eq!(self.browser.text("#record").await?, "Stop");
        Ok(())
    }

    /// Clicks Stop and waits for the state `idle`.
    pub(super) async fn press_stop(&mut self) -> Result<(), BrowserError> {
        self.stop_in_any_language().await?;
        assert_eq!(self.browser.text("#record").await?, "Record");
        Ok(())
    }

    /// As [`Self::press_record`], also where the page is not in English.
    pub(super) async fn start_in_any_language(&mut self) -> Result<(), BrowserError> {
        self.press("#record").await?;
        self.wait_for_state("recording").await
    }

    /// As [`Self::press_stop`], also where the page is not in English.
    pub(super) async fn stop_in_any_language(&mut self) -> Result<(), BrowserError> {
        self.press("#record").await?;
        self.wait_for_state("idle").await
    }

    /// Clicks Pause and waits for the state `paused`.
    pub(super) async fn press_pause(&mut self) -> Result<(), BrowserError> {
        self.press("#pause").await?;
        self.wait_for_state("paused").await
    }

    /// Clicks Resume and waits for the state `recording`.
    pub(super) async fn press_resume(&mut self) -> Result<(), BrowserError> {
        self.press("#pause").await?;
        self.wait_for_state("recording").await
    }

    /// Waits for `data-state`.
    pub(super) async fn wait_for_state(&mut self, state: &str) -> Result<(), BrowserError> {
        self.browser.wait_for_state(state, LIMIT).await
    }

    /// Waits until a function with this body returns true in the page.
    pub(super) async fn wait_until(&mut self, condition: &str) -> Result<(), BrowserError> {
        self.browser.wait_until(condition, LIMIT).await
    }

    /// Waits until the last session has received this much audio.
    pub(super) async fn wait_for_audio_ms(&self, audio_ms: u64) -> Result<(), TimedOut> {
        let n = self.mock.sessions().len().saturating_sub(1);
        self.mock.wait_for_audio_ms(n, audio_ms, LIMIT).await.map(drop)
    }

    /// Waits until the whole recording has been captured.
    pub(super) async fn wait_for_whole_recording(&mut self) -> Result<(), BrowserError> {
        // The recording, and 300 ms for audio in flight.
        let chunks = (ENGINE.microphone_delay_ms() + RECORDING_MS + 300).div_ceil(CHUNK_MS);
        let condition = format!("return __seen.messages.length >= {chunks}");
        self.browser.wait_until(&condition, RECORDING_LIMIT).await?;
        self.wait_for_state("recording").await
    }

    /// Waits until the page shows at least `count` final turns.
    pub(super) async fn wait_for_finals(&mut self, count: usize) -> Result<(), BrowserError> {
        self.wait_for_at_least("#transcript p[data-final]", count).await
    }

    /// The final turns on the page, from the top.
    pub(super) async fn finals(&mut self) -> Result<Vec<String>, BrowserError> {
        self.read(FINALS).await
    }

    /// The sentence in `#error`, or an empty string.
    pub(super) async fn error(&mut self) -> Result<String, BrowserError> {
        self.ask("__seen.error", ()).await
    }

    /// Dismisses an earlier error, clicks Record and waits for the failure with this sentence.
    pub(super) async fn press_record_expecting_error(
        &mut self,
        sentence: &str,
        cause: &str,
    ) -> Result<(), BrowserError> {
        if !self.error().await?.is_empty() {
            self.press("#error button").await?;
            assert_eq!(self.error().await?, "", "the error was not dismissed");
        }
        self.press("#record").await?;
        self.wait_for_failure(sentence, cause).await
    }

    /// Waits until a failure has ended in `idle`, and asserts its sentence and that all resources were released.
    pub(super) async fn wait_for_failure(&mut self, sentence: &str, cause: &str) -> Result<(), BrowserError> {
        self.wait_for_property("#error", "hidden", false).await?;
        self.wait_for_state("idle").await?;
        let error = self.error().await?;
        assert!(error.contains(sentence), "{cause}: {error}");
        assert_eq!(self.browser.text("#record").await?, "Record");
        self.assert_nothing_is_held().await
    }

    /// Asserts that no track is live and no context or socket is open.
    pub(super) async fn assert_nothing_is_held(&mut self) -> Result<(), BrowserError> {
        // A context closes asynchronously.
        self.wait_for_global("__seen.held().contexts", 0).await?;
        let held = self.run("__seen.held", ()).await?;
        assert_eq!(held, json!({"tracks": 0, "contexts": 0, "sockets": 0}));
        Ok(())
    }

    /// All samples that the page has received from the audio thread.
    pub(super) async fn captured(&mut self) -> TestResult<Vec<i16>> {
        let captured: String = self.ask("__seen.captured", ()).await?;
        Ok(samples(&captured)?)
    }

    /// The chunks that the page has received from its audio nodes: the number of the node, and the samples.
    pub(super) async fn captured_chunks(&mut self) -> TestResult<Vec<(u64, Vec<i16>)>> {
        let chunks: Vec<(u64, String)> = self.ask("__seen.capturedChunks", ()).await?;
        chunks.into_iter().map(|(node, chunk)| Ok((node, samples(&chunk)?))).collect()
    }

    /// Asserts that each frame of the newest session has all chunks that waited then, of `chunk_bytes` each, up to a
    /// second, and returns the number of all. One chunk waits while the page is connected, and more if it connects
    /// slowly.
    pub(super) async fn assert_chunks_are_sent_at_once(&mut self, chunk_bytes: usize) -> TestResult<usize> {
        let sent: Vec<(usize, usize)> = self.ask("__seen.takeSent", ()).await?;
        let session = self.mock.sessions().pop().ok_or("no session")?;
        let received: Vec<usize> = session.frames.iter().map(|frame| frame.bytes).collect();
        assert_eq!(
            received,
            sent.iter().map(|(bytes, _)| *bytes).collect::<Vec<_>>(),
            "what is sent arrives"
        );
        let (last, whole) = sent.split_last().ok_or("nothing was sent")?;
        let mut waiting = 0;
        for (at, (bytes, chunks)) in whole.iter().enumerate() {
            waiting += chunks;
            let most = waiting.min(MAX_FRAME_CHUNKS);
            assert_eq!(*bytes, chunk_bytes * most, "of {waiting} chunks, in {at} of {sent:?}");
            waiting -= most;
        }
        // The last chunk may be shorter.
        assert!((chunk_bytes / 2..=chunk_bytes * (waiting + last.1)).contains(&last.0), "{last:?}");
        Ok(sent.iter().map(|(_, chunks)| chunks).sum())
    }

    /// How much the page has received from the audio thread, in ms. The service has received less.
    pub(super) async fn captured_ms(&mut self) -> Result<u64, BrowserError> {
        Ok(self.ask::<f64>("__seen.capturedMs", ()).await? as u64)
    }

    /// Waits until the page has received this much from the audio thread.
    pub(super) async fn wait_for_captured_ms(&mut self, captured_ms: u64) -> Result<(), BrowserError> {
        self.wait_for_global_of_at_least("__seen.capturedMs()", captured_ms).await
    }

    /// Stops the server for the rest of the test.
    pub(super) async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Saves a screenshot of the page to `target/screenshots`, in a folder for each engine.
    pub(super) async fn screenshot(&mut self, name: &str) -> Result<(), BrowserError> {
        if ENGINE.can_take_screenshots() {
            self.browser.screenshot(&picture(name)).await?;
        }
        Ok(())
    }

    /// Saves a screenshot in dark colours, where the engine has them; the page is in light ones again afterwards.
    pub(super) async fn screenshot_in_dark(&mut self, name: &str) -> Result<(), BrowserError> {
        if ENGINE.can_prefer_dark_colours() {
            self.show_in_dark(true).await?;
            self.screenshot(name).await?;
            self.show_in_dark(false).await?;
        }
        Ok(())
    }

    /// Shows the page in dark colours, one of [`dark_modes`], or in light ones.
    pub(super) async fn show_in_dark(&mut self, is_dark: bool) -> Result<(), BrowserError> {
        if ENGINE.can_prefer_dark_colours() { self.browser.dark(is_dark).await } else { Ok(()) }
    }

    /// Switches to another window, for all that follows.
    pub(super) async fn switch_to(&mut self, window: Window) -> Result<(), BrowserError> {
        self.browser.switch_to(window).await
    }

    /// Ends a test and asserts that the mock saw no violation and the console has no warning or error.
    pub(super) async fn finish(mut self) -> Result<Finished, BrowserError> {
        let errors = self.console_errors().await?;
        assert!(errors.is_empty(), "{errors:#?}");
        self.finish_despite_errors().await
    }

    /// Ends a test in which the console may have errors.
    pub(super) async fn finish_despite_errors(self) -> Result<Finished, BrowserError> {
        let seen = self.mock.finish().await;
        self.browser.close().await?;
        Ok(seen)
    }

    async fn console_errors(&mut self) -> Result<Vec<String>, BrowserError> {
        let entries = self.browser.console().await?;
        let serious = entries.into_iter().filter(|entry| entry.level != Level::Note);
        Ok(serious.map(|entry| format!("{:?}: {}", entry.level, entry.text)).collect())
    }
}

/// Whether the page is dark in each colour scheme that the engine has. Light is the last one.
pub(super) fn dark_modes() -> &'static [bool] {
    if ENGINE.can_prefer_dark_colours() { &[true, false] } else { &[false] }
}

/// The path of a picture.
fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    folder.join(format!("{:?}", *ENGINE)).join(name).with_extension("png")
}

/// The samples in a Base64 text.
fn samples(text: &str) -> Result<Vec<i16>, DecodeError> {
    let bytes = STANDARD.decode(text)?;
    Ok(bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}
