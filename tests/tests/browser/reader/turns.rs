//! How turns are drawn, for every kind of message that the service may send.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{said, said_by};

impl Page {
    /// For each turn: the speaker, the mark, the settled text and the unsettled text.
    async fn turns(&mut self) -> Result<Value, BrowserError> {
        self.run("__turns.parts", ()).await
    }
}

#[tokio::test]
async fn a_revised_speaker_is_redrawn_with_a_mark_and_pending_speakers_have_no_name() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let revision = json!({"type": "SpeakerRevision", "revisions": [
            {"turn_order": 0, "speaker_label": "B", "words": [{"text": "Good", "speaker": "B"}, {"text": "morning.", "speaker": "A"}]},
        ]});
        // The mock sends the revision, after the turn.
        let script = Script::new()
            .message_at_ms(300, &said_by("PENDING", 0, 100, "Good morning."))
            .message_at_ms(400, &said_by("UNKNOWN", 1, 1_000, "Who is it?"))
            .message_at_ms(500, &revision);
        let mut page = Page::open(script).await?;
        page.press_record().await?;
        page.wait_for_element("#transcript [data-revised]").await?;
        assert_eq!(
            page.turns().await?,
            json!([["Speaker B", "speaker corrected", "Good morning.", ""], ["", "", "Who is it?", ""]])
        );
        assert_eq!(page.run("__turns.speakerOfSecondWord", ()).await?, "A");
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn formatted_unformatted_and_empty_finals_and_words_without_a_transcript_are_drawn() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        // An unformatted final followed by a formatted one, and a single formatted final.
        let mut plain = said(0, 300, "book a table");
        plain["turn_is_formatted"] = json!(false);
        page.receive(&plain).await?;
        assert_eq!(page.turns().await?, json!([["", "", "book a table", ""]]));
        page.receive(&said(0, 300, "Book a table.")).await?;
        page.receive(&plain).await?;
        page.receive(&said(1, 2_000, "For two.")).await?;
        assert_eq!(page.turns().await?, json!([["", "", "Book a table.", ""], ["", "", "For two.", ""]]));

        // Words without a transcript.
        let mut words = said(2, 3_000, "At eight");
        words["transcript"] = json!("");
        words["end_of_turn"] = json!(false);
        words["words"][1]["word_is_final"] = json!(false);
        page.receive(&words).await?;
        let third = page.turns().await?[2].clone();
        assert_eq!(format!("{} {}", third[2].as_str().unwrap_or_default(), third[3].as_str().unwrap_or_default()).trim(), "At eight");
        // An empty final ends the turn unchanged, and an empty final of a new turn adds nothing.
        let empty = |order: u64| json!({
            "type": "Turn", "turn_order": order, "turn_is_formatted": false, "end_of_turn": true, "transcript": "",
            "end_of_turn_confidence": 0.0, "words": [],
        });
        page.receive(&empty(2)).await?;
        page.receive(&empty(3)).await?;
        page.receive(&said(4, 9_000, "שלום לכולם")).await?;
        let turns = page.turns().await?;
        assert_eq!(turns[2], json!(["", "", "At eight", ""]));
        assert_eq!(turns.as_array().map(Vec::len), Some(4));
        assert_eq!(page.run("__turns.directions", ()).await?, json!(["ltr", "rtl"]));
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_tells_its_tools_what_it_has_drawn_and_they_watch_no_element() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init("__turns.noteWatched();").await?;
        page.press_record().await?;
        page.wait_for_element("#off-record svg").await?;
        page.receive(&said(0, 100, "Words with their times.")).await?;
        page.wait_for_finals(1).await?;
        page.wait_for_audio_ms(1_500).await?;
        page.press("#marker").await?;
        page.wait_for_element(".marker").await?;
        // A turn that begins before the marker is put before it.
        page.receive(&said(1, 700, "Before the marker.")).await?;
        page.wait_for_element("[data-turn='1'] + .marker").await?;
        // What differs from the words is drawn word by word, by the tools.
        let mut digits = said(2, 1_600, "twenty one");
        digits["transcript"] = "21".into();
        page.receive(&digits).await?;
        page.wait_for_element("[data-turn='2'] [data-aligned]").await?;
        let watched: Vec<String> = page.global_as("__watched").await?;
        assert!(!watched.iter().any(|id| id == "transcript" || id == "elapsed"), "{watched:?}");
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
