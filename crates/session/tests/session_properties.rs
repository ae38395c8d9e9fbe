//! Random orders of events against the session, in a world that checks what is held and what is sent.

use std::collections::{BTreeMap, BTreeSet};

use assemblyai_protocol::{ServerMessage, Signal, parse};
use assemblyai_session::{ConnectionId, Loss, RecordingId, Session, State, Timer, TokenFailure};
use proptest::prelude::*;

/// Why a microphone could not be opened.
#[derive(Debug, Clone, Copy, PartialEq)]
struct NoMicrophone;

type Input = assemblyai_session::Input<NoMicrophone>;
type Effect = assemblyai_session::Effect<NoMicrophone>;

/// What may happen next; the world decides which input that is, if any.
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
    MuteMicrophone(bool),
    ChangeDevices,
    ChooseMicrophone,
    Pause,
    EndTurn,
    Configure,
    GrantToken,
    RefuseToken(u16),
    Receive(&'static str),
    /// A final turn whose last word ends at this fraction of the audio that was sent.
    ReceiveFinal(f64),
    /// A heartbeat that counts all audio that was sent.
    ReceiveHeartbeat,
    CloseSocket(u16),
    /// The socket has queued this many bytes.
    Buffer(u32),
    GoOffline,
    GoOnline,
    Fire(usize),
    /// A request of the user, whether or not it has a meaning in this state.
    Request(usize),
    /// An answer that belongs to an earlier recording.
    Stale(usize),
}

const BEGIN: &str = r#"{"type":"Begin","id":"1","expires_at":1}"#;
const REVISION: &str =
    r#"{"type":"SpeakerRevision","revisions":[{"turn_order":0,"speaker_label":"B","words":[]}]}"#;
const TURN: &str = r#"{"type":"Turn","turn_order":0,"transcript":"so far"}"#;
const TERMINATION: &str = r#"{"type":"Termination"}"#;
const ERROR: &str = r#"{"type":"Error","error_code":3005,"error":"Session Cancelled: An error occurred"}"#;
const UNAUTHORIZED: &str = r#"{"type":"Error","error_code":1008,"error":"Unauthorized Connection"}"#;

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
        1 => any::<bool>().prop_map(Event::MuteMicrophone),
        1 => Just(Event::ChangeDevices),
        1 => Just(Event::ChooseMicrophone),
        2 => Just(Event::Pause),
        1 => Just(Event::EndTurn),
        1 => Just(Event::Configure),
        6 => Just(Event::GrantToken),
        1 => prop_oneof![Just(401), Just(402), Just(403), Just(429), Just(502)].prop_map(Event::RefuseToken),
        6 => Just(Event::Receive(BEGIN)),
        3 => Just(Event::Receive(TURN)),
        1 => Just(Event::Receive(REVISION)),
        3 => (0.0..1.0).prop_map(Event::ReceiveFinal),
        1 => Just(Event::ReceiveHeartbeat),
        1 => Just(Event::Receive(TERMINATION)),
        1 => Just(Event::Receive(ERROR)),
        1 => Just(Event::Receive(UNAUTHORIZED)),
        2 => prop_oneof![Just(1000), Just(1006), Just(1008), Just(1009), Just(3005), Just(3006), Just(3007), Just(4001)]
            .prop_map(Event::CloseSocket),
        1 => (0..200_000_u32).prop_map(Event::Buffer),
        1 => Just(Event::GoOffline),
        1 => Just(Event::GoOnline),
        3 => (0..6_usize).prop_map(Event::Fire),
        1 => (0..5_usize).prop_map(Event::Request),
        2 => (0..9_usize).prop_map(Event::Stale),
    ]
}

#[derive(Debug, Default, PartialEq)]
struct Socket {
    begun: bool,
    /// The recording position where its audio begins.
    from: usize,
    closed: bool,
    terminated: bool,
    sent: Vec<i16>,
    short_frames: usize,
    turns_received: usize,
    turns_shown: usize,
    /// The last change of parameters that it was sent.
    config: Option<u32>,
}

