//! The app with a browser in memory: what the user sees, and what is sent.

use std::cell::RefCell;
use std::rc::Rc;

use assemblyai_protocol::{Signal, parse};
use assemblyai_session::{Place, ShownTurn, ShownWord, TurnKey, TurnKind};
use test_result::TestResult;
use transcription_page::app::{App, Event};
use transcription_page::failure::{MicrophoneFailure, TokenFailure};
use transcription_page::ports::{Clock, Microphone, Ports, Sockets, Store, Timers, Tokens, View, WakeLock};
use transcription_page::recovery::{
    ConnectionOffset, Recoverable, RecoveryEvent, RecoveryPrompt, StorageError,
};
use transcription_page::session::{
    ConnectionId, Input, Loss, Pause, Phase, RecordingId, ResumeState, State, Timer, data_state,
};

/// The requests to the browser, in order.
type Log = Rc<RefCell<Vec<String>>>;

/// The requests, and whether it captures what may be silent.
struct FakeBrowser(Log, bool);

impl FakeBrowser {
    fn note(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }
}

impl Microphone for FakeBrowser {
    fn open(&mut self, recording: RecordingId) {
        self.note(format!("microphone: open {}", recording.0));
    }
    fn mute(&mut self, recording: RecordingId, is_muted: bool) {
        self.note(format!("microphone: mute {} {is_muted}", recording.0));
    }
    fn drain(&mut self, recording: RecordingId) {
        self.note(format!("microphone: drain {}", recording.0));
    }
    fn close(&mut self, recording: RecordingId) {
        self.note(format!("microphone: close {}", recording.0));
    }
    fn may_be_silent(&self) -> bool {
        self.1
    }
}

impl Tokens for FakeBrowser {
    fn request(&mut self, connection: ConnectionId) {
        self.note(format!("token: request {}", connection.0));
    }
    fn abandon(&mut self, connection: ConnectionId) {
        self.note(format!("token: abandon {}", connection.0));
    }
}

impl Sockets for FakeBrowser {
    fn open(&mut self, connection: ConnectionId, url: &str) {
        self.note(format!("socket {}: open {url}", connection.0));
    }
    fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]) {
        self.note(format!("socket {}: {} samples from {}", connection.0, frame.len(), frame[0]));
    }
    fn send_message(&mut self, connection: ConnectionId, message: Signal) {
        self.note(format!("socket {}: {}", connection.0, message.to_json()));
    }
    fn send_text(&mut self, connection: ConnectionId, message: &str) {
        self.note(format!("socket {}: {message}", connection.0));
    }
    fn close(&mut self, connection: ConnectionId) {
        self.note(format!("socket {}: close", connection.0));
    }
    fn buffered_bytes(&self, _: ConnectionId) -> u32 {
        0
    }
}

impl Timers for FakeBrowser {
    fn start(&mut self, _: RecordingId, timer: Timer, ms: u32) {
        self.note(format!("timer: {timer:?} {ms} ms"));
    }
    fn rotate_before(&mut self, _: RecordingId, expires_at_s: f64) {
        self.note(format!("timer: rotate before {expires_at_s}"));
    }
    fn stop(&mut self, timer: Timer) {
        self.note(format!("timer: no {timer:?}"));
    }
    fn stop_all(&mut self) {
        self.note("timer: none");
    }
}

impl Clock for FakeBrowser {
    fn now_ms(&self) -> u64 {
        0
    }
}

impl WakeLock for FakeBrowser {
    fn hold(&mut self, is_held: bool) {
        self.note(format!("awake: {is_held}"));
    }
}

impl Store for FakeBrowser {
    fn begin(&mut self, first: ConnectionId, is_file: bool) {
        let of_file = if is_file { " of a file" } else { "" };
        self.note(format!("store: begin {}{of_file}", first.0));
    }
    fn store_audio(&mut self, position: u64, samples: &[i16]) {
        let loud = samples.iter().filter(|sample| **sample != 0).count();
        let of_them = if loud > 0 && loud < samples.len() { format!(", {loud} loud") } else { String::new() };
        self.note(format!("store: {} samples at {position}{of_them}", samples.len()));
    }
    fn silence(&mut self, from: u64, to: u64) {
        self.note(format!("store: silence {from} to {to}"));
    }
    fn store_turn(&mut self, key: TurnKey, turn: &ShownTurn) {
        self.note(format!("store: {}.{} {:?}", key.connection.0, key.turn_order, turn.text()));
    }
    fn delete_turn(&mut self, key: TurnKey) {
        self.note(format!("store: delete {}.{}", key.connection.0, key.turn_order));
    }
    fn store_confirmed(&mut self, position: u64) {
        self.note(format!("store: confirmed {position}"));
    }
    fn flush(&mut self) {
        self.note("store: flush");
    }
    fn end(&mut self, is_complete: bool) {
        self.note(format!("store: end {is_complete}"));
    }
    fn resume(&mut self, numbering: ConnectionOffset) {
        self.note(format!("store: resume {} + {}", numbering.first.0, numbering.offset));
    }
    fn show_again(&mut self, began_ms: f64, numbering: ConnectionOffset) {
        self.note(format!("store: show {began_ms} again, {} + {}", numbering.first.0, numbering.offset));
    }
    fn discard(&mut self) {
        self.note("store: discard");
    }
    fn keep_finished_for(&mut self, days: Option<u32>) {
        self.note(format!("store: keep finished for {days:?} days"));
    }
    fn delete(&mut self, first: ConnectionId) {
        self.note(format!("store: delete {}", first.0));
    }
    fn put_away(&mut self) {
        self.note("store: put away");
    }
    fn release(&mut self, began_ms: f64) {
        self.note(format!("store: release {began_ms}"));
    }
    fn clear(&mut self) {
        self.note("store: clear");
    }
}

impl View for FakeBrowser {
    fn show_phase(&mut self, phase: Phase) {
        self.note(format!("page: {}", data_state(phase)));
    }
    fn remove(&mut self, key: TurnKey) {
        self.note(format!("page: remove {}.{}", key.connection.0, key.turn_order));
    }
    fn show_tools(&mut self) {
        self.note("page: tools");
    }
    fn clear(&mut self) {
        self.note("page: clear");
    }
    fn show_recovery_prompt(&mut self, offer: Option<&RecoveryPrompt>) {
        let offer = offer.map(|offer| (offer.captured_samples, offer.words));
        self.note(format!("page: offer {offer:?}"));
    }
    fn show_stat(&mut self, selector: &str, value: &str) {
        self.note(format!("page: stats {selector} {value}"));
    }
    fn show_level(&mut self, peak: f32) {
        self.note(format!("page: level {peak}"));
    }
    fn clear_level(&mut self) {
        self.note("page: level none");
    }
    fn show_elapsed_s(&mut self, seconds: u64) {
        self.note(format!("page: {seconds} s"));
    }
    fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place) {
        let end = if turn.is_final { "final" } else { "partial" };
        self.note(format!("page: {end} {}.{} {:?} {place:?}", key.connection.0, key.turn_order, turn.text()));
    }
    fn announce(&mut self, text: &str) {
        self.note(format!("page: announce {text:?}"));
    }
    fn show_notice(&mut self, sentence: Option<&str>, asks_to_sign_in: bool) {
        let link = if asks_to_sign_in { " with a link to sign in" } else { "" };
        self.note(format!("page: notice {sentence:?}{link}"));
    }
    fn report_stored_again(&mut self, first: ConnectionId) {
        self.note(format!("page: {} is stored again", first.0));
    }
    fn show_failure(&mut self, sentence: Option<&str>) {
        self.note(format!("page: failure {sentence:?}"));
    }
}

