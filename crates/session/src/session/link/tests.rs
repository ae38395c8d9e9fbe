use super::super::RecordingId;
use super::*;

type Out = Effects<()>;

fn out() -> Out {
    Effects::new(RecordingId(1))
}

/// Opens the connection that is being attempted.
fn open(link: &mut Link, audio: &mut Audio) {
    let id = link.newest();
    link.open_socket(id, "wss://example.org", &mut out());
    link.on_begin(id, 1.0, audio, &mut out());
}

/// A link with an open connection.
fn connected() -> (Link, Audio) {
    let (mut link, mut audio) = (Link::new(1), Audio::default());
    link.connect(&mut out());
    open(&mut link, &mut audio);
    (link, audio)
}

/// The next wait before an attempt, in ms.
fn wait_ms(link: &mut Link, at_least_ms: u32) -> Option<u32> {
    wait(link, at_least_ms, 0)
}

/// The same, if audio is confirmed up to this position.
fn wait(link: &mut Link, at_least_ms: u32, confirmed: u64) -> Option<u32> {
    let mut out = out();
    link.wait(at_least_ms, confirmed, Failure::NoBegin, &mut out);
    out.into_vec().into_iter().find_map(|effect| match effect {
        Effect::StartTimer(_, Timer::Backoff, ms) => Some(ms),
        _ => None,
    })
}

/// A link with an open connection after five others that were lost at once.
fn connected_after_losses() -> (Link, Audio) {
    let (mut link, mut audio) = connected();
    for _ in 0..5 {
        link.on_lost(&mut out());
        wait_ms(&mut link, 0);
        link.on_backoff(&mut out());
        open(&mut link, &mut audio);
    }
    (link, audio)
}

/// The next wait before an attempt, in ms, if so many seconds of audio are confirmed.
fn wait_after_s(link: &mut Link, confirmed_s: u64) -> Option<u32> {
    wait(link, 0, confirmed_s * 16_000)
}

#[test]
fn the_backoff_starts_over_after_a_stable_connection() {
    let (mut link, _) = connected_after_losses();
    assert!(link.backoff.clone().next_ms() > 5_000);
    link.on_stable();
    assert!(wait_ms(&mut link, 0) <= Some(625));
}

#[test]
fn the_backoff_starts_over_with_each_5_s_of_audio_that_are_confirmed_over_any_connections() {
    let (mut link, _) = connected_after_losses();
    assert!(wait_after_s(&mut link, 4) > Some(5_000));
    assert!(wait_after_s(&mut link, 5) <= Some(625));
    // What is confirmed is no evidence any more.
    let again = [5, 6, 7, 8, 9].map(|confirmed_s| wait_after_s(&mut link, confirmed_s));
    assert!(again.is_sorted() && again[4] > Some(5_000), "{again:?}");
    assert!(wait_after_s(&mut link, 12) <= Some(625));
}

#[test]
fn the_backoff_starts_over_with_a_recording() {
    let mut link = Link::new(1);
    for _ in 0..6 {
        wait_ms(&mut link, 0);
    }
    link.reset();
    assert!(wait_ms(&mut link, 0) <= Some(625));
}

#[test]
fn a_wait_that_the_server_asks_for_is_respected() {
    let (mut link, _) = connected();
    assert_eq!(wait_ms(&mut link, 30_000), Some(30_000));
}

#[test]
fn a_connection_that_is_needed_now_is_not_delayed_by_the_backoff_but_by_a_wait_that_was_asked_for() {
    for (at_least_ms, is_skipped) in [(0, true), (12_000, false)] {
        let (mut link, _) = connected();
        link.on_lost(&mut out());
        wait_ms(&mut link, at_least_ms);
        link.connect_now(&mut out());
        assert_eq!(link.attempt() == Attempt::Token(ConnectionId(2)), is_skipped);
    }
}

#[test]
fn a_network_that_is_back_ends_a_wait_of_the_backoff_and_one_that_was_asked_for() {
    for at_least_ms in [0, 12_000] {
        let (mut link, _) = connected();
        link.on_lost(&mut out());
        wait_ms(&mut link, at_least_ms);
        let mut out = out();
        link.on_online(&mut out);
        assert_eq!(link.attempt(), Attempt::Token(ConnectionId(2)), "{at_least_ms}");
        assert!(out.into_vec().contains(&Effect::StopTimer(Timer::Backoff)), "{at_least_ms}");
    }
}

