//! Microphones that are chosen, pulled out, muted and stalled in mid-recording.

use assemblyai_mock::Script;
use end_to_end_tests::browser::Microphone;
use end_to_end_tests::limit::with_time_limit;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;

/// Microphones that a test can plug and unplug, each with a clock in its sound.
const DEVICES: &str = include_str!("../../src/devices.js");
/// Two of them; the first is the default.
const BUILT_IN_AND_HEADSET: &str = "window.__devices.plug(
    {id: 'id-built-in', label: 'Built-in', sign: 1}, {id: 'id-headset', label: 'Headset', sign: -1});";

/// Samples of 5 ms, whose middle one is not blurred by filters.
const BLOCK: usize = 80;
const BLOCK_MS: f64 = 5.0;

/// What of a recording is one device's, in a row.
#[derive(Debug)]
struct Part {
    sign: i16,
    /// The time of each of its blocks, in ms.
    times_ms: Vec<f64>,
}

/// The parts of what the mock received, without the zeros between them.
fn parts(pcm: &[i16]) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![];
    for block in pcm.chunks_exact(BLOCK) {
        let mut block = block.to_vec();
        block.sort_unstable();
        let level = f64::from(block[BLOCK / 2]) / 32767.0;
        let (sign, ms) = (level.signum() as i16, (level.abs() - 0.1) / 0.04 * 1000.0);
        if ms < -BLOCK_MS {
            continue; // No device begins below 0.1.
        }
        match parts.last_mut() {
            Some(part) if part.sign == sign => part.times_ms.push(ms),
            _ => parts.push(Part { sign, times_ms: vec![ms] }),
        }
    }
    parts
}

impl Part {
    fn starts_ms(&self) -> f64 {
        self.times_ms[0]
    }

    fn ends_ms(&self) -> f64 {
        self.times_ms[self.times_ms.len() - 1] + BLOCK_MS
    }

    /// How much of its time is not in it, in ms; negative where some is in it twice. Browsers slip by some ms where
    /// a device starts.
    fn missing_ms(&self) -> f64 {
        let skipped = self.times_ms.len().min(40);
        self.ends_ms() - self.times_ms[skipped - 1] - (self.times_ms.len() + 1 - skipped) as f64 * BLOCK_MS
    }
}

/// Asserts that the recording is of these devices in turn, each whole; what is missing between them, in ms.
#[track_caller]
fn gaps_ms(pcm: &[i16], signs: &[i16]) -> Vec<f64> {
    let parts = parts(pcm);
    let found: Vec<i16> = parts.iter().map(|part| part.sign).collect();
    assert_eq!(found, signs);
    for part in &parts {
        let missing_ms = part.missing_ms();
        assert!(missing_ms.abs() < 40.0, "{missing_ms} ms are missing: {:?}", part.times_ms);
    }
    let gaps_ms: Vec<f64> = parts.windows(2).map(|pair| pair[1].starts_ms() - pair[0].ends_ms()).collect();
    println!("from one microphone to the other: {gaps_ms:.1?} ms");
    gaps_ms
}

async fn open(init_script: &str) -> Page {
    Page::open_with(Script::new(), Microphone::Recording, &format!("{DEVICES}\n{init_script}")).await
}

impl Page {
    /// Picks a device, as a user does.
    async fn choose(&mut self, label: &str) {
        let script = format!(
            "const select = document.querySelector('#devices');
            select.value = [...select.options].find(option => option.text === {}).value;
            select.dispatchEvent(new Event('change', {{bubbles: true}}));",
            json!(label)
        );
        self.eval(&script).await;
    }

    async fn wait_for_devices(&mut self, labels: &[&str]) {
        let listed = "JSON.stringify([...document.querySelector('#devices').options].map(o => o.text))";
        self.wait_until(&format!("return {listed} === {}", json!(json!(labels).to_string()))).await;
    }

    /// Waits until so much more audio has come.
    async fn hears_ms(&mut self, more_ms: u64) {
        let n = self.mock.sessions().len() - 1;
        let heard_ms = self.mock.sessions()[n].audio_ms;
        self.wait_for_audio_ms(heard_ms + more_ms).await;
    }

    /// Waits until the page has made so many contexts, of which so many are open.
    async fn wait_for_open_contexts(&mut self, made: u64, open: u64) {
        let counts =
            format!("window.__seen.contexts.length === {made} && window.__seen.held().contexts === {open}");
        self.wait_until(&format!("return {counts}")).await;
    }
}