/// What a browser would hold.
#[derive(Debug)]
struct World {
    session: Session<NoMicrophone>,
    asked: BTreeSet<RecordingId>,
    live: BTreeSet<RecordingId>,
    tokens: BTreeSet<ConnectionId>,
    open: BTreeMap<ConnectionId, Socket>,
    /// The recording of each timer, and when it fires, in ms.
    timers: BTreeMap<Timer, (RecordingId, u64)>,
    now_ms: u64,
    captured: Vec<i16>,
    /// The position up to which sockets were given all samples.
    sent: usize,
    /// The position up to which the service has confirmed the audio.
    confirmed: usize,
    /// Whether the recording has had a connection.
    has_connected: bool,
    presses: usize,
    runs: usize,
    /// The number of changes of parameters, and that with which each connection was requested.
    configs: u32,
    requested_with: BTreeMap<ConnectionId, u32>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            session: Session::new(7),
            asked: BTreeSet::new(),
            live: BTreeSet::new(),
            tokens: BTreeSet::new(),
            open: BTreeMap::new(),
            timers: BTreeMap::new(),
            now_ms: 0,
            captured: Vec::new(),
            sent: 0,
            confirmed: 0,
            has_connected: false,
            presses: 0,
            runs: 0,
            configs: 0,
            requested_with: BTreeMap::new(),
        }
    }
}

/// A sample that differs from its neighbours, and is never 0.
fn sample(position: usize) -> i16 {
    (position % 30_011) as i16 + 1
}

impl World {
    fn happen(&mut self, event: Event) {
        let connection = self.open.keys().next_back().copied();
        let recording = self.live.first().copied();
        let input = match event {
            Event::Press => {
                self.presses += 1;
                Some(match self.session.state() {
                    State::Idle => Input::Start,
                    State::Flushing => Input::StopNow,
                    _ => Input::Stop,
                })
            }
            Event::Pause => Some(match self.session.state() {
                State::Paused(_) => Input::Resume,
                _ => Input::Pause,
            }),
            Event::EndTurn => Some(Input::EndTurn),
            Event::Configure => {
                self.configs += 1;
                Some(Input::ConfigChanged(self.configs.to_string()))
            }
            Event::ChangeDevices => Some(Input::DevicesChanged),
            Event::ChooseMicrophone => Some(Input::MicrophoneChosen),
            Event::GoOffline => Some(Input::Offline),
            Event::GoOnline => Some(Input::Online),
            Event::HidePage => Some(Input::Leave),
            Event::GrantMicrophone => self.asked.pop_first().map(|recording| {
                self.live.insert(recording);
                Input::MicrophoneGranted(recording)
            }),
            // Samples may come before: the audio thread is faster than the browser's promises.
            Event::OpenMicrophone => recording.map(Input::MicrophoneOpened),
            Event::RefuseMicrophone => {
                self.asked.pop_first().map(|recording| Input::MicrophoneRefused(recording, NoMicrophone))
            }
            Event::MuteMicrophone(is_muted) => {
                recording.map(|recording| Input::MicrophoneMuted(recording, is_muted))
            }
            Event::Capture(count) => recording.map(|recording| {
                let first = self.captured.len();
                Input::AudioCaptured(recording, (first..first + count).map(sample).collect(), 0.5)
            }),
            Event::Drain => recording.map(Input::MicrophoneDrained),
            Event::LoseMicrophone => {
                recording.map(|recording| Input::MicrophoneLost(recording, Loss::Unplugged))
            }
            Event::GrantToken => {
                self.tokens.pop_first().map(|id| Input::TokenGranted(id, format!("wss://{}", id.0)))
            }
            Event::RefuseToken(status) => {
                self.tokens.pop_first().map(|id| Input::TokenRefused(id, TokenFailure::Status(status, None)))
            }
            Event::Receive(text) => connection.map(|id| {
                if let Some(socket) = self.open.get_mut(&id) {
                    socket.turns_received += usize::from(text == TURN && socket.begun);
                    socket.begun |= text == BEGIN;
                    if text == TERMINATION && socket.terminated {
                        // The service has sent all turns.
                        let sent = (socket.from + socket.sent.len()).min(self.captured.len());
                        self.confirmed = self.confirmed.max(sent);
                    }
                }
                Input::Received(id, message(text))
            }),
            Event::ReceiveFinal(share) => self.say_final(connection, share),
            Event::ReceiveHeartbeat => connection.map(|id| {
                let ms = self.open[&id].sent.len() / 16;
                Input::Received(
                    id,
                    message(&format!(r#"{{"type":"Heartbeat","total_audio_received_ms":{ms}}}"#)),
                )
            }),
            Event::CloseSocket(code) => connection.map(|id| {
                if let Some(socket) = self.open.get_mut(&id) {
                    socket.closed = true;
                }
                Input::Closed(id, code, String::new())
            }),
            Event::Buffer(bytes) => {
                self.now_ms += 1_000;
                connection.map(|id| Input::BufferedAmount(id, bytes, self.now_ms))
            }
            Event::Fire(index) => {
                let timer = self.timers.keys().nth(index).copied();
                timer.and_then(|timer| self.fire(timer))
            }
            Event::Request(index) => {
                self.presses += 1;
                let requests = [Input::Start, Input::Stop, Input::StopNow, Input::Pause, Input::Resume];
                requests.into_iter().nth(index)
            }
            Event::Stale(index) => Some(stale(index)),
        };
        if let Some(input) = input {
            self.feed(input);
        }
    }

    fn fire(&mut self, timer: Timer) -> Option<Input> {
        let (recording, due_ms) = self.timers.remove(&timer)?;
        self.now_ms = self.now_ms.max(due_ms);
        Some(Input::TimerFired(recording, timer))
    }

    /// Lets time pass until the next timer fires; returns whether there was one.
    fn let_time_pass(&mut self) -> bool {
        let next = self.timers.iter().min_by_key(|(_, (_, due_ms))| *due_ms).map(|(&timer, _)| timer);
        // Sockets send what they were given.
        let input = next.and_then(|timer| self.fire(timer));
        self.happen(Event::Buffer(0));
        input.map(|input| self.feed(input)).is_some()
    }

    fn say_final(&mut self, connection: Option<ConnectionId>, share: f64) -> Option<Input> {
        let id = connection?;
        let socket = self.open.get_mut(&id).filter(|socket| socket.begun)?;
        socket.turns_received += 1;
        let end_ms = (share * socket.sent.len() as f64 / 16.0) as usize;
        // The turn of TURN ends with it.
        self.confirmed = self.confirmed.max(socket.from + end_ms * 16);
        let text = format!(
            r#"{{"type":"Turn","turn_order":0,"end_of_turn":true,"transcript":"so",
                "words":[{{"text":"so","start":0,"end":{end_ms},"word_is_final":true}}]}}"#
        );
        Some(Input::Received(id, message(&text)))
    }

