//! The page in a real browser, with a real recording as its microphone, against the mock.
#![cfg(feature = "browser")]

mod page;

use std::time::Duration;

use assemblyai_mock::{Ending, Fault, Script, SocketFault, TokenFault, Turn};
use end_to_end_tests::audio::{Recording, Reference};
use end_to_end_tests::browser::Microphone;
use end_to_end_tests::limit::with_time_limit;
use page::{LIMIT, Page};

/// No test takes longer, in s; the recording itself takes 13.
const TEST_LIMIT_S: u64 = 60;

/// What a recording that arrived whole looks like: the speech in it, each sample once.
fn assert_whole(pcm: &[i16]) {
    let recording = Recording::speech().unwrap_or_else(|error| panic!("{error}"));
    match Reference::new(&recording).check(pcm) {
        Ok(alignment) => println!("{alignment}"),
        Err(misalignment) => panic!("{misalignment}"),
    }
}

#[tokio::test]
async fn a_recording_arrives_whole_in_frames_of_100_ms_and_its_turns_are_shown() {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new()
            .turn(Turn::said("The microphone opens before the first word.").from_ms(1_000).to_ms(3_400))
            .turn(Turn::said("Every sentence ends with a pause.").from_ms(4_500).to_ms(6_400))
            .turn(Turn::said("Nothing is said twice.").from_ms(10_700).final_after_terminate());
        let mut page = Page::open(script).await;

        page.press_record().await;
        page.wait_for_audio_ms(13_300).await;
        page.press_stop().await;

        assert_eq!(
            page.finals().await,
            [
                "The microphone opens before the first word.",
                "Every sentence ends with a pause.",
                "Nothing is said twice."
            ]
        );
        page.assert_nothing_is_held().await;
        let messages = page.eval("return window.__seen.messages").await;
        let messages = messages.as_array().map_or(0, Vec::len);

        let seen = page.finish().await;
        let [session] = &seen.sessions[..] else { panic!("{} sessions", seen.sessions.len()) };
        let (last, whole) = session.frames.split_last().expect("frames");
        assert!(whole.iter().all(|frame| frame.bytes == 3_200), "{:?}", session.frames);
        assert!((1_600..=3_200).contains(&last.bytes), "{last:?}");
        assert_eq!(session.received_of_type("Terminate").len(), 1);
        // One message a chunk, and one that says that there are no more.
        assert_eq!(messages, session.frames.len() + 1);
        assert_whole(&session.pcm_i16());
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_opens_2_s_late_costs_no_word() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        // The first word comes 1 s after Record.
        page.mock.socket_faults().next(SocketFault::AcceptLate(Duration::from_secs(2)));
        page.press("#record").await;
        page.wait_for_state("connecting").await;
        page.wait_for_state("recording").await;
        page.wait_for_audio_ms(13_300).await;
        page.press_stop().await;
        let seen = page.finish().await;
        assert_whole(&seen.sessions[0].pcm_i16());
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_refuses_16_khz_is_resampled_and_loses_nothing() {
    with_time_limit(TEST_LIMIT_S, async {
        let refuse = "{ const real = AudioContext.prototype.createMediaStreamSource;
            AudioContext.prototype.createMediaStreamSource = function (stream) {
              if (this.sampleRate === 16000) throw new DOMException('refused by the test', 'NotSupportedError');
              return real.call(this, stream);
            }; }";
        let mut page = Page::open_with(Script::new(), Microphone::Recording, refuse).await;
        page.press_record().await;
        let rates = page.eval("return window.__seen.contexts.map(c => [c.sampleRate, c.state])").await;
        assert_eq!(rates[0], serde_json::json!([16_000, "closed"]), "{rates}");
        assert!(rates[1][0].as_f64().is_some_and(|rate| rate > 40_000.0), "{rates}");
        page.wait_for_audio_ms(13_300).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        assert_whole(&seen.sessions[0].pcm_i16());
    })
    .await;
}

