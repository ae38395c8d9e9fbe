//! A talk over a bad network, in memory: whatever happens to the connection, the transcript has each word once.
//!
//! The service of this test recognises words by the position of the audio that it receives, sends turns as a Pro model
//! does, and sends `Heartbeat`; the network drops, refuses and stalls connections at random.

use std::collections::BTreeMap;

use assemblyai_protocol::{Heartbeat, ServerMessage, Signal, Turn, Word, parse};
use assemblyai_session::{ConnectionId, Phase, RecordingId, Session, State, Timer, TokenFailure, Transcript};
use proptest::prelude::*;

/// There is always a microphone here.
type Input = assemblyai_session::Input<()>;
type Effect = assemblyai_session::Effect<()>;

const MS: u64 = 16;
const CHUNK_MS: u64 = 100;

/// A fault during the talk.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// It breaks.
    Drop,
    /// The service ends it with this error.
    Error(u16),
    /// Nothing is received any more on either side, and the connection is not closed.
    HalfOpen,
    /// The socket sends nothing.
    Stuck,
    /// The connection breaks, and the server issues no token for this many ms.
    NoToken(u64),
    /// The session time is nearly over.
    Rotation,
    /// The network changes.
    Online,
    /// The recording is paused for this many ms.
    Pause(u64),
}

#[derive(Debug, Default)]
struct Connection {
    from: u64,
    received: u64,
    is_dead: bool,
    is_terminated: bool,
    opened_ms: u64,
    heartbeats: u64,
    /// How many words of each turn were sent, by the index of the turn in the talk; `None` once it is final.
    turns_sent: BTreeMap<usize, Option<usize>>,
    held_bytes: u32,
    is_stuck: bool,
}

struct Talk {
    /// The words of each turn: beginning and end in ms of the recording.
    turns: Vec<Vec<(u64, u64)>>,
    /// By how much the ends of turns are reported late, in ms.
    late_ms: u64,
    has_heartbeats: bool,
    session: Session<()>,
    transcript: Transcript,
    connections: BTreeMap<ConnectionId, Connection>,
    /// Requests for tokens and sockets, with the time of the answer.
    answers: Vec<(u64, ConnectionId, Answer)>,
    timers: BTreeMap<Timer, (RecordingId, u64)>,
    no_token_until_ms: u64,
    now_ms: u64,
    captured_ms: u64,
    is_muted: bool,
    most_ahead_ms: u64,
    /// The amplitude of words.
    loudness: i16,
    /// How long sockets were open, in ms.
    open_ms: u64,
    /// How often a connection was closed because nobody spoke.
    standbys: usize,
    /// Other times of standby, in ms, from these ms of the recording on.
    standby_changes: Vec<(u64, Option<u32>)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Token,
    Begin,
}

impl Talk {
    fn new(turns: Vec<Vec<(u64, u64)>>, late_ms: u64) -> Self {
        Self {
            turns,
            late_ms,
            has_heartbeats: true,
            session: Session::new(99),
            transcript: Transcript::default(),
            connections: BTreeMap::new(),
            answers: Vec::new(),
            timers: BTreeMap::new(),
            no_token_until_ms: 0,
            now_ms: 0,
            captured_ms: 0,
            is_muted: false,
            most_ahead_ms: 0,
            loudness: 4_000,
            open_ms: 0,
            standbys: 0,
            standby_changes: Vec::new(),
        }
    }

