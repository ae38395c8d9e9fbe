//! How audio is stored while it is captured, and read back.

use std::ops::RangeInclusive;

use crate::limit::with_time_limit;
use assemblyai_mock::ViolationKind;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};

use super::TEST_LIMIT_S;
use super::page::Page;
use super::recovery::CAPTURE_DOWNLOADS;

/// Counts the transactions that write, in `window.__writes`.
const COUNT_WRITES: &str = "__stored.countWrites();";

impl Page {
    async fn writes(&mut self) -> Result<u64, BrowserError> {
        self.global_as("__writes").await
    }

    /// Position and length of all stored values, in samples.
    async fn stored_values(&mut self) -> Result<Vec<(u64, u64)>, BrowserError> {
        self.ask("__stored.values", ()).await
    }

    /// Waits until so many samples are stored, which happens once a second, and later on a busy machine.
    pub(super) async fn wait_for_stored_audio(&mut self, samples: u32) -> Result<(), BrowserError> {
        self.wait_for("__stored.has", [samples]).await
    }

    /// Hides the page as far as its code can tell.
    async fn hide(&mut self) -> Result<(), BrowserError> {
        self.run("__stored.hide", ()).await?;
        Ok(())
    }
}

#[tokio::test]
async fn audio_is_stored_once_a_second_and_at_once_when_the_page_is_hidden() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(COUNT_WRITES).await?;
        page.press_record().await?;
        page.wait_for_global_of_at_least("__seen.messages.length", 35).await?;
        let (before, chunks) = (page.writes().await?, page.global("__seen.chunks.length").await?);
        page.wait_for_global_of_at_least("__seen.messages.length", 85).await?;
        let writes = page.writes().await? - before;
        println!("{writes} transactions in 5 s, {chunks} chunks before");
        assert!((4..=6).contains(&writes), "{writes} transactions in 5 s");

        // What is buffered is stored when the page is hidden. The next audio then needs a second again.
        let captured = page.captured().await?.len() as u64;
        page.hide().await?;
        let values = page.stored_values().await?;
        let stored: u64 = values.iter().map(|(_, samples)| samples).sum();
        println!("stored {stored} of {captured} samples: {values:?}");
        assert!(stored + 3_200 >= captured, "{stored} of {captured}");
        let mut next = 0;
        for (position, samples) in &values {
            assert_eq!(*position, next, "{values:?}");
            assert!((1..=16_000).contains(samples), "{values:?}");
            next += samples;
        }
        assert!(values.len() <= 13, "{values:?}");

        // Recording goes on while the page is hidden, and a pause stores the rest.
        page.wait_for_global_of_at_least("__seen.messages.length", 90).await?;
        page.press_pause().await?;
        // Not before the words right before Pause are captured too.
        page.wait_for("__stored.isSilenced", ()).await?;
        let captured = page.captured().await?.len() as u64;
        let values = page.stored_values().await?;
        let stored: u64 = values.iter().map(|(_, samples)| samples).sum();
        // Without the pause the next write is due a second after the last one.
        assert!(stored + 3_200 >= captured, "{stored} of {captured}");
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Gives the test the page's database.
const DATABASE: &str = "__stored.noteDatabase();";

#[tokio::test]
async fn a_database_that_the_browser_closes_is_opened_again_and_no_audio_is_missing() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(DATABASE).await?;
        page.press_record().await?;
        page.wait_for_global_of_at_least("__seen.messages.length", 25).await?;
        page.run("__stored.closeDatabase", ()).await?;
        page.wait_for("__stored.isOpenAgain", ()).await?;
        page.wait_for_global_of_at_least("__seen.messages.length", 65).await?;
        page.press_stop().await?;
        page.wait_for_state("idle").await?;

        let captured = page.captured().await?.len() as u64;
        let values = page.stored_values().await?;
        let mut next = 0;
        for (position, samples) in &values {
            assert_eq!(*position, next, "{values:?}");
            next += samples;
        }
        assert!(next + 3_200 >= captured, "{next} of {captured} samples: {values:?}");
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Stores a recording of 6 s as its sample numbers: the first 3 s in values of 100 ms, as the page once did, the others
/// in values of a second. The transcript is complete up to 3.5 s.
const STORE_BOTH_FORMS: &str = "__stored.storeBothForms";