#[test]
fn the_backoff_timer_starts_an_attempt_only_while_one_is_awaited() {
    let (mut link, _) = connected();
    link.on_backoff(&mut out());
    assert_eq!(link.attempt(), Attempt::None);
    wait_ms(&mut link, 0);
    link.on_backoff(&mut out());
    assert_eq!(link.attempt(), Attempt::Token(ConnectionId(2)));
}

#[test]
fn a_connection_that_proves_to_be_alive_keeps_an_attempt_with_another_reason() {
    let (mut link, _) = connected();
    link.start_replacement(&mut out());
    link.on_offline(&mut out());
    assert!(!link.is_healthy());
    link.on_message(ConnectionId(1), &mut out());
    assert!(link.is_healthy());
    assert_eq!(link.attempt(), Attempt::Token(ConnectionId(2)));
}

#[test]
fn a_connection_that_proves_to_be_alive_needs_no_replacement() {
    let (mut link, _) = connected();
    link.on_offline(&mut out());
    assert_eq!(link.attempt(), Attempt::Token(ConnectionId(2)));
    let mut effects = out();
    link.on_message(ConnectionId(1), &mut effects);
    assert_eq!(link.attempt(), Attempt::None);
    assert!(effects.into_vec().contains(&Effect::AbandonToken(ConnectionId(2))));
}

#[test]
fn a_terminated_connection_is_not_suspected() {
    let (mut link, _) = connected();
    link.terminate(&mut out());
    let mut effects = out();
    link.on_offline(&mut effects);
    link.on_heartbeat_timeout(&mut effects);
    assert_eq!(effects.into_vec(), []);
}

#[test]
fn each_turn_after_terminate_extends_the_wait_for_termination() {
    let extended = |link: &Link, id| {
        let mut effects = out();
        link.extend_termination(ConnectionId(id), false, &mut effects);
        effects
            .into_vec()
            .iter()
            .any(|effect| matches!(effect, Effect::StartTimer(_, Timer::Termination, 5_000)))
    };
    let (mut link, _) = connected();
    assert!(!extended(&link, 1), "before Terminate");
    link.terminate(&mut out());
    assert!(extended(&link, 1));
    let (mut link, _) = connected();
    link.close_idle(&mut out());
    assert!(extended(&link, 1), "closed by a pause");
    assert!(!extended(&link, 2), "another connection");
    link.finish_closing(&mut out());
    assert!(!extended(&link, 1), "closed");
}

#[test]
fn a_paused_connection_is_terminated_and_then_closed() {
    let (mut link, _) = connected();
    let mut effects = out();
    link.close_idle(&mut effects);
    assert!(effects.into_vec().contains(&Effect::SendMessage(ConnectionId(1), Signal::Terminate)));
    assert!(link.has_socket(ConnectionId(1)) && link.open_connection().is_none());
    let mut effects = out();
    link.finish_closing(&mut effects);
    assert!(effects.into_vec().contains(&Effect::CloseSocket(ConnectionId(1))));
    assert!(!link.has_socket(ConnectionId(1)));
}

#[test]
fn the_link_of_the_next_recording_has_had_no_connection_and_goes_on_counting() {
    let (mut link, _) = connected();
    link.close_all(&mut out());
    link.reset();
    assert!(!link.has_connected() && link.is_off());
    link.connect(&mut out());
    assert_eq!(link.newest(), ConnectionId(2));
}

#[test]
fn a_service_that_reads_slowly_is_taken_for_dead_after_3_minutes_and_has_one_for_the_last_words() {
    let after = |is_slow: bool, seconds: usize| {
        let (mut link, mut audio) = (Link::new(1), Audio::default());
        if is_slow {
            link.expect_slow_reader();
        }
        link.reset();
        link.connect(&mut out());
        open(&mut link, &mut audio);
        for tenth in 0..=seconds as u64 * 10 {
            link.window.advance(1_600);
            link.on_buffered_amount(64_000, tenth * 100, &mut out());
        }
        let is_healthy = link.is_healthy();
        let mut ended = out();
        link.terminate(&mut ended);
        let limit_ms = ended.into_vec().into_iter().find_map(|effect| match effect {
            Effect::StartTimer(_, Timer::Termination, ms) => Some(ms),
            _ => None,
        });
        (is_healthy, limit_ms)
    };
    assert_eq!(after(false, 5), (false, Some(5_000)));
    assert_eq!(after(true, 179), (true, Some(90_000)));
    assert!(!after(true, 181).0, "a dead line is never found");
}