    fn feed(&mut self, input: Input) {
        for effect in self.session.handle(input) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::RequestToken(id) => self.answers.push((self.now_ms + 150, id, Answer::Token)),
            Effect::AbandonToken(id) => self.answers.retain(|(_, other, _)| *other != id),
            Effect::OpenSocket(id, _) => {
                self.connections.insert(id, Connection::default());
                self.answers.push((self.now_ms + 1_300, id, Answer::Begin));
            }
            Effect::Connected(id, from) => {
                let connection = self.connections.get_mut(&id).expect("an open socket");
                (connection.from, connection.opened_ms) = (from, self.now_ms);
                self.transcript.connected(id, from / MS);
            }
            Effect::SendAudio(id, frame) => {
                let connection = self.connections.get_mut(&id).expect("an open socket");
                if connection.is_dead || connection.is_stuck {
                    connection.held_bytes += 2 * frame.len() as u32;
                } else {
                    connection.received += frame.len() as u64;
                    let passed = self.now_ms - connection.opened_ms;
                    self.most_ahead_ms =
                        self.most_ahead_ms.max((connection.received / MS).saturating_sub(passed));
                }
            }
            Effect::SendMessage(id, Signal::Terminate) => {
                let connection = self.connections.get_mut(&id).expect("an open socket");
                connection.is_terminated = !connection.is_stuck;
            }
            Effect::CloseSocket(id) => {
                self.connections.remove(&id);
                self.answers.retain(|(_, other, _)| *other != id);
            }
            Effect::StartTimer(recording, timer, ms) => {
                self.timers.insert(timer, (recording, self.now_ms + u64::from(ms)));
            }
            Effect::StopTimer(timer) => {
                self.timers.remove(&timer);
            }
            Effect::StopTimers => self.timers.clear(),
            Effect::ShowTurn(id, turn) => {
                self.transcript.apply(id, &turn);
            }
            Effect::ShowGap(_, from, to) => panic!("a gap from {from} to {to}"),
            Effect::ShowError(failure) => panic!("{failure:?}"),
            Effect::MuteMicrophone(_, is_muted) => self.is_muted = is_muted,
            _ => {}
        }
    }

    /// 100 ms pass.
    fn tick(&mut self, capture: bool) {
        self.now_ms += CHUNK_MS;
        self.open_ms += CHUNK_MS * self.connections.len() as u64;
        let was_on_standby = self.session.phase() == Phase::Standby;
        if capture {
            let chunk = (self.captured_ms..self.captured_ms + CHUNK_MS).flat_map(|ms| {
                // Words are loud, pauses faint.
                let loudness = if self.is_word(ms) { self.loudness } else { 3 };
                [loudness, -loudness].repeat(MS as usize / 2)
            });
            let samples: Vec<i16> = chunk.collect();
            self.report_unsent();
            let before = self.session.journal().captured();
            self.feed(Input::AudioCaptured(RecordingId(1), samples, 0.5));
            // Nobody speaks while the recording is paused.
            self.captured_ms += (self.session.journal().captured() - before) / MS;
        }
        self.standbys += usize::from(!was_on_standby && self.session.phase() == Phase::Standby);
        while let Some(index) = self.answers.iter().position(|(due_ms, ..)| *due_ms <= self.now_ms) {
            let (_, id, answer) = self.answers.remove(index);
            self.answer(id, answer);
        }
        self.serve();
        let due: Vec<Timer> = (self.timers.iter())
            .filter_map(|(&timer, (_, due_ms))| (*due_ms <= self.now_ms).then_some(timer))
            .collect();
        for timer in due {
            if let Some((recording, _)) = self.timers.remove(&timer) {
                self.report_unsent();
                self.feed(Input::TimerFired(recording, timer));
            }
        }
    }

    fn is_word(&self, ms: u64) -> bool {
        let turn = self.turns.partition_point(|turn| turn.last().is_some_and(|&(_, to)| to <= ms));
        self.turns.get(turn).is_some_and(|turn| turn.iter().any(|&(from, to)| (from..to).contains(&ms)))
    }

    fn report_unsent(&mut self) {
        if let Some(open) = self.session.open_connection() {
            self.feed(Input::BufferedAmount(open, self.connections[&open].held_bytes, self.now_ms));
        }
    }

    fn answer(&mut self, id: ConnectionId, answer: Answer) {
        let is_refused = self.now_ms < self.no_token_until_ms;
        self.feed(match answer {
            Answer::Token if is_refused => Input::TokenRefused(id, TokenFailure::Status(502, None)),
            Answer::Token => Input::TokenGranted(id, String::new()),
            Answer::Begin => Input::Received(
                id,
                parse(r#"{"type":"Begin","id":"1","expires_at":1}"#).expect("a good message"),
            ),
        });
    }

    /// Sends what the service has to say about the audio that it has received.
    fn serve(&mut self) {
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            let Some(connection) = self.connections.get_mut(&id).filter(|connection| !connection.is_dead)
            else {
                continue;
            };
            if self.session.attempt().connection() == Some(id) {
                continue; // Not begun.
            }
            let (from_ms, ends) = (connection.from.div_ceil(MS), connection.is_terminated);
            let until_ms = (connection.from + connection.received) / MS;
            let mut messages = Vec::new();
            let first =
                self.turns.partition_point(|turn| turn.last().is_some_and(|&(_, to)| to + 30_000 < until_ms));
            for (index, words) in self.turns.iter().enumerate().skip(first) {
                if words.first().is_some_and(|&(from, _)| from > until_ms) {
                    break;
                }
                let heard = |&&(from, to): &&(u64, u64)| from >= from_ms && to <= until_ms;
                let heard: Vec<_> = words.iter().filter(heard).collect();
                let Some(&&(_, end)) = heard.last() else { continue };
                let words_sent = connection.turns_sent.entry(index).or_insert(Some(0));
                let Some(count) = *words_sent else { continue };
                let is_final = ends
                    || until_ms >= end + 400
                        && heard.len() == words.iter().filter(|word| word.0 >= from_ms).count();
                if heard.len() == count && !is_final {
                    continue;
                }
                *words_sent = (!is_final).then_some(heard.len());
                let late_ms = if is_final { self.late_ms } else { 0 };
                let words: Vec<Word> = heard
                    .iter()
                    .map(|&&(from, to)| Word {
                        text: format!("w{from}"),
                        start_ms: from as f64 - connection.from as f64 / MS as f64,
                        end_ms: (to + if to == end { late_ms } else { 0 }) as f64
                            - connection.from as f64 / MS as f64,
                        word_is_final: is_final,
                        ..Word::default()
                    })
                    .collect();
                let transcript = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                messages.push(ServerMessage::Turn(Turn {
                    turn_order: index as u64,
                    end_of_turn: is_final,
                    turn_is_formatted: Some(true),
                    transcript,
                    words,
                    ..Turn::default()
                }));
            }
            let is_due = self.now_ms - connection.opened_ms >= (connection.heartbeats + 1) * 5_100;
            let heard_ms = until_ms.saturating_sub(5_200)..until_ms;
            let spoke =
                self.turns.iter().flatten().any(|(from, to)| heard_ms.start < *to && *from < heard_ms.end);
            if self.has_heartbeats && is_due {
                connection.heartbeats += 1;
                messages.push(ServerMessage::Heartbeat(Heartbeat {
                    total_audio_received_ms: (connection.received / MS) as f64,
                    total_duration_ms: (self.now_ms - connection.opened_ms) as f64,
                    max_speech_probability: Some(f64::from(u8::from(spoke))),
                    ..Heartbeat::default()
                }));
            }
            if ends {
                let s = connection.received / (1000 * MS);
                let text = format!(r#"{{"type":"Termination","audio_duration_seconds":{s}}}"#);
                messages.push(parse(&text).expect("a good message"));
            }
            for message in messages {
                self.feed(Input::Received(id, message));
            }
        }
    }

    fn inject(&mut self, fault: Fault) {
        let Some(open) = self.session.open_connection() else { return };
        let connection = self.connections.get_mut(&open).expect("an open socket");
        match fault {
            Fault::Drop => self.feed(Input::Closed(open, 1006, String::new())),
            Fault::Error(code) => {
                let text = format!(r#"{{"type":"Error","error_code":{code},"error":"Session Cancelled"}}"#);
                self.feed(Input::Received(open, parse(&text).expect("a good message")));
            }
            Fault::HalfOpen => connection.is_dead = true,
            Fault::Stuck => connection.is_stuck = true,
            Fault::NoToken(ms) => {
                self.no_token_until_ms = self.now_ms + ms;
                self.feed(Input::Closed(open, 1006, String::new()));
            }
            Fault::Rotation => self.feed(Input::TimerFired(RecordingId(1), Timer::Rotation)),
            Fault::Online => self.feed(Input::Online),
            Fault::Pause(ms) => {
                self.feed(Input::Pause);
                for _ in 0..ms / CHUNK_MS {
                    self.tick(true);
                }
                self.feed(Input::Resume);
            }
        }
    }

    /// Runs the talk from start to end, with faults at these ms of it.
    fn run(&mut self, length_ms: u64, faults: &[(u64, Fault)]) {
        self.feed(Input::Start);
        self.feed(Input::MicrophoneGranted(RecordingId(1)));
        self.feed(Input::MicrophoneOpened(RecordingId(1)));
        let mut faults: Vec<_> = faults.to_vec();
        faults.sort_by_key(|(at_ms, _)| *at_ms);
        let mut faults = faults.into_iter().peekable();
        while self.captured_ms < length_ms {
            // A recording is not paused in the middle of a word.
            let is_silent = (0..300).all(|ms| !self.is_word(self.captured_ms + ms));
            let is_due = |(at_ms, fault): &(u64, Fault)| {
                *at_ms <= self.captured_ms && (is_silent || !matches!(fault, Fault::Pause(_)))
            };
            if let Some((_, fault)) = faults.next_if(is_due) {
                self.inject(fault);
            }
            for (_, after_ms) in self.standby_changes.extract_if(.., |(at_ms, _)| *at_ms <= self.captured_ms)
            {
                self.session.set_standby_after_ms(after_ms);
            }
            self.tick(true);
        }
        self.feed(Input::Stop);
        self.feed(Input::MicrophoneDrained(RecordingId(1)));
        for _ in 0..6_000 {
            if self.session.state() == State::Idle {
                break;
            }
            self.tick(false);
        }
        assert_eq!(self.session.state(), State::Idle);
        self.transcript.settle();
    }

    /// The words of the transcript: text, beginning, end.
    fn words(&self) -> Vec<(String, u64, u64)> {
        let words = self.transcript.turns().flat_map(|(_, turn)| turn.words.iter());
        words.map(|word| (word.text.clone(), word.start_ms, word.end_ms)).collect()
    }

    fn assert_each_word_once(&self) {
        let words = self.words();
        let expected: Vec<String> = self.turns.iter().flatten().map(|(from, _)| format!("w{from}")).collect();
        let shown: Vec<&String> = words.iter().map(|(text, ..)| text).collect();
        assert_eq!(shown, expected.iter().collect::<Vec<_>>());
        for ((_, shown_from, shown_to), &(from, to)) in words.iter().zip(self.turns.iter().flatten()) {
            assert!(shown_from.abs_diff(from) <= 50, "{shown_from} ms for {from} ms");
            assert!(shown_to.abs_diff(to) <= 50 + self.late_ms, "{shown_to} ms for {to} ms");
        }
        assert!(self.most_ahead_ms <= 300_000, "audio was sent {} ms ahead", self.most_ahead_ms);
    }
}

/// Makes turns from the lengths of words and the pauses before them, in ms; also returns the length of the talk.
fn turns(lengths: &[Vec<(u64, u64)>]) -> (Vec<Vec<(u64, u64)>>, u64) {
    let mut at_ms = 300;
    let turns = lengths.iter().map(|words| {
        at_ms += 500;
        let turn = words.iter().map(|&(pause_ms, length_ms)| {
            let from = at_ms + pause_ms;
            at_ms = from + length_ms;
            (from, at_ms)
        });
        turn.collect()
    });
    let turns = turns.collect();
    (turns, (at_ms + 700).next_multiple_of(100))
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Drop),
        prop_oneof![Just(1011), Just(3005), Just(3008)].prop_map(Fault::Error),
        Just(Fault::HalfOpen),
        Just(Fault::Stuck),
        (0..25_000_u64).prop_map(Fault::NoToken),
        Just(Fault::Rotation),
        Just(Fault::Online),
        (0..45_000_u64).prop_map(Fault::Pause),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn every_word_is_transcribed_once_and_at_its_time_whatever_the_network_does(
        lengths in prop::collection::vec(prop::collection::vec((40..90_u64, 100..500_u64), 1..8), 1..25),
        late_ms in prop_oneof![Just(0), 0..240_u64],
        has_heartbeats in any::<bool>(),
        faults in prop::collection::vec((0..60_000_u64, fault()), 0..12),
    ) {
        let (turns, length_ms) = turns(&lengths);
        let mut talk = Talk::new(turns, late_ms);
        talk.has_heartbeats = has_heartbeats;
        talk.run(length_ms, &faults);
        talk.assert_each_word_once();
    }
}

