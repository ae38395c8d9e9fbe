//! The page of a server that recognises speech itself: a person speaks, and the page shows the words.

use crate::limit::with_time_limit;
use end_to_end_tests::speech::{TWO_CITIES, word_errors};

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use crate::ENGINE;

/// How long the reader reads, in s.
const SPEECH_S: usize = 44;

#[tokio::test]
async fn a_person_speaks_and_reads_the_words_without_an_account() {
    // The words are judged where no sound is lost on a busy machine.
    if !ENGINE.captures_without_slips() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_local("base-en").await;
        page.wait_until("return !document.querySelector('#local').hidden").await;
        let note = page.eval("return document.querySelector('#local').textContent").await;
        assert_eq!(note, "Transcribed on this computer (Moonshine base, English). Nothing leaves it.");
        page.press_record().await;
        // Words are shown while the reader still reads the first sentences.
        page.wait_until("return document.querySelector('#transcript').textContent.includes('best of times')")
            .await;
        page.screenshot("local").await;
        let last = "return document.querySelector('#transcript').textContent.includes('degree of')";
        for _ in 0..SPEECH_S {
            if page.eval(last).await == true {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        // The recogniser is late on a busy machine.
        page.wait_until("return !document.querySelector('#transcript p:not([data-final])')").await;
        page.press_stop().await;
        let text = page.finals().await.join(" ");
        let errors = word_errors(TWO_CITIES, &text);
        // Of 119 words: the browser's microphone resamples, and "we're" for "we were" counts twice.
        assert!(errors <= 8, "{errors} words differ: {text}");
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_settings_offer_only_what_the_recogniser_can_do() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_local("tiny-en").await;
        page.press("#settings").await;
        page.wait_until("return document.querySelector('#settings-panel[open]') !== null").await;
        let names =
            "return [...document.querySelectorAll('#settings-panel [data-field]')].map((it) => it.dataset.field).join(' ')";
        let names = page.eval(names).await;
        let names = names.as_str().unwrap_or_default();
        assert!(names.contains("max_turn_silence") && !names.contains("speaker_labels"), "{names}");
        assert_eq!(page.eval("return document.querySelector('#billed').hidden").await, true);
        page.screenshot("local-settings").await;
        page.finish().await;
    })
    .await;
}
