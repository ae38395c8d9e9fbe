//! The sound of a tab or of the computer together with the microphone, which only Chromium shares: two tones that the
//! test makes.

use std::f64::consts::TAU;

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, SessionRecord};
use end_to_end_tests::browser::Microphone;
use serde_json::{Value, json};

use super::TEST_LIMIT_S;
use super::engines::{Capabilities as _, hears_whole};
use super::page::Page;
use super::shared_sound::{CHOOSE, SHARE};
use crate::ENGINE;

/// The frequencies of the tones in Hz, and their amplitudes in a sample.
const SHARED_HZ: f64 = 440.0;
const SHARED_AMPLITUDE: f64 = 0.5 * 32_767.0;
const MICROPHONE_HZ: f64 = 1_000.0;
const MICROPHONE_AMPLITUDE: f64 = 0.25 * 32_767.0;

/// A microphone of this name that plays a tone of 1000 Hz, unless `__microphoneError` names an error. With a promise
/// `__microphoneAnswer` the user answers when that resolves.
const MICROPHONE: &str = "window.__microphones = [];
    navigator.mediaDevices.getUserMedia = async (constraints) => {
        window.__microphones.push(constraints);
        if (window.__microphoneAnswer) await window.__microphoneAnswer;
        if (window.__microphoneError) throw new DOMException('by the test', window.__microphoneError);
        const context = new (Object.getPrototypeOf(window.AudioContext))();
        const tone = new OscillatorNode(context, { frequency: 1000 });
        window.__microphone = new GainNode(context, { gain: 0.25 });
        const sound = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
        tone.connect(window.__microphone).connect(sound);
        tone.start();
        const [track] = sound.stream.getAudioTracks();
        Object.defineProperty(track, 'label', { value: 'Headset' });
        window.__microphoneTrack = track;
        window.__seen.streams.push(sound.stream);
        return sound.stream;
    };";
/// The user ends the sharing in the browser's own bar.
const END_SHARING: &str = "const [track] = window.__seen.streams[0].getAudioTracks();
    track.stop();
    track.dispatchEvent(new Event('ended'));";
/// The user unplugs the microphone.
const UNPLUG: &str = "window.__microphoneTrack.stop();
    window.__microphoneTrack.dispatchEvent(new Event('ended'));";
/// From now on the user answers the question for the microphone when the test says so.
const HOLD_ANSWER: &str =
    "window.__microphoneAnswer = new Promise((resolve) => { window.__answerMicrophone = resolve; })";
/// The tracks of sound that the page has been given so far, and whether each is still captured.
const TRACKS: &str =
    "return window.__seen.streams.flatMap((it) => it.getAudioTracks()).map((it) => it.readyState)";
/// The sources that are shown: for each its name, and the level that is drawn in percent.
const LEVELS: &str =
    "return [...document.querySelectorAll('#source-levels:not([hidden]) [role=meter]')].map((meter) =>
    [meter.previousSibling.textContent, Number(meter.querySelector('path').getAttribute('d').slice(5))])";

