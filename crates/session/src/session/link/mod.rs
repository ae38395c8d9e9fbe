//! The connection to the service: opened, watched, replaced, closed. It knows nothing of the recording's state.

mod attempt;
mod backoff;
mod heartbeat_watch;
mod send_window;

use assemblyai_protocol::{Heartbeat, Signal, Turn, split_message};

pub use self::attempt::Attempt;
use self::backoff::Backoff;
pub(super) use self::backoff::LONGEST_WAIT_MS;
use self::heartbeat_watch::{HeartbeatWatch, LinkHealth};
use self::send_window::{SLOW_STALL_MS, STALL_MS, SendWindow};
use super::audio::Audio;
use super::events::Effects;
use super::{Effect, Timer};
use crate::failure::Failure;
use crate::journal::{Frame, SAMPLE_RATE_HZ};
use crate::notice::{Notice, NoticeKind};
use crate::turn::ConnectionId;

/// The connection over which a recording is sent, and the attempt to open the next one.
///
/// Both may exist at once: a connection is replaced before its session time is over, or because it seems dead.
#[derive(Debug)]
pub(super) struct Link {
    open: Option<ConnectionId>,
    attempt: Attempt,
    /// The connection that a pause is closing: `Terminate` was sent, the last turns are awaited.
    closing: Option<ConnectionId>,
    newest: ConnectionId,
    window: SendWindow,
    watch: HeartbeatWatch,
    backoff: Backoff,
    /// How long the wait for the next attempt lasts at least, in ms, whatever the backoff says: after a refusal, or
    /// because the other side asked for it.
    least_wait_ms: u32,
    /// The position up to which audio was confirmed when that last let the backoff start over.
    proved_until: u64,
    terminate: Terminate,
    /// Whether the recording has had a connection: from then on a lost one is replaced.
    has_connected: bool,
    /// Whether the attempt under way was made only because the open connection seems dead.
    is_attempt_on_suspicion: bool,
    /// Whether the last connection was closed because there was nothing to send.
    was_closed_idle: bool,
    reading: Reading,
    /// A change of parameters that the connection being opened was requested without.
    pending_config: Option<String>,
    /// The message that belongs to the address of the connection that is being opened.
    late_config: Option<String>,
}

/// From `Terminate` to `Termination` where the service first recognises the audio before it, in ms: up to 10 s of audio
/// are on their way.
const SLOW_TERMINATION_MS: u32 = 90_000;

/// How much audio has to be confirmed until the backoff starts over, in samples: 5 s. No audio is confirmed twice, so a
/// service that fails again and again gets short waits only once for each 5 s of audio that it confirms.
const PROOF: u64 = 5 * SAMPLE_RATE_HZ as u64;

/// When the service reads audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As it comes.
    AtOnce,
    /// Only as fast as it recognises it.
    AsRecognized,
}

/// Whether the open connection was sent `Terminate` at the recording's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Terminate {
    #[default]
    NotSent,
    Sent,
    /// Something was received since.
    Answered,
}

impl Link {
    pub(super) fn new(seed: u32) -> Self {
        Self::with(ConnectionId::default(), Backoff::new(seed))
    }

    fn with(newest: ConnectionId, backoff: Backoff) -> Self {
        Self {
            open: None,
            attempt: Attempt::None,
            closing: None,
            newest,
            window: SendWindow::default(),
            watch: HeartbeatWatch::default(),
            backoff,
            least_wait_ms: 0,
            proved_until: 0,
            terminate: Terminate::NotSent,
            has_connected: false,
            is_attempt_on_suspicion: false,
            was_closed_idle: false,
            reading: Reading::AtOnce,
            late_config: None,
            pending_config: None,
        }
    }

    /// The link of the next recording.
    pub(super) fn reset(&mut self) {
        let mut backoff = self.backoff.clone();
        backoff.reset();
        *self = Self { reading: self.reading, ..Self::with(self.newest, backoff) };
    }

    /// The service reads audio only as fast as it recognises it.
    pub(super) fn expect_slow_reader(&mut self) {
        self.reading = Reading::AsRecognized;
    }

