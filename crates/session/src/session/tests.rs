use std::collections::BTreeMap;

use assemblyai_protocol::{Signal, parse};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::notice::Notice;
use test_result::TestResult;

const RECORDING: RecordingId = RecordingId(1);
const FIRST: ConnectionId = ConnectionId(1);
const PARTIAL: &str = r#"{"type":"Turn","turn_order":0,"transcript":"so far"}"#;

fn received(text: &str) -> TestResult<Input<()>> {
    Ok(Input::Received(FIRST, parse(text)?))
}

/// A session with an open microphone and an open connection.
fn recording() -> TestResult<Session<()>> {
    let mut session = Session::new(1);
    session.handle(Input::Start);
    session.handle(Input::MicrophoneOpened(RECORDING));
    session.handle(Input::TokenGranted(FIRST, "wss://example.org".to_owned()));
    session.handle(received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?);
    Ok(session)
}

#[test]
fn leaving_sends_the_last_samples_and_terminate() -> TestResult {
    let mut session = recording()?;
    session.handle(Input::AudioCaptured(RECORDING, vec![1; 900], 0.5));
    let effects = session.handle(Input::Leave);
    assert_eq!(effects[0], Effect::SendAudio(FIRST, vec![1; 900]));
    assert_eq!(effects[1], Effect::SendMessage(FIRST, Signal::Terminate));
    assert!(effects.contains(&Effect::Interrupt));
    Ok(())
}

#[test]
fn what_is_not_confirmed_when_an_application_leaves_counts_as_dropped_if_it_will_not_resume() -> TestResult {
    let mut session = recording()?;
    session.handle(Input::AudioCaptured(RECORDING, vec![1; 32_000], 0.5));
    session.handle(Input::Stop);
    session.handle(Input::Leave);
    assert_eq!(session.audio_stats().dropped, 0);
    assert_eq!(session.drop_unconfirmed(), Some((FIRST, 0, 32_000)));
    assert_eq!(session.audio_stats().dropped, 32_000);
    Ok(())
}

#[test]
fn a_recording_that_is_kept_as_it_is_has_a_gap_where_nothing_is_confirmed_and_holds_nothing() {
    let mut session = Session::<()>::new(1);
    let interrupted =
        |confirmed| ResumeState { samples: vec![1; 48_000], first: 32_000, confirmed, connection: FIRST };
    let effects = session.handle(Input::KeepRecording(interrupted(48_000)));
    assert!(effects.contains(&Effect::ShowGap(ConnectionId(2), 48_000, 80_000)), "{effects:?}");
    assert!(effects.contains(&Effect::Complete), "{effects:?}");
    let is_capture = |effect: &Effect<()>| {
        matches!(effect, Effect::OpenMicrophone(_) | Effect::CloseMicrophone(_) | Effect::RequestToken(_))
    };
    assert!(!effects.iter().any(is_capture), "{effects:?}");
    let stats = session.audio_stats();
    assert_eq!((stats.captured, stats.confirmed, stats.dropped), (80_000, 48_000, 32_000));
    // The gap's connection is not that of a later recording.
    session.handle(Input::Start);
    assert!(
        session
            .handle(Input::MicrophoneOpened(RecordingId(2)))
            .contains(&Effect::RequestToken(ConnectionId(3)))
    );
    session.handle(Input::Stop);
    session.handle(Input::Leave);
    // With less than a second there is none.
    let effects = session.handle(Input::KeepRecording(interrupted(79_000)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::ShowGap(..))), "{effects:?}");
}

#[test]
fn resuming_closes_the_connection_that_the_pause_was_closing() -> TestResult {
    let mut session = recording()?;
    session.handle(Input::Pause);
    let effects = session.handle(Input::TimerFired(RECORDING, Timer::Pause));
    assert!(effects.contains(&Effect::SendMessage(FIRST, Signal::Terminate)));
    let effects = session.handle(Input::Resume);
    assert!(effects.contains(&Effect::CloseSocket(FIRST)));
    assert!(effects.contains(&Effect::RequestToken(ConnectionId(2))));
    Ok(())
}

