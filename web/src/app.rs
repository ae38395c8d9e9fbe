//! The app: runs the effects of the session and keeps the page up to date.

use std::ops::Range;

use assemblyai_session::Latency;
use assemblyai_session::SAMPLE_RATE_HZ;
use assemblyai_session::SilenceDetector;
use assemblyai_session::journal::ms;
use assemblyai_session::{Change, Place, Transcript};
use assemblyai_session::{OpenTime, SessionStats};
use assemblyai_session::{ShownTurn, TurnKey};
use transcription_common::{clock, texts};

pub use crate::event::Event;
use crate::failure;
use crate::notice::{Notice, NoticeKind, SessionNotice};
use crate::ports::Ports;
use crate::recovery::{ConnectionOffset, Recoverable, RecoveryEvent};
use crate::session::{ConnectionId, Effect, Input, Phase, RecordingId, Session, State};
use crate::stats;

/// How much of a file is recorded without a connection, in samples: a minute.
const MOST_AHEAD: u64 = 60 * SAMPLE_RATE_HZ as u64;
/// How much of a file waits for a service that reads it slowly, in samples: half of what a journal holds.
const MOST_UNREAD: u64 = 300 * SAMPLE_RATE_HZ as u64;

/// How long the notice of a replaced microphone stays, in s of audio.
const REPLACED_S: u64 = 20;

/// The session, the transcript and the adapters of the browser.
#[derive(Debug)]
pub struct App<P> {
    session: Session,
    transcript: Transcript,
    ports: P,
    silence: SilenceDetector,
    notices: Vec<Notice>,
    /// The recording position up to which that notice stays.
    replaced_until: u64,
    open_time: OpenTime,
    latency: Latency,
    /// The recording that is offered.
    recoverable: Option<Recoverable>,
    /// The first connection of each recording since the page was loaded, in order.
    firsts: Vec<ConnectionId>,
    /// Whether the recording is of a file: the tools deliver its samples, and no microphone is opened.
    is_file: bool,
    shown: Shown,
}

/// What the page shows now.
#[derive(Debug, Default)]
struct Shown {
    phase: Option<Phase>,
    elapsed_s: Option<u64>,
    stats: SessionStats,
    notice: Option<Notice>,
}

impl<P: Ports> App<P> {
    /// The app of a page that was just loaded; `seed` is any number, different from page to page.
    pub fn new(ports: P, seed: u32) -> Self {
        let mut app = Self {
            session: Session::new(seed),
            transcript: Transcript::default(),
            ports,
            silence: SilenceDetector::default(),
            notices: Vec::new(),
            replaced_until: 0,
            open_time: OpenTime::default(),
            latency: Latency::default(),
            recoverable: None,
            firsts: Vec::new(),
            is_file: false,
            shown: Shown::default(),
        };
        app.show(false);
        app
    }

    /// Handles an event and shows what it changed.
    pub fn handle(&mut self, event: Event) {
        let is_audio = matches!(event, Event::Session(Input::AudioCaptured(..)));
        match event {
            Event::ToggleRecording => self.toggle_recording(),
            Event::FileChosen if self.state() == State::Idle => self.start(true),
            // The other recording goes on.
            Event::FileChosen => {}
            Event::TogglePause => self.toggle_pause(),
            Event::Session(input) => self.handle_input(input),
            Event::Recovery(event) => self.recover(event),
            Event::FlushStore => self.ports.store().flush(),
            Event::Service(seconds, is_local) => {
                if is_local {
                    self.session.expect_slow_reader();
                }
                self.set_standby_after_s(seconds);
            }
            Event::MicrophoneReplaced(from, to) => {
                self.clear_replaced();
                self.notices.push(Notice::Replaced(from, to));
                let captured = self.session.journal().captured();
                self.replaced_until = captured + REPLACED_S * u64::from(SAMPLE_RATE_HZ);
            }
            Event::ToolsNotLoaded => self.ports.view().show_failure(Some(texts::TOOLS_NOT_LOADED.get())),
        }
        self.show(is_audio);
    }