    fn feed(&mut self, input: Input) {
        let captured = match &input {
            Input::AudioCaptured(recording, samples, _) if self.live.contains(recording) => samples.clone(),
            _ => Vec::new(),
        };
        let is_answer = matches!(input, Input::TokenRefused(..) | Input::Received(..) | Input::Closed(..));
        let must_go_on = is_answer
            && self.has_connected
            && matches!(self.session.state(), State::Recording | State::Paused(_) | State::Draining);
        let before = self.session.journal().captured();
        let effects = self.session.handle(input);
        // Audio that is captured in a pause or after Stop is ignored.
        if !effects.iter().any(|effect| matches!(effect, Effect::StartRecording(_))) {
            let taken = self.session.journal().captured().saturating_sub(before) as usize;
            assert!(taken == 0 || taken <= captured.len(), "{taken} of {} samples", captured.len());
            self.captured.extend(&captured[..taken.min(captured.len())]);
        }
        for effect in effects {
            self.perform(effect);
        }
        assert!(
            !must_go_on || self.session.state() != State::Idle,
            "an answer ended the recording: {self:?}"
        );
        self.check();
    }

    fn in_session(&mut self, id: ConnectionId) -> &mut Socket {
        let socket = self.open.get_mut(&id).expect("a message goes to an open socket only");
        assert!(socket.begun && !socket.terminated, "a message outside of the session: {socket:?}");
        socket
    }

