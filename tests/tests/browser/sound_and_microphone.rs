//! The sound of a tab or of the computer together with the microphone, which only Chromium shares: two tones that the
//! test makes.

use std::f64::consts::TAU;

use crate::limit::with_time_limit;
use assemblyai_mock::SessionRecord;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::TEST_LIMIT_S;
use super::engines::{Capabilities as _, TornSound, hears_whole};
use super::page::Page;
use super::shared_sound::SHARE;
use crate::ENGINE;

/// The frequencies of the tones in Hz, and their amplitudes in a sample.
const SHARED_HZ: f64 = 440.0;
const SHARED_AMPLITUDE: f64 = 0.5 * 32_767.0;
const MICROPHONE_HZ: f64 = 1_000.0;
const MICROPHONE_AMPLITUDE: f64 = 0.25 * 32_767.0;

/// A microphone of this name that plays a tone of 1000 Hz, unless `__microphoneError` names an error. With a promise
/// `__microphoneAnswer` the user answers when that resolves.
const MICROPHONE: &str = "__soundAndMicrophone.fakeMicrophone();";
/// The user ends the sharing in the browser's own bar.
const END_SHARING: &str = "__soundAndMicrophone.endSharing";
/// The user unplugs the microphone.
const UNPLUG: &str = "__soundAndMicrophone.unplug";
/// From now on the user answers the question for the microphone when the test says so.
const HOLD_ANSWER: &str = "__soundAndMicrophone.holdAnswer";
/// The tracks of sound that the page has been given so far, and whether each is still captured.
const TRACKS: &str = "__soundAndMicrophone.tracks";
/// The sources that are shown: for each its name, and the level that is drawn in percent.
const LEVELS: &str = "__soundAndMicrophone.levels";

async fn open() -> Result<Page, BrowserError> {
    let mut page = Page::open_with_init(&[SHARE, MICROPHONE].concat()).await?;
    page.choose_value("#devices", "shared+microphone").await?;
    assert_eq!(page.property("#devices", "value").await?, "shared+microphone");
    Ok(page)
}

/// The amplitude of a frequency in 16 kHz audio, by Goertzel's algorithm.
fn amplitude(audio: &[i16], frequency_hz: f64) -> f64 {
    let angle = TAU * frequency_hz / 16_000.0;
    let (mut last, mut before) = (0.0, 0.0);
    for sample in audio {
        (last, before) = (f64::from(*sample) + 2.0 * angle.cos() * last - before, last);
    }
    let power = last * last + before * before - 2.0 * angle.cos() * last * before;
    2.0 * power.max(0.0).sqrt() / audio.len() as f64
}

/// Checks the amplitudes of the two tones in a second of audio, each as a share of what is played.
fn check_tones(audio: &[i16], shared: f64, microphone: f64) -> Result<(), TornSound> {
    let found = [
        amplitude(audio, SHARED_HZ) / SHARED_AMPLITUDE,
        amplitude(audio, MICROPHONE_HZ) / MICROPHONE_AMPLITUDE,
    ];
    for (found, expected) in found.into_iter().zip([shared, microphone]) {
        if (found - expected).abs() >= 0.15 {
            return Err(TornSound(format!("an amplitude of {found:.2} in place of {expected}")));
        }
    }
    Ok(())
}

/// Asserts that a session received all that the page captured, and returns it. A last frame shorter than 50 ms is padded
/// with silence.
fn assert_received(session: &SessionRecord, captured: &[i16]) -> TestResult<Vec<i16>> {
    let audio = session.pcm_i16();
    let padding = audio.strip_prefix(captured).ok_or("what arrived is not what was captured")?;
    assert!(padding.len() < 800 && padding.iter().all(|sample| *sample == 0), "{padding:?}");
    Ok(audio)
}

/// As [`assert_received`], if the recording ended with a pause, in which the page captures more than it sends.
fn assert_received_before_pause(session: &SessionRecord, captured: &[i16]) -> TestResult<Vec<i16>> {
    let audio = session.pcm_i16();
    if audio.len() > captured.len() {
        return assert_received(session, captured);
    }
    assert!(captured.starts_with(&audio), "what arrived is not what was captured");
    Ok(audio)
}

impl Page {
    async fn wait_for_source_note(&mut self, sentence: &str) -> Result<(), BrowserError> {
        self.wait_for_text_from("#source-note", sentence).await
    }

