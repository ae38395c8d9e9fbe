//! Markers: set with a key or a button, named, removed, stored, listed and exported.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::super::recovery::CAPTURE_DOWNLOADS;
use super::{ENTER, ESCAPE, RIGHT, said};
use crate::ENGINE;
use crate::engines::Capabilities as _;

impl Page {
    /// Turns and markers from the top: the text of a turn, and for a marker its name behind a `#`.
    async fn marked_text(&mut self) -> Result<Vec<String>, BrowserError> {
        self.ask("__markers.entries", ()).await
    }

    async fn wait_for_markers(&mut self, count: usize) -> Result<(), BrowserError> {
        self.wait_for_count(".marker:not([data-removed])", count).await
    }

    /// Types a name into the open field of a marker and confirms it with Enter.
    async fn name_marker(&mut self, name: &str) -> Result<(), BrowserError> {
        self.press(".marker:not([data-named]) [data-action=name]").await?;
        self.wait_for_focus(".marker input").await?;
        for key in name.chars() {
            self.key(&key.to_string()).await?;
        }
        self.key(ENTER).await?;
        self.wait_for("__markers.isNamed", [name]).await
    }

    async fn marker_note(&mut self) -> Result<Value, BrowserError> {
        self.property("#status-line", "textContent").await
    }
}

#[tokio::test]
async fn markers_outlive_a_killed_tab_and_are_in_the_list_and_the_exports() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.receive(&said(0, 100, "Book a table")).await?;
        page.wait_for_finals(1).await?;
        page.wait_for_audio_ms(2_000).await?;
        page.key("m").await?;
        page.wait_for_markers(1).await?;
        let note = page.marker_note().await?;
        assert!(note.as_str().is_some_and(|note| note.starts_with("Marker set at 0:0")), "{note}");
        page.wait_for_audio_ms(4_000).await?;
        page.receive(&said(1, 3_900, "For two")).await?;
        page.wait_for_finals(2).await?;
        assert_eq!(page.marked_text().await?, ["Book a table", "#", "For two"]);
        // A turn that was spoken before the marker arrives after it.
        page.press("#marker").await?;
        page.wait_for_markers(2).await?;
        page.receive(&said(2, 3_950, "at eight")).await?;
        page.wait_for_finals(3).await?;
        page.wait_for_element(".marker:last-child").await?;
        assert_eq!(page.marked_text().await?, ["Book a table", "#", "For two", "at eight", "#"]);

        // The keys of the name are no shortcuts: M, P and R would be.
        page.name_marker("MPR café").await?;
        page.wait_for_state("recording").await?;
        page.press(".marker:not([data-named]) [data-action=remove]").await?;
        page.wait_for_markers(1).await?;
        assert_eq!(page.marked_text().await?.last().map(String::as_str), Some("removed"));
        page.press(".marker [data-action=undo]:not([hidden])").await?;
        page.wait_for_markers(2).await?;
        page.screenshot("markers").await?;
        page.press(".marker:not([data-named]) [data-action=remove]").await?;
        page.wait_for_markers(1).await?;
        // The turns are stored at once, and so are the markers.
        page.wait_for_audio_ms(6_500).await?;

        page.crash().await?;
        page.wait_for_recovery().await?;
        let (_, text) = page.save_file("#export-recovered-text").await?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once("] ").unwrap_or_default().1).collect();
        assert_eq!(lines, ["Book a table", "Marker: MPR café", "For two", "at eight"]);
        page.press("#continue").await?;
        page.wait_for_state("recording").await?;
        page.wait_for_markers(1).await?;
        assert_eq!(page.marked_text().await?, ["Book a table", "#MPR café", "For two", "at eight"]);
        page.press_stop().await?;

        page.open_export().await?;
        let (_, text) = page.save_file("#export-txt").await?;
        assert!(String::from_utf8_lossy(&text).contains("] Marker: MPR café\n"));
        let (_, markdown) = page.save_file("#export-md").await?;
        assert!(String::from_utf8_lossy(&markdown).contains("\n### Marker: MPR café (0:0"));
        let (_, vtt) = page.save_file("#export-vtt").await?;
        assert!(String::from_utf8_lossy(&vtt).contains(" Marker: MPR café\n"));
        let (_, json) = page.save_file("#export-json").await?;
        let json: Value = serde_json::from_slice(&json)?;
        assert_eq!(json["markers"][0]["name"], "MPR café");
        assert_eq!(json["markers"].as_array().map(Vec::len), Some(1));
        page.press("#export-close").await?;

        page.reload().await?;
        page.wait_for_markers(1).await?;
        page.press("#recordings").await?;
        page.wait_for_match("#recordings-list .facts", "1\u{a0}marker").await?;
        page.type_into("#recordings-list input", "mpr CAFE").await?;
        page.wait_for_property("#recordings-list mark", "textContent", "MPR café").await?;
        page.screenshot("recordings-marker").await?;
        // What deletes a recording deletes its markers too.
        page.press("#recordings-list [data-action=delete]").await?;
        page.press("#recordings-list .ends button:last-child").await?;
        page.wait_for_property("#transcript", "children.length", 0).await?;
        assert_eq!(page.run("__markers.storedKeys", ()).await?, json!([]));
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_finished_recording_is_marked_where_it_is_played_or_has_the_focus() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init("").await?;
        page.press_record().await?;
        page.receive(&said(0, 100, "Book a table")).await?;
        page.receive(&said(1, 2_000, "For two")).await?;
        page.wait_for_audio_ms(5_000).await?;
        page.press_stop().await?;
        page.key("M").await?;
        page.wait_for_text(
            "#status-line",
            "Play a word, or go to one with the arrow keys, to set a marker there.",
        )
        .await?;
        page.call("#transcript", "focus").await?;
        page.key(RIGHT).await?;
        page.key(RIGHT).await?;
        page.wait_for_focus("[data-start='600']").await?;
        page.key("m").await?;
        page.wait_for_markers(1).await?;
        page.key("m").await?;
        page.wait_for_text("#status-line", "There is a marker at 0:00 already.").await?;
        assert_eq!(page.marked_text().await?, ["Book a table", "#", "For two"]);
        // The keys of the words leave the buttons of a marker alone.
        if ENGINE.has_focus() {
            page.call(".marker [data-action=name]", "focus").await?;
            page.key(ENTER).await?;
        } else {
            page.press(".marker [data-action=name]").await?;
        }
        page.wait_for_focus(".marker input").await?;
        // Neither key belongs to the field while an input method composes.
        for key in ["Escape", "Enter"] {
            page.run("__markers.pressWhileComposing", [key]).await?;
        }
        assert!(page.is_focused(".marker input").await?);
        page.key("x").await?;
        page.key(ESCAPE).await?;
        page.wait_for_focus(".marker [data-action=name]").await?;
        assert_eq!(page.marked_text().await?, ["Book a table", "#", "For two"]);
        if ENGINE.can_play() {
            page.press("[data-start='2000']").await?;
            page.wait_for_property("[data-heard]", "dataset.start", "2500").await?;
            page.key("m").await?;
            page.wait_for_markers(2).await?;
            assert_eq!(page.marked_text().await?, ["Book a table", "#", "For two", "#"]);
        }
        page.finish().await?;
        Ok(())
    })
    .await
}