    fn receive_audio(&mut self, id: ConnectionId, frame: Vec<i16>) {
        let socket = self.open.get_mut(&id).expect("audio goes to an open socket only");
        assert!(
            !socket.closed && socket.begun && !socket.terminated,
            "audio outside of the session: {socket:?}"
        );
        assert!((800..=16_000).contains(&frame.len()), "a frame of {} samples", frame.len());
        assert_eq!(socket.short_frames, 0, "only the last frame may be short");
        socket.short_frames += usize::from(frame.len() < 1600);
        for sample in frame {
            let position = socket.from + socket.sent.len();
            assert_eq!(sample, self.captured.get(position).copied().unwrap_or(0), "at {position}");
            socket.sent.push(sample);
        }
        self.sent = self.sent.max(socket.from + socket.sent.len()).min(self.captured.len());
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartRecording(_) => {
                self.captured.clear();
                self.has_connected = false;
                (self.sent, self.confirmed) = (0, 0);
            }
            Effect::OpenMicrophone(recording) => {
                self.runs += usize::from(!self.live.contains(&recording) && !self.asked.contains(&recording));
                self.asked.insert(recording);
            }
            Effect::MuteMicrophone(..) => {}
            Effect::DrainMicrophone(recording) => {
                assert!(self.live.contains(&recording), "{recording:?} is not live");
            }
            Effect::CloseMicrophone(recording) => {
                self.asked.remove(&recording);
                self.live.remove(&recording);
            }
            Effect::RequestToken(id) => {
                assert!(self.tokens.insert(id), "asked twice for {id:?}");
                self.requested_with.insert(id, self.configs);
            }
            Effect::AbandonToken(id) => {
                self.tokens.remove(&id);
            }
            Effect::OpenSocket(id, _) => {
                assert!(self.open.insert(id, Socket::default()).is_none(), "{id:?} opened twice");
            }
            Effect::Connected(id, from) => {
                self.has_connected = true;
                let from = usize::try_from(from).expect("it fits");
                self.open.get_mut(&id).expect("a socket that is open").from = from;
                assert!(from <= self.sent, "{from} skips samples that were not sent, from {}", self.sent);
                assert!(
                    from <= self.confirmed + 1_600,
                    "{from} skips samples that were not confirmed, from {}",
                    self.confirmed
                );
            }
            Effect::SendAudio(id, frame) => self.receive_audio(id, frame),
            Effect::SendMessage(id, Signal::Terminate) => {
                let socket = self.open.get_mut(&id).expect("Terminate goes to an open socket only");
                assert!(
                    !socket.closed && socket.begun && !socket.terminated,
                    "Terminate outside of the session: {socket:?}"
                );
                socket.terminated = true;
                // A connection that another one has replaced ends before all is sent.
                if self.session.open_connection() == Some(id) && self.session.state() == State::Terminating {
                    assert_eq!(self.sent, self.captured.len(), "not all was sent");
                }
            }
            Effect::SendMessage(id, Signal::ForceEndpoint) => {
                self.in_session(id);
            }
            Effect::SendText(id, message) => self.in_session(id).config = message.parse().ok(),
            Effect::ReviseSpeakers(id, _) => assert!(self.open.contains_key(&id), "a turn of no socket"),
            Effect::SendMessage(_, other @ Signal::KeepAlive) => panic!("{other:?} is not expected"),
            Effect::CloseSocket(id) => {
                let socket = self.open.remove(&id).expect("a socket that is held");
                assert_eq!(socket.turns_received, socket.turns_shown, "a turn was not shown");
            }
            Effect::StartTimer(recording, timer, ms) => {
                assert!(ms > 0);
                self.timers.insert(timer, (recording, self.now_ms + u64::from(ms)));
            }
            Effect::RotateBefore(recording, _) => {
                self.timers.insert(Timer::Rotation, (recording, self.now_ms + 3_600_000));
            }
            Effect::StopTimer(timer) => {
                self.timers.remove(&timer);
            }
            Effect::StopTimers => self.timers.clear(),
            Effect::ShowTurn(id, _) => {
                self.open.get_mut(&id).expect("a turn of an open socket").turns_shown += 1;
            }
            Effect::Confirmed(position) => {
                let confirmed = self.confirmed.max(self.captured.len().min(self.sent));
                assert!(position <= confirmed as u64, "{position} was not confirmed");
            }
            Effect::ShowGap(_, from, to) => assert!(from < to),
            Effect::ShowError(_)
            | Effect::ShowNotice(_)
            | Effect::ClearNotice(_)
            | Effect::ClearError
            | Effect::Complete
            | Effect::Interrupt => {}
        }
    }

    fn check(&self) {
        assert!(self.live.len() <= 1, "two microphones: {self:?}");
        // One that is open, and one that is to take over.
        assert!(self.open.len() <= 2, "three sockets: {self:?}");
        assert!(self.tokens.len() <= 1, "two token calls: {self:?}");
        if let Some(open) =
            self.session.open_connection().filter(|_| self.session.state() != State::Terminating)
        {
            let known = [self.requested_with.get(&open).copied(), self.open[&open].config];
            assert!(known.contains(&Some(self.configs)), "it was not sent the newest parameters: {self:?}");
        }
        if self.session.state() == State::Idle {
            let held =
                [self.asked.len(), self.live.len(), self.tokens.len(), self.open.len(), self.timers.len()];
            assert_eq!(held, [0; 5], "idle, but something is held: {self:?}");
        }
    }
}