impl Ports for FakeBrowser {
    fn microphone(&mut self) -> &mut dyn Microphone {
        self
    }
    fn tokens(&mut self) -> &mut dyn Tokens {
        self
    }
    fn sockets(&mut self) -> &mut dyn Sockets {
        self
    }
    fn timers(&mut self) -> &mut dyn Timers {
        self
    }
    fn clock(&self) -> &dyn Clock {
        self
    }
    fn wake_lock(&mut self) -> &mut dyn WakeLock {
        self
    }
    fn store(&mut self) -> &mut dyn Store {
        self
    }
    fn view(&mut self) -> &mut dyn View {
        self
    }
}

struct Page {
    app: App<FakeBrowser>,
    log: Log,
}

const RUN: RecordingId = RecordingId(1);
const SOCKET: ConnectionId = ConnectionId(1);

impl Page {
    fn open() -> Self {
        Self::open_with(false)
    }

    /// A page that captures what may be silent, or a microphone.
    fn open_with(may_be_silent: bool) -> Self {
        let log = Log::default();
        let app = App::new(FakeBrowser(log.clone(), may_be_silent), 1);
        log.borrow_mut().clear();
        Self { app, log }
    }

    /// The requests that follow from an event, except frequent ones and those to the store.
    #[track_caller]
    fn after(&mut self, event: impl Into<Event>) -> Vec<String> {
        // The heartbeat timer is restarted with each message.
        let aside = ["page: level", "page: stats", "store:", "awake:", "timer: Heartbeat"];
        self.all_after(event)
            .into_iter()
            .filter(|line| !aside.iter().any(|aside| line.starts_with(aside)))
            .collect()
    }

    /// All requests that follow from an event.
    #[track_caller]
    fn all_after(&mut self, event: impl Into<Event>) -> Vec<String> {
        self.app.handle(event.into());
        self.log.take()
    }

    fn received(&mut self, text: &str) -> TestResult<Vec<String>> {
        Ok(self.after(Input::Received(SOCKET, parse(text)?)))
    }

    fn captured(&mut self, samples: usize, first: i16) -> Vec<String> {
        self.after(Input::AudioCaptured(RUN, vec![first; samples], 0.5))
    }

    /// A page that has requested its first socket.
    fn connecting() -> Self {
        let mut page = Self::open();
        page.after(Event::ToggleRecording);
        page.after(Input::MicrophoneOpened(RUN));
        page.after(Input::TokenGranted(SOCKET, "wss://service".to_owned()));
        page
    }

    fn recording() -> TestResult<Self> {
        let mut page = Self::connecting();
        page.received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?;
        Ok(page)
    }
}

#[test]
fn a_recording_from_record_to_stop() -> TestResult {
    let mut page = Page::open();
    assert_eq!(
        page.after(Event::ToggleRecording),
        ["page: failure None", "microphone: open 1", "page: starting"]
    );
    assert_eq!(page.after(Input::MicrophoneGranted(RUN)), ["timer: Microphone 10000 ms"]);
    assert_eq!(
        page.after(Input::MicrophoneOpened(RUN)),
        ["timer: no Microphone", "token: request 1", "timer: Token 15000 ms", "page: connecting"]
    );
    // Audio before the token and before Begin is held.
    assert!(page.captured(1600, 1).is_empty());
    assert_eq!(
        page.after(Input::TokenGranted(SOCKET, "wss://service".to_owned())),
        ["timer: no Token", "socket 1: open wss://service", "timer: Begin 10000 ms"]
    );
    assert!(page.captured(1600, 2).is_empty());
    assert_eq!(
        page.received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?,
        [
            "timer: no Begin",
            "timer: no Flush",
            "timer: Stable 60000 ms",
            "timer: rotate before 1",
            "socket 1: 3200 samples from 1",
            "page: recording"
        ]
    );
    assert_eq!(page.captured(1600, 3), ["socket 1: 1600 samples from 3"]);
    assert_eq!(
        page.received(r#"{"turn_order":0,"transcript":"Book a","type":"Turn"}"#)?,
        [r#"page: partial 1.0 "Book a" Last"#]
    );
    assert_eq!(
        page.after(Event::ToggleRecording),
        ["microphone: drain 1", "timer: Drain 1000 ms", "page: stopping"]
    );
    assert!(page.captured(100, 4).is_empty());
    assert_eq!(
        page.after(Input::MicrophoneDrained(RUN)),
        [
            "timer: no Drain",
            "timer: no Pause",
            "microphone: close 1",
            "socket 1: 800 samples from 4",
            "timer: none",
            r#"socket 1: {"type":"Terminate"}"#,
            "timer: Termination 5000 ms",
            "timer: LastTurns 120000 ms",
        ]
    );
    assert_eq!(
        page.received(
            r#"{"turn_order":0,"transcript":"Book a table.","end_of_turn":true,"turn_is_formatted":true,"type":"Turn"}"#
        )?,
        [
            "timer: Termination 5000 ms",
            r#"page: final 1.0 "Book a table." Same"#,
            r#"page: announce "Book a table.""#
        ]
    );
    assert_eq!(page.received(r#"{"type":"Termination"}"#)?, ["timer: none", "socket 1: close", "page: idle"]);
    Ok(())
}

#[test]
fn what_is_buffered_is_stored_at_a_pause_and_when_the_page_is_hidden() -> TestResult {
    let flush = "store: flush".to_owned();
    let mut page = Page::recording()?;
    assert!(!page.all_after(Input::AudioCaptured(RUN, vec![1; 1600], 0.5)).contains(&flush));
    assert!(page.all_after(Event::FlushStore).contains(&flush));
    page.after(Event::TogglePause);
    page.captured(1600, 2);
    let paused = page.all_after(Input::AudioCaptured(RUN, vec![3; 1600], 0.5));
    assert!(paused.contains(&"microphone: mute 1 true".to_owned()) && paused.contains(&flush), "{paused:?}");
    assert!(!page.all_after(Event::TogglePause).contains(&flush));
    Ok(())
}

#[test]
fn audio_changes_the_statistics_once_a_second_and_only_rows_that_differ() -> TestResult {
    let mut page = Page::recording()?;
    let mut shown = Vec::new();
    for _ in 0..30 {
        let after = page.all_after(Input::AudioCaptured(RUN, vec![1; 1600], 0.5));
        shown.extend(after.into_iter().filter(|line| line.starts_with("page: stats")));
    }
    let of = |name: &str| {
        let start = format!("page: stats #stat-{name} ");
        shown.iter().filter_map(|line| line.strip_prefix(&start)).collect::<Vec<_>>()
    };
    assert_eq!(of("captured"), ["1.0\u{a0}s", "2.0\u{a0}s", "3.0\u{a0}s"]);
    assert_eq!(of("reconnects"), Vec::<&str>::new());
    // Anything else changes them at once.
    page.captured(1600, 1);
    let paused = page.all_after(Event::TogglePause);
    assert!(paused.iter().any(|line| line == "page: stats #stat-captured 3.1\u{a0}s"), "{paused:?}");
    Ok(())
}

#[test]
fn the_time_shown_is_that_of_the_captured_audio() -> TestResult {
    let mut page = Page::recording()?;
    let seconds: Vec<String> =
        (0..25).flat_map(|_| page.captured(1600, 0)).filter(|line| line.ends_with(" s")).collect();
    assert_eq!(seconds, ["page: 1 s", "page: 2 s"]);
    Ok(())
}

#[test]
fn a_muted_microphone_is_reported_once_until_it_delivers_sound() -> TestResult {
    let mut page = Page::recording()?;
    let mut capture = |peak| page.after(Input::AudioCaptured(RUN, vec![0; 1600], peak));
    let notices = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| line.starts_with("page: notice")).collect()
    };
    let notices_shown: Vec<String> = (0..40).flat_map(|_| notices(capture(0.0))).collect();
    assert_eq!(notices_shown.len(), 1);
    assert!(notices_shown[0].contains("nothing is heard"), "{notices_shown:?}");
    assert_eq!(notices(capture(0.3)), ["page: notice None"]);
    let notices_shown: Vec<String> = (0..40).flat_map(|_| notices(capture(0.0))).collect();
    assert_eq!(notices_shown.len(), 1);
    // The notice is removed when the microphone is closed.
    page.after(Event::ToggleRecording);
    assert_eq!(notices(page.after(Input::MicrophoneDrained(RUN))), ["page: notice None"]);
    Ok(())
}

#[test]
fn audio_before_the_connection_is_sent_after_stop() -> TestResult {
    let mut page = Page::open();
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RUN));
    page.captured(1600, 1);
    page.after(Event::ToggleRecording);
    assert_eq!(
        page.after(Input::MicrophoneDrained(RUN)),
        [
            "timer: no Drain",
            "timer: no Pause",
            "microphone: close 1",
            "timer: Flush 60000 ms",
            "page: stopping"
        ]
    );
    page.after(Input::TokenGranted(SOCKET, "wss://service".to_owned()));
    assert_eq!(
        page.received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?,
        [
            "timer: no Begin",
            "timer: no Flush",
            "timer: Stable 60000 ms",
            "timer: rotate before 1",
            "socket 1: 1600 samples from 1",
            "timer: none",
            r#"socket 1: {"type":"Terminate"}"#,
            "timer: Termination 5000 ms",
            "timer: LastTurns 120000 ms",
            "page: stopping"
        ]
    );
    Ok(())
}