/// Moves turns apart: each begins so many ms later after the one before it. Also returns the length of the talk.
fn apart(turns: Vec<Vec<(u64, u64)>>, silences_ms: &[u64]) -> (Vec<Vec<(u64, u64)>>, u64) {
    let mut later_ms = 0;
    let silences = silences_ms.iter().copied().chain(std::iter::repeat(0));
    let turns: Vec<Vec<_>> = turns
        .into_iter()
        .zip(silences)
        .map(|(turn, silence_ms)| {
            later_ms += silence_ms;
            turn.into_iter().map(|(from, to)| (from + later_ms, to + later_ms)).collect()
        })
        .collect();
    let end_ms = turns.iter().flatten().map(|(_, to)| *to).max().unwrap_or(0);
    (turns, (end_ms + 700).next_multiple_of(100))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_word_is_lost_on_standby_whatever_the_network_does(
        lengths in prop::collection::vec(prop::collection::vec((40..90_u64, 100..500_u64), 1..5), 1..12),
        silences_ms in prop::collection::vec(0..20_000_u64, 12),
        after_ms in 1_000..6_000_u32,
        standby_changes in prop::collection::vec((0..120_000_u64, prop::option::of(1_000..6_000_u32)), 0..4),
        late_ms in prop_oneof![Just(0), 0..240_u64],
        has_heartbeats in any::<bool>(),
        faults in prop::collection::vec((0..120_000_u64, fault()), 0..12),
    ) {
        let (turns, _) = turns(&lengths);
        let (turns, length_ms) = apart(turns, &silences_ms);
        let mut talk = Talk::new(turns, late_ms);
        talk.session.set_standby_after_ms(Some(after_ms));
        talk.standby_changes = standby_changes;
        talk.has_heartbeats = has_heartbeats;
        talk.run(length_ms, &faults);
        talk.assert_each_word_once();
    }
}