    /// The link of a recording that is resumed and had connections up to this one.
    pub(super) fn resume_after(&mut self, connection: ConnectionId) {
        self.number_after(connection);
        self.has_connected = true;
    }

    /// Numbers the next connections after this one.
    pub(super) fn number_after(&mut self, connection: ConnectionId) {
        self.newest = self.newest.max(connection);
    }

    pub(super) fn open_connection(&self) -> Option<ConnectionId> {
        self.open
    }

    pub(super) fn attempt(&self) -> Attempt {
        self.attempt
    }

    pub(super) fn newest(&self) -> ConnectionId {
        self.newest
    }

    pub(super) fn has_connected(&self) -> bool {
        self.has_connected
    }

    pub(super) fn is_closing(&self, connection: ConnectionId) -> bool {
        self.closing == Some(connection)
    }

    /// Whether there is neither a connection nor an attempt to open one.
    pub(super) fn is_off(&self) -> bool {
        self.open.is_none() && self.attempt == Attempt::None
    }

    /// Whether this connection has a socket.
    pub(super) fn has_socket(&self, connection: ConnectionId) -> bool {
        [self.open, self.closing].contains(&Some(connection)) || self.attempt == Attempt::Begin(connection)
    }

    /// Whether there is an open connection that does not seem dead.
    pub(super) fn is_healthy(&self) -> bool {
        self.open.is_some() && self.watch.health() == LinkHealth::Healthy
    }

    /// Whether a turn has begun and not ended.
    pub(super) fn is_in_a_turn(&self) -> bool {
        self.window.is_in_a_turn()
    }

    /// Samples sent over the newest open connection.
    pub(super) fn sent_samples(&self) -> u64 {
        self.window.sent_samples()
    }

    /// Starts an attempt. An open connection stays in use until the new one is open.
    pub(super) fn connect<M>(&mut self, out: &mut Effects<M>) {
        self.newest.0 += 1;
        self.attempt = Attempt::Token(self.newest);
        out.push(Effect::RequestToken(self.newest));
        out.start(Timer::Token);
    }

    /// There is a token: opens the socket.
    pub(super) fn open_socket<M>(&mut self, id: ConnectionId, url: &str, out: &mut Effects<M>) {
        self.attempt = Attempt::Begin(id);
        out.stop(Timer::Token);
        let (address, message) = split_message(url);
        self.late_config = message.map(str::to_owned);
        out.push(Effect::OpenSocket(id, address.to_owned()));
        out.start(Timer::Begin);
    }

    /// The service has sent `Begin`: this connection is open, and replaces one that was.
    pub(super) fn on_begin<M>(
        &mut self,
        id: ConnectionId,
        expires_at_s: f64,
        audio: &mut Audio,
        out: &mut Effects<M>,
    ) {
        out.stop(Timer::Begin);
        out.stop(Timer::Flush);
        self.attempt = Attempt::None;
        if let Some(old) = self.open.replace(id) {
            out.push(Effect::SendMessage(old, Signal::Terminate));
            out.push(Effect::CloseSocket(old));
        }
        let was_closed_idle = std::mem::take(&mut self.was_closed_idle);
        if std::mem::replace(&mut self.has_connected, true) {
            if !was_closed_idle {
                audio.count_reconnect();
            }
            out.push(Effect::ClearNotice(NoticeKind::Reconnecting));
        }
        self.watch.mark_healthy();
        self.window = SendWindow::open();
        self.terminate = Terminate::NotSent;
        self.finish_closing(out);
        if let Some((from, to)) = audio.give_up_gap() {
            out.push(Effect::ShowGap(ConnectionId(id.0 - 1), from, to));
        }
        out.push(Effect::Connected(id, audio.rewind()));
        if let Some(message) = self.late_config.take() {
            out.push(Effect::SendText(id, message));
        }
        if let Some(message) = self.pending_config.take() {
            out.push(Effect::SendText(id, message));
        }
        out.start(Timer::Stable);
        out.push(Effect::RotateBefore(out.recording, expires_at_s));
        self.on_activity(out);
    }

