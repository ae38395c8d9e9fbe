//! Random orders of events against the pure session, with a small world that keeps account of what is held.

use std::collections::{BTreeMap, BTreeSet};

use assemblyai_protocol::{ClientMessage, ServerMessage, parse};
use proptest::prelude::*;
use transcription_page::failure::{MicrophoneFailure, TokenFailure};
use transcription_page::session::{ConnectionId, Effect, Input, Loss, Run, Session, State, Timer};

/// What may happen next; the world decides what it can mean.
#[derive(Debug, Clone, Copy)]
enum Event {
    Press,
    HidePage,
    GrantMicrophone,
    OpenMicrophone,
    RefuseMicrophone,
    Capture(usize),
    Drain,
    LoseMicrophone,
    GrantToken,
    RefuseToken,
    Say(&'static str),
    CloseSocket(u16),
    Fire(usize),
    /// An answer to something that was asked in an earlier run.
    Stale(usize),
}

const BEGIN: &str = r#"{"type":"Begin","id":"1","expires_at":1}"#;
const TURN: &str = r#"{"type":"Turn","turn_order":0,"transcript":"so far"}"#;
const TERMINATION: &str = r#"{"type":"Termination"}"#;
const ERROR: &str = r#"{"type":"Error","error_code":3005,"error":"Session Cancelled: An error occurred"}"#;
const HEARTBEAT: &str = r#"{"type":"Heartbeat"}"#;

fn message(text: &str) -> ServerMessage {
    parse(text).expect("a good message")
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Press),
        1 => Just(Event::HidePage),
        4 => Just(Event::GrantMicrophone),
        5 => Just(Event::OpenMicrophone),
        1 => Just(Event::RefuseMicrophone),
        8 => (0..4000_usize).prop_map(Event::Capture),
        2 => Just(Event::Drain),
        1 => Just(Event::LoseMicrophone),
        4 => Just(Event::GrantToken),
        1 => Just(Event::RefuseToken),
        5 => Just(Event::Say(BEGIN)),
        3 => Just(Event::Say(TURN)),
        2 => Just(Event::Say(TERMINATION)),
        1 => Just(Event::Say(ERROR)),
        1 => Just(Event::Say(HEARTBEAT)),
        2 => prop_oneof![Just(1000), Just(1006), Just(3005)].prop_map(Event::CloseSocket),
        2 => (0..4_usize).prop_map(Event::Fire),
        2 => (0..9_usize).prop_map(Event::Stale),
    ]
}

#[derive(Debug, Default, PartialEq)]
struct Socket {
    begun: bool,
    closed: bool,
    terminated: bool,
    sent: Vec<i16>,
    short_frames: usize,
    turns_received: usize,
    turns_shown: usize,
}

/// What the browser holds.
#[derive(Debug, Default)]
struct World {
    session: Session,
    asked: BTreeSet<Run>,
    live: BTreeSet<Run>,
    tokens: BTreeSet<Run>,
    open: BTreeMap<ConnectionId, Socket>,
    timers: Vec<(Run, Timer)>,
    captured: Vec<i16>,
    presses: usize,
    runs: usize,
}