#[tokio::test]
async fn a_change_of_microphone_in_mid_sentence_leaves_no_gap_of_100_ms() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.wait_for_audio_ms(1_000).await;
        page.choose("Headset").await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(1_000).await;
        page.choose("Built-in").await;
        page.wait_for_open_contexts(3, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        assert_eq!(seen.sessions.len(), 1);
        for gap_ms in gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1, 1]) {
            assert!(gap_ms.abs() < 100.0, "{gap_ms} ms");
        }
    })
    .await;
}

#[tokio::test]
async fn a_headset_that_gives_nothing_for_a_while_is_taken_when_it_has_a_sound() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(
            "window.__devices.plug(
                {id: 'id-built-in', label: 'Built-in', sign: 1},
                {id: 'id-headset', label: 'Headset', sign: -1, late_s: 0.8});",
        )
        .await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.wait_for_audio_ms(1_000).await;
        page.choose("Headset").await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        let seen = page.finish().await;
        let gaps_ms = gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1]);
        assert!(gaps_ms[0].abs() < 100.0, "{gaps_ms:?}");
    })
    .await;
}

#[tokio::test]
async fn a_change_to_a_microphone_that_cannot_be_had_leaves_the_old_one_going() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(
            "window.__devices.plug({id: 'id-built-in', label: 'Built-in', sign: 1},
                {id: 'id-busy', label: 'Busy', sign: -1, busy: true});",
        )
        .await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Busy"]).await;
        page.wait_for_audio_ms(500).await;
        page.choose("Busy").await;
        page.wait_until("return window.__devices.asked.length === 2").await;
        page.hears_ms(1_000).await;
        assert_eq!(page.eval("return document.querySelector('#devices').value").await, "");
        page.wait_for_open_contexts(2, 1).await;
        page.press_stop().await;
        let seen = page.finish().await;
        gaps_ms(&seen.sessions[0].pcm_i16(), &[1]);
    })
    .await;
}

#[tokio::test]
async fn a_headset_of_another_rate_is_resampled_from_its_own() {
    with_time_limit(TEST_LIMIT_S, async {
        // As Firefox did until 140: a context must have the rate of what it hears.
        let rates = "{ const real = AudioContext.prototype.createMediaStreamSource;
            AudioContext.prototype.createMediaStreamSource = function (stream) {
              const id = stream.getAudioTracks()[0].getSettings().deviceId;
              const rate = window.__devices.rates[id];
              if (this.sampleRate !== rate) throw new DOMException('another rate', 'NotSupportedError');
              return real.call(this, stream);
            };
            window.__devices.rates = {'id-built-in': window.__devices.nativeRate, 'id-headset': 16000}; }";
        let mut page = open(&format!("{BUILT_IN_AND_HEADSET}\n{rates}")).await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.wait_for_audio_ms(1_000).await;
        page.choose("Headset").await;
        page.wait_for_open_contexts(3, 1).await;
        page.hears_ms(1_000).await;
        page.choose("Built-in").await;
        page.wait_for_open_contexts(5, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        let seen = page.finish().await;
        for gap_ms in gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1, 1]) {
            assert!(gap_ms.abs() < 100.0, "{gap_ms} ms");
        }
    })
    .await;
}

#[tokio::test]
async fn a_microphone_that_is_unplugged_is_followed_by_another_in_the_same_session() {
    // As Firefox does: `ended`.
    assert!(gap_after_unplugging("false").await < 1_000.0);
}

#[tokio::test]
async fn a_microphone_that_is_no_longer_listed_is_followed_by_another() {
    // As WebKit does: zeros. The list is looked at once a second.
    assert!(gap_after_unplugging("true").await < 2_500.0);
}

async fn gap_after_unplugging(silently: &str) -> f64 {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.wait_for_audio_ms(1_500).await;
        page.eval(&format!("window.__devices.unplug('id-built-in', {silently})")).await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        assert_eq!(seen.sessions.len(), 1);
        gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1])[0]
    })
    .await
}