#[test]
fn an_hour_with_a_fifth_of_speech_is_billed_for_less_than_two_fifths_of_it() {
    // Talks of a minute, with four minutes of silence after each.
    let (turns, _) = turns(&vec![vec![(60, 400); 4]; 26 * 12]);
    let silences_ms: Vec<u64> =
        (0..turns.len()).map(|turn| if turn > 0 && turn % 26 == 0 { 240_000 } else { 0 }).collect();
    let (turns, _) = apart(turns, &silences_ms);
    let mut talk = Talk::new(turns, 0);
    talk.session.set_standby_after_ms(Some(30_000));
    talk.run(3_600_000, &[]);
    talk.assert_each_word_once();
    assert_eq!(talk.standbys, 12);
    let share = talk.open_ms as f64 / 3_600_000.0;
    assert!(share < 0.4, "{share}");
    // What is not billed is counted, and no connection was lost.
    let stats = talk.session.audio_stats();
    let saved_ms = stats.standby / MS;
    assert!(saved_ms.abs_diff(3_600_000 - talk.open_ms) < 12 * 5_000, "{saved_ms} {}", talk.open_ms);
    assert_eq!((stats.reconnects, stats.dropped), (0, 0));
}

#[test]
fn stopping_on_standby_opens_no_connection() {
    let mut talk = Talk::new(vec![vec![(1_000, 1_500)]], 0);
    talk.session.set_standby_after_ms(Some(5_000));
    talk.run(60_000, &[]);
    talk.assert_each_word_once();
    assert_eq!((talk.standbys, talk.session.newest_connection()), (1, ConnectionId(1)));
    assert_eq!(talk.session.journal().confirmed(), talk.session.journal().captured());
}