    /// Applies a change of parameters to the open connection, and to one that is being opened once it is open; later
    /// ones are requested with it.
    pub(super) fn configure<M>(&mut self, message: String, out: &mut Effects<M>) {
        if self.terminate != Terminate::NotSent {
            return;
        }
        if let Some(open) = self.open {
            out.push(Effect::SendText(open, message.clone()));
        }
        self.pending_config = self.attempt.connection().map(|_| message);
    }

    /// Ends the current turn at what has been sent.
    pub(super) fn end_turn<M>(&self, out: &mut Effects<M>) {
        if let Some(open) = self.open {
            out.push(Effect::SendMessage(open, Signal::ForceEndpoint));
        }
    }

    /// Time passes, as many samples of it.
    pub(super) fn advance(&mut self, samples: u64) {
        if self.open.is_some() {
            self.window.advance(samples);
        }
    }

    /// Sends as many frames as may be sent now.
    pub(super) fn send<M>(&mut self, audio: &mut Audio, out: &mut Effects<M>) {
        let Some(open) = self.open else { return };
        while let Some((position, frame)) = audio.next_frame(self.window.budget()) {
            self.send_frame(open, position, frame, out);
        }
    }

    /// Sends the last samples, if they are less than a frame.
    pub(super) fn send_tail<M>(&mut self, audio: &mut Audio, out: &mut Effects<M>) {
        let Some(open) = self.open else { return };
        if let Some((position, frame)) = audio.tail() {
            self.send_frame(open, position, frame, out);
        }
    }

    fn send_frame<M>(&mut self, open: ConnectionId, position: u64, frame: Frame, out: &mut Effects<M>) {
        self.window.sent(position, frame.len() as u64);
        out.push(Effect::SendAudio(open, frame));
    }

    /// All audio is sent: ends the session, and no other is opened.
    pub(super) fn terminate<M>(&mut self, out: &mut Effects<M>) {
        let Some(open) = self.open else { return };
        self.cancel_attempt(out);
        self.terminate = Terminate::Sent;
        out.push(Effect::StopTimers);
        out.push(Effect::SendMessage(open, Signal::Terminate));
        self.start_termination(out);
        out.start(Timer::LastTurns);
    }

    /// Limits the wait for `Termination`, or for the next turn before it.
    fn start_termination<M>(&self, out: &mut Effects<M>) {
        if self.reading == Reading::AsRecognized {
            out.start_for(Timer::Termination, SLOW_TERMINATION_MS);
        } else {
            out.start(Timer::Termination);
        }
    }

    /// A turn was received over this connection, and has confirmed audio or not: if the connection is ending, the wait for
    /// `Termination` starts over, because a slow recogniser is still at work.
    pub(super) fn extend_termination<M>(&self, id: ConnectionId, has_confirmed: bool, out: &mut Effects<M>) {
        if self.closing == Some(id) || self.terminate != Terminate::NotSent {
            self.start_termination(out);
            if has_confirmed {
                out.start(Timer::LastTurns);
            }
        }
    }

    /// Whether anything was received since `Terminate`.
    pub(super) fn has_answered_terminate(&self) -> bool {
        self.terminate == Terminate::Answered
    }

    /// Whether the socket has not sent all that it was given.
    pub(super) fn has_buffered(&self) -> bool {
        self.window.has_buffered()
    }

    /// A message was received over a connection that has a socket.
    pub(super) fn on_message<M>(&mut self, id: ConnectionId, out: &mut Effects<M>) {
        if self.open == Some(id) {
            self.on_activity(out);
        }
        if self.terminate == Terminate::Sent {
            self.terminate = Terminate::Answered;
        }
    }

    /// Converts a turn to recording time, and confirms the audio that it completes.
    pub(super) fn on_turn(&mut self, turn: Turn, audio: &mut Audio) -> Turn {
        let turn = self.window.to_recording_time(turn);
        if let Some((start, end)) = self.window.confirm(&turn) {
            audio.confirm_word(start, end);
        }
        turn
    }

