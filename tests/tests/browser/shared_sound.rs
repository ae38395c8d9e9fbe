//! The sound of a tab or of the computer in place of the microphone's, which only Chromium shares.
//!
//! A headless browser has no dialog to choose in: it shares the sound of its fake device, or what the user shares is a
//! tone that the test makes.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::browser::Microphone;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use crate::ENGINE;

/// What the user shares in answer to a request: a picture, and unless `__withoutSound` is set a tone of 440 Hz.
/// With a promise `__shareAnswer` the user answers when that resolves.
pub(super) const SHARE: &str = "window.__asked = [];
    navigator.mediaDevices.getDisplayMedia = async (constraints) => {
        window.__asked.push(constraints);
        if (window.__shareAnswer) await window.__shareAnswer;
        if (window.__refused) throw new DOMException('the user closed the dialog', 'NotAllowedError');
        const picture = document.createElement('canvas');
        picture.getContext('2d');
        const shared = new MediaStream(picture.captureStream().getTracks());
        if (!window.__withoutSound) {
            const context = new (Object.getPrototypeOf(window.AudioContext))();
            const tone = new OscillatorNode(context, { frequency: 440 });
            const sound = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
            tone.connect(new GainNode(context, { gain: 0.5 })).connect(sound);
            tone.start();
            shared.addTrack(sound.stream.getAudioTracks()[0]);
        }
        window.__seen.streams.push(shared);
        return shared;
    };";
pub(super) const CHOOSE: &str = "const select = document.querySelector('#devices');
    select.value = 'shared';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    return select.value;";
/// The user ends the sharing in the browser's own bar.
pub(super) const END_SHARING: &str = "const track = window.__seen.streams.at(-1).getAudioTracks()[0];
    track.stop();
    track.dispatchEvent(new Event('ended'));";

async fn open() -> Page {
    Page::open_with(Script::new(), Microphone::Recording, SHARE).await
}

/// The frequency of a tone in Hz, by its zero crossings.
fn frequency(audio: &[i16]) -> usize {
    let crossings = audio.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    crossings * 16_000 / (2 * audio.len())
}

#[tokio::test]
async fn the_sound_of_a_tab_is_recorded_until_the_user_ends_the_sharing() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        assert_eq!(page.eval(CHOOSE).await, "shared");
        page.press_record().await;
        page.wait_for_audio_ms(2_000).await;
        let asked = page.eval("return window.__asked[0]").await;
        assert_eq!((&asked["video"], &asked["audio"]["echoCancellation"]), (&json!(true), &json!(false)));
        let pictures = "return window.__seen.streams.at(-1).getVideoTracks().map(it => it.readyState)";
        assert_eq!(page.eval(pictures).await, json!(["ended"]), "the picture is still shared");
        page.screenshot("shared-sound").await;
        // The page does not ask for another by itself, and no microphone is opened.
        page.eval(END_SHARING).await;
        page.wait_for_state("paused").await;
        let notice = page.browser.text("#notice").await.expect("a text");
        assert!(notice.contains("The sound is no longer shared"), "{notice}");
        assert_eq!(page.eval("return window.__asked.length").await, 1);
        page.screenshot("sharing-ended").await;
        // The microphone works again once it is chosen.
        page.eval(&CHOOSE.replace("'shared'", "''")).await;
        page.wait_for_state("recording").await;
        page.wait_until("return window.__seen.streams.length === 2").await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        let audio = seen.sessions[0].pcm_i16();
        assert_eq!(frequency(&audio[8_000..24_000]), 440);
    })
    .await;
}

/// Opens a tab of this title, which plays a tone of 440 Hz.
const OPEN_TAB: &str = "const tab = window.open('about:blank');
    tab.document.title = 'a tab with a tone';
    const context = new tab.AudioContext();
    const tone = new tab.OscillatorNode(context, { frequency: 440 });
    tone.connect(new tab.GainNode(context, { gain: 0.5 })).connect(context.destination);
    tone.start();
    window.__tab = tab;
    return context.resume().then(() => context.state)";

#[tokio::test]
async fn the_sound_of_another_tab_is_recorded_as_it_is_played() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Tab("a tab with a tone"), "").await;
        assert_eq!(page.eval(OPEN_TAB).await, "running");
        page.eval(CHOOSE).await;
        page.press_record().await;
        page.wait_for_audio_ms(3_000).await;
        page.press_stop().await;
        page.eval("window.__tab.close()").await;
        // Chromium logs that the policy allows no camera, though the picture is of a tab.
        let seen = page.finish_despite_errors().await;
        let audio = seen.sessions[0].pcm_i16();
        assert_eq!(frequency(&audio[16_000..40_000]), 440);
        let loudest = audio.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
        assert!((12_000..20_000).contains(&loudest), "{loudest}");
    })
    .await;
}

#[tokio::test]
async fn the_browser_shares_sound_in_answer_to_a_click_on_record() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.eval(CHOOSE).await;
        page.press_record().await;
        page.wait_for_audio_ms(3_000).await;
        // The picture has ended and the sound goes on.
        let tracks =
            "return window.__seen.streams.at(-1).getTracks().map(it => it.kind + ' ' + it.readyState).sort()";
        assert_eq!(page.eval(tracks).await, json!(["audio live", "video ended"]));
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        // Chromium logs that the policy allows no camera, though the picture is of the screen.
        let seen = page.finish_despite_errors().await;
        let loudest = seen.sessions[0].pcm_i16().iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest > Some(1_000), "{loudest:?}");
    })
    .await;
}

/// The browser shares only for some seconds after the click on Record.
#[tokio::test]
async fn the_tools_are_loaded_when_a_shared_sound_is_chosen_and_not_at_the_press_of_record() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        let loaded = "return document.querySelector('#finder') !== null";
        assert_eq!(page.eval(loaded).await, false);
        page.eval(CHOOSE).await;
        page.wait_until(loaded).await;
        assert_eq!(page.eval("return window.__asked.length").await, 0);
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_tab_that_is_shared_without_its_sound_is_named_as_the_reason() {
    if !ENGINE.shares_sound() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await;
        page.eval(CHOOSE).await;
        for cause in ["__withoutSound", "__refused"] {
            page.eval(&format!("window.{cause} = true")).await;
            page.press_record_expecting_error("No sound was shared", cause).await;
        }
        // A reload begins with the microphone: the user is asked each time what to share.
        page.reload().await;
        assert_eq!(page.property("#devices", "value").await, "");
        page.press_record().await;
        assert_eq!(page.eval("return window.__asked.length").await, 0);
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn shared_sound_is_a_choice_only_where_the_browser_shares_it() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        let offered =
            "return [...document.querySelector('#devices').options].some(it => it.value === 'shared')";
        assert_eq!(page.eval(offered).await, ENGINE.shares_sound());
        page.finish().await;
    })
    .await;
}