#[test]
fn what_the_closed_connection_has_not_confirmed_is_sent_over_another() {
    let mut talk = Talk::new(vec![vec![(1_000, 1_500)]], 0);
    talk.session.set_standby_after_ms(Some(5_000));
    talk.has_heartbeats = false;
    // It dies before its Terminate arrives.
    talk.run(60_000, &[(5_800, Fault::HalfOpen)]);
    talk.assert_each_word_once();
    assert!(talk.session.newest_connection() >= ConnectionId(2));
}

#[test]
fn a_voice_that_only_the_service_hears_keeps_the_connection_open() {
    // The words are as faint as the pauses.
    let turns: Vec<_> = (1..20).map(|turn| vec![(turn * 3_000, turn * 3_000 + 400)]).collect();
    let mut talk = Talk::new(turns, 0);
    talk.loudness = 3;
    talk.session.set_standby_after_ms(Some(5_000));
    talk.run(120_000, &[]);
    talk.assert_each_word_once();
    assert_eq!(talk.standbys, 0);
}

#[test]
fn a_standby_ends_once_the_connection_is_to_stay_open() {
    let mut talk = Talk::new(vec![vec![(1_000, 1_500)], vec![(40_000, 40_400)]], 0);
    talk.session.set_standby_after_ms(Some(5_000));
    // The silence before the second change does not count.
    talk.standby_changes = vec![(20_000, None), (60_000, Some(10_000))];
    talk.run(90_000, &[]);
    talk.assert_each_word_once();
    let standby_ms = talk.session.audio_stats().standby / MS;
    assert!(standby_ms.abs_diff(13_000 + 20_000) < 2_000, "{standby_ms}");
    assert_eq!(talk.standbys, 2);
}