    /// `Heartbeat` was received over the open connection: confirms the silence that it proves.
    pub(super) fn on_heartbeat(&mut self, heartbeat: &Heartbeat, audio: &mut Audio) {
        if let Some(until) = self.window.heartbeat(heartbeat) {
            audio.confirm_silence(until);
        }
    }

    /// `Heartbeat` was received: the service sends them.
    pub(super) fn note_heartbeat(&mut self) {
        self.watch.on_heartbeat();
    }

    /// The open connection is alive: a replacement is abandoned if it was made for no other reason.
    fn on_activity<M>(&mut self, out: &mut Effects<M>) {
        if self.watch.on_activity() {
            self.mark_healthy(out);
        }
        if self.watch.is_limiting() && self.terminate == Terminate::NotSent {
            out.start(Timer::Heartbeat);
        }
    }

    /// No message was received for longer than the time between two heartbeats.
    pub(super) fn on_heartbeat_timeout<M>(&mut self, out: &mut Effects<M>) {
        if self.watch.on_timeout() {
            self.suspect(LinkHealth::Silent, out);
        }
    }

    /// The socket of the open connection has queued this many bytes.
    pub(super) fn on_buffered_amount<M>(&mut self, bytes: u32, now_ms: u64, out: &mut Effects<M>) {
        let before = self.window.transmitted_bytes();
        let stall_ms = match self.reading {
            Reading::AtOnce => STALL_MS,
            Reading::AsRecognized => SLOW_STALL_MS,
        };
        if self.window.on_buffered_amount(bytes, now_ms, stall_ms) {
            self.suspect(LinkHealth::Stalled, out);
        } else if self.window.transmitted_bytes() > before && self.watch.health() == LinkHealth::Stalled {
            self.mark_healthy(out);
        }
    }

    fn mark_healthy<M>(&mut self, out: &mut Effects<M>) {
        self.watch.mark_healthy();
        // An attempt that was under way before has another reason.
        if std::mem::take(&mut self.is_attempt_on_suspicion) {
            self.abandon_attempt(out);
        }
        out.push(Effect::ClearNotice(NoticeKind::Reconnecting));
    }

    /// The open connection may be dead: another is opened, and replaces it unless it proves to be alive first.
    fn suspect<M>(&mut self, health: LinkHealth, out: &mut Effects<M>) {
        if self.terminate != Terminate::NotSent || self.open.is_none() || !self.watch.suspect(health) {
            return;
        }
        out.push(Effect::ShowNotice(Notice::Reconnecting(Failure::Silent)));
        self.is_attempt_on_suspicion = self.attempt == Attempt::None;
        self.start_replacement(out);
    }

    /// Opens another connection while this one is in use, unless one is being opened.
    pub(super) fn start_replacement<M>(&mut self, out: &mut Effects<M>) {
        if self.open.is_some() && self.attempt == Attempt::None {
            self.connect(out);
        }
    }

    /// There is no network.
    pub(super) fn on_offline<M>(&mut self, out: &mut Effects<M>) {
        self.suspect(LinkHealth::Silent, out);
    }

    /// The network is back, or the machine woke up: an open connection may be dead, and a wait ends with one attempt.
    /// That holds also for a wait that was asked for (`Retry-After`): no timer ran while the machine slept, and a limit
    /// may be that of the former network's address. If it still holds, it is asked for again.
    pub(super) fn on_online<M>(&mut self, out: &mut Effects<M>) {
        if self.attempt == Attempt::Waiting {
            out.stop(Timer::Backoff);
            self.connect(out);
        } else {
            self.suspect(LinkHealth::Silent, out);
        }
    }

    /// Somebody waits for a connection: an attempt that waits is made now, unless it has a least wait.
    pub(super) fn connect_now<M>(&mut self, out: &mut Effects<M>) {
        if self.is_off() || self.attempt == Attempt::Waiting && self.least_wait_ms == 0 {
            out.stop(Timer::Backoff);
            self.connect(out);
        }
    }

    /// The wait before the next attempt is over.
    pub(super) fn on_backoff<M>(&mut self, out: &mut Effects<M>) {
        if self.attempt == Attempt::Waiting {
            self.connect(out);
        }
    }