#[test]
fn a_connection_that_is_lost_in_a_pause_is_replaced_only_if_a_turn_is_open() -> TestResult {
    for (message, attempt) in [(Some(PARTIAL), Attempt::Waiting), (None, Attempt::None)] {
        let mut session = recording()?;
        if let Some(message) = message {
            session.handle(received(message)?);
        }
        session.handle(Input::Pause);
        session.handle(Input::Closed(FIRST, 1006, String::new()));
        assert_eq!(session.attempt(), attempt);
    }
    Ok(())
}

#[test]
fn a_first_connection_that_fails_is_tried_again_only_if_the_session_waits_for_the_service() {
    let fail = |session: Session<()>, code| {
        let mut session = session;
        session.handle(Input::Start);
        session.handle(Input::MicrophoneOpened(RECORDING));
        session.handle(Input::AudioCaptured(RECORDING, vec![1; 1_600], 0.5));
        session.handle(Input::TokenGranted(FIRST, "wss://example.org".to_owned()));
        session.handle(Input::Closed(FIRST, code, String::new()));
        (session.state(), session.attempt(), session.journal().captured())
    };
    assert_eq!(fail(Session::new(1), 1006).0, State::Idle);
    let waiting = || Session::new(1).waiting_for_service();
    assert_eq!(fail(waiting(), 1006), (State::Recording, Attempt::Waiting, 1_600));
    // A wrong key stays wrong.
    assert_eq!(fail(waiting(), 1008).0, State::Idle);
}

const REFUSALS: [TokenFailure; 3] =
    [TokenFailure::Status(401, None), TokenFailure::Status(402, None), TokenFailure::Status(403, None)];

#[test]
fn a_refusal_after_the_first_begin_is_tried_again_and_costs_no_audio() -> TestResult {
    for failure in REFUSALS {
        let mut session = recording()?;
        session.handle(Input::Closed(FIRST, 1006, String::new()));
        session.handle(Input::TimerFired(RECORDING, Timer::Backoff));
        session.handle(Input::AudioCaptured(RECORDING, vec![1; 1_600], 0.5));
        let effects = session.handle(Input::TokenRefused(ConnectionId(2), failure.clone()));
        let notice = Notice::Reconnecting(Failure::Token(failure));
        assert_eq!(
            effects[4..],
            [Effect::ShowNotice(notice), Effect::StartTimer(RECORDING, Timer::Backoff, 5_000)]
        );
        session.handle(Input::TimerFired(RECORDING, Timer::Backoff));
        session.handle(Input::TokenGranted(ConnectionId(3), "wss://example.org".to_owned()));
        let begin = parse(r#"{"type":"Begin","id":"3","expires_at":1}"#)?;
        let effects = session.handle(Input::Received(ConnectionId(3), begin));
        assert!(effects.contains(&Effect::SendAudio(ConnectionId(3), vec![1; 1_600])));
    }
    Ok(())
}

#[test]
fn a_refusal_before_the_first_begin_ends_the_recording() {
    for failure in REFUSALS {
        let mut session = Session::<()>::new(1);
        session.handle(Input::Start);
        session.handle(Input::MicrophoneOpened(RECORDING));
        let effects = session.handle(Input::TokenRefused(FIRST, failure.clone()));
        assert!(effects.contains(&Effect::ShowError(Failure::Token(failure))));
        assert_eq!(session.state(), State::Idle);
    }
}

#[test]
fn every_close_code_after_begin_is_followed_by_another_attempt() -> TestResult {
    for code in [1000, 1001, 1006, 1008, 1009, 1011, 3005, 3006, 3007, 3008, 3009, 410, 4001, 9999] {
        let mut session = recording()?;
        session.handle(Input::Closed(FIRST, code, String::new()));
        assert_eq!((session.state(), session.attempt()), (State::Recording, Attempt::Waiting), "{code}");
    }
    Ok(())
}

#[test]
fn the_message_behind_an_address_is_sent_once_after_begin_and_before_any_audio() -> TestResult {
    let mut session = Session::<()>::new(1);
    session.handle(Input::Start);
    session.handle(Input::MicrophoneOpened(RECORDING));
    session.handle(Input::AudioCaptured(RECORDING, vec![1; 16_000], 0.5));
    let address = r##"wss://example.org?a=b#{"prompt":"# one"}"##.to_owned();
    let effects = session.handle(Input::TokenGranted(FIRST, address));
    assert!(effects.contains(&Effect::OpenSocket(FIRST, "wss://example.org?a=b".to_owned())), "{effects:?}");
    session.handle(Input::ConfigChanged("later".to_owned()));
    let begin = r#"{"type":"Begin","id":"1","expires_at":1}"#;
    let effects = session.handle(received(begin)?);
    let sent: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::SendText(FIRST, text) => Some(text.as_str()),
            Effect::SendAudio(FIRST, _) => Some("audio"),
            _ => None,
        })
        .collect();
    assert_eq!(sent[..3], [r##"{"prompt":"# one"}"##, "later", "audio"], "{effects:?}");
    // The next connection has no message.
    session.handle(Input::Closed(FIRST, 1006, String::new()));
    session.handle(Input::TimerFired(RECORDING, Timer::Backoff));
    session.handle(Input::TokenGranted(ConnectionId(2), "wss://example.org".to_owned()));
    let effects = session.handle(Input::Received(ConnectionId(2), parse(begin)?));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::SendText(..))), "{effects:?}");
    Ok(())
}