async fn open() -> Page {
    let mut page = Page::open_with(Script::new(), Microphone::Recording, &[SHARE, MICROPHONE].concat()).await;
    let choice = page.eval(&CHOOSE.replace("'shared'", "'shared+microphone'")).await;
    assert_eq!(choice, "shared+microphone");
    page
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
fn check_tones(audio: &[i16], shared: f64, microphone: f64) -> Result<(), String> {
    let found = [
        amplitude(audio, SHARED_HZ) / SHARED_AMPLITUDE,
        amplitude(audio, MICROPHONE_HZ) / MICROPHONE_AMPLITUDE,
    ];
    for (found, expected) in found.into_iter().zip([shared, microphone]) {
        if (found - expected).abs() >= 0.15 {
            return Err(format!("{found:.2} in place of {expected}"));
        }
    }
    Ok(())
}

/// Asserts that a session received what the page captured, and returns it.
fn assert_received(session: &SessionRecord, captured: &[i16]) -> Vec<i16> {
    let audio = session.pcm_i16();
    // The page captures more than it sends in a pause.
    let both = audio.len().min(captured.len());
    assert!(audio[..both] == captured[..both], "what arrived is not what was captured");
    audio
}

impl Page {
    async fn wait_for_source_note(&mut self, sentence: &str) {
        let sentence = json!(sentence);
        self.wait_until(&format!(
            "return document.querySelector('#source-note').textContent.startsWith({sentence})"
        ))
        .await;
    }

    async fn levels(&mut self) -> Vec<(String, f64)> {
        let levels = self.eval(LEVELS).await;
        serde_json::from_value(levels).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Lets the session receive so much more.
    async fn record_more_ms(&mut self, ms: u64) {
        let audio_ms = self.mock.sessions().last().map_or(0, |session| session.pcm_i16().len() as u64 / 16);
        self.wait_for_audio_ms(audio_ms + ms).await;
    }
}

#[tokio::test]
async fn both_sources_are_heard_in_one_session_and_the_microphone_goes_on_alone() {
    if !ENGINE.shares_sound() {
        return;
    }
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = open().await;
            page.press_record().await;
            page.wait_for_audio_ms(2_500).await;
            page.wait_until("return document.querySelectorAll('#source-levels [role=meter][aria-valuenow^=\"8\"], #source-levels [role=meter][aria-valuenow^=\"9\"]').length >= 1").await;
            let levels = page.levels().await;
            assert_eq!(levels.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["Computer sound", "Headset"]);
            // -6 and -12 dB of 60.
            assert!((levels[0].1 - 90.0).abs() < 3.0 && (levels[1].1 - 80.0).abs() < 3.0, "{levels:?}");
            page.screenshot("sound-and-microphone").await;
            page.browser.dark(true).await.expect("dark");
            page.screenshot("sound-and-microphone-dark").await;
            page.browser.resize(390, 780).await.expect("a phone's size");
            page.screenshot("sound-and-microphone-dark-phone").await;
            page.browser.dark(false).await.expect("light");
            page.screenshot("sound-and-microphone-phone").await;
            // Each level is of its own source.
            page.eval("window.__microphone.gain.value = 0").await;
            page.wait_until(&format!("const levels = (() => {{ {LEVELS} }})(); return levels[1][1] === 0 && levels[0][1] > 80"))
                .await;
            page.eval("window.__microphone.gain.value = 0.25").await;
            page.wait_until(&format!("const levels = (() => {{ {LEVELS} }})(); return levels[1][1] > 70")).await;

            page.eval(END_SHARING).await;
            page.wait_for_source_note("The computer sound is no longer shared. Headset is still recorded.").await;
            page.wait_until(&format!("const levels = (() => {{ {LEVELS} }})(); return levels[0][1] === 0")).await;
            let is_grey = "return !!document.querySelector('#source-levels .meter[data-ended]')";
            assert_eq!(page.eval(is_grey).await, true);
            page.screenshot("sharing-ended-beside-microphone-phone").await;
            page.browser.resize(1100, 660).await.expect("a large window");
            page.screenshot("sharing-ended-beside-microphone").await;
            page.record_more_ms(2_000).await;
            assert_eq!(page.eval("return document.body.dataset.state").await, "recording");
            page.press_stop().await;
            page.assert_nothing_is_held().await;
            assert_eq!(page.levels().await, []);
            let captured = page.captured().await;
            let seen = page.finish().await;
            assert_eq!(seen.sessions.len(), 1);
            let audio = assert_received(&seen.sessions[0], &captured);
            // Neither is halved.
            check_tones(&audio[16_000..32_000], 1.0, 1.0)?;
            let end = audio.len() - 4_000;
            check_tones(&audio[end - 16_000..end], 0.0, 1.0)?;
            Ok(())
        })
        .await
    })
    .await;
}

#[tokio::test]
async fn the_shared_sound_goes_on_without_the_microphone_until_it_ends_too() {
    if !ENGINE.shares_sound() {
        return;
    }
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = open().await;
            page.press_record().await;
            page.wait_for_audio_ms(1_500).await;
            page.eval(UNPLUG).await;
            page.wait_for_source_note("Headset was disconnected. The computer sound is still recorded.")
                .await;
            page.record_more_ms(2_000).await;
            assert_eq!(page.eval("return document.body.dataset.state").await, "recording");
            page.eval(END_SHARING).await;
            page.wait_for_state("paused").await;
            let notice = page.browser.text("#notice").await.expect("a text");
            assert!(notice.contains("The sound is no longer shared"), "{notice}");
            page.wait_for_property("#source-levels", "hidden", true).await;
            // Neither is asked for again by itself.
            assert_eq!(
                page.eval("return [window.__asked.length, window.__microphones.length]").await,
                json!([1, 1])
            );
            page.press_stop().await;
            page.assert_nothing_is_held().await;
            let captured = page.captured().await;
            let seen = page.finish().await;
            let audio = assert_received(&seen.sessions[0], &captured);
            check_tones(&audio[audio.len() - 24_000..audio.len() - 8_000], 1.0, 0.0)?;
            Ok(())
        })
        .await
    })
    .await;
}

