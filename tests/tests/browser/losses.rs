//! A session is lost while it runs.

use assemblyai_mock::{Fault, Script, Turn};
use end_to_end_tests::limit::with_time_limit;

use super::TEST_LIMIT_S;
use super::page::Page;

#[tokio::test]
async fn every_loss_of_a_session_ends_in_idle_and_keeps_what_is_shown() {
    with_time_limit(TEST_LIMIT_S, async {
        let losses = [
            (Fault::Drop, "The connection was lost"),
            (Fault::error(3005, "Session Cancelled: An error occurred"), "AssemblyAI had a fault"),
            (
                Fault::ErrorWithoutType { code: 3005, text: "Session Cancelled".to_owned() },
                "Session Cancelled",
            ),
            (
                Fault::close(3008, "Session Expired: Maximum session duration exceeded"),
                "lasted as long as one may",
            ),
        ];
        let mut page = Page::open(Script::new()).await;
        for (round, (fault, sentence)) in losses.into_iter().enumerate() {
            let turn = Turn::said("Kept.").from_ms(100).to_ms(300).final_at_ms(400);
            page.mock.set_script(Script::new().turn(turn).fault_at_ms(800, fault.clone()));
            page.press_record().await;
            page.fails_with(sentence, &format!("{fault:?}")).await;
            assert_eq!(page.finals().await.len(), round + 1, "{fault:?}");
        }
        page.finish_despite_errors().await;
    })
    .await;
}
