//! The review of doubtful words: hear, correct, accept, skip.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::hear::CAPTURE_PLAYBACK;
use super::{ESCAPE, said};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Two turns, each with two doubtful words.
async fn page_with_doubts() -> TestResult<Page> {
    let mut page = Page::open_to_crash(Script::new(), CAPTURE_PLAYBACK).await?;
    page.press_record().await?;
    for (order, text) in [(0, "Seven blue boots left"), (1, "the harber at noon")] {
        let mut message = said(order, 1_000 + 3_000 * order, text);
        message["words"][1]["confidence"] = json!(0.31);
        message["words"][2]["confidence"] = json!(0.42);
        page.receive(&message).await?;
    }
    page.wait_for_audio_ms(6_000).await?;
    page.press_stop().await?;
    Ok(page)
}

impl Page {
    /// The word in the field, the status beside it, and the label of the button.
    async fn reviewed(&mut self) -> Result<Value, BrowserError> {
        self.run("__review.bar", ()).await
    }

    async fn wait_for_word(&mut self, word: &str, status: &str) -> Result<(), BrowserError> {
        self.wait_for("__review.isAt", (word, status)).await
    }

    async fn press_in_review(&mut self, button: &str) -> Result<(), BrowserError> {
        self.press(&format!("#review-bar {button}")).await
    }
}

#[tokio::test]
async fn doubtful_words_are_heard_corrected_and_accepted_one_by_one() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = page_with_doubts().await?;
        page.press("#review").await?;
        page.wait_for_word("blue", "31% sure, 4 left").await?;
        assert_eq!(page.reviewed().await?[2], "It is right");
        page.screenshot("review").await?;
        if ENGINE.can_play() {
            // From the word before it, and it stops behind it.
            page.wait_for_global_of_at_least("__played.length", 1).await?;
            page.wait_for_property("#pause-playback", "hidden", true).await?;
            assert_eq!(page.count("[data-heard]").await?, 0);
            // Also in a hidden window, which has no frames; and an iPhone that is switched to silent plays.
            page.run("__review.stopFrames", ()).await?;
        }
        page.press_in_review("[type=submit]").await?;
        page.wait_for_word("boots", "42% sure, 3 left").await?;
        if ENGINE.can_play() {
            page.wait_for("__review.usesAreOfPlayback", ()).await?;
            assert_eq!(page.property("#pause-playback", "hidden").await?, true);
            page.run("__review.goOn", ()).await?;
        }
        page.type_into("#review-bar input", "boats").await?;
        assert_eq!(page.reviewed().await?[2], "Correct it");
        page.press_in_review("[type=submit]").await?;
        page.wait_for_word("harber", "31% sure, 2 left").await?;
        assert_eq!(page.finals().await?[0], "Seven blue boats left");
        // The other words of a corrected turn can still be heard.
        let expected =
            json!([["Seven", "1000", ""], ["blue", "1500", ""], ["boats", "2000", ""], ["left", "2500", ""]]);
        assert_eq!(page.run("__review.correctedWords", ()).await?, expected);

        page.press_in_review("[name=skip]").await?;
        page.wait_for_word("at", "42% sure, 2 left").await?;
        page.press_in_review("[type=submit]").await?;
        page.wait_for_word("harber", "31% sure, 1 left").await?;
        page.press_in_review("[type=submit]").await?;
        page.wait_for_property("#review-bar .count", "textContent", "No doubtful word is left.").await?;
        page.press_in_review("[name=end]").await?;
        page.wait_for_visible("#review-bar", false).await?;

        // What was accepted is not doubtful after a reload either.
        page.reload().await?;
        page.wait_for_finals(2).await?;
        page.press("#review").await?;
        page.wait_for_property("#review-bar .count", "textContent", "No doubtful word is left.").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_killed_browser_keeps_what_was_accepted_corrected_and_made_a_key_term() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = page_with_doubts().await?;
        page.press("#review").await?;
        page.wait_for_word("blue", "31% sure, 4 left").await?;
        page.press_in_review("[type=submit]").await?;
        page.wait_for_word("boots", "42% sure, 3 left").await?;
        page.type_into("#review-bar input", "boats").await?;
        page.press_in_review("[type=submit]").await?;
        page.wait_for_word("harber", "31% sure, 2 left").await?;
        page.press_in_review("[name=term]").await?;
        page.wait_for_text("#review-bar .count", "“boats” is a key term now.").await?;
        page.wait_until_settings_are_on_disk().await?;

        page.crash().await?;
        page.wait_for_finals(2).await?;
        assert_eq!(page.finals().await?[0], "Seven blue boats left");
        page.press("#review").await?;
        page.wait_for_word("harber", "31% sure, 2 left").await?;
        page.press_in_review("[name=end]").await?;
        page.open_panel().await?;
        assert_eq!(page.entry("keyterms_prompt").await?, "boats");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_review_during_a_recording_plays_nothing_and_makes_corrections_key_terms() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_PLAYBACK).await?;
        page.press_record().await?;
        let mut message = said(0, 1_000, "Book a table, please");
        message["words"][1]["confidence"] = json!(0.2);
        message["words"][2]["confidence"] = json!(0.2);
        page.receive(&message).await?;
        page.wait_for_audio_ms(2_500).await?;
        page.press("#review").await?;
        page.wait_for_word("a", "20% sure, 2 left").await?;
        page.press_in_review("[name=hear]").await?;
        assert_eq!(page.global("__played.length").await?, 0, "the microphone would hear it");
        page.press_in_review("[name=skip]").await?;
        page.wait_for_word("table,", "20% sure, 2 left").await?;
        page.type_into("#review-bar input", "Mabel,").await?;
        page.press_in_review("[type=submit]").await?;
        page.wait_for_word("a", "20% sure, 1 left").await?;
        // A correction becomes a key term of the open session, and of later ones.
        page.wait_for_text("#review-bar [name=term]", "Listen for “Mabel” from now on").await?;
        page.press_in_review("[name=term]").await?;
        page.wait_for_text("#review-bar .count", "“Mabel” is a key term now.").await?;
        page.wait_for_audio_ms(3_500).await?;
        let updates = page.mock.session(0).ok_or("no session")?.received_of_type("UpdateConfiguration");
        assert_eq!(updates, [json!({ "type": "UpdateConfiguration", "keyterms_prompt": ["Mabel"] })]);
        if ENGINE.has_focus() {
            page.press("#review-bar input").await?;
            page.key("r").await?;
            page.key(ESCAPE).await?;
            page.wait_for_visible("#review-bar", false).await?;
        }
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