#[test]
fn another_time_of_standby_counts_from_the_last_word() {
    let mut talk = Talk::new(vec![vec![(1_000, 1_500)]], 0);
    talk.session.set_standby_after_ms(Some(60_000));
    talk.standby_changes = vec![(30_000, Some(10_000))];
    talk.run(40_000, &[]);
    let standby_ms = talk.session.audio_stats().standby / MS;
    assert!(standby_ms.abs_diff(10_000) < 1_000, "{standby_ms}");
}

/// A minute of turns, four words each.
fn minute() -> (Vec<Vec<(u64, u64)>>, u64) {
    turns(&vec![vec![(60, 400); 4]; 26])
}

#[test]
fn a_half_open_connection_is_detected_within_6_s() {
    // With 30 ticks, before the first heartbeat.
    let cases = [(Fault::HalfOpen, 200), (Fault::HalfOpen, 30), (Fault::Stuck, 200), (Fault::Stuck, 30)];
    for (fault, after_ticks) in cases {
        let (turns, _) = minute();
        let mut talk = Talk::new(turns, 0);
        talk.feed(Input::Start);
        talk.feed(Input::MicrophoneGranted(RecordingId(1)));
        talk.feed(Input::MicrophoneOpened(RecordingId(1)));
        for _ in 0..after_ticks {
            talk.tick(true);
        }
        talk.inject(fault);
        let since_ms = talk.now_ms;
        while talk.session.attempt().connection().is_none() {
            talk.tick(true);
            assert!(talk.now_ms - since_ms <= 6_000, "{fault:?} is not detected after 6 s");
        }
    }
}

#[test]
fn five_minutes_of_silence_cause_no_reconnect() {
    let mut talk = Talk::new(vec![vec![(1_000, 1_500)]], 0);
    talk.run(300_000, &[]);
    talk.assert_each_word_once();
    assert_eq!(talk.session.audio_stats().reconnects, 0);
    assert_eq!(talk.session.journal().confirmed(), talk.session.journal().captured());
}

#[test]
fn a_model_without_heartbeats_causes_one_reconnect_at_most() {
    let mut talk = Talk::new(vec![vec![(1_000, 1_500)]], 0);
    talk.has_heartbeats = false;
    talk.run(300_000, &[]);
    talk.assert_each_word_once();
    assert_eq!(talk.session.audio_stats().reconnects, 1);
}

#[test]
fn no_word_is_lost_if_the_connection_dies_right_before_stop() {
    for fault in [Fault::Drop, Fault::HalfOpen, Fault::NoToken(8_000)] {
        let (turns, length_ms) = minute();
        let mut talk = Talk::new(turns, 0);
        talk.run(length_ms, &[(length_ms - 900, fault)]);
        talk.assert_each_word_once();
    }
}