#[test]
fn a_token_request_without_an_answer_ends_the_recording_with_an_error() {
    let mut page = Page::open();
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RUN));
    page.captured(1600, 1);
    let after = page.after(Input::TimerFired(RUN, Timer::Token));
    let let_go = ["token: abandon 1", "timer: none", "microphone: close 1"];
    assert_eq!(after[after.len() - 5..][..3], let_go, "{after:?}");
    assert!(after[after.len() - 2].contains("did not answer in time"), "{after:?}");
    assert_eq!(after[after.len() - 1], "page: idle");
    // A late answer is ignored.
    assert!(page.after(Input::TokenGranted(SOCKET, "wss://late".to_owned())).is_empty());
}

#[test]
fn the_microphone_is_released_if_the_worklet_is_not_loaded() {
    let mut page = Page::open();
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneGranted(RUN));
    let after = page.after(Input::TimerFired(RUN, Timer::Microphone));
    assert_eq!(after[..2], ["timer: none", "microphone: close 1"]);
    assert!(after[2].contains("could not be loaded"), "{after:?}");
    assert_eq!(after[3], "page: idle");
}

#[test]
fn a_second_stop_discards_unsent_audio() {
    let mut page = Page::open();
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RUN));
    page.captured(1600, 1);
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneDrained(RUN));
    assert_eq!(page.after(Event::ToggleRecording), ["timer: none", "token: abandon 1", "page: idle"]);
}

#[test]
fn a_microphone_that_is_granted_after_stop_is_released() {
    let mut page = Page::open();
    page.after(Event::ToggleRecording);
    assert_eq!(page.after(Event::ToggleRecording), ["timer: none", "microphone: close 1", "page: idle"]);
    assert_eq!(page.after(Input::MicrophoneOpened(RUN)), ["microphone: close 1"]);
}

#[test]
fn a_permanent_failure_releases_the_microphone_and_is_shown() -> TestResult {
    let error = r#"{"type":"Error","error_code":1008,"error":"Unauthorized Connection: Insufficient funds"}"#;
    let cases = [
        (Input::Closed(SOCKET, 3006, String::new()), "refused the settings"),
        (Input::Received(SOCKET, parse(error)?), "no credit left"),
    ];
    for (input, sentence) in cases {
        let mut page = Page::connecting();
        let after = page.after(input);
        assert!(after.contains(&"microphone: close 1".to_owned()), "{after:?}");
        assert!(after.iter().any(|line| line.starts_with("page: failure Some") && line.contains(sentence)));
        assert_eq!(after.last().map(String::as_str), Some("page: idle"));
    }
    let before_the_session = [
        (Input::MicrophoneRefused(RUN, MicrophoneFailure::Denied), "The microphone was not allowed"),
        (Input::MicrophoneRefused(RUN, MicrophoneFailure::NotFound), "No microphone"),
    ];
    for (input, sentence) in before_the_session {
        let mut page = Page::open();
        page.after(Event::ToggleRecording);
        let after = page.after(input);
        assert!(after.iter().any(|line| line.contains(sentence)), "{after:?}");
        assert_eq!(after.last().map(String::as_str), Some("page: idle"));
    }
    let mut page = Page::open();
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RUN));
    let after = page.after(Input::TokenRefused(SOCKET, TokenFailure::Status(429, Some(30))));
    assert!(after.iter().any(|line| line.contains("Wait 30\\u{a0}s,")), "{after:?}");
    assert!(after.contains(&"microphone: close 1".to_owned()), "{after:?}");
    Ok(())
}