#[tokio::test]
async fn a_final_that_comes_after_terminate_is_shown() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::pending_final("The last words.")).await;
        page.press_record().await;
        page.wait_for_audio_ms(1_500).await;
        assert!(page.finals().await.is_empty());
        page.press_stop().await;
        assert_eq!(page.finals().await, ["The last words."]);
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn turns_that_come_out_of_order_are_shown_in_order() {
    with_time_limit(TEST_LIMIT_S, async {
        let said = |text, order, from_ms: u64| {
            Turn::said(text).order(order).from_ms(from_ms).to_ms(from_ms + 200).final_at_ms(from_ms + 300)
        };
        let script = Script::new()
            .turn(said("Third.", 2, 100))
            .turn(said("First.", 0, 500))
            .turn(said("Fourth.", 3, 900))
            .turn(said("Second.", 1, 1_300));
        let mut page = Page::open(script).await;
        page.press_record().await;
        page.wait_for_finals(4).await;
        assert_eq!(page.finals().await, ["First.", "Second.", "Third.", "Fourth."]);
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_partial_turn_looks_other_than_a_final_one_and_only_finals_are_read_out() {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new().turn(Turn::said("Book a table for two").from_ms(100).to_ms(1_500));
        let mut page = Page::open(script).await;
        page.press_record().await;
        let partial =
            "return !!document.querySelector('#transcript p:not([data-final]) .unsettled')?.textContent
            && !document.querySelector('#announcer').textContent";
        page.wait_until(partial).await;
        page.press_stop().await;
        let texts = page.eval(
            "return ['#transcript p[data-final]', '#announcer p', '.unsettled']
                .map(s => document.querySelector(s).textContent)",
        );
        let texts = texts.await;
        assert_eq!(texts[0], texts[1]);
        assert!(texts[0].as_str().is_some_and(|text| text.starts_with("Book a table")), "{texts}");
        assert_eq!(texts[2], "");
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_start_after_a_stop_is_a_new_session_any_number_of_times() {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new().turn(Turn::said("Again.").from_ms(100).to_ms(300).final_at_ms(400));
        let mut page = Page::open(script).await;
        for round in 1..=3 {
            page.press_record().await;
            page.wait_for_finals(round).await;
            page.press_stop().await;
            page.assert_nothing_is_held().await;
        }
        assert_eq!(page.finals().await, ["Again."; 3]);
        let seen = page.finish().await;
        assert_eq!(seen.sessions.len(), 3);
        assert_eq!(seen.token_requests.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_double_click_starts_one_session_and_leaves_it_running() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.browser.double_click("#record").await.expect("a double click");
        page.wait_for_state("recording").await;
        page.wait_for_audio_ms(500).await;
        assert_eq!(page.browser.state().await.expect("a state"), "recording");
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        assert_eq!(seen.sessions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_keyboard_starts_and_stops() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.eval("document.querySelector('#record').focus()").await;
        page.browser.press_key(" ").await.expect("a key");
        page.wait_for_state("recording").await;
        page.browser.press_key("\u{e007}").await.expect("Enter");
        page.wait_for_state("idle").await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_stop_before_the_socket_is_open_still_sends_what_was_said() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::pending_final("Said while it connected.")).await;
        page.mock.socket_faults().next(SocketFault::AcceptLate(Duration::from_secs(4)));
        page.press("#record").await;
        page.wait_until("return document.querySelector('#elapsed').textContent !== '0:00'").await;
        page.wait_for_state("connecting").await;
        page.press("#record").await;
        page.wait_for_state("stopping").await;
        page.wait_for_state("idle").await;
        assert_eq!(page.finals().await, ["Said while it connected."]);
        assert_eq!(page.error().await, "");
        page.assert_nothing_is_held().await;
        let seen = page.finish().await;
        assert!(seen.audio_ms >= 1_000, "{} ms", seen.audio_ms);
    })
    .await;
}

#[tokio::test]
async fn a_token_call_that_hangs_can_be_stopped() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.mock.token_faults().always(TokenFault::Hang);
        page.press("#record").await;
        page.wait_until("return document.querySelector('#elapsed').textContent !== '0:00'").await;
        page.wait_for_state("connecting").await;
        page.press("#record").await;
        // The microphone goes at once, the wait for a connection ends by itself.
        page.wait_until("return window.__seen.held().tracks === 0").await;
        page.wait_for_state("idle").await;
        assert!(page.error().await.contains("could not be transcribed"), "{}", page.error().await);
        page.assert_nothing_is_held().await;

        // And the next recording is none the worse for it.
        page.mock.token_faults().clear();
        page.press_record().await;
        assert_eq!(page.error().await, "");
        page.press_stop().await;
        assert_eq!(page.finish().await.sessions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn every_refusal_of_a_token_ends_in_idle_with_what_to_do() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_token_limit(Duration::from_secs(1)).await;
        let refusals = [
            (TokenFault::Status(401), "often it is its API key"),
            (TokenFault::Status(402), "payment card or credit"),
            (TokenFault::Status(403), "often it is its API key"),
            (TokenFault::Status(422), "often it is its API key"),
            (TokenFault::Status(429), "Wait 60 seconds"),
            (TokenFault::Status(500), "(502)"),
            (TokenFault::NotJson, "(502)"),
            (TokenFault::Hang, "did not answer the server in time"),
        ];
        for (fault, sentence) in refusals {
            page.mock.token_faults().next(fault.clone());
            page.press_in_vain(sentence, &format!("{fault:?}")).await;
        }
        assert!(page.finish_despite_errors().await.sessions.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_as_such() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        // Capture needs no network once the page is loaded, the audio thread's code is there.
        let loaded = "return ['processor', 'worklet'].every(name => performance.getEntriesByType('resource')
            .some(e => e.name.includes('/assets/' + name) && e.responseEnd > 0))";
        page.wait_until(loaded).await;
        page.stop_server();
        page.press("#record").await;
        page.fails_with("The server cannot be reached", "no server").await;
        page.finish_despite_errors().await;
    })
    .await;
}

#[tokio::test]
async fn every_refusal_of_a_socket_ends_in_idle_with_code_and_reason() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        let refusals = [
            (SocketFault::Refuse(403), "1006"),
            (SocketFault::Drop, "1006"),
            (SocketFault::error(1008, "Unauthorized Connection: Invalid API key"), "check its API key"),
            (SocketFault::error(1008, "Unauthorized Connection: Insufficient funds"), "no credit left"),
            (
                SocketFault::error(1008, "Unauthorized Connection: Too many concurrent sessions"),
                "Wait a minute",
            ),
            (SocketFault::error(3006, "User Input Validation Error: Invalid 'speech_model'"), "3006"),
            (SocketFault::Close { code: 3005, reason: "Server error".to_owned() }, "3005: Server error"),
        ];
        for (fault, sentence) in refusals {
            page.mock.socket_faults().next(fault.clone());
            page.press_in_vain(sentence, &format!("{fault:?}")).await;
        }
        page.finish_despite_errors().await;
    })
    .await;
}

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

