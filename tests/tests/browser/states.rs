//! Each state of the page as users see it: pictures in light and dark, on a large screen and a phone, in English and
//! German; axe-core's checks.
//!
//! The pictures are in target/screenshots: look at those of a state that you change.

use assemblyai_mock::{MockAssemblyAi, Script};
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::Recording;
use end_to_end_tests::browser::{BrowserError, Microphone, Window};
use serde_json::json;

use super::engines::Capabilities as _;
use super::files::PICK;
use super::limit::with_time_limit;
use super::page::Page;
use super::recordings::{NEARLY_FULL, of_row};
use super::recovery::FULL;
use super::shared_sound::{END_SHARING, SHARE};
use crate::ENGINE;

/// The time limit of a test, in s: each visits many states.
const LIMIT_S: u64 = 300;

/// The language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    German,
}

impl Page {
    /// Takes the pictures of a state, and has axe-core check it.
    async fn visit(&mut self, state: &str, language: Language) -> TestResult {
        self.visit_window(state, language).await?;
        if !ENGINE.can_take_screenshots() {
            return Ok(());
        }
        let name = name(state, language);
        self.browser.resize(390, 844).await?;
        self.screenshot_in_both_colours(&format!("{name}-phone")).await?;
        assert_eq!(self.run("__states.cutOff", ()).await?, json!([]), "{name}");
        assert_eq!(self.run("__states.cramped", ()).await?, json!([]), "{name}");
        self.browser.resize(1100, 660).await?;
        Ok(())
    }

    /// The same in the size that the window has.
    async fn visit_window(&mut self, state: &str, language: Language) -> TestResult {
        #[cfg(feature = "sdks")]
        if language == Language::English {
            assert_eq!(super::accessibility::axe::serious(self).await?, [""; 0], "{state}");
        }
        self.screenshot_in_both_colours(&name(state, language)).await?;
        Ok(())
    }

    async fn screenshot_in_both_colours(&mut self, name: &str) -> Result<(), BrowserError> {
        if !ENGINE.can_prefer_dark_colours() {
            return self.screenshot(name).await;
        }
        self.browser.dark(true).await?;
        self.screenshot(&format!("{name}-dark")).await?;
        // Windows that stay on top are dark by themselves.
        self.browser.dark(false).await?;
        self.screenshot(name).await
    }

    /// Shows the page in a language.
    async fn speak(&mut self, language: Language) -> Result<(), BrowserError> {
        if language == Language::German {
            self.reload_in_german().await?;
        }
        if ENGINE.can_take_screenshots() {
            self.browser.resize(1100, 660).await?;
        }
        Ok(())
    }

    /// Records, with the first of these turns as the words, of which some are doubtful.
    async fn record_turns(&mut self, turns: &[&str]) -> TestResult {
        self.start_in_any_language().await?;
        for (order, text) in (0..).zip(turns) {
            let from_ms = 300 + 1_500 * order;
            let words = (0..).zip(text.split(' ')).map(|(nth, word)| {
                let start = from_ms + nth * 250;
                let confidence = if nth % 3 == 2 { 0.4 } else { 0.97 };
                json!({"text": word, "start": start, "end": start + 200, "confidence": confidence, "word_is_final": true})
            });
            let words: Vec<_> = words.collect();
            self.receive(&json!({
                "type": "Turn", "turn_order": order, "turn_is_formatted": true, "end_of_turn": true,
                "transcript": text, "end_of_turn_confidence": 0.9, "words": words,
            }))
            .await?;
        }
        self.wait_for_finals(turns.len()).await?;
        self.wait_for_audio_ms(3_500).await?;
        Ok(())
    }

    async fn open_dialog(&mut self, button: &str) -> Result<(), BrowserError> {
        self.press(button).await?;
        self.wait_for_element("dialog[open]").await?;
        Ok(())
    }

    async fn close_dialogs(&mut self) -> Result<(), BrowserError> {
        self.run("__states.closeDialogs", ()).await.map(drop)
    }
}

/// The name of a state's pictures in a language.
fn name(state: &str, language: Language) -> String {
    match language {
        Language::English => state.to_owned(),
        Language::German => format!("{state}-german"),
    }
}

const TURNS: [&str; 3] = [
    "The microphone opens before the first word.",
    "Every sentence ends with a pause.",
    "Seven blue boats left the harbour.",
];