    /// Sets after how many seconds without speech the connection is closed; 0: never. It holds at once.
    pub fn set_standby_after_s(&mut self, seconds: u32) {
        let after_ms = seconds.saturating_mul(1000);
        self.session.set_standby_after_ms((after_ms > 0).then_some(after_ms));
    }

    /// Record, Stop, and while the rest is being sent, Stop at once: they are one button.
    fn toggle_recording(&mut self) {
        match self.session.state() {
            State::Idle => self.start(false),
            State::Flushing => self.handle_input(Input::StopNow),
            _ => self.handle_input(Input::Stop),
        }
    }

    /// Starts a recording, of a file or from the microphone.
    fn start(&mut self, is_file: bool) {
        self.is_file = is_file;
        self.handle_input(Input::Start);
    }

    /// Pause and Resume: they are one button.
    fn toggle_pause(&mut self) {
        let is_paused = matches!(self.session.state(), State::Paused(_));
        self.handle_input(if is_paused { Input::Resume } else { Input::Pause });
    }

    /// The state of the recording.
    pub fn state(&self) -> State {
        self.session.state()
    }

    fn handle_input(&mut self, input: Input) {
        if matches!(input, Input::AudioCaptured(..) | Input::TimerFired(..))
            && let Some(open) = self.session.open_connection()
        {
            let buffered = self.ports.sockets().buffered_bytes(open);
            let now_ms = self.ports.clock().now_ms();
            self.dispatch(Input::BufferedAmount(open, buffered, now_ms));
        }
        match input {
            Input::AudioCaptured(recording, samples, peak) => self.capture(recording, samples, peak),
            input => self.dispatch(input),
        }
    }

