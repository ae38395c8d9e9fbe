//! A plain service over real sockets.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assemblyai_service::{
    Engine, PacedEngine, Parameters, Recognizer, Report, Service, ServiceSettings, SpokenWord, TurnEnd,
};
use futures_util::{SinkExt as _, StreamExt as _};
use test_result::TestResult;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const LIMIT: Duration = Duration::from_secs(10);

/// What the system holds between client and service in each direction, in bytes: by default it is many MiB.
const SYSTEM_BUFFER: u32 = 256 * 1024;

struct Running {
    service: Service,
    address: SocketAddr,
    url: String,
}

fn start(max_sessions: usize) -> TestResult<Running> {
    start_with(ServiceSettings { max_sessions, ..ServiceSettings::default() })
}

fn start_with(settings: ServiceSettings) -> TestResult<Running> {
    start_engine(Arc::new(PacedEngine::new("one two three four five six seven")), settings)
}

fn start_engine(engine: Arc<dyn Engine>, settings: ServiceSettings) -> TestResult<Running> {
    let service = Service::new(engine, settings);
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(SYSTEM_BUFFER)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = socket.listen(64)?;
    let address = listener.local_addr()?;
    let app: axum::Router = service.router();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(Running {
        service,
        address,
        url: format!("ws://{address}/v3/ws?speech_model=u3-rt-pro&sample_rate=16000"),
    })
}

impl Running {
    async fn connect(&self) -> TestResult<Socket> {
        let url = format!("{}&token={}", self.url, self.service.issue_token(60, None));
        let socket = TcpSocket::new_v4()?;
        socket.set_send_buffer_size(SYSTEM_BUFFER)?;
        let stream = socket.connect(self.address).await?;
        Ok(client_async(url, MaybeTlsStream::Plain(stream)).await?.0)
    }
}

/// The type of the next message, or the code of the close frame.
async fn next(socket: &mut Socket) -> TestResult<String> {
    loop {
        let message = tokio::time::timeout(LIMIT, socket.next()).await?.ok_or("the connection ended")??;
        match message {
            Message::Text(text) => {
                let json: serde_json::Value = serde_json::from_str(&text)?;
                let kind =
                    if json["end_of_turn"] == true { "final" } else { json["type"].as_str().unwrap_or("") };
                return Ok(kind.to_owned());
            }
            Message::Close(Some(close)) => return Ok(format!("close {}", u16::from(close.code))),
            Message::Close(None) => return Ok("close".to_owned()),
            _ => {}
        }
    }
}

fn loud(ms: usize) -> Message {
    let samples = (0..ms * 16).flat_map(|n| if n % 3 == 0 { [0x70, 0x17] } else { [0x48, 0xF4] });
    Message::binary(samples.collect::<Vec<u8>>())
}

fn quiet(ms: usize) -> Message {
    Message::binary(vec![0; ms * 32])
}

/// A session in which a turn is open.
async fn speaking(running: &Running) -> TestResult<Socket> {
    let mut socket = running.connect().await?;
    socket.send(quiet(500)).await?;
    socket.send(loud(900)).await?;
    while next(&mut socket).await? != "Turn" {}
    Ok(socket)
}

#[tokio::test]
async fn a_service_that_drains_closes_each_session_at_the_end_of_its_turn() -> TestResult {
    let running = start(2)?;
    let mut idle = running.connect().await?;
    assert_eq!(next(&mut idle).await?, "Begin");
    let mut speaking = speaking(&running).await?;

    let service = running.service.clone();
    let drained = tokio::spawn(async move { service.drain(LIMIT).await });
    assert_eq!(next(&mut idle).await?, "close 1012");
    idle.next().await;
    assert!(running.connect().await.is_err(), "a new session was opened");
    speaking.send(loud(300)).await?;
    assert!(!drained.is_finished());
    for _ in 0..4 {
        speaking.send(quiet(1000)).await?;
    }
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind: &String| !kind.starts_with("close")) {
        kinds.push(next(&mut speaking).await?);
    }
    assert_eq!(kinds[kinds.len() - 2..], ["final", "close 1012"]);
    speaking.next().await;
    tokio::time::timeout(LIMIT, drained).await??;
    assert_eq!(running.service.sessions().open, 0);
    Ok(())
}