/// The samples that [`STORE_BOTH_FORMS`] stores.
fn sample(position: usize) -> i16 {
    (position % 30_000) as i16
}

/// The position from which on the samples were sent again.
fn sent_from(mut positions: RangeInclusive<usize>, sent: &[i16]) -> Result<usize, String> {
    let from = positions.find(|from| (0..1_600).all(|n| sent[n] == sample(from + n)));
    from.ok_or_else(|| format!("sent again from no position: {:?}", &sent[..10]))
}

/// A page that offers the recording that this function has stored, and the audio that it saves.
async fn recovered(store: &str) -> TestResult<(Page, Vec<i16>)> {
    let mock = assemblyai_mock::MockAssemblyAi::builder().allow(ViolationKind::NotTerminated);
    let mut page = Page::open_at_with(mock, Microphone::Muted, CAPTURE_DOWNLOADS).await?;
    assert_eq!(page.run(store, ()).await?, true);
    page.reload().await?;
    page.wait_for_recovery().await?;
    let (_, wav) = page.save_file("#export-recovered-audio").await?;
    let mut wav = hound::WavReader::new(&wav[..])?;
    let stored = wav.samples().collect::<Result<_, _>>()?;
    Ok((page, stored))
}

#[tokio::test]
async fn audio_in_values_of_100_ms_and_of_a_second_is_recovered_whole() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (mut page, stored) = recovered(STORE_BOTH_FORMS).await?;
        assert_eq!(stored.len(), 96_000);
        assert!(stored.iter().enumerate().all(|(position, stored)| *stored == sample(position)));

        // Audio is sent again from within a value on: from a second before 3.5 s, or from a break after it.
        page.press("#continue").await?;
        page.wait_for_state("recording").await?;
        page.wait_for_audio_ms(5_000).await?;
        page.press_stop().await?;
        let seen = page.finish_despite_errors().await?;
        let sent = seen.sessions[0].pcm_i16();
        let from = sent_from(40_000..=56_000, &sent)?;
        println!("sent again from {from} on");
        assert!((from..96_000).all(|position| sent[position - from] == sample(position)), "from {from} on");
        assert!(sent[96_000 - from..].iter().all(|sample| *sample == 0), "new audio follows");
        Ok(())
    })
    .await
}

/// Stores a recording of 6 s as its sample numbers, in values of a second, of which those from 2 s to 4 s are missing.
/// The transcript is complete up to 1.5 s.
const STORE_WITH_GAP: &str = "__stored.storeWithGap";

#[tokio::test]
async fn all_that_is_stored_before_and_after_sound_that_was_not_is_sent_again() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (mut page, stored) = recovered(STORE_WITH_GAP).await?;
        assert_eq!(stored.len(), 96_000);
        let is_missing = |position: usize| (32_000..64_000).contains(&position);
        let expected = |position| if is_missing(position) { 0 } else { sample(position) };
        assert!(stored.iter().enumerate().all(|(position, stored)| *stored == expected(position)));
        page.wait_for_text_from("#unfinished p", "The browser has stored 0:04 of 0:06 of audio.").await?;

        page.press("#continue").await?;
        page.wait_for_state("recording").await?;
        page.wait_for_audio_ms(6_000).await?;
        page.press_stop().await?;
        let seen = page.finish_despite_errors().await?;
        let sent = seen.sessions[0].pcm_i16();
        // From a second before 1.5 s, or from a break after it.
        let from = sent_from(8_000..=24_000, &sent)?;
        assert!((from..96_000).all(|position| sent[position - from] == expected(position)), "from {from} on");
        Ok(())
    })
    .await
}
