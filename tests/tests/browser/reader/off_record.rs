//! Off the record: the last seconds go from text, sound and exports, and nothing of them comes back.

use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use end_to_end_tests::limit::with_time_limit;
use serde_json::{Value, json};

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::super::recovery::CAPTURE_DOWNLOADS;
use super::hear::CAPTURE_PLAYBACK;
use super::{ESCAPE, said};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// What is said within the span that is removed.
const SECRETS: [&str; 6] = ["Anna", "pays", "vault", "code", "seven", "nine"];
/// 10 s of samples.
const REMOVED_SAMPLES: usize = 160_000;
/// The last of them, 200 ms, which are still in buffers of device and browser as the button is pressed.
const ON_ITS_WAY: usize = 3_200;

/// A promise of everything that is stored of turns and markers, as one text.
const STORED_TEXT: &str = "__offRecord.storedText";

/// A turn of words with their times in ms.
fn turn(order: u64, is_final: bool, words: &[(&str, u64)]) -> Value {
    let text = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
    let words = words.iter().map(|(word, start)| {
        json!({"text": word, "start": start, "end": start + 400, "confidence": 0.97, "word_is_final": is_final})
    });
    json!({
        "type": "Turn", "turn_order": order, "turn_is_formatted": true, "end_of_turn": is_final,
        "transcript": text, "end_of_turn_confidence": 0.9, "words": words.collect::<Vec<_>>(),
    })
}

/// Asserts that a text has no word of what was removed.
fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

/// Asserts that the samples are those that were sent but for a span of zeros, and returns its first and last position.
fn assert_silenced(kept: &[i16], sent: &[i16]) -> TestResult<(usize, usize)> {
    let pairs = || kept.iter().zip(sent).enumerate().filter(|(_, (kept, sent))| kept != sent);
    let first = pairs().next().map(|(at, _)| at).ok_or("nothing was silenced")?;
    let last = pairs().next_back().map(|(at, _)| at).ok_or("nothing was silenced")?;
    assert!(kept[first..=last].iter().all(|sample| *sample == 0), "sound between {first} and {last}");
    assert!(last - first < REMOVED_SAMPLES, "more than 10 s: {first} to {last}");
    // The recording is of speech: its pauses are not all zeros, but samples at the ends may be, and those that a busy
    // browser inserts there.
    let zeros_before = sent[..first].iter().rev().take_while(|sample| **sample == 0).count();
    let zeros_after = sent[last + 1..].iter().take_while(|sample| **sample == 0).count();
    let most = last + zeros_after - (first - zeros_before);
    assert!(most > REMOVED_SAMPLES - 2_000 - ON_ITS_WAY, "less than 10 s: {first} to {last}");
    // What was on its way from the microphone is not even sent.
    let on_its_way = &sent[(last + 2_000).min(sent.len())..(last + ON_ITS_WAY - 400).min(sent.len())];
    assert!(on_its_way.iter().all(|sample| *sample == 0), "sound after {last}");
    Ok((first, last))
}

impl Page {
    async fn note(&mut self) -> Result<String, BrowserError> {
        let note = self.property("#status-line", "textContent").await?;
        Ok(note.as_str().unwrap_or_default().to_owned())
    }

    async fn wait_for_note(&mut self, start: &str) -> Result<(), BrowserError> {
        self.wait_for_text_from("#status-line", start).await
    }

    async fn whole_page(&mut self) -> Result<String, BrowserError> {
        self.ask("__offRecord.allText", ()).await
    }
}