#[test]
fn no_word_is_lost_in_nine_minutes_without_a_connection() {
    let (turns, length_ms) = turns(&vec![vec![(60, 400); 4]; 420]);
    let mut talk = Talk::new(turns, 0);
    talk.run(length_ms, &[(5_000, Fault::NoToken(540_000))]);
    talk.assert_each_word_once();
}

/// Reads a minute at once, as a program reads a file, while the first connection is lost, and cuts each of the next ones
/// after so many ms; returns how many connections replaced another.
fn file_over_cuts(mut talk: Talk, cuts_after_ms: &[u64]) -> u32 {
    let (_, length_ms) = minute();
    talk.feed(Input::Start);
    talk.feed(Input::MicrophoneGranted(RecordingId(1)));
    talk.feed(Input::MicrophoneOpened(RecordingId(1)));
    while talk.session.open_connection().is_none() {
        talk.tick(true);
    }
    talk.inject(Fault::Drop);
    let passed_ms = talk.now_ms;
    while talk.captured_ms < length_ms {
        talk.tick(true);
        talk.now_ms = passed_ms;
    }
    talk.feed(Input::Stop);
    talk.feed(Input::MicrophoneDrained(RecordingId(1)));
    for after_ms in cuts_after_ms {
        let mut open = None;
        let mut since_ms = talk.now_ms;
        // Of a connection that ends before, the next one is not cut: there is none.
        while talk.session.state() != State::Idle && (open.is_none() || talk.now_ms < since_ms + after_ms) {
            if talk.session.open_connection() != open {
                (open, since_ms) = (talk.session.open_connection(), talk.now_ms);
            }
            talk.tick(false);
            assert!(talk.now_ms < passed_ms + 120_000, "it takes more than two minutes");
        }
        talk.inject(Fault::Drop);
    }
    while talk.session.state() != State::Idle {
        talk.tick(false);
        assert!(talk.now_ms < passed_ms + 120_000, "it takes more than two minutes");
    }
    talk.transcript.settle();
    talk.assert_each_word_once();
    talk.session.audio_stats().reconnects
}

#[test]
fn no_word_of_a_file_is_lost_over_ten_cuts_while_its_rest_is_sent() {
    for after_ms in [1_200, 1_700, 2_200] {
        let (turns, _) = minute();
        assert!(file_over_cuts(Talk::new(turns, 0), &[after_ms; 10]) > 6);
    }
}

#[test]
fn no_word_of_a_file_is_lost_over_connections_that_are_cut_before_they_confirm_any() {
    let (turns, _) = minute();
    let mut talk = Talk::new(turns, 0);
    talk.session = Session::new(99).with_end_limited_by_application();
    assert_eq!(file_over_cuts(talk, &[100; 8]), 9);
}

#[test]
fn a_dead_connection_is_detected_as_soon_after_many_short_ones() {
    let (turns, _) = turns(&vec![vec![(60, 400); 4]; 40]);
    let mut talk = Talk::new(turns, 0);
    talk.feed(Input::Start);
    talk.feed(Input::MicrophoneGranted(RecordingId(1)));
    talk.feed(Input::MicrophoneOpened(RecordingId(1)));
    let faults = [
        (3_000, Fault::Drop),
        (6_000, Fault::Error(3005)),
        (9_000, Fault::HalfOpen),
        (19_000, Fault::Drop),
        (25_000, Fault::NoToken(20_000)),
        (50_000, Fault::Drop),
        (53_000, Fault::HalfOpen),
    ];
    for (at_ms, fault) in faults {
        while talk.captured_ms < at_ms || talk.session.open_connection().is_none() {
            talk.tick(true);
        }
        talk.inject(fault);
        let since_ms = talk.now_ms;
        while matches!(fault, Fault::HalfOpen) && talk.session.attempt().connection().is_none() {
            talk.tick(true);
            assert!(talk.now_ms - since_ms <= 6_000, "{at_ms} ms: {fault:?} is not detected after 6 s");
        }
    }
}