    /// The connection has been open for a while: the backoff starts over after its loss.
    pub(super) fn on_stable(&mut self) {
        self.backoff.reset();
    }

    /// Waits for the next attempt, `at_least_ms` or what the backoff says. It starts over if the service has done its work
    /// meanwhile: audio is confirmed up to this position.
    pub(super) fn wait<M>(
        &mut self,
        at_least_ms: u32,
        confirmed: u64,
        failure: Failure<M>,
        out: &mut Effects<M>,
    ) {
        if confirmed >= self.proved_until + PROOF {
            self.proved_until = confirmed;
            self.backoff.reset();
        }
        self.attempt = Attempt::Waiting;
        self.least_wait_ms = at_least_ms;
        let wait_ms = self.backoff.next_ms().max(at_least_ms);
        if !self.is_healthy() {
            out.push(Effect::ShowNotice(Notice::Reconnecting(failure)));
        }
        out.start_for(Timer::Backoff, wait_ms);
    }

    /// The open connection is lost; returns whether there was one.
    pub(super) fn on_lost<M>(&mut self, out: &mut Effects<M>) -> bool {
        let Some(open) = self.open.take() else { return false };
        self.watch.on_lost();
        self.terminate = Terminate::NotSent;
        out.push(Effect::CloseSocket(open));
        for timer in [Timer::Heartbeat, Timer::Stable, Timer::Rotation, Timer::Pace] {
            out.stop(timer);
        }
        true
    }

    /// Ends the attempt under way, or the wait for one.
    pub(super) fn abandon_attempt<M>(&mut self, out: &mut Effects<M>) {
        for timer in [Timer::Token, Timer::Begin, Timer::Backoff] {
            out.stop(timer);
        }
        self.cancel_attempt(out);
    }

    fn cancel_attempt<M>(&mut self, out: &mut Effects<M>) {
        match std::mem::take(&mut self.attempt) {
            Attempt::None | Attempt::Waiting => {}
            Attempt::Token(id) => out.push(Effect::AbandonToken(id)),
            Attempt::Begin(id) => out.push(Effect::CloseSocket(id)),
        }
    }

    /// Ends the session of a recording that is paused; its last turns are still received.
    pub(super) fn close_idle<M>(&mut self, out: &mut Effects<M>) {
        self.abandon_attempt(out);
        for timer in [Timer::Heartbeat, Timer::Stable, Timer::Rotation] {
            out.stop(timer);
        }
        self.watch.mark_healthy();
        out.push(Effect::ClearNotice(NoticeKind::Reconnecting));
        self.closing = self.open.take();
        if let Some(closing) = self.closing {
            self.was_closed_idle = true;
            out.push(Effect::SendMessage(closing, Signal::Terminate));
            self.start_termination(out);
            out.start(Timer::LastTurns);
        }
    }

    /// Closes the connection that a pause has ended: it has sent its last turns, or nothing in time.
    pub(super) fn finish_closing<M>(&mut self, out: &mut Effects<M>) {
        if let Some(closing) = self.closing.take() {
            out.stop(Timer::Termination);
            out.stop(Timer::LastTurns);
            out.push(Effect::CloseSocket(closing));
        }
    }

    /// Ends the session without waiting for its end.
    pub(super) fn leave<M>(&mut self, audio: &mut Audio, out: &mut Effects<M>) {
        let Some(open) = self.open.filter(|_| self.terminate == Terminate::NotSent) else { return };
        self.send(audio, out);
        self.send_tail(audio, out);
        out.push(Effect::SendMessage(open, Signal::Terminate));
    }

    /// Closes all sockets and cancels all requests.
    pub(super) fn close_all<M>(&mut self, out: &mut Effects<M>) {
        for socket in [self.open.take(), self.closing.take()].into_iter().flatten() {
            out.push(Effect::CloseSocket(socket));
        }
        self.cancel_attempt(out);
        self.watch.mark_healthy();
        self.terminate = Terminate::NotSent;
    }
}

#[cfg(test)]
mod tests;