#[tokio::test]
async fn what_is_off_the_record_does_not_come_back_even_after_a_killed_tab() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.receive(&said(0, 100, "Book a table")).await?;
        page.receive(&turn(1, true, &[("With", 1_000), ("Anna", 11_000), ("pays", 11_500)])).await?;
        page.wait_for_finals(2).await?;
        // A correction of a turn that is cut in part.
        page.call("#transcript", "focus").await?;
        page.hover("#transcript p:nth-of-type(2)").await?;
        page.wait_for_property("#edit-turn", "hidden", false).await?;
        page.press("#edit-turn").await?;
        page.wait_for_focus(".editor textarea").await?;
        page.write_into_focused("Without Anna pays").await?;
        page.press("#transcript .editor [type=submit]").await?;
        page.wait_for_element("#transcript [data-edited]").await?;
        page.wait_for_audio_ms(12_500).await?;
        page.key("m").await?;
        page.wait_for_count(".marker", 1).await?;
        page.receive(&turn(2, true, &[("vault", 12_000), ("code", 12_400)])).await?;
        page.receive(&turn(3, false, &[("seven", 12_500)])).await?;
        page.wait_for_match("#transcript", "seven").await?;

        page.key("o").await?;
        page.wait_for_focus("#off-record-bar [data-seconds=\"10\"]").await?;
        let warning = page.property("#off-record-bar p", "textContent").await?;
        assert!(
            warning.as_str().is_some_and(|text| text.ends_with("The service has already heard it.")),
            "{warning}"
        );
        page.screenshot("off-record").await?;
        page.key(ESCAPE).await?;
        page.wait_for_property("#off-record-bar", "hidden", true).await?;
        page.press("#off-record").await?;
        page.press("#off-record-bar [data-seconds='10']").await?;
        page.wait_for_note("The last 10\u{a0}s are removed").await?;
        // The notice says so only when nothing is stored of it.
        let stored = page.run(STORED_TEXT, ()).await?;
        let stored = stored.as_str().unwrap_or_default();
        assert!(stored.contains("table") && stored.contains("Without"), "{stored}");
        assert_no_secret(stored);
        let note = page.note().await?;
        assert!(note.ends_with("The service has already heard it."), "{note}");
        page.screenshot("off-record-done").await?;

        // The open turn goes on: what is removed stays removed, also with another time and at the end of the turn.
        page.receive(&turn(3, false, &[("seven", 12_700), ("nine", 11_900), ("kept", 60_000)])).await?;
        page.wait_for_match("#transcript", "kept").await?;
        assert_no_secret(&page.whole_page().await?);
        page.receive(&turn(3, true, &[("seven", 12_900), ("later", 60_000)])).await?;
        page.wait_for_finals(3).await?;
        assert_eq!(page.finals().await?, ["Book a table", "Without", "later"]);
        assert_no_secret(&page.whole_page().await?);
        assert_eq!(page.count(".marker").await?, 0);

        page.crash().await?;
        page.wait_for_recovery().await?;
        let (_, text) = page.save_file("#export-recovered-text").await?;
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains("Book a table") && text.contains("Without"), "{text}");
        assert_no_secret(&text);
        assert!(!text.contains("Marker"), "{text}");
        let (_, wav) = page.save_file("#export-recovered-audio").await?;
        let mut wav = hound::WavReader::new(&wav[..])?;
        let kept: Vec<i16> = wav.samples().collect::<Result<_, _>>()?;
        let span = assert_silenced(&kept, &page.mock.sessions()[0].pcm_i16())?;
        println!("silent from {} to {} of {}", span.0, span.1, kept.len());

        page.press("#continue").await?;
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        assert_no_secret(&page.whole_page().await?);
        page.open_export().await?;
        for format in ["txt", "md", "srt", "vtt", "json"] {
            let (_, file) = page.save_file(&format!("#export-{format}")).await?;
            let file = String::from_utf8_lossy(&file).into_owned();
            assert!(file.contains("table"), "{file}");
            assert_no_secret(&file);
        }
        page.press("#export-close").await?;
        page.press("#recordings").await?;
        page.type_into("#recordings-list input", "Anna").await?;
        page.wait_for_match("#recordings-list", "No recording has these words").await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recording_that_is_shorter_goes_whole_in_german_and_while_it_is_paused() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init("").await?;
        page.reload_in_german().await?;
        assert_eq!(page.count("#off-record").await?, 0);
        page.press("#record").await?;
        page.wait_for_state("recording").await?;
        page.receive(&said(0, 100, "Anna pays")).await?;
        page.wait_for_finals(1).await?;
        page.wait_for_audio_ms(1_500).await?;
        page.press_pause().await?;
        page.press("#off-record").await?;
        let warning = page.property("#off-record-bar p", "textContent").await?;
        assert!(
            warning.as_str().is_some_and(|text| text.ends_with("Der Dienst hat es schon gehört.")),
            "{warning}"
        );
        if ENGINE.can_take_screenshots() {
            page.screenshot("off-record-german").await?;
        }
        page.press("#off-record-bar [data-seconds='30']").await?;
        page.wait_for_note("Die letzten ").await?;
        let note = page.note().await?;
        assert!(note.ends_with("entfernt. Der Dienst hat es schon gehört."), "{note}");
        // It says how much there was to remove.
        let seconds = note
            .trim_start_matches("Die letzten ")
            .split(char::is_whitespace)
            .next()
            .and_then(|s| s.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| (2..20).contains(&seconds)), "{note}");
        assert_eq!(page.finals().await?, Vec::<String>::new());
        assert_no_secret(&page.whole_page().await?);
        let stored = page.run(STORED_TEXT, ()).await?;
        assert_eq!(stored, "", "all of its turns are gone");
        page.press_resume().await?;
        // Late, and from the removed time.
        page.receive(&said(1, 300, "vault code")).await?;
        page.receive(&said(2, 60_000, "Weiter geht es")).await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.finals().await?, ["Weiter geht es"]);
        page.press("#record").await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.property("#off-record", "hidden").await?, true);
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Opens the form of a turn and writes a text in it.
async fn write_correction(page: &mut Page, turn: u32, text: &str) -> Result<(), BrowserError> {
    page.hover(&format!("#transcript p:nth-of-type({turn})")).await?;
    page.wait_for_property("#edit-turn", "hidden", false).await?;
    page.press("#edit-turn").await?;
    page.wait_for_focus(".editor textarea").await?;
    page.write_into_focused(text).await
}

