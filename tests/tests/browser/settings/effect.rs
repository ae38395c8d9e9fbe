//! Changes that apply at once, and changes that apply at the next start.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestError;
use end_to_end_tests::TestResult;
use serde_json::json;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{of_server, with};

#[tokio::test]
async fn a_long_list_of_terms_leaves_the_address_short() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let terms: Vec<String> = (0..100).map(|at| format!("{at:02}{}", "言".repeat(22))).collect();
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[("keyterms_prompt", &terms[..99].join("\n"))]).await?;
        assert_eq!(
            page.part("keyterms_prompt", "when").await?,
            "Takes effect with the next recording. This is long. It is sent once the connection is open, because \
             many proxies refuse an address of more than 8\u{a0}kB."
        );
        page.screenshot("settings-long-list").await?;
        page.save().await?;
        page.close_panel().await?;
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, of_server(), "the list is not in the address");
        let updates = page.mock.session(0).ok_or("no session")?.received_of_type("UpdateConfiguration");
        assert_eq!(updates, [json!({ "type": "UpdateConfiguration", "keyterms_prompt": terms[..99] })]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn changes_apply_while_recording_where_possible_and_else_at_the_next_start() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.open_panel().await?;
        page.enter(&[("prompt", "Names: Ann."), ("min_turn_silence", "300"), ("speaker_labels", "true")]).await?;
        assert_eq!(page.part("prompt", "when").await?, "Takes effect at once, while you record.");
        assert_eq!(
            page.part("speaker_labels", "when").await?,
            "Takes effect at the next start: this recording goes on as it is."
        );
        assert_eq!(page.part("mode", "when").await?, "");
        assert_eq!(
            page.save().await?,
            "Saved. In effect now: Pause that ends a complete sentence, in ms; Prompt. From the next start: Tell speakers apart."
        );
        let updates = |page: &Page| {
            let session = page.mock.session(0).ok_or("no session")?;
            Ok::<_, TestError>(session.received_of_type("UpdateConfiguration"))
        };
        page.wait_for_audio_ms(1_000).await?;
        assert_eq!(
            updates(&page)?,
            [json!({ "type": "UpdateConfiguration", "min_turn_silence": 300, "prompt": "Names: Ann." })]
        );
        // A text can be reset while recording, a number cannot.
        page.enter(&[("prompt", ""), ("min_turn_silence", "")]).await?;
        assert_eq!(page.part("prompt", "when").await?, "Takes effect at once, while you record.");
        assert_eq!(
            page.part("min_turn_silence", "when").await?,
            "Takes effect at the next start: the service cannot take a value back while it listens."
        );
        page.save().await?;
        page.wait_for_audio_ms(2_000).await?;
        assert_eq!(updates(&page)?[1..], [json!({ "type": "UpdateConfiguration", "prompt": "" })]);
        page.close_panel().await?;
        page.press_stop().await?;
        assert_eq!(page.parameters()?, of_server(), "the session was opened before the changes");

        page.record_briefly().await?;
        assert_eq!(page.parameters()?, with(&json!({ "speaker_labels": "true" })));
        let seen = page.finish().await?;
        assert_eq!(seen.sessions.len(), 2, "the page reconnected");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_reconnect_uses_all_saved_settings() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.open_panel().await?;
        page.enter(&[("speaker_labels", "true"), ("prompt", "Names: Ann.")]).await?;
        page.save().await?;
        page.close_panel().await?;
        page.wait_for_audio_ms(500).await?;
        assert!(page.mock.inject_fault(0, assemblyai_mock::Fault::Drop));
        page.wait_for_property("#stat-reconnects", "textContent", "1").await?;
        page.wait_for_state("recording").await?;
        assert_eq!(page.parameters()?, with(&json!({ "speaker_labels": "true", "prompt": "Names: Ann." })));
        page.open_panel().await?;
        page.enter(&[("prompt", "")]).await?;
        assert_eq!(page.save().await?, "Saved. In effect now: Prompt.");
        page.close_panel().await?;
        page.press_stop().await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