#[test]
fn a_refused_replacement_is_tried_again_while_the_open_connection_is_in_use() -> TestResult {
    let mut session = recording()?;
    session.handle(Input::TimerFired(RECORDING, Timer::Rotation));
    session.handle(Input::TokenRefused(ConnectionId(2), TokenFailure::Status(401, None)));
    assert_eq!((session.open_connection(), session.attempt()), (Some(FIRST), Attempt::Waiting));
    Ok(())
}

#[test]
fn after_stop_a_refusal_is_tried_again_for_a_minute_and_then_named() -> TestResult {
    let mut session = recording()?;
    session.handle(Input::AudioCaptured(RECORDING, vec![1; 1_600], 0.5));
    session.handle(Input::Closed(FIRST, 1006, String::new()));
    session.handle(Input::Stop);
    let effects = session.handle(Input::MicrophoneDrained(RECORDING));
    assert!(effects.contains(&Effect::StartTimer(RECORDING, Timer::Flush, 60_000)));
    session.handle(Input::TimerFired(RECORDING, Timer::Backoff));
    let failure = TokenFailure::Status(401, None);
    session.handle(Input::TokenRefused(ConnectionId(2), failure.clone()));
    assert_eq!((session.state(), session.attempt()), (State::Flushing, Attempt::Waiting));
    let effects = session.handle(Input::TimerFired(RECORDING, Timer::Flush));
    assert!(effects.contains(&Effect::ShowError(Failure::Token(failure))));
    assert!(effects.contains(&Effect::Interrupt));
    Ok(())
}

/// Captures 100 ms and stops; returns the effects of the end of capture.
fn stopped(session: &mut Session<()>) -> Vec<Effect<()>> {
    session.handle(Input::AudioCaptured(RECORDING, vec![1; 1_600], 0.5));
    session.handle(Input::Stop);
    session.handle(Input::MicrophoneDrained(RECORDING))
}