#[tokio::test]
async fn a_pause_silences_both_sources() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        page.press("#pause").await;
        page.wait_for_state("paused").await;
        page.wait_until(&format!("const levels = (() => {{ {LEVELS} }})(); return levels.length === 2 && levels.every(it => it[1] === 0)"))
            .await;
        page.press("#pause").await;
        page.wait_for_state("recording").await;
        page.wait_until(&format!("const levels = (() => {{ {LEVELS} }})(); return levels.every(it => it[1] > 70)")).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_microphone_is_named_and_the_shared_sound_is_recorded() {
    if !ENGINE.shares_sound() {
        return;
    }
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            for (error, reason) in [
                ("NotAllowedError", "the microphone was not allowed"),
                ("NotFoundError", "no microphone could be opened"),
            ] {
                let mut page = open().await;
                page.eval(&format!("window.__microphoneError = '{error}'")).await;
                page.press_record().await;
                page.wait_for_source_note(&format!("Only the computer sound is recorded, because {reason}."))
                    .await;
                assert_eq!(page.levels().await.len(), 1);
                page.screenshot("microphone-refused-beside-sound").await;
                page.wait_for_audio_ms(2_500).await;
                page.press_stop().await;
                page.assert_nothing_is_held().await;
                let captured = page.captured().await;
                let seen = page.finish().await;
                check_tones(&assert_received(&seen.sessions[0], &captured)[16_000..32_000], 1.0, 0.0)?;
            }
            Ok(())
        })
        .await
    })
    .await;
}

#[tokio::test]
async fn without_a_shared_sound_nothing_is_recorded_and_no_microphone_is_asked_for() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        for cause in ["__withoutSound", "__refused"] {
            page.eval(&format!("window.{cause} = true")).await;
            page.press_record_expecting_error("No sound was shared", cause).await;
        }
        assert_eq!(page.eval("return window.__microphones.length").await, 0);
        // The microphone that the user selected before is asked for beside the sound.
        page.eval("window.__withoutSound = window.__refused = false; localStorage.setItem('microphone-id', 'abc')").await;
        page.press_record().await;
        let asked = page.eval("return window.__microphones[0].audio").await;
        let expected: Value = json!({"echoCancellation": false, "noiseSuppression": false, "autoGainControl": false, "deviceId": {"ideal": "abc"}});
        assert_eq!(asked, expected);
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_muted_microphone_is_reported_beside_the_shared_sound_and_a_silent_tab_is_not() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        page.eval(
            "window.__mute = (track, value) => {
                Object.defineProperty(track, 'muted', { value, configurable: true });
                track.dispatchEvent(new Event(value ? 'mute' : 'unmute'));
            };
            window.__shared = window.__seen.streams[0].getAudioTracks()[0]",
        )
        .await;
        let notice =
            "return document.querySelector('#notice:not([hidden])')?.textContent.includes('muted') ?? false";
        for (track, is_muted, is_reported) in [
            ("__shared", true, false),
            ("__microphoneTrack", true, true),
            ("__shared", false, true),
            ("__microphoneTrack", false, false),
            ("__shared", true, false),
        ] {
            page.eval(&format!("window.__mute(window.{track}, {is_muted})")).await;
            assert_eq!(page.eval(notice).await, is_reported, "{track} {is_muted}");
        }
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn stop_ends_the_sharing_while_the_question_for_the_microphone_is_unanswered() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        page.eval(HOLD_ANSWER).await;
        page.press("#record").await;
        page.wait_until("return window.__microphones.length === 1").await;
        assert_eq!(page.eval(TRACKS).await, json!(["live"]));
        page.press_stop().await;
        page.wait_until(&format!("return (() => {{ {TRACKS} }})().join() === 'ended'")).await;
        page.assert_nothing_is_held().await;
        // The answer comes late: the microphone is not captured either, and no level is shown.
        page.eval("window.__answerMicrophone()").await;
        page.wait_until(&format!("return (() => {{ {TRACKS} }})().join() === 'ended,ended'")).await;
        assert_eq!((page.levels().await, page.error().await), (vec![], String::new()));
        // The next recording has both.
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        assert_eq!(page.levels().await.len(), 2);
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn stop_while_the_question_for_the_sound_is_unanswered_asks_for_no_microphone() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        page.eval("window.__shareAnswer = new Promise((resolve) => { window.__answerShare = resolve; })")
            .await;
        page.press("#record").await;
        page.wait_until("return window.__asked.length === 1").await;
        page.press_stop().await;
        page.eval("window.__answerShare()").await;
        page.wait_until(&format!("return (() => {{ {TRACKS} }})().join() === 'ended'")).await;
        assert_eq!(page.eval("return window.__microphones.length").await, 0);
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn another_source_that_is_chosen_meanwhile_ends_the_sharing() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        page.eval(&CHOOSE.replace("'shared'", "''")).await;
        page.press_record().await;
        page.eval(HOLD_ANSWER).await;
        page.eval(&CHOOSE.replace("'shared'", "'shared+microphone'")).await;
        page.wait_until("return window.__microphones.length === 2").await;
        assert_eq!(page.eval(TRACKS).await, json!(["live", "live"]));
        page.eval(&CHOOSE.replace("'shared'", "''")).await;
        page.wait_until(&format!("return (() => {{ {TRACKS} }})()[1] === 'ended'")).await;
        page.eval("window.__answerMicrophone()").await;
        page.wait_until(&format!("return (() => {{ {TRACKS} }})()[0] === 'ended'")).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}
