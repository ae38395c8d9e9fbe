use assemblyai_protocol::{Begin, Retry, ServerMessage, Termination};

use super::{Attempt, Effect, Effects, Failure, Session, State, Timer, TokenFailure};
use crate::journal::{self, FRAME_SAMPLES, SAMPLE_RATE_HZ};
use crate::notice::Notice;
use crate::turn::ConnectionId;

/// The shortest wait after a refusal, in ms: somebody has to act first.
const REFUSED_WAIT_MS: u32 = 5_000;

/// Where the recording's state and its connection meet: what is sent when, and what follows from a lost connection.
impl<M> Session<M> {
    fn on_begin(&mut self, id: ConnectionId, begin: &Begin, out: &mut Effects<M>) {
        self.ending.lift_limit();
        self.refusal = None;
        self.link.on_begin(id, begin.expires_at, &mut self.audio, out);
        self.send_late(out);
    }

    /// Sends late audio as fast as it may be sent, also while no captured audio sets the pace.
    pub(super) fn send_late(&mut self, out: &mut Effects<M>) {
        if self.state == State::Flushing {
            return self.send_rest(out);
        }
        self.link.send(&mut self.audio, out);
        if matches!(self.state, State::Paused(_)) && self.journal().unsent() >= FRAME_SAMPLES as u64 {
            out.start(Timer::Pace);
        }
    }

    /// Capture is over: sends the rest as fast as it may be sent, then ends the session.
    pub(super) fn send_rest(&mut self, out: &mut Effects<M>) {
        if self.link.open_connection().is_none() {
            return;
        }
        self.link.send(&mut self.audio, out);
        self.link.send_tail(&mut self.audio, out);
        if self.journal().unsent() > 0 {
            return out.start(Timer::Pace);
        }
        self.link.terminate(out);
        self.ending.lift_limit();
        self.state = State::Terminating;
    }

    /// A second has passed in which nothing was captured.
    pub(super) fn pace(&mut self, out: &mut Effects<M>) {
        self.link.advance(u64::from(Timer::Pace.limit_ms()) * u64::from(SAMPLE_RATE_HZ / 1000));
        self.send_late(out);
    }

    /// A message of a connection that has a socket.
    pub(super) fn received(&mut self, id: ConnectionId, message: ServerMessage, out: &mut Effects<M>) {
        let is_opening = self.link.attempt().connection() == Some(id);
        let is_open = self.link.open_connection() == Some(id);
        match &message {
            ServerMessage::Begin(begin) if is_opening => return self.on_begin(id, begin, out),
            ServerMessage::Termination(termination) if is_open && self.state == State::Terminating => {
                self.on_termination(termination, out);
                return self.complete(out);
            }
            _ => {}
        }
        if is_open && matches!(message, ServerMessage::Heartbeat(_)) {
            self.link.note_heartbeat();
        }
        self.link.on_message(id, out);
        match message {
            ServerMessage::Turn(turn) if !is_opening => {
                let confirmed = self.journal().confirmed();
                let turn = self.link.on_turn(turn, &mut self.audio);
                self.link.extend_termination(id, self.journal().confirmed() > confirmed, out);
                if let Some(word) = turn.words.last() {
                    let until = journal::position(word.end_ms);
                    self.standby.on_words(self.journal().captured().saturating_sub(until));
                }
                out.push(Effect::ShowTurn(id, turn));
            }
            ServerMessage::Heartbeat(heartbeat) if is_open => {
                self.link.on_heartbeat(&heartbeat, &mut self.audio);
                if matches!(self.state, State::Flushing | State::Paused(_)) {
                    self.send_late(out);
                }
            }
            ServerMessage::SpeakerRevision(revision) => out.push(Effect::ReviseSpeakers(id, revision)),
            ServerMessage::Error(error) => {
                let failure = Failure::Service { code: error.error_code, text: error.error };
                self.connection_ended(id, failure, out);
            }
            ServerMessage::Termination(termination) if self.link.is_closing(id) => {
                self.on_termination(&termination, out);
                self.closing_ended(out);
            }
            ServerMessage::Termination(_) => self.connection_ended(id, Failure::EndedByService, out),
            // `Begin` is handled above; the others mean nothing to a session, or nothing now.
            ServerMessage::Begin(_)
            | ServerMessage::Turn(_)
            | ServerMessage::Heartbeat(_)
            | ServerMessage::SpeechStarted(_)
            | ServerMessage::LlmGatewayResponse(_)
            | ServerMessage::Silence(_)
            | ServerMessage::Warning(_)
            | ServerMessage::Unknown(_) => {}
        }
    }