#[tokio::test]
async fn a_service_that_does_not_confirm_the_end_is_waited_for_5_s_and_no_longer() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new().ending(Ending::NoTermination)).await;
        page.press_record().await;
        page.wait_for_audio_ms(300).await;
        page.press("#record").await;
        page.fails_with("the last words may be missing", "no Termination").await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn odd_messages_do_not_end_a_session() {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new()
            .fault_at_ms(100, Fault::MalformedJson)
            .fault_at_ms(200, Fault::UnknownMessage)
            .fault_at_ms(300, Fault::Binary)
            .turn(Turn::said("Still here.").from_ms(400).to_ms(600).final_at_ms(700));
        let mut page = Page::open(script).await;
        page.press_record().await;
        page.wait_for_finals(1).await;
        page.press_stop().await;
        assert_eq!(page.error().await, "");
        page.finish_despite_errors().await;
    })
    .await;
}

#[tokio::test]
async fn a_microphone_that_is_denied_ends_in_idle_with_what_to_do() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Denied, "").await;
        // Twice: the first denial must not wedge the button.
        for _ in 0..2 {
            page.press_in_vain("Allow it in the browser's address bar", "denied").await;
        }
        let seen = page.finish().await;
        assert!(seen.token_requests.is_empty(), "a token was asked for without a microphone");
    })
    .await;
}