#[tokio::test]
async fn a_turn_that_does_not_end_is_cut_off_at_the_limit() -> TestResult {
    let running = start(1)?;
    let mut speaking = speaking(&running).await?;
    running.service.drain(Duration::from_millis(100)).await;
    let error = loop {
        match next(&mut speaking).await {
            Ok(kind) => assert!(!kind.starts_with("close"), "{kind}"),
            Err(error) => break error,
        }
    };
    assert!(!error.is::<tokio::time::error::Elapsed>(), "it is still open");
    Ok(())
}

#[tokio::test]
async fn a_session_more_than_allowed_is_refused_and_counted() -> TestResult {
    let running = start(1)?;
    let mut first = running.connect().await?;
    assert_eq!(next(&mut first).await?, "Begin");
    let mut second = running.connect().await?;
    assert_eq!((next(&mut second).await?, next(&mut second).await?), ("Error".into(), "close 1008".into()));
    let debug = format!("{:?}", running.service);
    assert!(!debug.contains("key") && !debug.contains("secret"), "{debug}");
    let counts = running.service.sessions();
    assert_eq!((counts.open, counts.most, counts.opened, counts.refused), (1, 1, 1, 1));
    Ok(())
}

#[tokio::test]
async fn a_client_that_answers_no_ping_gives_its_place_to_another() -> TestResult {
    let ping_interval = Duration::from_millis(100);
    let running =
        start_with(ServiceSettings { max_sessions: 2, ping_interval, ..ServiceSettings::default() })?;
    // Its socket stays open, and nobody reads from it.
    let mut vanished = running.connect().await?;
    assert_eq!(next(&mut vanished).await?, "Begin");
    let mut quiet = running.connect().await?;
    assert_eq!(next(&mut quiet).await?, "Begin");

    let mut pings = 0;
    let freed = async {
        while running.service.sessions().open > 1 {
            match quiet.next().await {
                Some(Ok(Message::Ping(_))) => pings += 1,
                other => return Err(format!("{other:?}").into()),
            }
        }
        TestResult::Ok(())
    };
    tokio::time::timeout(LIMIT, freed).await??;
    // The quiet one answers, by reading, and stays.
    for _ in 0..5 {
        assert!(matches!(tokio::time::timeout(LIMIT, quiet.next()).await?, Some(Ok(Message::Ping(_)))));
    }
    assert!(pings > 0);
    let counts = running.service.sessions();
    assert_eq!((counts.open, counts.vanished, counts.refused), (1, 1, 0));
    drop(vanished);
    Ok(())
}

#[tokio::test]
async fn the_next_session_opens_before_the_end_of_the_last_is_confirmed() -> TestResult {
    let running = start(1)?;
    let mut first = running.connect().await?;
    first.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
    while next(&mut first).await? != "Termination" {}
    let mut second = running.connect().await?;
    assert_eq!(next(&mut second).await?, "Begin");
    drop(first);
    Ok(())
}

/// The code of the close frame after some bytes that no WebSocket client would send.
async fn close_code_after(running: &Running, bytes: &[u8]) -> TestResult<u16> {
    let mut socket = running.connect().await?;
    while next(&mut socket).await? != "Begin" {}
    let MaybeTlsStream::Plain(stream) = socket.get_mut() else { return Err("it is not encrypted".into()) };
    tokio::io::AsyncWriteExt::write_all(stream, bytes).await?;
    let close = next(&mut socket).await?;
    Ok(close.strip_prefix("close ").ok_or(close.clone())?.parse()?)
}