impl World {
    fn happen(&mut self, event: Event) {
        let connection = self.open.keys().next_back().copied();
        let input = match event {
            Event::Press => {
                self.presses += 1;
                Some(Input::ButtonPressed)
            }
            Event::HidePage => Some(Input::PageHidden),
            Event::GrantMicrophone => self.asked.pop_first().map(|run| {
                self.live.insert(run);
                Input::MicrophoneGranted(run)
            }),
            // Samples may come before: the audio thread is faster than the browser's promises.
            Event::OpenMicrophone => self.live.first().copied().map(Input::MicrophoneOpened),
            Event::RefuseMicrophone => {
                self.asked.pop_first().map(|run| Input::MicrophoneRefused(run, MicrophoneFailure::Denied))
            }
            Event::Capture(count) => self.live.first().copied().map(|run| {
                let first = self.captured.len();
                let samples: Vec<i16> = (first..first + count).map(|n| (n % 30_011) as i16 + 1).collect();
                self.captured.extend(&samples);
                Input::AudioCaptured(run, samples, 0.5)
            }),
            Event::Drain => self.live.first().copied().map(Input::MicrophoneDrained),
            Event::LoseMicrophone => {
                self.live.first().copied().map(|run| Input::MicrophoneLost(run, Loss::Unplugged))
            }
            Event::GrantToken => {
                self.tokens.pop_first().map(|run| Input::TokenGranted(run, format!("wss://{}", run.0)))
            }
            Event::RefuseToken => {
                self.tokens.pop_first().map(|run| Input::TokenRefused(run, TokenFailure::Unreachable))
            }
            Event::Say(text) => connection.map(|id| {
                if let Some(socket) = self.open.get_mut(&id) {
                    socket.begun |= text == BEGIN;
                    socket.turns_received += usize::from(text == TURN);
                }
                Input::Received(id, message(text))
            }),
            Event::CloseSocket(code) => connection.map(|id| {
                if let Some(socket) = self.open.get_mut(&id) {
                    socket.closed = true;
                }
                Input::Closed(id, code, String::new())
            }),
            Event::Fire(index) => (index < self.timers.len())
                .then(|| self.timers.remove(index))
                .map(|(run, timer)| Input::TimeIsUp(run, timer)),
            Event::Stale(index) => Some(stale(index)),
        };
        if let Some(input) = input {
            self.feed(input);
        }
    }

    fn feed(&mut self, input: Input) {
        for effect in self.session.handle(input) {
            self.perform(effect);
        }
        self.check();
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenMicrophone(run) => {
                assert!(self.asked.insert(run), "asked twice for {run:?}");
                self.captured.clear();
                self.runs += 1;
            }
            Effect::DrainMicrophone(run) => assert!(self.live.contains(&run), "{run:?} is not live"),
            Effect::CloseMicrophone(run) => {
                self.asked.remove(&run);
                self.live.remove(&run);
            }
            Effect::RequestToken(run) => assert!(self.tokens.insert(run), "asked twice for {run:?}"),
            Effect::AbandonToken(run) => {
                self.tokens.remove(&run);
            }
            Effect::OpenSocket(id, _) => {
                assert!(self.open.insert(id, Socket::default()).is_none(), "{id:?} opened twice");
            }
            Effect::SendAudio(id, frame) => {
                let socket = self.open.get_mut(&id).expect("audio goes to an open socket only");
                assert!(
                    !socket.closed && socket.begun && !socket.terminated,
                    "audio outside of the session: {socket:?}"
                );
                assert!((800..=1600).contains(&frame.len()), "a frame of {} samples", frame.len());
                assert_eq!(socket.short_frames, 0, "only the last frame may be short");
                socket.short_frames += usize::from(frame.len() < 1600);
                socket.sent.extend(frame);
            }
            Effect::Say(id, ClientMessage::Terminate) => {
                let socket = self.open.get_mut(&id).expect("Terminate goes to an open socket only");
                assert!(
                    !socket.closed && socket.begun && !socket.terminated,
                    "Terminate outside of the session: {socket:?}"
                );
                socket.terminated = true;
                let whole = self.captured.len();
                assert!(socket.sent.len() >= whole, "{} of {whole} samples were sent", socket.sent.len());
                assert_eq!(socket.sent[..whole], self.captured);
                assert!(socket.sent[whole..].iter().all(|&padding| padding == 0));
            }
            Effect::Say(_, other) => panic!("nobody asked for {other:?}"),
            Effect::CloseSocket(id) => {
                let socket = self.open.remove(&id).expect("a socket that is held");
                assert_eq!(socket.turns_received, socket.turns_shown, "a turn was not shown");
            }
            Effect::StartTimer(run, timer) => self.timers.push((run, timer)),
            Effect::StopTimer(timer) => self.timers.retain(|(_, other)| *other != timer),
            Effect::StopTimers => self.timers.clear(),
            Effect::ShowTurn(id, _) => {
                self.open.get_mut(&id).expect("a turn of an open socket").turns_shown += 1;
            }
            Effect::Report(failure) => assert!(!failure.sentence().is_empty()),
            Effect::ClearReport => {}
        }
    }

    fn check(&self) {
        assert!(self.asked.len() + self.live.len() <= 1, "two microphones: {self:?}");
        assert!(self.open.len() <= 1, "two sockets: {self:?}");
        assert!(self.tokens.len() <= 1, "two token calls: {self:?}");
        if self.session.state() == State::Idle {
            let held =
                [self.asked.len(), self.live.len(), self.tokens.len(), self.open.len(), self.timers.len()];
            assert_eq!(held, [0; 5], "idle, but something is held: {self:?}");
        }
        for socket in self.open.values() {
            let common = socket.sent.len().min(self.captured.len());
            assert_eq!(socket.sent[..common], self.captured[..common], "sent is not what was captured");
        }
    }
}