/// Answers that belong to no recording or connection of the test.
fn stale(index: usize) -> Input {
    let (recording, connection) = (RecordingId(0), ConnectionId(0));
    match index {
        0 => Input::MicrophoneOpened(recording),
        1 => Input::MicrophoneRefused(recording, NoMicrophone),
        2 => Input::AudioCaptured(recording, vec![-7; 1600], 1.0),
        3 => Input::TokenGranted(connection, "wss://stale".to_owned()),
        4 => Input::Received(connection, message(BEGIN)),
        5 => Input::Closed(connection, 1006, String::new()),
        6 => Input::TimerFired(recording, Timer::Termination),
        7 => Input::MicrophoneGranted(recording),
        _ => Input::MicrophoneLost(recording, Loss::AudioThread),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn after_any_order_of_events_the_session_becomes_idle_and_holds_nothing(
        events in prop::collection::vec(event(), 0..60)
    ) {
        let mut world = World::default();
        for event in events {
            world.happen(event);
        }
        // From any state, Stop and the limits of the timers lead to idle.
        if matches!(world.session.state(), State::RequestingMicrophone | State::Recording | State::Paused(_)) {
            world.happen(Event::Press);
        }
        let stopped_ms = world.now_ms;
        while world.session.state() != State::Idle {
            prop_assert!(world.let_time_pass(), "no timer is running: {world:?}");
            prop_assert!(world.now_ms < stopped_ms + 120_000, "it never ends: {world:?}");
        }
        prop_assert!(world.runs <= world.presses * 60);
    }

    #[test]
    fn a_recording_of_any_length_is_sent_completely_however_late_the_connection_is(
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
        let phases = [(before_token, Event::GrantToken), (before_begin, Event::Receive(BEGIN)), (after_begin, Event::Receive(TURN))];
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
            // Late audio is sent at its pace.
            while world.timers.contains_key(&Timer::Pace) {
                world.let_time_pass();
            }
            prop_assert_eq!(world.session.state(), State::Terminating);
            // Each sample was compared when it was sent.
            prop_assert!(world.open.values().all(|socket| socket.terminated));
            world.happen(Event::Receive(TERMINATION));
            prop_assert_eq!(world.session.state(), State::Idle);
        }
    }
}

#[test]
fn a_connection_that_another_one_replaces_after_stop_is_ended_although_its_socket_sends_nothing() {
    let mut world = World::default();
    for event in [
        Event::Press,
        Event::GrantMicrophone,
        Event::OpenMicrophone,
        Event::GrantToken,
        Event::Receive(BEGIN),
        Event::Press,
        Event::Buffer(96_000),
        Event::GoOffline,
        Event::GrantToken,
        Event::Capture(1_600),
        Event::Drain,
        Event::Receive(BEGIN),
    ] {
        world.happen(event);
    }
    assert_eq!(world.session.state(), State::Terminating);
    assert_eq!((world.sent, world.open.len()), (1_600, 1));
}