    fn dispatch(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            for effect in self.session.handle(input) {
                // A file needs no permission, and has no samples on their way.
                match effect {
                    Effect::OpenMicrophone(recording) if self.is_file => {
                        next = Some(Input::MicrophoneOpened(recording));
                    }
                    Effect::DrainMicrophone(recording) if self.is_file => {
                        next = Some(Input::MicrophoneDrained(recording));
                    }
                    effect => self.perform(effect),
                }
            }
        }
    }

    /// The position up to which a file is recorded; `None` unless its recording can take samples now or later.
    pub fn file_position(&self, recording: RecordingId) -> Option<u64> {
        let can_capture =
            matches!(self.state(), State::RequestingMicrophone | State::Recording | State::Paused(_));
        let is_it = self.is_file && can_capture && self.session.recording() == recording;
        is_it.then(|| self.session.journal().captured())
    }

    /// Whether a file has to wait: for a connection or a service that reads slowly, because what the journal has no room for
    /// is lost, or because more than this many seconds are unconfirmed.
    pub fn holds_file(&self, most_unconfirmed_s: u32) -> bool {
        let journal = self.session.journal();
        journal.captured() - journal.confirmed() > u64::from(most_unconfirmed_s) * u64::from(SAMPLE_RATE_HZ)
            || journal.unsent()
                >= if self.session.open_connection().is_none() { MOST_AHEAD } else { MOST_UNREAD }
    }

    /// The current recording, or the last one.
    pub fn recording(&self) -> RecordingId {
        self.session.recording()
    }

    /// Hands captured samples to the session, and stores those that it accepts.
    fn capture(&mut self, recording: RecordingId, samples: Vec<i16>, peak: f32) {
        let count = samples.len() as u64;
        let position = self.session.journal().captured();
        self.dispatch(Input::AudioCaptured(recording, samples, peak));
        if position >= self.replaced_until {
            self.clear_replaced();
        }
        let now_ms = self.ports.clock().now_ms();
        self.latency.captured(ms(self.session.journal().captured()), now_ms);
        // Only those that the session accepts, and as it sends them.
        let accepted = self.session.journal().since(position);
        if !accepted.is_empty() {
            self.ports.store().store_audio(position, &accepted);
        }
        // Last: a worker draws it, and may take the processor from what follows.
        self.measure_level(count, peak);
    }

    /// Shows the level, and a notice if there is no sound.
    fn measure_level(&mut self, samples: u64, peak: f32) {
        if matches!(self.session.state(), State::RequestingMicrophone | State::Recording | State::Draining) {
            self.ports.view().show_level(peak);
            if self.is_file || self.ports.microphone().may_be_silent() {
                return;
            }
            let silence = self.silence.push(peak, samples * 1000 / u64::from(SAMPLE_RATE_HZ));
            self.clear_silence_notice();
            self.notices.extend(silence.map(Notice::Silence));
        }
    }

    fn perform(&mut self, effect: Effect) {
        let ports = &mut self.ports;
        match effect {
            Effect::StartRecording(_) => {
                let ConnectionOffset { first, .. } =
                    ConnectionOffset::after(self.session.newest_connection());
                ports.store().begin(first, self.is_file);
                self.firsts.push(first);
            }
            Effect::OpenMicrophone(recording) => ports.microphone().open(recording),
            Effect::MuteMicrophone(recording, is_muted) => {
                ports.microphone().mute(recording, is_muted);
                if is_muted {
                    ports.store().flush();
                }
                ports.view().clear_level();
                self.reset_silence();
            }
            Effect::DrainMicrophone(recording) => ports.microphone().drain(recording),
            Effect::CloseMicrophone(recording) => {
                ports.microphone().close(recording);
                ports.view().clear_level();
                self.reset_silence();
            }
            Effect::RequestToken(connection) => ports.tokens().request(connection),
            Effect::AbandonToken(connection) => ports.tokens().abandon(connection),
            Effect::OpenSocket(connection, url) => {
                ports.sockets().open(connection, &url);
                self.open_time.opened(connection, ports.clock().now_ms());
            }
            Effect::SendAudio(connection, frame) => ports.sockets().send_audio(connection, &frame),
            Effect::SendMessage(connection, message) => ports.sockets().send_message(connection, message),
            Effect::SendText(connection, message) => ports.sockets().send_text(connection, &message),
            Effect::CloseSocket(connection) => {
                ports.sockets().close(connection);
                self.open_time.closed(connection, ports.clock().now_ms());
            }
            Effect::StartTimer(recording, timer, ms) => ports.timers().start(recording, timer, ms),
            Effect::RotateBefore(recording, expires_at_s) => {
                ports.timers().rotate_before(recording, expires_at_s);
            }
            Effect::StopTimer(timer) => ports.timers().stop(timer),
            Effect::StopTimers => ports.timers().stop_all(),
            Effect::Connected(connection, from) => self.transcript.connected(connection, ms(from)),
            Effect::ShowTurn(connection, turn) => {
                if let Some(change) = self.transcript.apply(connection, &turn) {
                    show(ports, change);
                    self.latency.shown(&turn, ports.clock().now_ms());
                }
            }
            Effect::ReviseSpeakers(connection, revision) => {
                let changed = self.transcript.revise(connection, &revision);
                self.redraw(changed);
            }
            Effect::ShowGap(after, from, to) => {
                let text = |seconds| texts::NOT_TRANSCRIBED.with(&[&clock(seconds)]);
                if let Some(change) = self.transcript.gap(after, ms(from), ms(to), text) {
                    show(ports, change);
                }
            }
            Effect::Confirmed(position) => ports.store().store_confirmed(position),
            Effect::ShowNotice(notice) => {
                self.clear_notice(notice.kind());
                self.notices.push(Notice::Session(notice));
            }
            Effect::ClearNotice(kind) => self.clear_notice(kind),
            Effect::ShowError(failure) => ports.view().show_failure(Some(&failure::sentence(&failure))),
            Effect::ClearError => {
                ports.view().show_failure(None);
                self.notices.clear();
                self.open_time = OpenTime::default();
                self.latency = Latency::default();
            }
            Effect::Complete => self.end(true),
            Effect::Interrupt => self.end(false),
        }
    }

    /// The recording has ended; it may be incomplete.
    fn end(&mut self, is_complete: bool) {
        for key in self.transcript.settle() {
            if let Some(turn) = self.transcript.turn(key) {
                self.ports.view().draw(key, turn, Place::Same);
                // If the recording is resumed, the audio of this turn is sent again.
                if is_complete {
                    self.ports.store().store_turn(key, turn);
                }
            }
        }
        self.ports.store().end(is_complete);
        for notice in &mut self.notices {
            if let Notice::NotStored { has_ended, .. } = notice {
                *has_ended = true;
            }
        }
        self.clear_notices(&|notice| {
            !matches!(notice, Notice::Session(SessionNotice::Miscounted { .. }) | Notice::NotStored { .. })
        });
    }

    fn recover(&mut self, event: RecoveryEvent) {
        match event {
            RecoveryEvent::StorageFailed(first, error) => {
                // The page of a recording that has ended stores corrections alone.
                let has_ended = self.state() == State::Idle;
                if !has_ended || self.transcript.turns().next().is_some() {
                    self.notices.push(Notice::NotStored { first, error, has_ended });
                }
            }
            RecoveryEvent::StoredAgain(first) => {
                if self.clear_not_stored(first) {
                    self.ports.view().report_stored_again(first);
                }
            }
            RecoveryEvent::Found(recoverable) => {
                self.ports.view().show_recovery_prompt(Some(&recoverable.prompt()));
                self.recoverable = Some(recoverable);
            }
            RecoveryEvent::KeepFinishedFor(days) => self.ports.store().keep_finished_for(days),
            // During a recording it stays in the list.
            RecoveryEvent::FoundFinished(began_ms, _) | RecoveryEvent::Opened(began_ms, _)
                if self.state() != State::Idle =>
            {
                self.ports.store().release(began_ms);
            }
            RecoveryEvent::FoundFinished(began_ms, turns) => self.show_again(began_ms, turns),
            RecoveryEvent::Opened(began_ms, turns) => {
                self.put_away();
                self.show_again(began_ms, turns);
            }
            // It stays offered while another recording is in progress.
            RecoveryEvent::Resume if self.state() == State::Idle => self.resume_recording(),
            RecoveryEvent::Resume => {}
            RecoveryEvent::Discard => {
                if self.recoverable.take().is_some() {
                    self.ports.view().show_recovery_prompt(None);
                    self.ports.store().discard();
                }
            }
        }
    }

    /// Shows a finished recording of an earlier page again.
    fn show_again(&mut self, began_ms: f64, turns: Vec<(TurnKey, ShownTurn)>) {
        let numbering = ConnectionOffset::after(self.session.newest_connection());
        self.firsts.push(numbering.first);
        // Also for a recording without turns: no later one may have its number.
        self.session.number_connections_after(numbering.first);
        self.ports.store().show_again(began_ms, numbering);
        self.ports.view().show_tools();
        for (key, turn) in turns {
            let key = numbering.apply(key);
            self.session.number_connections_after(key.connection);
            if let Some(change) = self.transcript.restore(key, turn) {
                self.ports.view().draw(change.key, change.turn, change.place);
            }
        }
        self.transcript.settle();
    }

    /// Resumes the recording that is offered. That of a file ends as it is, because nothing has the rest of its sound.
    fn resume_recording(&mut self) {
        let Some(mut recoverable) = self.recoverable.take() else { return };
        let is_file = recoverable.is_file;
        self.is_file = false;
        self.ports.view().show_recovery_prompt(None);
        if let Some(numbering) = recoverable.shown_as {
            for (key, turn) in &mut recoverable.turns {
                if let Some(shown) = self.transcript.turn(numbering.apply(*key)) {
                    turn.apply_edits(shown);
                }
            }
        }
        let numbering = self.place_resumed(recoverable.shown_as);
        self.ports.store().resume(numbering);
        let (mut resume_state, turns, resent_gaps) = recoverable.numbered(numbering);
        let words = turns.iter().filter_map(|(_, turn)| turn.words.last());
        let last_word_ms = words.map(|word| word.end_ms).max().unwrap_or(0);
        for key in resent_gaps {
            self.transcript.remove(key);
            self.ports.view().remove(key);
            self.ports.store().delete_turn(key);
        }
        for (key, turn) in turns {
            let has_edits = turn.has_edits();
            if let Some(change) = self.transcript.restore(key, turn) {
                self.ports.view().draw(change.key, change.turn, change.place);
                // The edits may be newer than the stored turn.
                if has_edits {
                    self.ports.store().store_turn(change.key, change.turn);
                }
            }
        }
        if is_file {
            // Also for a recording without turns: no later one may have its number.
            self.session.number_connections_after(numbering.first);
            self.ports.view().show_tools();
            // Nothing is sent again: a turn that was cut off stays.
            resume_state.confirmed =
                resume_state.confirmed.max(last_word_ms * u64::from(SAMPLE_RATE_HZ / 1000));
            self.dispatch(Input::KeepRecording(resume_state));
        } else {
            self.dispatch(Input::ResumeRecording(resume_state));
        }
    }

    /// Decides where a resumed recording is shown: where it is already, or, if another recording was made after it,
    /// at the end.
    fn place_resumed(&mut self, shown_as: Option<ConnectionOffset>) -> ConnectionOffset {
        if let Some(numbering) = shown_as {
            if self.firsts.iter().all(|first| *first <= numbering.first) {
                return numbering;
            }
            self.remove_turns_of(numbering.first);
        }
        let numbering = ConnectionOffset::after(self.session.newest_connection());
        self.firsts.push(numbering.first);
        numbering
    }

    /// Corrects a turn, or with `None` restores its text.
    pub fn edit(&mut self, key: TurnKey, text: Option<String>) {
        if self.transcript.edit(key, text) {
            self.redraw(vec![key]);
        }
    }

    /// The user is sure of the words of a turn at these indices.
    pub fn accept_words(&mut self, key: TurnKey, words: Range<usize>) {
        if self.transcript.accept_words(key, words) {
            self.redraw(vec![key]);
        }
    }

    /// Names a speaker of a connection.
    pub fn rename(&mut self, connection: ConnectionId, label: &str, name: &str) {
        let changed = self.transcript.rename(connection, label, name);
        self.redraw(changed);
    }

    /// Takes the last seconds of the recording in progress off the record: their words, and what is still to be sent and
    /// stored of their sound. Returns the position of their end; `None` if nothing is recorded.
    pub fn take_off_record(&mut self, seconds: u32) -> Option<u64> {
        let (from, to) = self.session.take_off_record(u64::from(seconds * SAMPLE_RATE_HZ), !self.is_file)?;
        self.ports.store().silence(from, to);
        let change = self.transcript.take_off_record(ms(from), ms(to) + 1);
        for key in change.removed {
            self.ports.view().remove(key);
            self.ports.store().delete_turn(key);
        }
        self.redraw(change.changed);
        Some(to)
    }

    /// Removes all turns and deletes their recordings, unless a recording is in progress; returns whether it did.
    pub fn clear(&mut self) -> bool {
        let is_done = self.remove_all();
        if is_done {
            self.ports.store().clear();
        }
        is_done
    }

    /// Removes all turns, but keeps their recordings stored, unless one is in progress; returns whether it did.
    pub fn put_away(&mut self) -> bool {
        let is_done = self.remove_all();
        if is_done {
            self.ports.store().put_away();
        }
        is_done
    }

    fn remove_all(&mut self) -> bool {
        let is_idle = self.state() == State::Idle;
        if is_idle {
            self.ports.view().clear();
            self.transcript = Transcript::default();
            self.clear_notices(&|notice| matches!(notice, Notice::NotStored { .. }));
        }
        is_idle
    }

    /// Deletes the recording with this first connection and removes its turns, unless a recording is in progress; returns
    /// whether it did.
    pub fn delete(&mut self, first: ConnectionId) -> bool {
        let is_idle = self.state() == State::Idle;
        if is_idle {
            self.remove_turns_of(first);
            self.ports.store().delete(first);
        }
        is_idle
    }

    /// Removes the turns of the recording with this first connection.
    fn remove_turns_of(&mut self, first: ConnectionId) {
        let to = self.firsts.iter().find(|other| **other > first).copied();
        let is_its = |connection: ConnectionId| connection >= first && to.is_none_or(|to| connection < to);
        let keys = self.transcript.turns().map(|(key, _)| *key);
        for key in keys.filter(|key| is_its(key.connection)).collect::<Vec<_>>() {
            self.transcript.remove(key);
            self.ports.view().remove(key);
        }
        self.firsts.retain(|other| *other != first);
        self.clear_not_stored(first);
    }

    /// The turns in the order in which they are shown.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Draws and stores turns that are shown already.
    fn redraw(&mut self, keys: Vec<TurnKey>) {
        for key in keys {
            if let Some(turn) = self.transcript.turn(key) {
                self.ports.view().draw(key, turn, Place::Same);
                self.ports.store().store_turn(key, turn);
            }
        }
    }

    /// The adapters.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// No sound is expected: the microphone is paused or closed.
    fn reset_silence(&mut self) {
        self.silence.reset();
        self.clear_silence_notice();
    }

    fn clear_replaced(&mut self) {
        self.clear_notices(&|notice| matches!(notice, Notice::Replaced(..)));
    }

    fn clear_silence_notice(&mut self) {
        self.clear_notices(&|notice| matches!(notice, Notice::Silence(_)));
    }

    fn clear_notice(&mut self, kind: NoticeKind) {
        self.clear_notices(&|notice| matches!(notice, Notice::Session(notice) if notice.kind() == kind));
    }

    /// Clears the notice that the recording with this first connection is not stored; returns whether there was one.
    fn clear_not_stored(&mut self, of: ConnectionId) -> bool {
        self.clear_notices(&|notice| matches!(notice, Notice::NotStored { first, .. } if *first == of))
    }

    /// Clears the notices of conditions that are over; returns whether there were any. Its code is in the wasm once.
    fn clear_notices(&mut self, is_over: &dyn Fn(&Notice) -> bool) -> bool {
        let before = self.notices.len();
        self.notices.retain(|notice| !is_over(notice));
        self.notices.len() < before
    }

    /// Shows what has changed; the statistics once a second if it was caused by audio, which comes ten times a second.
    fn show(&mut self, is_audio: bool) {
        let view = self.ports.view();
        let elapsed_s = self.session.journal().captured() / u64::from(SAMPLE_RATE_HZ);
        let is_new_second = self.shown.elapsed_s.replace(elapsed_s) != Some(elapsed_s);
        if is_new_second {
            view.show_elapsed_s(elapsed_s);
        }
        let notice = self.notices.iter().max_by_key(|notice| notice.priority());
        if self.shown.notice.as_ref() != notice {
            let asks_to_sign_in = notice.is_some_and(Notice::asks_to_sign_in);
            view.show_notice(notice.map(Notice::sentence).as_deref(), asks_to_sign_in);
            self.shown.notice = notice.cloned();
        }
        let phase = self.session.phase();
        let was = self.shown.phase.replace(phase);
        if was != Some(phase) {
            view.show_phase(phase);
            let is_active = |phase| !matches!(phase, Phase::Idle | Phase::Paused | Phase::NoMicrophone);
            if was.is_some_and(is_active) != is_active(phase) {
                self.ports.wake_lock().hold(is_active(phase));
            }
        }
        if is_audio && !is_new_second && was == Some(phase) {
            return;
        }
        let now_ms = self.ports.clock().now_ms();
        let stats = SessionStats {
            audio: self.session.audio_stats(),
            open_ms: self.open_time.total_ms(now_ms),
            latency_ms: self.latency.percentiles_ms(),
        };
        let (rows, shown) = (stats::rows(&stats), stats::rows(&self.shown.stats));
        for (row, was) in rows.iter().zip(&shown) {
            if row.1 != was.1 {
                self.ports.view().show_stat(row.0, &row.1);
            }
        }
        self.shown.stats = stats;
    }
}

/// Draws and stores a change, and announces its turn if that has just ended.
fn show<P: Ports>(ports: &mut P, change: Change<'_>) {
    for key in change.replaced {
        ports.view().remove(key);
        ports.store().delete_turn(key);
    }
    ports.view().draw(change.key, change.turn, change.place);
    ports.store().store_turn(change.key, change.turn);
    if change.has_just_ended {
        ports.view().announce(&change.turn.text());
    }
}