#[test]
fn stop_during_a_backoff_connects_at_once_but_not_before_the_server_allows_it() -> TestResult {
    for (failure, connects) in [
        (TokenFailure::Unreachable, true),
        (TokenFailure::Status(503, None), true),
        (TokenFailure::Status(503, Some(9)), false),
        (TokenFailure::Status(429, Some(9)), false),
    ] {
        let mut session = recording()?;
        session.handle(Input::Closed(FIRST, 1006, String::new()));
        session.handle(Input::TimerFired(RECORDING, Timer::Backoff));
        session.handle(Input::TokenRefused(ConnectionId(2), failure));
        let effects = stopped(&mut session);
        assert_eq!(effects.contains(&Effect::RequestToken(ConnectionId(3))), connects);
        assert_eq!(effects.contains(&Effect::StopTimer(Timer::Backoff)), connects);
        assert_eq!(session.state(), State::Flushing);
    }
    Ok(())
}

#[test]
fn stop_during_the_first_token_request_or_handshake_waits_as_long_as_they_may_take() {
    for has_token in [false, true] {
        let mut session = Session::<()>::new(1);
        session.handle(Input::Start);
        session.handle(Input::MicrophoneOpened(RECORDING));
        let mut limits = vec![Timer::Token];
        if has_token {
            session.handle(Input::TokenGranted(FIRST, "wss://example.org".to_owned()));
            limits = vec![Timer::Begin];
        }
        let effects = stopped(&mut session);
        limits.extend(effects.iter().filter_map(|effect| match effect {
            Effect::StartTimer(_, timer, ms) => {
                assert!(*ms >= Timer::Token.limit_ms() + Timer::Begin.limit_ms(), "{timer:?} after {ms} ms");
                Some(*timer)
            }
            _ => None,
        }));
        assert_eq!(limits[1..], [Timer::Flush]);
        // The attempt has a limit of its own.
        let effects = session.handle(Input::TimerFired(RECORDING, limits[0]));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::ShowError(_))), "{effects:?}");
        assert_eq!(session.state(), State::Idle);
    }
}

#[test]
fn a_session_whose_end_the_application_limits_has_no_limit_of_its_own() -> TestResult {
    let mut session = Session::<()>::new(1).with_end_limited_by_application();
    session.handle(Input::Start);
    session.handle(Input::MicrophoneOpened(RECORDING));
    session.handle(Input::TokenGranted(FIRST, "wss://example.org".to_owned()));
    session.handle(received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?);
    session.handle(Input::Closed(FIRST, 1006, String::new()));
    let mut effects = stopped(&mut session);
    for _ in 0..50 {
        let id = session.newest_connection();
        effects.extend(session.handle(Input::TokenRefused(id, TokenFailure::Unreachable)));
        effects.extend(session.handle(Input::TimerFired(RECORDING, Timer::Backoff)));
    }
    assert_eq!(session.state(), State::Flushing);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::StartTimer(_, Timer::Flush, _))));
    assert!(session.handle(Input::Leave).contains(&Effect::Interrupt));
    Ok(())
}

#[test]
fn connections_are_numbered_after_those_of_recordings_that_are_shown_already() {
    let mut session = Session::<()>::new(1);
    session.number_connections_after(ConnectionId(7));
    session.number_connections_after(ConnectionId(3));
    session.handle(Input::Start);
    let effects = session.handle(Input::MicrophoneOpened(RECORDING));
    assert!(effects.contains(&Effect::RequestToken(ConnectionId(8))));
}

/// The samples of the frames that are to be sent.
fn sent(effects: &[Effect<()>]) -> usize {
    let frames = effects.iter().map(|effect| match effect {
        Effect::SendAudio(_, frame) => frame.len(),
        _ => 0,
    });
    frames.sum()
}

#[test]
fn only_a_socket_that_sends_nothing_while_time_passes_is_replaced() -> TestResult {
    // 15 s of audio, captured in this many ms.
    let is_replaced = |duration_ms: u64| -> TestResult<_> {
        let mut session = recording()?;
        let mut queued = 0;
        for chunk in 0..150 {
            session.handle(Input::BufferedAmount(FIRST, queued, chunk * duration_ms / 150));
            let effects = session.handle(Input::AudioCaptured(RECORDING, vec![0; 1_600], 0.0));
            queued += 2 * sent(&effects) as u32;
        }
        assert_eq!(session.journal().captured(), 150 * 1_600);
        Ok(session.attempt() != Attempt::None)
    };
    assert!(!is_replaced(0)?);
    assert!(!is_replaced(3_000)?);
    assert!(is_replaced(15_000)?);
    Ok(())
}