/// Answers for a run and a connection that never were, or are long over.
fn stale(index: usize) -> Input {
    let (run, connection) = (Run(0), ConnectionId(0));
    match index {
        0 => Input::MicrophoneOpened(run),
        1 => Input::MicrophoneRefused(run, MicrophoneFailure::Busy),
        2 => Input::AudioCaptured(run, vec![-7; 1600], 1.0),
        3 => Input::TokenGranted(run, "wss://stale".to_owned()),
        4 => Input::Received(connection, message(BEGIN)),
        5 => Input::Closed(connection, 1006, String::new()),
        6 => Input::TimeIsUp(run, Timer::Termination),
        7 => Input::MicrophoneGranted(run),
        _ => Input::MicrophoneLost(run, Loss::AudioThread),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn no_order_of_events_leaves_anything_held_or_any_sample_behind(
        events in prop::collection::vec(event(), 0..60)
    ) {
        let mut world = World::default();
        for event in events {
            world.happen(event);
        }
        // From wherever it is, presses and the limits on its waits lead it to idle.
        for _ in 0..6 {
            if world.session.state() != State::Idle {
                world.happen(Event::Press);
            }
            while !world.timers.is_empty() {
                world.happen(Event::Fire(0));
            }
        }
        prop_assert_eq!(world.session.state(), State::Idle);
        prop_assert!(world.runs <= world.presses);
    }

    #[test]
    fn a_recording_of_any_length_arrives_whole_however_late_the_connection(
        before_grant in 0..4000_usize,
        before_token in prop::collection::vec(0..4000_usize, 0..8),
        before_begin in prop::collection::vec(0..4000_usize, 0..8),
        after_begin in prop::collection::vec(0..4000_usize, 0..8),
        tail in 0..4000_usize,
        stop_at in 0..3_usize,
    ) {
        let mut world = World::default();
        world.happen(Event::Press);
        world.happen(Event::GrantMicrophone);
        world.happen(Event::Capture(before_grant));
        world.happen(Event::OpenMicrophone);
        let phases = [(before_token, Event::GrantToken), (before_begin, Event::Say(BEGIN)), (after_begin, Event::Say(TURN))];
        let mut stopped = false;
        for (index, (captures, then)) in phases.into_iter().enumerate() {
            for count in captures {
                if !stopped {
                    world.happen(Event::Capture(count));
                }
            }
            if index == stop_at {
                world.happen(Event::Press);
                world.happen(Event::Capture(tail));
                world.happen(Event::Drain);
                stopped = true;
            }
            world.happen(then);
        }
        if world.captured.is_empty() && stop_at < 2 {
            prop_assert_eq!(world.session.state(), State::Idle);
        } else {
            prop_assert_eq!(world.session.state(), State::Terminating);
            // The socket's own checks have compared each sample; here only that it got that far.
            prop_assert!(world.open.values().all(|socket| socket.terminated));
            world.happen(Event::Say(TERMINATION));
            prop_assert_eq!(world.session.state(), State::Idle);
        }
    }
}