#[tokio::test]
async fn a_context_that_is_suspended_is_resumed() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        page.eval("window.__seen.contexts[0].suspend()").await;
        page.wait_until("return window.__seen.contexts[0].state === 'running'").await;
        page.hears_ms(1_000).await;
        page.wait_for_open_contexts(1, 1).await;
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_context_that_does_not_run_again_is_replaced_by_a_new_one() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_audio_ms(1_050).await;
        page.eval(
            "const context = window.__seen.contexts[0];
            context.resume = () => new Promise(() => {});
            context.suspend();",
        )
        .await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        assert_eq!(page.finish().await.sessions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_audio_thread_that_says_nothing_any_more_is_replaced() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        page.eval("window.__seen.nodes[0].isSilent = true").await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        assert_eq!(page.finish().await.sessions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_audio_thread_that_fails_is_replaced() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        page.eval("window.__seen.nodes[0].dispatchEvent(new Event('processorerror'))").await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(1_000).await;
        page.press_stop().await;
        assert_eq!(page.finish().await.sessions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_blocked_for_4_s_loses_nothing_and_replaces_nothing() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        page.eval("for (const end = Date.now() + 4000; Date.now() < end;);").await;
        page.hears_ms(4_500).await;
        page.wait_for_open_contexts(1, 1).await;
        page.press_stop().await;
        let seen = page.finish().await;
        gaps_ms(&seen.sessions[0].pcm_i16(), &[1]);
    })
    .await;
}

#[tokio::test]
async fn a_choice_is_remembered_and_found_again_under_another_id() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        // Before the microphone is granted nothing has a name.
        page.wait_for_devices(&["Default microphone"]).await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.choose("Headset").await;
        page.wait_for_open_contexts(2, 1).await;
        page.press_stop().await;

        page.eval("location.reload()").await;
        page.wait_until(
            "return document.querySelector('#status').textContent === 'Ready' && !!window.__devices",
        )
        .await;
        // The same headset, and an id that the page has not seen.
        page.eval(
            "window.__devices.unplug('id-headset');
            window.__devices.plug({id: 'id-new', label: 'Headset', sign: -1});",
        )
        .await;
        page.press_record().await;
        page.wait_for_audio_ms(1_000).await;
        let shown = page.eval("return document.querySelector('#devices').selectedOptions[0].text").await;
        assert_eq!(shown, "Headset");
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        gaps_ms(&seen.sessions[1].pcm_i16(), &[-1]);
    })
    .await;
}

#[tokio::test]
async fn a_chosen_microphone_that_is_gone_is_replaced_by_the_default() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.choose("Headset").await;
        page.wait_for_open_contexts(2, 1).await;
        page.hears_ms(500).await;
        page.eval("window.__devices.unplug('id-headset')").await;
        page.wait_for_devices(&["Default microphone", "Built-in"]).await;
        page.wait_for_open_contexts(3, 1).await;
        page.hears_ms(1_000).await;
        assert_eq!(page.eval("return document.querySelector('#devices').value").await, "");
        // Plugged in again, it is not taken by itself, and the picker does not say so.
        page.eval("window.__devices.plug({id: 'id-headset', label: 'Headset', sign: -1})").await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        assert_eq!(page.eval("return document.querySelector('#devices').value").await, "");
        page.press_stop().await;
        // The next recording is the headset's.
        assert_eq!(page.eval("return document.querySelector('#devices').value").await, "id-headset");
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_picker_has_a_name_and_is_used_with_the_keyboard_in_mid_recording() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        let name = "return document.querySelector('#devices').labels[0].textContent.trim().split('\\n')[0]";
        let name = page.eval(name).await;
        assert!(name.as_str().is_some_and(|name| name.starts_with("Microphone")), "{name}");
        page.press_record().await;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
        page.wait_for_audio_ms(500).await;
        page.eval("document.querySelector('#devices').focus()").await;
        // The letter with which the device's name begins.
        page.browser.press_key("H").await.expect("a key");
        page.wait_until("return document.querySelector('#devices').value === 'id-headset'").await;
        page.wait_for_open_contexts(2, 1).await;
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn fifty_recordings_with_a_change_of_microphone_in_each_leave_nothing_behind() {
    with_time_limit(4 * TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await;
        let mut listeners = None;
        for round in 0..50 {
            page.press_record().await;
            page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await;
            page.choose(["Headset", "Built-in"][round % 2]).await;
            page.wait_until(
                "return window.__seen.held().contexts === 1 && window.__seen.held().tracks === 1
                && window.__seen.contexts.at(-1).state !== 'closed'",
            )
            .await;
            page.press_stop().await;
            page.assert_nothing_is_held().await;
            let now = page.eval("return [window.__seen.listeners(), window.__seen.timers()]").await;
            assert_eq!(*listeners.get_or_insert_with(|| now.clone()), now, "after {} recordings", round + 1);
        }
        page.finish().await;
    })
    .await;
}