#[test]
fn a_login_that_expired_is_named_with_a_link_and_the_recording_goes_on() -> TestResult {
    let mut page = Page::recording()?;
    page.after(Input::Closed(SOCKET, 1006, String::new()));
    page.after(Input::TimerFired(RUN, Timer::Backoff));
    let after = page.after(Input::TokenRefused(ConnectionId(2), TokenFailure::Status(401, None)));
    let notice = after.iter().find(|line| line.starts_with("page: notice Some")).ok_or("no notice")?;
    assert!(notice.contains("sign in again") && notice.ends_with("with a link to sign in"), "{notice}");
    page.captured(1600, 7);
    page.after(Input::TimerFired(RUN, Timer::Backoff));
    page.after(Input::TokenGranted(ConnectionId(3), "wss://service".to_owned()));
    let begin = parse(r#"{"type":"Begin","id":"3","expires_at":1}"#)?;
    let after = page.after(Input::Received(ConnectionId(3), begin));
    assert!(after.contains(&"socket 3: 1600 samples from 7".to_owned()), "{after:?}");
    assert!(after.contains(&"page: notice None".to_owned()), "{after:?}");
    Ok(())
}

#[test]
fn leaving_the_page_sends_the_tail_and_terminates() -> TestResult {
    let mut page = Page::recording()?;
    page.captured(900, 5);
    assert_eq!(
        page.after(Input::Leave),
        [
            "socket 1: 900 samples from 5",
            r#"socket 1: {"type":"Terminate"}"#,
            "timer: none",
            "microphone: close 1",
            "socket 1: close",
            "page: idle"
        ]
    );
    Ok(())
}

#[test]
fn a_lost_connection_is_replaced_and_unconfirmed_audio_is_sent_again() -> TestResult {
    let mut page = Page::recording()?;
    for chunk in 1..=30 {
        page.captured(1600, chunk);
    }
    page.received(
        r#"{"turn_order":0,"transcript":"One.","end_of_turn":true,"type":"Turn",
            "words":[{"text":"One.","start":300,"end":1000,"word_is_final":true}]}"#,
    )?;
    page.received(r#"{"turn_order":1,"transcript":"Tw","type":"Turn"}"#)?;
    let after = page.after(Input::Closed(SOCKET, 1006, String::new()));
    assert!(after.contains(&"socket 1: close".to_owned()), "{after:?}");
    assert!(after.iter().any(|line| line.contains("What you say is kept")), "{after:?}");
    assert_eq!(after.last().map(String::as_str), Some("page: reconnecting"));
    assert!(page.captured(1600, 31).is_empty());
    assert_eq!(
        page.after(Input::TimerFired(RUN, Timer::Backoff)),
        ["token: request 2", "timer: Token 15000 ms"]
    );
    page.after(Input::TokenGranted(ConnectionId(2), "wss://service".to_owned()));
    let begin = || parse(r#"{"type":"Begin","id":"2","expires_at":1}"#);
    let after = page.after(Input::Received(ConnectionId(2), begin()?));
    // The samples are the tenths of a second; the 8th is the quietest of those around the end of "One.".
    assert!(after.contains(&"socket 2: 16000 samples from 8".to_owned()), "{after:?}");
    assert_eq!(after.last().map(String::as_str), Some("page: recording"));
    // The partial turn of the old connection is shown until the new one sends a turn.
    let turn = parse(
        r#"{"turn_order":0,"transcript":"Two.","end_of_turn":true,"type":"Turn",
            "words":[{"text":"Two.","start":200,"end":700,"word_is_final":true}]}"#,
    );
    let after = page.all_after(Input::Received(ConnectionId(2), turn?));
    assert_eq!(after[1..3], ["page: remove 1.1", "store: delete 1.1"]);
    assert_eq!(after[3], r#"page: final 2.0 "Two." Last"#);
    Ok(())
}

#[test]
fn a_lost_microphone_is_requested_again_and_the_session_continues() -> TestResult {
    let mut page = Page::recording()?;
    page.captured(900, 5);
    let after = page.after(Input::MicrophoneLost(RUN, Loss::Unplugged));
    assert!(after.contains(&"microphone: open 1".to_owned()), "{after:?}");
    assert!(after.iter().any(|line| line.contains("The microphone was disconnected")), "{after:?}");
    assert_eq!(page.app.state(), State::Paused(Pause::NoMicrophone));
    // There is no other one until one is connected.
    assert!(page.after(Input::MicrophoneRefused(RUN, MicrophoneFailure::NotFound)).is_empty());
    assert_eq!(page.after(Input::DevicesChanged), ["microphone: open 1"]);
    page.after(Input::MicrophoneGranted(RUN));
    let after = page.after(Input::MicrophoneOpened(RUN));
    assert!(after.contains(&"page: notice None".to_owned()), "{after:?}");
    assert_eq!(after.last().map(String::as_str), Some("page: recording"));
    assert_eq!(page.captured(700, 6), ["socket 1: 1600 samples from 5"]);
    Ok(())
}

#[test]
fn a_microphone_that_is_lost_repeatedly_ends_the_recording_and_its_audio_is_sent() -> TestResult {
    let mut page = Page::recording()?;
    page.captured(900, 5);
    let after: Vec<String> =
        (0..4).flat_map(|_| page.after(Input::MicrophoneLost(RUN, Loss::Stalled))).collect();
    assert!(after.iter().any(|line| line.contains("could not process the sound")), "{after:?}");
    assert!(after.contains(&"socket 1: 900 samples from 5".to_owned()), "{after:?}");
    assert!(after.contains(&r#"socket 1: {"type":"Terminate"}"#.to_owned()), "{after:?}");
    assert_eq!(page.app.state(), State::Terminating);
    Ok(())
}

#[test]
fn a_pause_records_its_tail_and_closes_the_connection_after_30_s() -> TestResult {
    let mut page = Page::recording()?;
    assert_eq!(page.after(Event::TogglePause), ["timer: Pause 30000 ms", "page: paused"]);
    assert_eq!(page.captured(1600, 1), ["socket 1: 1600 samples from 1"]);
    assert_eq!(
        page.captured(1600, 2),
        ["socket 1: 1600 samples from 2", "microphone: mute 1 true", r#"socket 1: {"type":"ForceEndpoint"}"#]
    );
    assert!(page.captured(1600, 3).is_empty());
    let after = page.after(Input::TimerFired(RUN, Timer::Pause));
    assert!(after.contains(&r#"socket 1: {"type":"Terminate"}"#.to_owned()), "{after:?}");
    let after = page.received(r#"{"type":"Termination","audio_duration_seconds":0.2}"#)?;
    assert_eq!(after, ["timer: no Termination", "timer: no LastTurns", "socket 1: close"]);
    assert_eq!(
        page.after(Event::TogglePause),
        [
            "microphone: mute 1 false",
            "timer: no Pause",
            "token: request 2",
            "timer: Token 15000 ms",
            "page: reconnecting"
        ]
    );
    assert!(page.captured(1600, 4).is_empty());
    page.after(Input::TokenGranted(ConnectionId(2), "wss://service".to_owned()));
    let begin = parse(r#"{"type":"Begin","id":"2","expires_at":1}"#)?;
    let after = page.after(Input::Received(ConnectionId(2), begin));
    assert!(after.contains(&"socket 2: 1600 samples from 4".to_owned()), "{after:?}");
    Ok(())
}

#[test]
fn a_different_count_of_the_service_is_reported_and_stays() -> TestResult {
    let mut page = Page::recording()?;
    for _ in 0..50 {
        page.captured(1600, 1);
    }
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneDrained(RUN));
    let after = page.received(r#"{"type":"Termination","audio_duration_seconds":2}"#)?;
    assert!(
        after.iter().any(|line| line.contains("counted 2\\u{a0}s of audio, but 5\\u{a0}s were sent")),
        "{after:?}"
    );
    assert_eq!(after.last().map(String::as_str), Some("page: idle"));
    Ok(())
}

#[test]
fn audio_and_turns_are_stored_against_a_crash() -> TestResult {
    let mut page = Page::open();
    assert!(page.all_after(Event::ToggleRecording).contains(&"store: begin 1".to_owned()));
    page.after(Input::MicrophoneOpened(RUN));
    let captured = page.all_after(Input::AudioCaptured(RUN, vec![7; 1600], 0.5));
    assert!(captured.contains(&"store: 1600 samples at 0".to_owned()), "{captured:?}");
    let captured = page.all_after(Input::AudioCaptured(RUN, vec![7; 1600], 0.5));
    assert!(captured.contains(&"store: 1600 samples at 1600".to_owned()), "{captured:?}");
    page.after(Input::TokenGranted(SOCKET, "wss://service".to_owned()));
    page.received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?;
    let turn = parse(r#"{"type":"Turn","turn_order":0,"transcript":"One"}"#)?;
    page.app.handle(Input::Received(SOCKET, turn).into());
    assert!(page.log.take().contains(&r#"store: 1.0 "One""#.to_owned()));
    assert!(page.all_after(Input::Leave).contains(&"store: end false".to_owned()));
    Ok(())
}

#[test]
fn a_second_recording_adds_to_the_transcript() -> TestResult {
    let mut page = Page::recording()?;
    page.received(r#"{"turn_order":0,"transcript":"One.","end_of_turn":true,"type":"Turn"}"#)?;
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneDrained(RUN));
    page.received(r#"{"type":"Termination"}"#)?;
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RecordingId(2)));
    page.after(Input::TokenGranted(ConnectionId(2), "wss://service".to_owned()));
    let begin = parse(r#"{"type":"Begin","id":"2","expires_at":1}"#)?;
    page.after(Input::Received(ConnectionId(2), begin));
    let turn = parse(r#"{"turn_order":0,"transcript":"Two.","end_of_turn":true,"type":"Turn"}"#);
    let after = page.after(Input::Received(ConnectionId(2), turn?));
    assert_eq!(after[0], r#"page: final 2.0 "Two." Last"#);
    Ok(())
}

/// An interrupted recording of 5 s, with a final turn and one that is not.
fn unfinished(shown_as: Option<ConnectionOffset>) -> Recoverable {
    let turn = |text: &str, is_final, is_gap, start_ms| {
        let mut turn = ShownTurn::default();
        turn.settled.push_str(text);
        turn.is_final = is_final;
        turn.kind = if is_gap { TurnKind::Gap } else { TurnKind::Speech };
        turn.from_ms = Some(start_ms);
        turn
    };
    let key = |turn_order| TurnKey { connection: ConnectionId(2), turn_order };
    let turns = vec![
        (key(0), turn("One two.", true, false, 500)),
        (key(1), turn("Th", false, false, 3_100)),
        (key(u64::MAX), turn("[0:02 not transcribed]", true, true, 3_000)),
    ];
    let samples = (20_u64..50).flat_map(|tenth| vec![tenth as i16; 1600]).collect();
    let resume_state = ResumeState { samples, first: 32_000, confirmed: 48_000, connection: ConnectionId(2) };
    Recoverable { began_ms: 0.0, turns, resume_state, shown_as, is_file: false }
}

fn found(shown_as: Option<ConnectionOffset>) -> RecoveryEvent {
    RecoveryEvent::Found(unfinished(shown_as))
}

const CONTINUE: RecoveryEvent = RecoveryEvent::Resume;

#[test]
fn a_resumed_recording_has_its_position_its_turns_and_its_unconfirmed_audio() -> TestResult {
    let mut page = Page::open();
    assert_eq!(page.all_after(found(None)), ["page: offer Some((80000, 3))"]);
    let after = page.after(CONTINUE);
    assert_eq!(
        after[..3],
        ["page: offer None", "page: remove 2.18446744073709551615", r#"page: final 2.0 "One two." Last"#]
    );
    assert_eq!(after[3], r#"page: partial 2.1 "Th" Last"#);
    assert!(after.contains(&"microphone: open 1".to_owned()), "{after:?}");
    assert!(after.contains(&"page: 5 s".to_owned()), "{after:?}");
    page.after(Input::MicrophoneOpened(RUN));
    let captured = page.all_after(Input::AudioCaptured(RUN, vec![50; 1600], 0.5));
    assert!(captured.contains(&"store: 1600 samples at 80000".to_owned()), "{captured:?}");
    // Numbers of connections are not used twice.
    page.after(Input::TokenGranted(ConnectionId(3), "wss://service".to_owned()));
    let begin = parse(r#"{"type":"Begin","id":"3","expires_at":1}"#)?;
    let after = page.after(Input::Received(ConnectionId(3), begin));
    // The 30th tenth of a second is the first that is not confirmed; up to three before it may be in a word.
    let first = after.iter().find_map(|line| line.strip_prefix("socket 3: 16000 samples from "));
    assert!(first.is_some_and(|tenth| ["27", "28", "29", "30"].contains(&tenth)), "{after:?}");
    let turn = parse(r#"{"turn_order":0,"transcript":"Three.","end_of_turn":true,"type":"Turn"}"#);
    let mut after = page.all_after(Input::Received(ConnectionId(3), turn?));
    after.retain(|line| !line.starts_with("timer: "));
    assert_eq!(after[..3], ["page: remove 2.1", "store: delete 2.1", r#"page: final 3.0 "Three." Last"#]);
    Ok(())
}

#[test]
fn the_recording_of_a_file_is_kept_as_it_is_without_the_microphone() {
    let mut page = Page::open();
    let mut of_file = Recoverable { is_file: true, ..unfinished(None) };
    of_file.turns[1].1.words.push(ShownWord { start_ms: 3_100, end_ms: 3_400, ..ShownWord::default() });
    page.after(RecoveryEvent::Found(of_file));
    let after = page.all_after(CONTINUE);
    let has = |line: &str| after.iter().any(|other| other == line);
    assert!(has(r#"page: final 2.0 "One two." Last"#) && has(r#"store: 2.1 "Th""#), "{after:?}");
    assert!(has("store: resume 1 + 0") && has("store: end true"), "{after:?}");
    // From the last word on, one gap takes the place of that which was within it.
    let gap = "\"[0:01 not transcribed]\"";
    assert!(has(&["store: 3.18446744073709551615 ", gap].concat()), "{after:?}");
    assert!(has("page: remove 2.18446744073709551615"), "{after:?}");
    assert_eq!(page.app.transcript().turns().filter(|(_, turn)| turn.is_gap()).count(), 1);
    assert!(
        !after.iter().any(|line| line.starts_with("microphone") || line.starts_with("token")),
        "{after:?}"
    );
    assert_eq!(page.app.state(), State::Idle);
    let after = page.all_after(Event::ToggleRecording);
    assert!(after.contains(&"store: begin 4".to_owned()), "{after:?}");
}

#[test]
fn a_resumed_recording_is_shown_after_the_turns_of_the_page() -> TestResult {
    let mut page = Page::recording()?;
    page.received(r#"{"turn_order":0,"transcript":"Here.","end_of_turn":true,"type":"Turn"}"#)?;
    page.after(found(None));
    // Not while another recording is in progress.
    assert!(page.all_after(CONTINUE).is_empty());
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneDrained(RUN));
    page.received(r#"{"type":"Termination"}"#)?;
    let after = page.all_after(CONTINUE);
    assert!(after.contains(&"store: resume 2 + 1".to_owned()), "{after:?}");
    assert!(after.contains(&r#"page: final 3.0 "One two." Last"#.to_owned()), "{after:?}");
    page.after(Input::MicrophoneOpened(RecordingId(2)));
    assert!(page.log.take().is_empty());
    let after = page.all_after(Input::TokenRefused(ConnectionId(4), TokenFailure::Unreachable));
    assert!(!after.is_empty(), "the next connection is the fourth");
    Ok(())
}

#[test]
fn a_recording_that_this_page_interrupted_is_not_shown_twice() -> TestResult {
    let mut page = Page::recording()?;
    page.captured(1600, 1);
    page.received(r#"{"turn_order":0,"transcript":"One two","type":"Turn"}"#)?;
    // The turn is shown as final, but stored as it is.
    let after = page.all_after(Input::Leave);
    assert!(after.contains(&r#"page: final 1.0 "One two" Same"#.to_owned()), "{after:?}");
    assert!(!after.iter().any(|line| line.starts_with("store: 1.0")), "{after:?}");
    let mut same = unfinished(Some(ConnectionOffset { first: SOCKET, offset: 0 }));
    same.turns.truncate(1);
    same.turns[0].0 = TurnKey { connection: SOCKET, turn_order: 0 };
    page.after(RecoveryEvent::Found(same));
    let after = page.all_after(CONTINUE);
    assert!(after.contains(&"store: resume 1 + 0".to_owned()), "{after:?}");
    assert!(after.contains(&r#"page: final 1.0 "One two." Same"#.to_owned()), "{after:?}");
    Ok(())
}

/// The recording of [`Page::recording`], interrupted, with a final turn and one that is not, and as it is found.
fn interrupted() -> TestResult<(Page, Recoverable)> {
    let mut page = Page::recording()?;
    page.received(r#"{"turn_order":0,"transcript":"One.","end_of_turn":true,"type":"Turn"}"#)?;
    page.received(r#"{"turn_order":1,"transcript":"Two","type":"Turn"}"#)?;
    page.after(Input::Leave);
    let mut same = unfinished(Some(ConnectionOffset { first: SOCKET, offset: 0 }));
    same.turns.truncate(2);
    for (turn_order, (key, turn)) in (0..).zip(&mut same.turns) {
        *key = TurnKey { connection: SOCKET, turn_order };
        ["One.", "Two"][turn_order as usize].clone_into(&mut turn.settled);
    }
    same.resume_state.connection = SOCKET;
    Ok((page, same))
}

#[test]
fn a_resumed_recording_is_moved_behind_a_later_one() -> TestResult {
    let (mut page, same) = interrupted()?;
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RecordingId(2)));
    page.after(Input::TokenGranted(ConnectionId(2), "wss://service".to_owned()));
    let begin = |id: u32| -> TestResult<_> {
        Ok(Input::Received(ConnectionId(id), parse(r#"{"type":"Begin","id":"2","expires_at":1}"#)?))
    };
    page.after(begin(2)?);
    let turn = |id, text: &str| -> TestResult<_> {
        let words = r#""words":[{"text":"W.","start":0,"end":90,"word_is_final":true}]"#;
        let message =
            format!(r#"{{"type":"Turn","turn_order":0,"end_of_turn":true,"transcript":"{text}",{words}}}"#);
        Ok(Input::Received(ConnectionId(id), parse(&message)?))
    };
    page.after(turn(2, "Later.")?);
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneDrained(RecordingId(2)));
    let over = parse(r#"{"type":"Termination"}"#)?;
    page.after(Input::Received(ConnectionId(2), over));
    assert_eq!(page.app.state(), State::Idle);

    page.after(RecoveryEvent::Found(same));
    let after = page.all_after(CONTINUE);
    let moved = [
        "page: remove 1.0",
        "page: remove 1.1",
        "store: resume 3 + 2",
        r#"page: final 3.0 "One." Last"#,
        r#"page: partial 3.1 "Two" Last"#,
    ];
    assert_eq!(after[1..=moved.len()], moved, "{after:?}");
    page.after(Input::MicrophoneOpened(RecordingId(3)));
    page.after(Input::TokenGranted(ConnectionId(4), "wss://service".to_owned()));
    page.after(begin(4)?);
    page.after(turn(4, "Two three.")?);
    let shown: Vec<String> = page.app.transcript().turns().map(|(_, turn)| turn.text()).collect();
    assert_eq!(shown, ["Later.", "One.", "Two three."]);
    // The second time there is no later one.
    page.after(Input::Leave);
    let mut same = unfinished(Some(ConnectionOffset { first: ConnectionId(3), offset: 2 }));
    same.turns.clear();
    page.after(RecoveryEvent::Found(same));
    assert!(page.all_after(CONTINUE).contains(&"store: resume 3 + 2".to_owned()));
    Ok(())
}

#[test]
fn edits_since_a_recording_was_interrupted_are_kept_when_it_is_resumed() -> TestResult {
    let (mut page, same) = interrupted()?;
    let key = |turn_order| TurnKey { connection: SOCKET, turn_order };
    page.app.edit(key(0), Some("Won.".to_owned()));
    page.app.edit(key(1), Some("Too.".to_owned()));
    page.after(RecoveryEvent::Found(same));
    let after = page.all_after(CONTINUE);
    assert!(after.contains(&r#"store: 1.0 "One.""#.to_owned()), "{after:?}");
    let texts = |page: &Page| -> Vec<String> {
        page.app.transcript().turns().map(|(_, turn)| turn.display_text()).collect()
    };
    assert_eq!(texts(&page), ["Won.", "Too."]);
    // And after the next turn.
    page.after(Input::MicrophoneOpened(RecordingId(2)));
    page.after(Input::TokenGranted(ConnectionId(2), "wss://service".to_owned()));
    let begin = parse(r#"{"type":"Begin","id":"2","expires_at":1}"#)?;
    page.after(Input::Received(ConnectionId(2), begin));
    let turn = parse(r#"{"turn_order":0,"transcript":"Two.","end_of_turn":true,"type":"Turn"}"#);
    page.after(Input::Received(ConnectionId(2), turn?));
    assert_eq!(texts(&page), ["Won.", "Too.", "Two."]);
    Ok(())
}

#[test]
fn a_cleared_transcript_is_deleted() -> TestResult {
    let (mut page, _) = interrupted()?;
    page.log.take();
    assert!(page.app.clear());
    assert_eq!(page.log.take(), ["page: clear", "store: clear"]);
    assert_eq!(page.app.transcript().turns().count(), 0);
    let mut page = Page::recording()?;
    assert!(!page.app.clear());
    Ok(())
}

/// Two final turns of a finished recording, as they are stored.
fn finished_turns() -> Vec<(TurnKey, ShownTurn)> {
    let turn = |(turn_order, text): (u64, &str)| {
        let turn = ShownTurn { settled: text.to_owned(), is_final: true, ..ShownTurn::default() };
        (TurnKey { connection: SOCKET, turn_order }, turn)
    };
    [(0, "One."), (1, "Two.")].map(turn).to_vec()
}

#[test]
fn finished_recordings_of_an_earlier_page_are_shown_again_before_a_new_one() -> TestResult {
    let mut page = Page::open();
    assert_eq!(
        page.all_after(RecoveryEvent::FoundFinished(5.0, finished_turns())),
        [
            "store: show 5 again, 1 + 0",
            "page: tools",
            r#"page: final 1.0 "One." Last"#,
            r#"page: final 1.1 "Two." Last"#
        ]
    );
    assert_eq!(
        page.all_after(RecoveryEvent::FoundFinished(6.0, finished_turns()))[..3],
        ["store: show 6 again, 2 + 1", "page: tools", r#"page: final 2.0 "One." Last"#]
    );
    page.app.edit(TurnKey { connection: SOCKET, turn_order: 0 }, Some("Won.".to_owned()));
    assert!(page.log.take().contains(&r#"store: 1.0 "One.""#.to_owned()));
    page.after(Event::ToggleRecording);
    page.after(Input::MicrophoneOpened(RUN));
    page.after(Input::TokenGranted(ConnectionId(3), "wss://service".to_owned()));
    let begin = parse(r#"{"type":"Begin","id":"1","expires_at":1}"#)?;
    page.after(Input::Received(ConnectionId(3), begin));
    let turn = parse(r#"{"turn_order":0,"transcript":"Three.","end_of_turn":true,"type":"Turn"}"#);
    page.after(Input::Received(ConnectionId(3), turn?));
    let shown: Vec<String> = page.app.transcript().turns().map(|(_, turn)| turn.display_text()).collect();
    assert_eq!(shown, ["Won.", "Two.", "One.", "Two.", "Three."]);
    Ok(())
}

/// The texts of the turns on the page.
fn shown(page: &Page) -> Vec<String> {
    page.app.transcript().turns().map(|(_, turn)| turn.display_text()).collect()
}

#[test]
fn a_recording_that_the_user_opens_replaces_what_the_page_shows_and_can_be_corrected() -> TestResult {
    let mut page = Page::open();
    page.after(RecoveryEvent::FoundFinished(5.0, finished_turns()));
    let opened = page.all_after(RecoveryEvent::Opened(6.0, finished_turns()[..1].to_vec()));
    assert_eq!(
        opened,
        [
            "page: clear",
            "store: put away",
            "store: show 6 again, 2 + 1",
            "page: tools",
            r#"page: final 2.0 "One." Last"#
        ]
    );
    assert_eq!(shown(&page), ["One."]);
    page.app.edit(TurnKey { connection: ConnectionId(2), turn_order: 0 }, Some("Won.".to_owned()));
    assert!(page.log.take().contains(&r#"store: 2.0 "One.""#.to_owned()));

    let mut page = Page::recording()?;
    assert_eq!(page.all_after(RecoveryEvent::Opened(5.0, finished_turns())), ["store: release 5"]);
    Ok(())
}

#[test]
fn one_recording_of_the_page_is_deleted_and_the_others_stay() -> TestResult {
    let mut page = Page::open();
    for began_ms in [5.0, 6.0, 7.0] {
        page.after(RecoveryEvent::FoundFinished(began_ms, finished_turns()));
    }
    page.app.edit(TurnKey { connection: ConnectionId(2), turn_order: 0 }, Some("Won.".to_owned()));
    page.log.take();
    assert!(page.app.delete(ConnectionId(1)));
    assert_eq!(page.log.take(), ["page: remove 1.0", "page: remove 1.1", "store: delete 1"]);
    assert_eq!(shown(&page), ["Won.", "Two.", "One.", "Two."]);
    assert!(page.app.delete(ConnectionId(3)));
    assert_eq!(shown(&page), ["Won.", "Two."]);
    let mut page = Page::recording()?;
    assert!(!page.app.delete(ConnectionId(1)));
    assert!(!page.app.put_away());
    Ok(())
}

#[test]
fn a_replaced_microphone_is_named_for_20_s() -> TestResult {
    let mut page = Page::recording()?;
    let capture = |samples| Event::Session(Input::AudioCaptured(RUN, vec![3; samples], 0.5));
    let notices = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| line.starts_with("page: notice")).collect()
    };
    let replaced = Event::MicrophoneReplaced("Headset".to_owned(), "Built-in".to_owned());
    let shown = notices(page.all_after(replaced));
    assert!(shown[0].contains("“Headset”") && shown[0].contains("“Built-in”"), "{shown:?}");
    assert_eq!(notices(page.all_after(capture(19 * 16_000))), [""; 0]);
    assert_eq!(notices(page.all_after(capture(16_000))), [""; 0]);
    assert_eq!(notices(page.all_after(capture(1_600))), ["page: notice None"]);
    Ok(())
}

#[test]
fn a_recording_without_turns_has_a_number_of_its_own() {
    let mut page = Page::open();
    page.after(RecoveryEvent::FoundFinished(5.0, vec![]));
    let shown_again = page.all_after(RecoveryEvent::FoundFinished(6.0, finished_turns()));
    assert_eq!(shown_again[0], "store: show 6 again, 2 + 1");
    assert!(page.app.delete(ConnectionId(1)));
    assert_eq!(page.log.take(), ["store: delete 1"]);
    assert_eq!(shown(&page), ["One.", "Two."]);
}

#[test]
fn storage_that_fails_after_the_end_is_reported_while_there_is_something_to_lose() {
    let mut page = Page::open();
    page.after(RecoveryEvent::FoundFinished(5.0, finished_turns()));
    let after = page.after(not_stored(1));
    assert!(after[0].contains("has not stored all") && after[0].contains("Export it"), "{after:?}");
}

#[test]
fn the_store_learns_how_long_finished_recordings_are_kept() {
    let mut page = Page::open();
    assert_eq!(
        page.all_after(RecoveryEvent::KeepFinishedFor(Some(7))),
        ["store: keep finished for Some(7) days"]
    );
}

#[test]
fn a_finished_recording_that_is_found_during_another_stays_stored() -> TestResult {
    let mut page = Page::recording()?;
    assert_eq!(page.all_after(RecoveryEvent::FoundFinished(5.0, finished_turns())), ["store: release 5"]);
    Ok(())
}

#[test]
fn a_discarded_recording_is_no_longer_offered() {
    let mut page = Page::open();
    let discard = || RecoveryEvent::Discard;
    assert!(page.all_after(discard()).is_empty());
    page.after(found(None));
    assert_eq!(page.all_after(discard()), ["page: offer None", "store: discard"]);
    assert!(page.all_after(CONTINUE).is_empty());
}

#[test]
fn a_recording_continues_with_a_notice_if_it_cannot_be_stored() -> TestResult {
    let mut page = Page::recording()?;
    let after = page.after(not_stored(1));
    assert!(after[0].contains("is not storing this recording") && after[0].contains("is full"), "{after:?}");
    assert_eq!(page.captured(1600, 3), ["socket 1: 1600 samples from 3"]);
    assert_eq!(page.app.state(), State::Recording);
    // Without a recording there is nothing to store.
    let mut page = Page::open();
    assert!(page.after(not_stored(1)).is_empty());
    Ok(())
}

/// The recording with this first connection is not stored.
fn not_stored(first: u32) -> RecoveryEvent {
    RecoveryEvent::StorageFailed(ConnectionId(first), StorageError::Full)
}

#[test]
fn a_recording_that_is_stored_again_is_no_longer_reported() -> TestResult {
    let stored_again = |first| RecoveryEvent::StoredAgain(ConnectionId(first));
    let mut page = Page::recording()?;
    page.after(not_stored(1));
    assert_eq!(page.after(stored_again(1)), ["page: 1 is stored again", "page: notice None"]);
    // Nobody has read that it was not.
    assert!(page.after(stored_again(1)).is_empty());

    let mut page = Page::open();
    page.after(RecoveryEvent::FoundFinished(5.0, finished_turns()));
    page.after(RecoveryEvent::FoundFinished(6.0, finished_turns()));
    page.after(not_stored(1));
    page.after(not_stored(2));
    let after = page.after(stored_again(2));
    assert_eq!(after[0], "page: 2 is stored again");
    assert!(after[1].contains("has not stored all"), "the notice of the other one stays: {after:?}");
    assert_eq!(page.after(stored_again(1)), ["page: 1 is stored again", "page: notice None"]);
    Ok(())
}

#[test]
fn the_notice_of_a_recording_that_is_not_stored_goes_with_the_recording() {
    let mut page = Page::open();
    page.after(RecoveryEvent::FoundFinished(5.0, finished_turns()));
    page.after(RecoveryEvent::FoundFinished(6.0, finished_turns()));
    page.after(not_stored(1));
    let is_cleared =
        |page: &mut Page| page.after(Event::FlushStore).contains(&"page: notice None".to_owned());
    page.app.delete(ConnectionId(2));
    assert!(!is_cleared(&mut page), "it is of the other one");
    page.app.delete(ConnectionId(1));
    assert!(is_cleared(&mut page));

    for remove in [App::clear, App::put_away] {
        page.after(RecoveryEvent::FoundFinished(7.0, finished_turns()));
        page.after(not_stored(3));
        assert!(remove(&mut page.app));
        assert!(is_cleared(&mut page));
    }
}

#[test]
fn a_file_is_recorded_without_a_microphone() -> TestResult {
    let mut page = Page::open();
    assert_eq!(
        page.after(Event::FileChosen),
        [
            "page: failure None",
            "timer: no Microphone",
            "token: request 1",
            "timer: Token 15000 ms",
            "page: connecting"
        ]
    );
    assert_eq!(page.app.file_position(RUN), Some(0));
    page.captured(1600, 1);
    assert_eq!((page.app.file_position(RUN), page.app.file_position(RecordingId(2))), (Some(1600), None));
    page.after(Input::TokenGranted(SOCKET, "wss://service".to_owned()));
    let begun = page.received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?;
    assert!(begun.contains(&"socket 1: 1600 samples from 1".to_owned()), "{begun:?}");
    // A choice of a microphone is for the next recording.
    assert!(page.after(Input::MicrophoneChosen).is_empty());
    // The end of the file: no sample is awaited.
    let ended = page.after(Event::ToggleRecording);
    assert!(ended.iter().any(|line| line.contains("Terminate")), "{ended:?}");
    assert_eq!((page.app.state(), page.app.file_position(RUN)), (State::Terminating, None));
    Ok(())
}

#[test]
fn silence_in_a_file_or_a_tab_is_no_muted_microphone() {
    let sources = [
        (Event::FileChosen, false, 0),
        (Event::ToggleRecording, true, 0),
        (Event::ToggleRecording, false, 1),
    ];
    for (event, may_be_silent, notices) in sources {
        let mut page = Page::open_with(may_be_silent);
        page.after(event);
        page.after(Input::MicrophoneOpened(RUN));
        let silent = || Input::AudioCaptured(RUN, vec![0; 1600], 0.0);
        let lines: Vec<String> = (0..100).flat_map(|_| page.after(silent())).collect();
        let shown = lines.iter().filter(|line| line.starts_with("page: notice Some")).count();
        assert_eq!(shown, notices, "{lines:?}");
    }
}

#[test]
fn a_file_waits_in_a_pause_and_while_there_is_no_connection() -> TestResult {
    let mut page = Page::open();
    page.after(Event::FileChosen);
    for _ in 0..600 {
        assert!(!page.app.holds_file(u32::MAX));
        page.captured(1600, 1);
    }
    assert!(page.app.holds_file(u32::MAX), "a minute waits for the first connection");
    page.after(Input::TokenGranted(SOCKET, "wss://service".to_owned()));
    page.received(r#"{"type":"Begin","id":"1","expires_at":1}"#)?;
    assert!(!page.app.holds_file(u32::MAX), "the samples are the clock by which the rest is sent");
    assert!(page.app.holds_file(20) && !page.app.holds_file(60), "a minute is unconfirmed");
    page.after(Event::TogglePause);
    for _ in 0..10 {
        page.captured(1600, 2);
    }
    // 200 ms after Pause, as from a microphone.
    assert_eq!(page.app.file_position(RUN), Some(602 * 1600));
    page.after(Event::TogglePause);
    page.captured(1600, 3);
    assert_eq!(page.app.file_position(RUN), Some(603 * 1600));
    Ok(())
}

#[test]
fn a_file_does_not_begin_during_a_recording_and_the_next_recording_has_a_microphone() -> TestResult {
    let mut page = Page::recording()?;
    assert!(page.after(Event::FileChosen).is_empty());
    assert_eq!(page.app.file_position(RUN), None);
    page.after(Input::Leave);
    page.after(Event::FileChosen);
    page.after(Input::Leave);
    let recorded = page.after(Event::ToggleRecording);
    assert!(recorded.contains(&"microphone: open 3".to_owned()), "{recorded:?}");
    Ok(())
}

#[test]
fn what_is_taken_off_the_record_goes_from_page_and_store_and_stays_away() -> TestResult {
    let mut page = Page::recording()?;
    page.after(Input::AudioCaptured(RUN, vec![7; 16_000], 0.5));
    let turn = |order: u32, text: &str, start_ms: u32| {
        format!(
            r#"{{"type":"Turn","turn_order":{order},"transcript":"{text}","end_of_turn":true,
                "words":[{{"text":"{text}","start":{start_ms},"end":{},"word_is_final":true}}]}}"#,
            start_ms + 100
        )
    };
    page.received(&turn(0, "One.", 100))?;
    page.received(&turn(1, "Secret.", 1_100))?;
    page.after(Input::AudioCaptured(RUN, vec![7; 8_000], 0.5));
    page.log.take();
    // With the 200 ms that are on their way.
    assert_eq!(page.app.take_off_record(1), Some(27_200));
    assert_eq!(page.log.take(), ["store: silence 11200 to 27200", "page: remove 1.1", "store: delete 1.1"]);
    let stored = page.all_after(Input::AudioCaptured(RUN, vec![7; 4_800], 0.5));
    assert!(stored.contains(&"store: 4800 samples at 24000, 1600 loud".to_owned()), "{stored:?}");
    // Late, and of the same time.
    page.received(&turn(1, "Secret.", 1_200))?;
    assert_eq!(shown(&page), ["One."]);
    let mut idle = Page::open();
    assert_eq!(idle.app.take_off_record(10), None);
    Ok(())
}