#[test]
fn while_nothing_is_captured_a_timer_is_the_clock_of_a_recording() -> TestResult {
    let mut session = recording()?;
    // Read at once, for example of a file.
    let mut total = sent(&session.handle(Input::AudioCaptured(RECORDING, vec![1; 30 * 16_000], 0.5)));
    let mut seconds = 0;
    while total < 30 * 16_000 {
        session.handle(Input::BufferedAmount(FIRST, 0, seconds * 1_000));
        total += sent(&session.handle(Input::TimerFired(RECORDING, Timer::Pace)));
        seconds += 1;
        assert!(seconds < 20, "{total} samples were sent");
    }
    // 5 s and what time allows, which is twice its own length.
    assert!(seconds >= 12, "{seconds} s");
    Ok(())
}

/// The samples that a session sends in answer to the next ones.
fn audio_sent(session: &mut Session<()>, samples: Vec<i16>) -> Vec<i16> {
    let effects = session.handle(Input::AudioCaptured(RECORDING, samples, 0.5));
    let frames = effects.into_iter().filter_map(|effect| match effect {
        Effect::SendAudio(_, frame) => Some(frame),
        _ => None,
    });
    frames.flatten().collect()
}

#[test]
fn off_the_record_is_also_the_sound_that_was_on_its_way() -> TestResult {
    let mut session = recording()?;
    audio_sent(&mut session, vec![1; 32_000]);
    // What is heard now is captured 200 ms later.
    assert_eq!(session.take_off_record(16_000, true), Some((19_200, 35_200)));
    assert_eq!(audio_sent(&mut session, vec![1; 1_600]), [0; 1_600]);
    assert_eq!(audio_sent(&mut session, vec![1; 3_200]), [[0; 1_600], [1; 1_600]].concat());
    Ok(())
}

#[test]
fn nothing_is_on_its_way_from_a_file_or_after_stop() -> TestResult {
    let mut session = recording()?;
    audio_sent(&mut session, vec![1; 32_000]);
    assert_eq!(session.take_off_record(16_000, false), Some((16_000, 32_000)));
    assert_eq!(audio_sent(&mut session, vec![1; 1_600]), [1; 1_600]);
    session.handle(Input::Stop);
    session.handle(Input::MicrophoneDrained(RECORDING));
    assert_eq!(session.take_off_record(16_000, true), Some((17_600, 33_600)));
    Ok(())
}

#[test]
fn off_the_record_is_nothing_that_is_captured_after_a_pause() -> TestResult {
    let mut session = recording()?;
    audio_sent(&mut session, vec![1; 32_000]);
    session.handle(Input::Pause);
    // 200 ms are captured after Pause; half of them are there.
    audio_sent(&mut session, vec![1; 1_600]);
    assert_eq!(session.take_off_record(16_000, true), Some((19_200, 35_200)));
    assert_eq!(audio_sent(&mut session, vec![1; 1_600]), [0; 1_600]);
    assert_eq!(session.take_off_record(16_000, true), Some((19_200, 35_200)));
    session.handle(Input::Resume);
    assert_eq!(audio_sent(&mut session, vec![1; 1_600]), [1; 1_600]);
    Ok(())
}

/// The timers that run, and when each fires, in ms.
#[derive(Default)]
struct Timers(BTreeMap<Timer, u64>);

impl Timers {
    fn follow(&mut self, effects: &[Effect<()>], now_ms: u64) {
        for effect in effects {
            match effect {
                Effect::StartTimer(_, timer, ms) => drop(self.0.insert(*timer, now_ms + u64::from(*ms))),
                Effect::StopTimer(timer) => drop(self.0.remove(timer)),
                Effect::StopTimers => self.0.clear(),
                _ => {}
            }
        }
    }