    /// The service has sent all turns of a connection.
    fn on_termination(&mut self, termination: &Termination, out: &mut Effects<M>) {
        let sent_samples = self.link.sent_samples();
        if let Some((received_s, sent_s)) = self.audio.on_termination(termination, sent_samples) {
            out.push(Effect::ShowNotice(Notice::Miscounted { received_s, sent_s }));
        }
    }

    /// The other side has closed a connection that has a socket.
    pub(super) fn closed(&mut self, id: ConnectionId, code: u16, reason: String, out: &mut Effects<M>) {
        let is_open = self.link.open_connection() == Some(id);
        if is_open && self.state == State::Terminating && code == 1000 {
            self.complete(out);
        } else {
            self.connection_ended(id, Failure::Closed { code, reason }, out);
        }
    }

    fn connection_ended(&mut self, id: ConnectionId, failure: Failure<M>, out: &mut Effects<M>) {
        if self.link.attempt().connection() == Some(id) {
            self.attempt_failed(failure, out);
        } else if self.link.is_closing(id) {
            self.closing_ended(out);
        } else {
            self.connection_lost(failure, out);
        }
    }

    /// The open connection is gone.
    fn connection_lost(&mut self, failure: Failure<M>, out: &mut Effects<M>) {
        let is_terminating = self.state == State::Terminating;
        if is_terminating || self.state == State::Flushing {
            let confirmed = self.journal().confirmed();
            if !self.ending.on_lost(is_terminating, confirmed) {
                return self.fail(failure, out);
            }
        }
        if !self.link.on_lost(out) {
            return;
        }
        if self.link.attempt() != Attempt::None {
            return out.push(Effect::ShowNotice(Notice::Reconnecting(failure)));
        }
        // While paused there is no audio to send; a turn that is not final needs another connection all the same.
        let is_idle = matches!(self.state, State::Paused(_));
        if !is_idle || self.link.is_in_a_turn() || self.journal().unsent() > 0 {
            self.retry(failure, out);
        }
    }

    /// Neither `Termination` nor a close came in time. If nothing at all came, the connection was dead, and the end of
    /// the recording is sent over another one, once.
    fn no_termination(&mut self, out: &mut Effects<M>) {
        let was_alive = self.link.has_answered_terminate() || self.audio.is_confirmed();
        if was_alive && !self.link.has_buffered() {
            self.fail(Failure::NoTermination, out);
        } else {
            self.connection_lost(Failure::NoTermination, out);
        }
    }

    /// The attempt under way has failed.
    pub(super) fn attempt_failed(&mut self, failure: Failure<M>, out: &mut Effects<M>) {
        self.link.abandon_attempt(out);
        let can_wait = self.waits_for_service && failure.retry() != Retry::No;
        if self.link.has_connected() || can_wait {
            self.retry(failure, out);
        } else {
            self.fail(failure, out);
        }
    }

    /// Waits for the next attempt. Once a session has worked, a refusal is tried again too: while the user signs in again
    /// or adds credit, the journal keeps what is said.
    fn retry(&mut self, failure: Failure<M>, out: &mut Effects<M>) {
        let at_least_ms = match failure.retry() {
            Retry::No => REFUSED_WAIT_MS,
            Retry::Yes => 0,
            Retry::AfterSeconds(seconds) => seconds.saturating_mul(1000),
        };
        self.refusal = failure.refusal();
        if self.state == State::Terminating {
            self.state = State::Flushing;
        }
        if self.state == State::Flushing {
            self.limit_flushing(out);
        }
        self.link.wait(at_least_ms, self.audio.journal().confirmed(), failure, out);
    }

    /// A timer of the connection fired.
    pub(super) fn link_timer_fired(&mut self, timer: Timer, out: &mut Effects<M>) {
        match (timer, self.link.attempt()) {
            (Timer::Token, Attempt::Token(_)) => {
                self.attempt_failed(Failure::Token(TokenFailure::TooSlow), out);
            }
            (Timer::Begin, Attempt::Begin(_)) => self.attempt_failed(Failure::NoBegin, out),
            (Timer::Backoff, _) => self.link.on_backoff(out),
            (Timer::Stable, _) => self.link.on_stable(),
            (Timer::Rotation, _) => self.link.start_replacement(out),
            (Timer::Heartbeat, _) => self.link.on_heartbeat_timeout(out),
            (Timer::Termination | Timer::LastTurns, _) if self.state == State::Terminating => {
                self.no_termination(out);
            }
            (Timer::Termination | Timer::LastTurns, _) => self.closing_ended(out),
            _ => {}
        }
    }
}