/// Takes the last 10 s off the record.
async fn remove_10_s(page: &mut Page) -> Result<(), BrowserError> {
    page.press("#off-record").await?;
    page.press("#off-record-bar [data-seconds='10']").await?;
    page.wait_for_note("The last 10\u{a0}s are removed").await
}

/// Says two words, the first of them doubtful, and returns when the first began, in ms.
async fn say_secret(page: &mut Page, order: u64) -> Result<u64, BrowserError> {
    // What the service has received may end before what was removed last.
    let start_ms = page.captured_ms().await? + 300;
    let mut secret = turn(order, true, &[("Anna", start_ms), ("pays", start_ms + 500)]);
    secret["words"][0]["confidence"] = json!(0.31);
    page.receive(&secret).await?;
    page.wait_for_finals(2).await?;
    page.wait_for_captured_ms(start_ms + 1_500).await?;
    Ok(start_ms)
}

#[tokio::test]
async fn of_forms_and_bars_only_those_close_that_show_what_is_removed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_PLAYBACK).await?;
        page.press_record().await?;
        page.receive(&said(0, 100, "Book a cable")).await?;
        page.wait_for_audio_ms(11_500).await?;
        say_secret(&mut page, 1).await?;
        write_correction(&mut page, 2, "Anna pays the code").await?;
        remove_10_s(&mut page).await?;
        assert_eq!(page.count(".editor").await?, 0);
        assert_eq!(page.finals().await?, ["Book a cable"]);

        say_secret(&mut page, 2).await?;
        write_correction(&mut page, 1, "Book a table").await?;
        remove_10_s(&mut page).await?;
        assert_eq!(page.property(".editor textarea", "value").await?, "Book a table");
        page.press("#transcript .editor [type=submit]").await?;
        page.wait_for_element("#transcript [data-edited]").await?;
        assert_eq!(page.finals().await?, ["Book a table"]);

        let start_ms = say_secret(&mut page, 3).await?;
        // Enough to play until it is removed.
        page.wait_for_captured_ms(start_ms + 5_000).await?;
        page.press_pause().await?;
        page.press("#review").await?;
        page.wait_for_property("#review-bar input", "value", "Anna").await?;
        if ENGINE.can_play() {
            // A click on a word while the review plays it would stop it.
            page.wait_for("__offRecord.isStopped", ()).await?;
            page.press(&format!("[data-start='{start_ms}']")).await?;
            page.wait_for("__offRecord.isHeardAgain", ()).await?;
        }
        remove_10_s(&mut page).await?;
        assert_eq!(page.run("__offRecord.openParts", ()).await?, json!([]));
        assert_eq!(page.finals().await?, ["Book a table"]);
        assert_no_secret(&page.whole_page().await?);
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_stored_goes_even_if_the_page_has_stopped_writing() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 100, "Anna pays")).await?;
        page.wait_for_finals(1).await?;
        page.wait_for_audio_ms(2_500).await?;
        // The page writes once a second, and later on a busy machine.
        page.wait_for("__offRecord.storesAnna", ()).await?;
        page.run("__offRecord.refuseToStore", ()).await?;
        page.wait_for_match("#notice", "not storing this recording").await?;
        page.run("__offRecord.storeAgain", ()).await?;
        page.press("#off-record").await?;
        page.press("#off-record-bar [data-seconds='60']").await?;
        // The page may say instead that it stores the recording again.
        page.wait_for("__offRecord.storesNothing", ()).await?;
        assert_eq!(page.finals().await?, Vec::<String>::new());
        page.press_stop().await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