/// Markers, off the record, settings, review and New.
async fn transcript(language: Language) -> TestResult {
    let mut page = Page::open(Script::new()).await?;
    page.speak(language).await?;
    page.record_turns(&TURNS).await?;
    page.press("#marker").await?;
    page.wait_for_count(".marker", 1).await?;
    page.visit("marker", language).await?;
    page.press(".marker [data-action=name]").await?;
    page.wait_for_focus(".marker input").await?;
    page.visit("marker-naming", language).await?;
    page.type_into(".marker input", "Budget").await?;
    page.key("\u{e007}").await?;
    page.wait_for_element(".marker[data-named]").await?;
    page.visit("marker-named", language).await?;
    page.press("#off-record").await?;
    page.wait_for_visible("#off-record-bar", true).await?;
    page.visit("off-record", language).await?;
    page.press("#off-record").await?;
    page.open_dialog("#settings").await?;
    page.visit("settings", language).await?;
    page.run("__states.openSettings", ()).await?;
    page.visit("settings-open", language).await?;
    page.close_dialogs().await?;
    page.stop_in_any_language().await?;
    page.press("#review").await?;
    page.wait_for_visible("#review-bar", true).await?;
    page.visit("review", language).await?;
    page.press("#review-bar [name=end]").await?;
    page.open_dialog("#new").await?;
    page.visit("new", language).await?;
    page.press("#clear-transcript [value=put-away]").await?;
    page.wait_for_no_element("#transcript p").await?;
    assert_eq!(page.property("#elapsed", "textContent").await?, "0:00");
    page.visit("new-transcript", language).await?;
    page.finish().await?;
    Ok(())
}

/// The list of recordings: full storage, a search, a deletion that can be taken back, a new title, and all deleted.
async fn list(language: Language) -> TestResult {
    let mut page = Page::open_with_init(NEARLY_FULL).await?;
    page.speak(language).await?;
    for turn in TURNS {
        page.record_turns(&[turn]).await?;
        page.stop_in_any_language().await?;
        page.put_away().await?;
    }
    page.open_list(3).await?;
    page.wait_for_visible("#recordings-list .low", true).await?;
    page.visit("recordings-low-storage", language).await?;
    page.type_into("#recordings-list [type=search]", "boats").await?;
    page.wait_for_rows(1).await?;
    page.visit("recordings-search", language).await?;
    page.type_into("#recordings-list [type=search]", "cars").await?;
    page.wait_for_rows(0).await?;
    page.visit("recordings-not-found", language).await?;
    page.type_into("#recordings-list [type=search]", "").await?;
    page.wait_for_rows(3).await?;
    page.press(&of_row(2, "delete")).await?;
    page.wait_for_element("#recordings-list [data-action=undo]:not([hidden])").await?;
    page.visit("recordings-undo", language).await?;
    page.press(&of_row(2, "undo")).await?;
    page.press(&of_row(1, "rename")).await?;
    page.wait_for_property("#rename-recording", "open", true).await?;
    assert_eq!(page.run("__states.titleField", ()).await?, json!([0, true]));
    page.visit("recordings-rename", language).await?;
    page.call("#rename-recording", "close").await?;
    page.ask_to_delete_all().await?;
    page.visit("recordings-delete-all", language).await?;
    page.finish().await?;
    Ok(())
}

/// A file that is read and transcribed, and one that is none.
async fn file(language: Language) -> TestResult {
    let mut page = Page::open_with_init(PICK).await?;
    page.speak(language).await?;
    page.run("__files.holdDecoding", ()).await?;
    let talk = std::fs::read(Recording::talk_path())?;
    page.hand_file(&talk, "Meeting of 21 November.wav").await?;
    page.press("#file").await?;
    page.wait_for("__files.isDecodingHeld", ()).await?;
    let (reading, transcribing) = if language == Language::German {
        ("Datei wird gelesen", "Transkribiert")
    } else {
        ("Reading the file", "Transcribing")
    };
    assert_eq!(page.property("#status", "textContent").await?, reading);
    assert!(!page.is_visible("#hint").await?);
    page.visit("file-reading", language).await?;
    page.run("__files.decode", ()).await?;
    page.wait_for_progress_s(2).await?;
    // "Press Record and speak" is for a page that records nothing; on a phone it would lie over the tools.
    assert!(!page.is_visible("#hint").await?);
    // No microphone is open.
    assert_eq!(page.property("#status", "textContent").await?, transcribing);
    assert_eq!(page.visible_of(&["#sources", "#end-turn", "#empty-text"]).await?, [""; 0]);
    page.visit("file", language).await?;
    page.stop_in_any_language().await?;
    page.hand_file(b"no sound", "Minutes of 21 November.pdf").await?;
    page.press("#file").await?;
    page.wait_for("__files.isDecodingHeld", ()).await?;
    page.run("__files.decode", ()).await?;
    page.wait_for_element("#error:not([hidden])").await?;
    page.visit("file-refused", language).await?;
    page.finish().await?;
    Ok(())
}

/// A recording that was interrupted, and the question before it is discarded.
async fn unfinished(language: Language) -> TestResult {
    let mut page = Page::open_to_crash(Script::new(), "").await?;
    page.speak(language).await?;
    page.record_turns(&TURNS).await?;
    let ready = if language == Language::German { "Bereit" } else { "Ready" };
    page.reload_until(ready).await?;
    page.wait_for_recovery().await?;
    page.visit("unfinished", language).await?;
    page.open_dialog("#discard").await?;
    page.visit("unfinished-discard", language).await?;
    page.finish_despite_errors().await?;
    Ok(())
}

