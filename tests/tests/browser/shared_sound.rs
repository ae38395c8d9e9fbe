//! The sound of a tab or of the computer in place of the microphone's, which only Chromium shares.
//!
//! A headless browser has no dialog to choose in: it shares the sound of its fake device, or what the user shares is a
//! tone that the test makes.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};
use serde_json::json;

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use crate::ENGINE;

/// What the user shares in answer to a request: a picture, and unless `__withoutSound` is set a tone of 440 Hz.
/// With a promise `__shareAnswer` the user answers when that resolves.
pub(super) const SHARE: &str = "__sharing.fakeSharing();";
/// The user ends the sharing in the browser's own bar.
pub(super) const END_SHARING: &str = "__sharing.endSharing";

async fn open() -> Result<Page, BrowserError> {
    Page::open_with_init(SHARE).await
}

/// Checks that a tone has 440 Hz, by the median length of its periods, and at least so many of these: a busy machine
/// tears some ms out of the sound.
fn assert_is_tone(audio: &[i16], at_least: usize) {
    let rising = audio.windows(2).enumerate().filter(|(_, pair)| pair[0] < 0 && pair[1] >= 0);
    let zeros = rising.map(|(index, pair)| {
        let (before, after) = (f64::from(pair[0]), f64::from(pair[1]));
        index as f64 + before / (before - after)
    });
    let zeros: Vec<f64> = zeros.collect();
    let mut periods: Vec<f64> = zeros.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(periods.len() >= at_least, "{} periods", periods.len());
    periods.sort_by(f64::total_cmp);
    let tone_hz = 16_000.0 / periods[periods.len() / 2];
    assert!((tone_hz - 440.0).abs() < 0.5, "{tone_hz} Hz");
}

#[tokio::test]
async fn the_sound_of_a_tab_is_recorded_until_the_user_ends_the_sharing() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.choose_value("#devices", "shared").await?;
        assert_eq!(page.property("#devices", "value").await?, "shared");
        page.press_record().await?;
        page.wait_for_audio_ms(2_000).await?;
        let asked = page.global("__asked[0]").await?;
        assert_eq!((&asked["video"], &asked["audio"]["echoCancellation"]), (&json!(true), &json!(false)));
        assert_eq!(
            page.run("__sharing.pictures", ()).await?,
            json!(["ended"]),
            "the picture is still shared"
        );
        page.screenshot("shared-sound").await?;
        // The page does not ask for another by itself, and no microphone is opened.
        page.run(END_SHARING, ()).await?;
        page.wait_for_state("paused").await?;
        let notice = page.browser.text("#notice").await?;
        assert!(notice.contains("The sound is no longer shared"), "{notice}");
        assert_eq!(page.global("__asked.length").await?, 1);
        page.screenshot("sharing-ended").await?;
        // The microphone works again once it is chosen.
        page.choose_value("#devices", "").await?;
        page.wait_for_state("recording").await?;
        page.wait_for_global("__seen.streams.length", 2).await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        let seen = page.finish().await?;
        let audio = seen.sessions[0].pcm_i16();
        assert_is_tone(&audio[8_000..24_000], 439);
        Ok(())
    })
    .await
}

/// Opens a tab of this title, which plays a tone of 440 Hz.
const OPEN_TAB: &str = "__sharing.openTab";

#[tokio::test]
async fn the_sound_of_another_tab_is_recorded_as_it_is_played() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Tab("a tab with a tone"), "").await?;
        assert_eq!(page.run(OPEN_TAB, ()).await?, "running");
        page.choose_value("#devices", "shared").await?;
        page.press_record().await?;
        page.wait_for_audio_ms(3_000).await?;
        page.press_stop().await?;
        page.run("__tab.close", ()).await?;
        // Chromium logs that the policy allows no camera, though the picture is of a tab.
        let seen = page.finish_despite_errors().await?;
        let audio = seen.sessions[0].pcm_i16();
        // At another sample rate it would be 404 or 479 Hz. 1 % of its 660 periods may be torn out.
        assert_is_tone(&audio[16_000..40_000], 653);
        let loudest = audio.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
        assert!((12_000..20_000).contains(&loudest), "{loudest}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_browser_shares_sound_in_answer_to_a_click_on_record() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.choose_value("#devices", "shared").await?;
        page.press_record().await?;
        page.wait_for_audio_ms(3_000).await?;
        // The picture has ended and the sound goes on.
        assert_eq!(page.run("__sharing.tracks", ()).await?, json!(["audio live", "video ended"]));
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        // Chromium logs that the policy allows no camera, though the picture is of the screen.
        let seen = page.finish_despite_errors().await?;
        let loudest = seen.sessions[0].pcm_i16().iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest > Some(1_000), "{loudest:?}");
        Ok(())
    })
    .await
}

/// The browser shares only for some seconds after the click on Record.
#[tokio::test]
async fn the_tools_are_loaded_when_a_shared_sound_is_chosen_and_not_at_the_press_of_record() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        assert_eq!(page.count("#finder").await?, 0);
        page.choose_value("#devices", "shared").await?;
        page.wait_for_element("#finder").await?;
        assert_eq!(page.global("__asked.length").await?, 0);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tab_that_is_shared_without_its_sound_is_named_as_the_reason() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.choose_value("#devices", "shared").await?;
        for cause in ["__withoutSound", "__refused"] {
            page.set_global(cause, true).await?;
            page.press_record_expecting_error("No sound was shared", cause).await?;
        }
        // A reload begins with the microphone: the user is asked each time what to share.
        page.reload().await?;
        assert_eq!(page.property("#devices", "value").await?, "");
        page.press_record().await?;
        assert_eq!(page.global("__asked.length").await?, 0);
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn shared_sound_is_a_choice_only_where_the_browser_shares_it() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        assert_eq!(page.run("__sharing.isOffered", ()).await?, ENGINE.shares_sound());
        page.finish().await?;
        Ok(())
    })
    .await
}