#[tokio::test]
async fn a_frame_that_cannot_be_read_gets_a_close_frame_that_says_why() -> TestResult {
    let running = start(9)?;
    let masked =
        |first: u8, payload: &[u8]| [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat();
    assert_eq!(close_code_after(&running, &masked(0x81, b"\xFF\xFE")).await?, 1007, "not UTF-8");
    assert_eq!(close_code_after(&running, &masked(0xC1, b"{}")).await?, 1002, "a reserved bit");
    assert_eq!(close_code_after(&running, &masked(0x83, b"{}")).await?, 1002, "an unknown opcode");
    assert_eq!(close_code_after(&running, &[0x81, 2, b'{', b'}']).await?, 1002, "not masked");
    let mut socket = running.connect().await?;
    while next(&mut socket).await? != "Begin" {}
    // A file of two minutes at once.
    socket.send(Message::binary(vec![0; 3_840_000])).await?;
    assert_eq!(next(&mut socket).await?, "close 1009");
    Ok(())
}

/// Is behind from its first audio on until a test lets it go on.
#[derive(Debug)]
struct Stalled {
    goes_on: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
}

impl Recognizer for Stalled {
    fn push(&mut self, samples: &[i16], _report: &mut dyn FnMut(Report)) {
        self.heard.fetch_add(samples.len(), Ordering::Relaxed);
    }

    fn is_behind(&self) -> bool {
        !self.goes_on.load(Ordering::Relaxed) && self.heard.load(Ordering::Relaxed) > 0
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report::default()
    }
}

#[derive(Debug, Default)]
struct StalledEngine {
    goes_on: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
    woken: Mutex<Option<Arc<Notify>>>,
}

impl Engine for StalledEngine {
    fn recognizer(&self, _parameters: &Parameters, woken: Arc<Notify>) -> Box<dyn Recognizer> {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = Some(woken);
        Box::new(Stalled { goes_on: self.goes_on.clone(), heard: self.heard.clone() })
    }
}

#[tokio::test]
async fn a_client_far_ahead_of_the_recogniser_gets_its_pings_answered_and_all_is_heard() -> TestResult {
    let engine = Arc::new(StalledEngine::default());
    let settings = ServiceSettings { max_sessions: 1, ..ServiceSettings::default() };
    let running = start_engine(engine.clone(), settings)?;
    let mut socket = running.connect().await?;
    assert_eq!(next(&mut socket).await?, "Begin");
    for _ in 0..200 {
        tokio::time::timeout(LIMIT, socket.send(quiet(1000))).await??;
    }
    socket.send(Message::Ping("here?".into())).await?;
    let answer = tokio::time::timeout(LIMIT, socket.next()).await?.ok_or("the connection ended")??;
    assert_eq!(answer, Message::Pong("here?".into()));
    assert_eq!(engine.heard.load(Ordering::Relaxed), 16_000);

    socket.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
    engine.goes_on.store(true, Ordering::Relaxed);
    engine.woken.lock().unwrap_or_else(PoisonError::into_inner).as_ref().ok_or("no recogniser")?.notify_one();
    while next(&mut socket).await? != "Termination" {}
    assert_eq!(engine.heard.load(Ordering::Relaxed), 200 * 16_000);
    Ok(())
}

#[tokio::test]
async fn eight_mib_of_audio_that_waits_stop_the_reading_until_the_recogniser_goes_on() -> TestResult {
    // The service takes 300 s ahead of time: at this rate more than ever wait.
    const RATE_HZ: usize = 48_000;
    const MESSAGES: usize = 250;
    const MESSAGE_BYTES: usize = 2 * RATE_HZ;
    const LIMIT_BYTES: usize = 8 << 20;
    let engine = Arc::new(StalledEngine::default());
    let settings = ServiceSettings { max_sessions: 1, ..ServiceSettings::default() };
    let mut running = start_engine(engine.clone(), settings)?;
    running.url = running.url.replace("16000", &RATE_HZ.to_string());
    let mut socket = running.connect().await?;
    assert_eq!(next(&mut socket).await?, "Begin");
    let (mut to_service, mut from_service) = socket.split();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let sender = tokio::spawn(async move {
        for _ in 0..MESSAGES {
            to_service.send(Message::binary(vec![0; MESSAGE_BYTES])).await?;
            counted.fetch_add(MESSAGE_BYTES, Ordering::Relaxed);
        }
        to_service.send(Message::text(r#"{"type":"Terminate"}"#)).await
    });
    let arrives = async {
        while sent.load(Ordering::Relaxed) < LIMIT_BYTES {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, arrives).await?;
    let mut before = None;
    while before != Some(sent.load(Ordering::Relaxed)) {
        before = Some(sent.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let waiting = sent.load(Ordering::Relaxed);
    assert!((LIMIT_BYTES..2 * LIMIT_BYTES).contains(&waiting), "{waiting} bytes were sent");
    assert_eq!(engine.heard.load(Ordering::Relaxed), RATE_HZ);

    engine.goes_on.store(true, Ordering::Relaxed);
    engine.woken.lock().unwrap_or_else(PoisonError::into_inner).as_ref().ok_or("no recogniser")?.notify_one();
    let end = async {
        let mut last = None;
        while let Some(message) = from_service.next().await {
            last = Some(message?);
            if matches!(&last, Some(Message::Text(text)) if text.contains("Termination")) {
                return TestResult::Ok(());
            }
        }
        Err(format!("the connection ended after {last:?}").into())
    };
    tokio::time::timeout(LIMIT, end).await??;
    sender.await??;
    assert_eq!(engine.heard.load(Ordering::Relaxed), MESSAGES * RATE_HZ);
    Ok(())
}

/// Is late: when it ends a turn, which each second of audio does, the next has begun.
#[derive(Debug, Default)]
struct Late {
    heard_ms: u64,
}

impl Recognizer for Late {
    fn push(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        let before_ms = self.heard_ms;
        self.heard_ms += samples.len() as u64 / 16;
        let start_ms = before_ms / 1000 * 1000;
        let words = vec![SpokenWord::new("word.", start_ms, start_ms + 100)];
        let end = if self.heard_ms / 1000 > before_ms / 1000 { TurnEnd::Here } else { TurnEnd::NotYet };
        report(Report { settled_ms: self.heard_ms, speaking: true, words, end, ..Report::default() });
    }

    fn is_settled(&self, _audio_ms: u64) -> bool {
        false
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report { end: TurnEnd::NotYet, ..Report::default() }
    }
}

#[derive(Debug)]
struct LateEngine;

impl Engine for LateEngine {
    fn recognizer(&self, _parameters: &Parameters, _woken: Arc<Notify>) -> Box<dyn Recognizer> {
        Box::new(Late::default())
    }
}

#[tokio::test]
async fn a_session_that_drains_is_closed_at_the_end_of_its_turn_although_the_next_is_heard() -> TestResult {
    let settings = ServiceSettings { max_sessions: 1, ..ServiceSettings::default() };
    let running = start_engine(Arc::new(LateEngine), settings)?;
    let mut socket = running.connect().await?;
    // One turn has ended before; the second is open.
    for _ in 0..15 {
        socket.send(loud(100)).await?;
    }
    while next(&mut socket).await? != "final" {}
    let service = running.service.clone();
    let drained = tokio::spawn(async move { service.drain(LIMIT).await });
    while running.connect().await.is_ok() {}
    for _ in 0..20 {
        // The session may be closed already.
        socket.send(loud(100)).await.ok();
    }
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind: &String| !kind.starts_with("close")) {
        kinds.push(next(&mut socket).await?);
    }
    assert_eq!(kinds[kinds.len() - 2..], ["final", "close 1012"]);
    socket.next().await;
    tokio::time::timeout(LIMIT, drained).await??;
    Ok(())
}

/// Fails at its first audio, as a decoder does that panics.
#[derive(Debug)]
struct Failing {
    has_failed: bool,
    woken: Arc<Notify>,
}

impl Recognizer for Failing {
    fn push(&mut self, _samples: &[i16], _report: &mut dyn FnMut(Report)) {
        self.has_failed = true;
        self.woken.notify_one();
    }

    fn has_failed(&self) -> bool {
        self.has_failed
    }

    // What has failed neither finishes nor reads on.
    fn is_finished(&self) -> bool {
        !self.has_failed
    }

    fn is_behind(&self) -> bool {
        self.has_failed
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report::default()
    }
}

#[derive(Debug)]
struct FailingEngine;

impl Engine for FailingEngine {
    fn recognizer(&self, _parameters: &Parameters, woken: Arc<Notify>) -> Box<dyn Recognizer> {
        Box::new(Failing { has_failed: false, woken })
    }
}

#[tokio::test]
async fn a_session_whose_recogniser_fails_ends_with_an_error_and_frees_its_place() -> TestResult {
    let settings = ServiceSettings { max_sessions: 1, ..ServiceSettings::default() };
    let running = start_engine(Arc::new(FailingEngine), settings)?;
    for also_terminates in [false, true] {
        let mut socket = running.connect().await?;
        assert_eq!(next(&mut socket).await?, "Begin");
        socket.send(loud(100)).await?;
        if also_terminates {
            socket.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
        }
        assert_eq!(
            (next(&mut socket).await?, next(&mut socket).await?),
            ("Error".into(), "close 3005".into())
        );
        socket.next().await;
        tokio::time::timeout(LIMIT, async {
            while running.service.sessions().open > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await?;
    }
    Ok(())
}

/// Recognises after the end of the audio: a word after each interval; the last one ends the turn.
#[derive(Debug)]
struct Slow {
    interval: Duration,
    count: u32,
    due: VecDeque<Instant>,
    words: Vec<SpokenWord>,
    woken: Arc<Notify>,
}

const SLOW_LIMIT: Duration = Duration::from_millis(300);

impl Recognizer for Slow {
    fn push(&mut self, _samples: &[i16], _report: &mut dyn FnMut(Report)) {}

    fn poll(&mut self, report: &mut dyn FnMut(Report)) {
        while self.due.front().is_some_and(|due| Instant::now() >= *due) {
            self.due.pop_front();
            let start_ms = 200 * self.words.len() as u64;
            self.words.push(SpokenWord::new("late", start_ms, start_ms + 100));
            let end = if self.due.is_empty() { TurnEnd::Here } else { TurnEnd::NotYet };
            report(Report { settled_ms: 1_000, words: self.words.clone(), end, ..Report::default() });
        }
    }

    fn end_audio(&mut self) {
        let now = Instant::now();
        self.due = (1..=self.count).map(|nth| now + nth * self.interval).collect();
        for due in self.due.clone() {
            let woken = self.woken.clone();
            tokio::spawn(async move {
                tokio::time::sleep_until(due.into()).await;
                woken.notify_one();
            });
        }
    }

    fn is_finished(&self) -> bool {
        self.due.is_empty()
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report { end: TurnEnd::NotYet, ..Report::default() }
    }
}

/// An engine whose recognisers need `interval` for each of `words`.
#[derive(Debug)]
struct SlowEngine {
    interval: Duration,
    words: u32,
}

impl Engine for SlowEngine {
    fn recognizer(&self, _parameters: &Parameters, woken: Arc<Notify>) -> Box<dyn Recognizer> {
        let due = VecDeque::new();
        Box::new(Slow { interval: self.interval, count: self.words, due, words: Vec::new(), woken })
    }

    fn finish_limit(&self) -> Duration {
        SLOW_LIMIT
    }
}

#[tokio::test]
async fn a_recogniser_that_goes_on_finding_words_after_the_end_may_take_longer_than_the_limit() -> TestResult
{
    let settings = ServiceSettings { max_sessions: 1, ..ServiceSettings::default() };
    let engine = SlowEngine { interval: SLOW_LIMIT / 2, words: 6 };
    let running = start_engine(Arc::new(engine), settings)?;
    let mut socket = running.connect().await?;
    assert_eq!(next(&mut socket).await?, "Begin");
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        socket.send(loud(100)).await?;
    }
    socket.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
    let mut kinds = vec![next(&mut socket).await?];
    while kinds.last().is_some_and(|kind| kind != "Termination") {
        kinds.push(next(&mut socket).await?);
    }
    assert_eq!(kinds.iter().filter(|kind| *kind == "final").count(), 1, "{kinds:?}");
    assert!(kinds.iter().filter(|kind| *kind == "Turn").count() >= 4, "{kinds:?}");
    Ok(())
}

#[tokio::test]
async fn a_client_that_sends_a_file_at_once_gets_its_last_words_however_long_they_take() -> TestResult {
    let settings = ServiceSettings { max_sessions: 1, ..ServiceSettings::default() };
    let engine = SlowEngine { interval: 3 * SLOW_LIMIT, words: 1 };
    let running = start_engine(Arc::new(engine), settings)?;
    for (gap, expected) in [(Duration::ZERO, vec!["final"]), (Duration::from_millis(100), vec![])] {
        let mut socket = running.connect().await?;
        assert_eq!(next(&mut socket).await?, "Begin");
        for _ in 0..10 {
            tokio::time::sleep(gap).await;
            socket.send(loud(100)).await?;
        }
        socket.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
        let mut kinds = vec![next(&mut socket).await?];
        while kinds.last().is_some_and(|kind| kind != "Termination") {
            kinds.push(next(&mut socket).await?);
        }
        kinds.retain(|kind| kind == "final");
        assert_eq!(kinds, expected, "{gap:?} between two messages");
    }
    Ok(())
}