#[tokio::test]
async fn a_computer_without_a_microphone_ends_in_idle_with_what_to_do() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::None, "").await;
        page.press("#record").await;
        page.fails_with("No microphone was found", "none").await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_without_https_says_so() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_insecurely(Script::new()).await;
        page.press("#record").await;
        page.fails_with("https", "plain http").await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_muted_microphone_is_told_from_a_quiet_room() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Muted, "").await;
        page.press_record().await;
        page.wait_until("return document.querySelector('#notice:not([hidden])') !== null").await;
        let notice = page.eval("return document.querySelector('#notice').textContent").await;
        assert!(notice.as_str().is_some_and(|text| text.contains("nothing is heard")), "{notice}");
        page.press_stop().await;
        assert_eq!(page.eval("return document.querySelector('#notice').hidden").await, true);
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_microphone_that_is_unplugged_ends_the_recording_but_not_what_was_said() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::pending_final("Said before.")).await;
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        // What Firefox fires; Chromium's fake device cannot be unplugged.
        page.eval("window.__seen.streams[0].getTracks()[0].dispatchEvent(new Event('ended'))").await;
        page.fails_with("The microphone was disconnected", "ended").await;
        assert_eq!(page.finals().await, ["Said before."]);
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn leaving_the_page_terminates_the_session() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        page.browser.open("about:blank").await.expect("another page");
        let session = page.mock.wait_for_end(0, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(session.received_of_type("Terminate").len(), 1, "{session}");
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_whole_page_takes_at_most_100_kb_and_no_request_fails() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.press_stop().await;
        let files = page.eval(
                "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                    .map(e => [new URL(e.name).pathname, e.encodedBodySize, e.responseStatus])",
            )
            .await;
        let mut files = files.as_array().cloned().unwrap_or_default();
        // What is asked for again comes from the browser's cache.
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|file| seen.insert(file[0].to_string()));
        let mut total = 0;
        for file in &files {
            println!("{:>6} bytes  {} {}", file[1], file[2], file[0]);
            assert_eq!(file[2], 200, "{file}");
            total += file[1].as_u64().unwrap_or_default();
        }
        println!("{total:>6} bytes in all, brotli");
        // The page, its style, its icon, boot.js, page.js, page.wasm, processor.js, worklet.wasm, /config, /token.
        assert!(files.len() >= 9, "{files:?}");
        assert!((20_000..=100_000).contains(&total), "{total} bytes");
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_demo_says_what_it_is_and_follows_the_voice() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_demo().await;
        page.wait_until("return !document.querySelector('#demo').hidden").await;
        page.press_record().await;
        // A pause of 1.1 s ends each of the recording's sentences.
        page.wait_for_finals(2).await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish().await;
    })
    .await;
}

/// They go to `target/screenshots/`; the one in `tests/screenshots/`, which the README shows, is copied from there.
#[tokio::test]
async fn screenshots_of_the_main_states() {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new()
            .turn(Turn::said("The microphone opens before the first word.").from_ms(100).to_ms(1_500))
            .turn(Turn::said("Every sentence ends with a pause.").from_ms(2_600).to_ms(4_200))
            .turn(
                Turn::said("What is still being said may change until it is settled")
                    .from_ms(5_400)
                    .to_ms(9_000),
            );
        let mut page = Page::open(script).await;
        page.screenshot("idle").await;
        page.browser.resize(640, 360).await.expect("a small window");
        page.mock.token_faults().next(TokenFault::Status(402));
        page.press_in_vain("payment card", "402").await;
        page.screenshot("error-small").await;
        // All of the sentence can be read, and nothing lies over it.
        let covered = "const text = document.querySelector('#error p').getBoundingClientRect();
            const at = (x, y) => document.elementFromPoint(x, y)?.closest('#error') instanceof Element;
            return at(text.left + 5, text.top + 5) && at(text.left + 5, text.bottom - 5)
                && getComputedStyle(document.querySelector('#hint')).display === 'none'";
        assert_eq!(page.eval(covered).await, true);
        page.browser.resize(1100, 660).await.expect("a large window");
        page.press_record().await;
        page.wait_for_finals(2).await;
        page.wait_until("return document.querySelector('.unsettled:not(:empty)')?.textContent.length > 25")
            .await;
        page.screenshot("recording").await;
        page.browser.dark(true).await.expect("dark");
        page.screenshot("recording-dark").await;
        page.press_stop().await;
        page.browser.resize(390, 780).await.expect("a phone's size");
        page.mock.token_faults().next(TokenFault::Status(402));
        page.press("#record").await;
        page.fails_with("payment card", "402").await;
        page.screenshot("error-dark-phone").await;
        page.browser.dark(false).await.expect("light");
        page.screenshot("error-phone").await;
        page.finish_despite_errors().await;
    })
    .await;
}