    async fn levels(&mut self) -> Result<Vec<(String, f64)>, BrowserError> {
        self.ask(LEVELS, ()).await
    }

    /// Lets the session receive so much more.
    async fn record_more_ms(&mut self, ms: u64) -> TestResult {
        let audio_ms = self.mock.sessions().last().map_or(0, |session| session.pcm_i16().len() as u64 / 16);
        self.wait_for_audio_ms(audio_ms + ms).await?;
        Ok(())
    }
}

#[tokio::test]
async fn both_sources_are_heard_in_one_session_and_the_microphone_goes_on_alone() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = open().await?;
            page.press_record().await?;
            page.wait_for_audio_ms(2_500).await?;
            page.wait_for_at_least("#source-levels [role=meter][aria-valuenow^=\"8\"], #source-levels [role=meter][aria-valuenow^=\"9\"]", 1).await?;
            let levels = page.levels().await?;
            assert_eq!(levels.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["Computer sound", "Headset"]);
            // -6 and -12 dB of 60.
            assert!((levels[0].1 - 90.0).abs() < 3.0 && (levels[1].1 - 80.0).abs() < 3.0, "{levels:?}");
            page.screenshot("sound-and-microphone").await?;
            page.browser.dark(true).await?;
            page.screenshot("sound-and-microphone-dark").await?;
            page.browser.resize(390, 780).await?;
            page.screenshot("sound-and-microphone-dark-phone").await?;
            page.browser.dark(false).await?;
            page.screenshot("sound-and-microphone-phone").await?;
            // Each level is of its own source.
            page.set_global("__microphone.gain.value", 0).await?;
            page.wait_for("__soundAndMicrophone.onlySharedIsLoud", ())
                .await?;
            page.set_global("__microphone.gain.value", 0.25).await?;
            page.wait_for("__soundAndMicrophone.microphoneIsLoud", ()).await?;

            page.run(END_SHARING, ()).await?;
            page.wait_for_source_note("The computer sound is no longer shared. Headset is still recorded.").await?;
            page.wait_for("__soundAndMicrophone.sharedIsSilent", ()).await?;
            assert_eq!(page.count("#source-levels .meter[data-ended]").await?, 1);
            page.screenshot("sharing-ended-beside-microphone-phone").await?;
            page.browser.resize(1100, 660).await?;
            page.screenshot("sharing-ended-beside-microphone").await?;
            page.record_more_ms(2_000).await?;
            assert_eq!(page.browser.state().await?, "recording");
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
            assert_eq!(page.levels().await?, []);
            let captured = page.captured().await?;
            let seen = page.finish().await?;
            assert_eq!(seen.sessions.len(), 1);
            let audio = assert_received(&seen.sessions[0], &captured)?;
            // Neither is halved.
            check_tones(&audio[16_000..32_000], 1.0, 1.0)?;
            let end = audio.len() - 4_000;
            check_tones(&audio[end - 16_000..end], 0.0, 1.0)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn the_shared_sound_goes_on_without_the_microphone_until_it_ends_too() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = open().await?;
            page.press_record().await?;
            page.wait_for_audio_ms(1_500).await?;
            page.run(UNPLUG, ()).await?;
            page.wait_for_source_note("Headset was disconnected. The computer sound is still recorded.")
                .await?;
            page.record_more_ms(2_000).await?;
            assert_eq!(page.browser.state().await?, "recording");
            page.run(END_SHARING, ()).await?;
            page.wait_for_state("paused").await?;
            let notice = page.browser.text("#notice").await?;
            assert!(notice.contains("The sound is no longer shared"), "{notice}");
            page.wait_for_property("#source-levels", "hidden", true).await?;
            // Neither is asked for again by itself.
            assert_eq!(page.run("__soundAndMicrophone.requests", ()).await?, json!([1, 1]));
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
            let captured = page.captured().await?;
            let seen = page.finish().await?;
            let audio = assert_received_before_pause(&seen.sessions[0], &captured)?;
            check_tones(&audio[audio.len() - 24_000..audio.len() - 8_000], 1.0, 0.0)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_pause_silences_both_sources() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.press_pause().await?;
        page.wait_for("__soundAndMicrophone.twoAreSilent", ()).await?;
        page.press_resume().await?;
        page.wait_for("__soundAndMicrophone.allAreLoud", ()).await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refused_microphone_is_named_and_the_shared_sound_is_recorded() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            for (error, reason) in [
                ("NotAllowedError", "the microphone was not allowed"),
                ("NotFoundError", "no microphone could be opened"),
            ] {
                let mut page = open().await?;
                page.set_global("__microphoneError", error).await?;
                page.press_record().await?;
                page.wait_for_source_note(&format!("Only the computer sound is recorded, because {reason}."))
                    .await?;
                assert_eq!(page.levels().await?.len(), 1);
                page.screenshot("microphone-refused-beside-sound").await?;
                page.wait_for_audio_ms(2_500).await?;
                page.press_stop().await?;
                page.assert_nothing_is_held().await?;
                let captured = page.captured().await?;
                let seen = page.finish().await?;
                check_tones(&assert_received(&seen.sessions[0], &captured)?[16_000..32_000], 1.0, 0.0)?;
            }
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn without_a_shared_sound_nothing_is_recorded_and_no_microphone_is_asked_for() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        for cause in ["__withoutSound", "__refused"] {
            page.set_global(cause, true).await?;
            page.press_record_expecting_error("No sound was shared", cause).await?;
        }
        assert_eq!(page.global("__microphones.length").await?, 0);
        // The microphone that the user selected before is asked for beside the sound.
        for cause in ["__withoutSound", "__refused"] {
            page.set_global(cause, false).await?;
        }
        page.store_item("microphone-id", "abc").await?;
        page.press_record().await?;
        let asked = page.global("__microphones[0].audio").await?;
        let expected: Value = json!({"echoCancellation": false, "noiseSuppression": false, "autoGainControl": false, "deviceId": {"ideal": "abc"}});
        assert_eq!(asked, expected);
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_muted_microphone_is_reported_beside_the_shared_sound_and_a_silent_tab_is_not() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.run("__soundAndMicrophone.noteShared", ()).await?;
        for (track, is_muted, is_reported) in [
            ("__shared", true, false),
            ("__microphoneTrack", true, true),
            ("__shared", false, true),
            ("__microphoneTrack", false, false),
            ("__shared", true, false),
        ] {
            page.run("__soundAndMicrophone.mute", (track, is_muted)).await?;
            assert_eq!(
                page.run("__soundAndMicrophone.isReportedAsMuted", ()).await?,
                is_reported,
                "{track} {is_muted}"
            );
        }
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn stop_ends_the_sharing_while_the_question_for_the_microphone_is_unanswered() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.run(HOLD_ANSWER, ()).await?;
        page.press("#record").await?;
        page.wait_for_global("__microphones.length", 1).await?;
        assert_eq!(page.run(TRACKS, ()).await?, json!(["live"]));
        page.press_stop().await?;
        page.wait_for("__soundAndMicrophone.tracksAre", ["ended"]).await?;
        page.assert_nothing_is_held().await?;
        // The answer comes late: the microphone is not captured either, and no level is shown.
        page.run("__answerMicrophone", ()).await?;
        page.wait_for("__soundAndMicrophone.tracksAre", ["ended,ended"]).await?;
        assert_eq!((page.levels().await?, page.error().await?), (vec![], String::new()));
        // The next recording has both.
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        assert_eq!(page.levels().await?.len(), 2);
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn stop_while_the_question_for_the_sound_is_unanswered_asks_for_no_microphone() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.run("__soundAndMicrophone.holdShare", ()).await?;
        page.press("#record").await?;
        page.wait_for_global("__asked.length", 1).await?;
        page.press_stop().await?;
        page.run("__answerShare", ()).await?;
        page.wait_for("__soundAndMicrophone.tracksAre", ["ended"]).await?;
        assert_eq!(page.global("__microphones.length").await?, 0);
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_source_that_is_chosen_meanwhile_ends_the_sharing() -> TestResult {
    if !ENGINE.shares_sound() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        page.choose_value("#devices", "").await?;
        page.press_record().await?;
        page.run(HOLD_ANSWER, ()).await?;
        page.choose_value("#devices", "shared+microphone").await?;
        page.wait_for_global("__microphones.length", 2).await?;
        assert_eq!(page.run(TRACKS, ()).await?, json!(["live", "live"]));
        page.choose_value("#devices", "").await?;
        page.wait_for("__soundAndMicrophone.hasEnded", [1]).await?;
        page.run("__answerMicrophone", ()).await?;
        page.wait_for("__soundAndMicrophone.hasEnded", [0]).await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