/// Nobody speaks.
async fn standby(language: Language) -> TestResult {
    let folder = tempfile::tempdir()?;
    let faint: Vec<i16> = (0..60 * 16_000_i64).map(|at| i16::from((at * at / 7) % 5 == 0) * 4 - 1).collect();
    let path = super::files::write(folder.path(), 1, 16_000, &faint)?;
    let mock = MockAssemblyAi::builder().script(Script::new());
    let mut page =
        Page::open_with_flags(mock, &["--standby-after-seconds", "5"], Microphone::File(path)).await?;
    page.speak(language).await?;
    page.press("#record").await?;
    page.wait_for_state("standby").await?;
    page.visit("standby", language).await?;
    page.stop_in_any_language().await?;
    // There are no words: nothing to search, and no reason to say where they will be.
    let places = ["#hint", "#search", "#review", "#captions", "#marker", "#empty-text", "#export", "#new"];
    assert_eq!(page.visible_of(&places).await?, ["#marker", "#empty-text", "#export", "#new"]);
    page.set_property("#details", "open", true).await?;
    let (confirmed_s, sent_s) = (page.session_stat("confirmed").await?, page.session_stat("sent").await?);
    assert!(confirmed_s <= sent_s, "{confirmed_s} s confirmed of {sent_s} s that were sent");
    page.visit("standby-details", language).await?;
    page.finish().await?;
    Ok(())
}

/// A recording that the browser cannot store, until there is room again.
async fn stored_again(language: Language) -> TestResult {
    let mut page = Page::open_with_init(FULL).await?;
    page.speak(language).await?;
    page.record_turns(&TURNS).await?;
    page.set_global("__isFull", true).await?;
    page.wait_for_element("#notice:not([hidden])").await?;
    page.visit("not-stored", language).await?;
    page.set_global("__isFull", false).await?;
    page.wait_for_element("#status-line:not(:empty)").await?;
    page.visit("stored-again", language).await?;
    page.stop_in_any_language().await?;
    page.finish().await?;
    Ok(())
}

/// The sound of a tab that is no longer shared.
async fn sharing_ended(language: Language) -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    let mut page = Page::open_with_init(SHARE).await?;
    page.speak(language).await?;
    page.choose_value("#devices", "shared").await?;
    page.record_turns(&TURNS).await?;
    page.run(END_SHARING, ()).await?;
    page.wait_for_state("paused").await?;
    page.visit("sharing-ended", language).await?;
    page.stop_in_any_language().await?;
    page.finish().await?;
    Ok(())
}

/// The sound of a tab beside the microphone.
async fn both_sources(language: Language) -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    let mut page = Page::open_with_init(SHARE).await?;
    page.speak(language).await?;
    page.choose_value("#devices", "shared+microphone").await?;
    page.record_turns(&TURNS).await?;
    page.wait_for_visible("#source-levels", true).await?;
    page.visit("both-sources", language).await?;
    page.stop_in_any_language().await?;
    page.finish().await?;
    Ok(())
}

/// Captions over the page, and in a window of their own.
async fn captions(language: Language) -> TestResult {
    let mut page = Page::open(Script::new()).await?;
    page.speak(language).await?;
    page.record_turns(&TURNS).await?;
    page.press("#captions").await?;
    page.wait_for_element("#captions-view:not([hidden])").await?;
    page.visit("captions-over-page", language).await?;
    if ENGINE.has_windows_on_top() {
        page.press("#captions-view .small").await?;
        page.wait_for("__captions.areInWindow", ()).await?;
        page.switch_to(Window::Last).await?;
        page.visit_window("captions-window", language).await?;
        page.switch_to(Window::Page).await?;
        page.run("__captions.closeWindow", ()).await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
    } else {
        page.press("#captions-view .close").await?;
    }
    page.stop_in_any_language().await?;
    page.finish().await?;
    Ok(())
}

/// Visits states in both languages.
async fn visit_in_both_languages(states: impl AsyncFn(Language) -> TestResult) -> TestResult {
    with_time_limit(LIMIT_S, async {
        states(Language::English).await?;
        states(Language::German).await
    })
    .await
}

#[tokio::test]
async fn states_of_a_transcript_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(transcript).await
}

#[tokio::test]
async fn states_of_the_list_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(list).await
}

#[tokio::test]
async fn states_of_a_file_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(file).await
}

#[tokio::test]
async fn states_of_an_unfinished_recording_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(unfinished).await
}

#[tokio::test]
async fn states_of_standby_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(standby).await
}

#[tokio::test]
async fn states_of_full_storage_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(stored_again).await
}

#[tokio::test]
async fn states_of_ended_sharing_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(sharing_ended).await
}

#[tokio::test]
async fn states_of_captions_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(captions).await
}

#[tokio::test]
async fn states_of_both_sources_are_accessible_and_in_pictures() -> TestResult {
    visit_in_both_languages(both_sources).await
}