    /// The one that fires next.
    fn next(&self) -> Option<(Timer, u64)> {
        self.0.iter().map(|(timer, at_ms)| (*timer, *at_ms)).min_by_key(|(_, at_ms)| *at_ms)
    }
}

const LAST_TURNS_MS: u64 = 120_000;

/// Sends this message with these gaps in ms, over and over, to a session that has sent `Terminate`, until it no longer
/// waits for `Termination`; returns when that is, or what is beyond this limit.
fn waits_for_termination_ms(
    session: &mut Session<()>,
    ended: &[Effect<()>],
    gaps_ms: &[u64],
    limit_ms: u64,
    mut message: impl FnMut() -> String,
) -> TestResult<u64> {
    let is_waiting =
        |session: &Session<()>| session.state() == State::Terminating || session.link.is_closing(FIRST);
    let (mut timers, mut now_ms) = (Timers::default(), 0);
    timers.follow(ended, 0);
    let mut gaps = gaps_ms.iter().cycle();
    let mut turn_at_ms = *gaps.next().ok_or("no gap")?;
    while is_waiting(session) && now_ms <= limit_ms {
        let (timer, at_ms) = timers.next().ok_or("nothing ends the wait")?;
        let effects = if at_ms <= turn_at_ms {
            now_ms = at_ms;
            timers.0.remove(&timer);
            session.handle(Input::TimerFired(RECORDING, timer))
        } else {
            now_ms = turn_at_ms;
            turn_at_ms += gaps.next().ok_or("no gap")?;
            session.handle(received(&message())?)
        };
        timers.follow(&effects, now_ms);
    }
    Ok(now_ms)
}

proptest! {
    #[test]
    fn turns_that_confirm_nothing_extend_the_wait_for_termination_for_two_minutes_at_most(
        gaps_ms in vec(1..7_000_u64, 1..50), is_slow: bool, is_pause: bool,
    ) {
        let waited_ms = || -> TestResult<u64> {
            let mut session = recording()?;
            if is_slow {
                session.expect_slow_reader();
            }
            let ended = if is_pause {
                session.handle(Input::Pause);
                session.handle(Input::TimerFired(RECORDING, Timer::Pause))
            } else {
                stopped(&mut session)
            };
            let limit_ms = 10 * LAST_TURNS_MS;
            waits_for_termination_ms(&mut session, &ended, &gaps_ms, limit_ms, || PARTIAL.to_owned())
        };
        let waited_ms = waited_ms().map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert!(waited_ms <= LAST_TURNS_MS, "{} ms", waited_ms);
        if is_slow || gaps_ms.iter().all(|gap_ms| *gap_ms < 5_000) {
            prop_assert_eq!(waited_ms, LAST_TURNS_MS, "the turns extend it");
        }
    }
}

#[test]
fn finals_that_confirm_audio_extend_the_wait_for_termination_for_as_long_as_they_come() -> TestResult {
    let mut session = recording()?;
    session.expect_slow_reader();
    // More than three minutes, which the recogniser has not read yet.
    for chunk in 1..=2_000 {
        session.handle(Input::AudioCaptured(RECORDING, vec![1; 1_600], 0.5));
        session.handle(Input::BufferedAmount(FIRST, 0, 100 * chunk));
    }
    let ended = stopped(&mut session);
    assert_eq!(session.state(), State::Terminating);
    // It is as fast as speech: 20 s of it each 20 s.
    let mut order = 0;
    let waited_ms = waits_for_termination_ms(&mut session, &ended, &[20_000], 200_000, || {
        order += 1;
        let (start_ms, end_ms) = (order * 20_000 - 500, order * 20_000);
        format!(
            r#"{{"type":"Turn","turn_order":{order},"transcript":"so","end_of_turn":true,
            "words":[{{"text":"so","start":{start_ms},"end":{end_ms},"confidence":1,"word_is_final":true}}]}}"#
        )
    })?;
    assert!(waited_ms >= 200_000, "gave up after {waited_ms} ms");
    Ok(())
}
