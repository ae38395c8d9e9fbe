use assemblyai_protocol::{Begin, Retry, ServerMessage, Signal, Termination, Turn};

use super::{Effect, Handshake, Heartbeats, LinkHealth, SendWindow, Session, State, Timer};
use crate::failure::Failure;
use crate::journal::{FRAME_SAMPLES, SAMPLE_RATE_HZ};
use crate::notice::{Notice, NoticeKind};
use crate::turn::ConnectionId;

/// The connection, from the token to the end.
impl<M> Session<M> {
    /// A new attempt. What is open stays so until this one is of use.
    pub(super) fn connect(&mut self) -> Vec<Effect<M>> {
        self.connection.0 += 1;
        self.link.making = Some((self.connection, Handshake::Token));
        vec![Effect::RequestToken(self.connection), self.wait(Timer::Token)]
    }

    pub(super) fn open_socket(&mut self, id: ConnectionId, url: String) -> Vec<Effect<M>> {
        self.link.making = Some((id, Handshake::Begin));
        vec![Effect::StopTimer(Timer::Token), Effect::OpenSocket(id, url), self.wait(Timer::Begin)]
    }

    /// The connection is open: what is not confirmed goes first.
    pub(super) fn begin(&mut self, id: ConnectionId, begin: &Begin) -> Vec<Effect<M>> {
        let mut effects = vec![Effect::StopTimer(Timer::Begin), Effect::StopTimer(Timer::Finish)];
        self.link.making = None;
        self.is_limited = false;
        if let Some(old) = self.link.open.replace(id) {
            effects.extend([Effect::SendMessage(old, Signal::Terminate), Effect::CloseSocket(old)]);
        }
        if self.has_begun {
            self.stats.reconnects += 1;
            effects.push(Effect::ClearNotice(NoticeKind::Reconnecting));
        }
        self.has_begun = true;
        self.doubt = None;
        self.send_window = SendWindow::open();
        effects.extend(self.finish_closing());
        if let Some((from, to)) = self.give_up_gap() {
            effects.push(Effect::ShowGap(ConnectionId(id.0 - 1), from, to));
        }
        effects.push(Effect::Connected(id, self.journal.rewind()));
        effects.extend(self.configuration.take().map(|message| Effect::SendText(id, message)));
        effects.push(self.wait(Timer::Healthy));
        effects.push(Effect::RotateBefore(self.recording, begin.expires_at));
        effects.extend(self.on_activity());
        effects.extend(self.send_late());
        effects
    }

    /// What is dropped will not be heard by anybody.
    pub(super) fn give_up_gap(&mut self) -> Option<(u64, u64)> {
        let (from, to) = self.journal.gap()?;
        self.journal.forget_gap();
        self.stats.dropped += to - from;
        self.stats.given_up += to - from;
        Some((from, to))
    }

    /// Ends the turn at what has been sent.
    pub(super) fn end_turn(&self) -> Vec<Effect<M>> {
        self.link.open.map(|open| Effect::SendMessage(open, Signal::ForceEndpoint)).into_iter().collect()
    }

    /// The open connection is told of other wishes, and one that is on its way as soon as it is open: those after it
    /// are asked for with them.
    pub(super) fn configure(&mut self, message: String) -> Vec<Effect<M>> {
        if self.state == State::Terminating {
            return vec![];
        }
        let told = self.link.open.map(|open| Effect::SendText(open, message.clone()));
        self.configuration = self.link.making.is_some().then_some(message);
        told.into_iter().collect()
    }

    /// As many frames as may go now.
    pub(super) fn send(&mut self) -> Vec<Effect<M>> {
        let Some(open) = self.link.open else { return vec![] };
        let mut effects = vec![];
        loop {
            let position = self.journal.next_position();
            let Some(frame) = self.journal.next_frame(self.send_window.budget()) else { return effects };
            effects.push(self.sent(open, position, frame));
        }
    }

    /// What is less than a frame, at the end.
    pub(super) fn send_tail(&mut self) -> Option<Effect<M>> {
        let open = self.link.open?;
        let position = self.journal.next_position();
        let tail = self.journal.tail()?;
        Some(self.sent(open, position, tail))
    }

    fn sent(&mut self, open: ConnectionId, position: u64, frame: Vec<i16>) -> Effect<M> {
        let samples = frame.len() as u64;
        self.send_window.sent(position, samples);
        self.stats.sent += samples;
        Effect::SendAudio(open, frame)
    }

    /// What is late, at its pace, also where nothing is captured that could set it.
    pub(super) fn send_late(&mut self) -> Vec<Effect<M>> {
        match self.state {
            State::Flushing => self.send_rest(),
            State::Paused(_) => {
                let mut effects = self.send();
                if self.journal.unsent() >= FRAME_SAMPLES as u64 {
                    effects.push(self.wait(Timer::Pace));
                }
                effects
            }
            _ => self.send(),
        }
    }

    /// Capture is over: the rest at its pace, then the end.
    pub(super) fn send_rest(&mut self) -> Vec<Effect<M>> {
        let Some(open) = self.link.open else { return vec![] };
        let mut effects = self.send();
        effects.extend(self.send_tail());
        if self.journal.unsent() > 0 {
            effects.push(self.wait(Timer::Pace));
            return effects;
        }
        let making = self.link.making.take();
        effects.extend(making.map(|(id, handshake)| abandon(id, handshake)));
        self.link.is_waiting = false;
        self.is_limited = false;
        self.send_window.has_answered = false;
        self.state = State::Terminating;
        effects.extend([
            Effect::StopTimers,
            Effect::SendMessage(open, Signal::Terminate),
            self.wait(Timer::Termination),
        ]);
        effects
    }

    /// A message of a connection that is in use.
    pub(super) fn received(&mut self, id: ConnectionId, message: ServerMessage) -> Vec<Effect<M>> {
        let is_open = self.link.open == Some(id);
        if is_open && matches!(message, ServerMessage::Heartbeat(_)) {
            self.heartbeats = Heartbeats::Seen;
        }
        let mut effects = if is_open { self.on_activity() } else { vec![] };
        self.send_window.has_answered = true;
        effects.extend(match message {
            ServerMessage::Turn(turn) if self.link.making.is_none_or(|(making, _)| making != id) => {
                self.turn(id, turn)
            }
            ServerMessage::Heartbeat(heartbeat) if is_open => {
                if let Some(until) = self.send_window.heartbeat(&heartbeat) {
                    self.journal.confirm_silence(until);
                }
                if matches!(self.state, State::Flushing | State::Paused(_)) {
                    self.send_late()
                } else {
                    vec![]
                }
            }
            ServerMessage::SpeakerRevision(revision) => vec![Effect::ReviseSpeakers(id, revision)],
            ServerMessage::Error(error) => {
                self.closed(id, Failure::Service { code: error.error_code, text: error.error })
            }
            ServerMessage::Termination(termination) if self.link.ending == Some(id) => {
                let mut effects = self.terminated(&termination);
                effects.extend(self.finish_closing());
                effects
            }
            ServerMessage::Termination(_) => self.closed(id, Failure::EndedByService),
            _ => vec![],
        });
        effects
    }

    fn turn(&mut self, id: ConnectionId, turn: Turn) -> Vec<Effect<M>> {
        let turn = self.send_window.to_recording_time(turn);
        if let Some((start, end)) = self.send_window.confirm(&turn) {
            self.journal.confirm_word(start, end);
        }
        vec![Effect::ShowTurn(id, turn)]
    }

    /// The service has said all: there is nothing to hear again, and its count is compared with ours.
    pub(super) fn terminated(&mut self, termination: &Termination) -> Vec<Effect<M>> {
        self.journal.confirm_silence(self.journal.next_position());
        let sent_s = self.send_window.sent_samples() as f64 / f64::from(SAMPLE_RATE_HZ);
        // The service tells whole seconds, rounded; what it does not tell cannot differ.
        let Some(received_s) = termination.audio_duration_s.filter(|s| (s - sent_s).abs() > 1.0) else {
            return vec![];
        };
        let (received_s, sent_s) = (received_s.round() as u64, sent_s.round() as u64);
        self.stats.miscounted_s = Some((received_s, sent_s));
        vec![Effect::ShowNotice(Notice::Miscounted { received_s, sent_s })]
    }

    /// The open connection lives: it needs no other to take over, if that was why one is being made.
    fn on_activity(&mut self) -> Vec<Effect<M>> {
        let mut effects = vec![];
        if self.doubt == Some(LinkHealth::Silent) {
            effects.extend(self.mark_healthy());
            if self.heartbeats == Heartbeats::Missed {
                self.heartbeats = Heartbeats::Absent; // It lives, and sends none.
            }
        }
        if self.heartbeats != Heartbeats::Absent && self.state != State::Terminating {
            effects.push(self.wait(Timer::Heartbeat));
        }
        effects
    }

    /// Nothing has come for longer than from one heartbeat to the next.
    pub(super) fn no_heartbeat(&mut self) -> Vec<Effect<M>> {
        self.heartbeats = match self.heartbeats {
            Heartbeats::Expected => Heartbeats::Missed,
            Heartbeats::Missed => Heartbeats::Absent,
            known => known,
        };
        if self.heartbeats == Heartbeats::Absent { vec![] } else { self.doubt(LinkHealth::Silent) }
    }

    /// The socket holds back so many bytes.
    pub(super) fn unsent(&mut self, bytes: u32) -> Vec<Effect<M>> {
        let had_moved = self.send_window.moved_bytes();
        if self.send_window.on_buffered_amount(bytes) {
            return self.doubt(LinkHealth::Stalled);
        }
        let moves = self.send_window.moved_bytes() > had_moved;
        if moves && self.doubt == Some(LinkHealth::Stalled) { self.mark_healthy() } else { vec![] }
    }

    fn mark_healthy(&mut self) -> Vec<Effect<M>> {
        self.doubt = None;
        // One that was under way before has another reason.
        let mut effects =
            if std::mem::take(&mut self.is_attempt_of_doubt) { self.abandon_attempt() } else { vec![] };
        effects.push(Effect::ClearNotice(NoticeKind::Reconnecting));
        effects
    }

    /// The open connection may be dead: another is made, and takes over unless a message comes.
    pub(super) fn doubt(&mut self, doubt: LinkHealth) -> Vec<Effect<M>> {
        if self.state == State::Terminating || self.link.open.is_none() || self.doubt.is_some() {
            return vec![];
        }
        self.doubt = Some(doubt);
        let mut effects = vec![Effect::ShowNotice(Notice::Reconnecting(Failure::Silent))];
        let start_replacement = self.start_replacement();
        self.is_attempt_of_doubt = !start_replacement.is_empty();
        effects.extend(start_replacement);
        effects
    }

    /// Another connection is made while this one is open.
    pub(super) fn start_replacement(&mut self) -> Vec<Effect<M>> {
        let is_under_way = self.link.making.is_some() || self.link.is_waiting;
        if self.link.open.is_none() || is_under_way { vec![] } else { self.connect() }
    }

    pub(super) fn online(&mut self) -> Vec<Effect<M>> {
        if !self.link.is_waiting {
            return self.doubt(LinkHealth::Silent);
        }
        self.link.is_waiting = false;
        let mut effects = vec![Effect::StopTimer(Timer::Backoff)];
        effects.extend(self.connect());
        effects
    }

    /// A connection is closed from the other side.
    pub(super) fn closed(&mut self, id: ConnectionId, failure: Failure<M>) -> Vec<Effect<M>> {
        if self.link.making.is_some_and(|(making, _)| making == id) {
            return self.attempt_failed(failure);
        }
        if self.link.ending == Some(id) {
            return self.finish_closing();
        }
        self.lost(failure)
    }

    /// The open connection is gone.
    fn lost(&mut self, failure: Failure<M>) -> Vec<Effect<M>> {
        // Where the end gets lost again and again, so will the next; while audio is sent, some of it arrives.
        let most = if self.state == State::Terminating { 1 } else { 5 };
        if matches!(self.state, State::Flushing | State::Terminating) {
            self.ends_lost += 1;
            if self.ends_lost > most {
                return self.end(Some(failure));
            }
        }
        let Some(open) = self.link.open.take() else { return vec![] };
        self.doubt = None;
        if self.heartbeats == Heartbeats::Missed {
            self.heartbeats = Heartbeats::Expected; // It ended before it could have sent one.
        }
        let mut effects = vec![Effect::CloseSocket(open)];
        effects
            .extend([Timer::Heartbeat, Timer::Healthy, Timer::Rotation, Timer::Pace].map(Effect::StopTimer));
        if self.link.making.is_some() || self.link.is_waiting {
            effects.push(Effect::ShowNotice(Notice::Reconnecting(failure))); // Another is on its way.
            return effects;
        }
        // Who has paused says nothing; what was said and is not final is heard anew all the same.
        if !matches!(self.state, State::Paused(_))
            || self.send_window.is_in_a_turn()
            || self.journal.unsent() > 0
        {
            effects.extend(self.try_again(failure));
        }
        effects
    }

    /// Neither `Termination` nor a close. Where nothing at all came, the connection was dead, and the end of the
    /// recording is told to another one; once.
    pub(super) fn no_termination(&mut self) -> Vec<Effect<M>> {
        let is_all_told = self.journal.confirmed() == self.journal.captured();
        if !self.send_window.is_holding_back() && (self.send_window.has_answered || is_all_told) {
            return self.end(Some(Failure::NoTermination));
        }
        self.lost(Failure::NoTermination)
    }

    /// The attempt under way has come to nothing.
    pub(super) fn attempt_failed(&mut self, failure: Failure<M>) -> Vec<Effect<M>> {
        let mut effects = self.abandon_attempt();
        effects.extend(if self.has_begun { self.try_again(failure) } else { self.end(Some(failure)) });
        effects
    }

    /// Waits for the next attempt, or ends where it would be in vain.
    fn try_again(&mut self, failure: Failure<M>) -> Vec<Effect<M>> {
        let at_least_ms = match failure.retry() {
            // A connection that is not known to be dead goes on as long as it does.
            Retry::No if self.link.open.is_some() && self.doubt.is_none() => return vec![],
            Retry::No => return self.end(Some(failure)),
            Retry::Yes => 0,
            Retry::AfterSeconds(seconds) => seconds.saturating_mul(1000),
        };
        let mut effects = vec![];
        if self.state == State::Terminating {
            self.state = State::Flushing;
        }
        if self.state == State::Flushing {
            effects.extend(self.limit());
        }
        self.link.is_waiting = true;
        let wait_ms = self.backoff.next_ms().max(at_least_ms);
        if self.link.open.is_none() || self.doubt.is_some() {
            effects.push(Effect::ShowNotice(Notice::Reconnecting(failure)));
        }
        effects.push(Effect::StartTimer(self.recording, Timer::Backoff, wait_ms));
        effects
    }

    /// Ends the attempt under way, or the wait for one.
    fn abandon_attempt(&mut self) -> Vec<Effect<M>> {
        self.link.is_waiting = false;
        let mut effects: Vec<Effect<M>> =
            [Timer::Token, Timer::Begin, Timer::Backoff].map(Effect::StopTimer).into();
        effects.extend(self.link.making.take().map(|(id, handshake)| abandon(id, handshake)));
        effects
    }

    /// A pause has lasted: the connection says its last.
    pub(super) fn close_idle(&mut self) -> Vec<Effect<M>> {
        let is_late = self.journal.unsent() >= FRAME_SAMPLES as u64;
        if is_late || self.send_window.is_in_a_turn() && self.link.open.is_none() {
            return vec![self.wait(Timer::Pause)]; // What was said before is still to be heard.
        }
        let mut effects = self.abandon_attempt();
        effects.extend([Timer::Heartbeat, Timer::Healthy, Timer::Rotation].map(Effect::StopTimer));
        self.doubt = None;
        effects.push(Effect::ClearNotice(NoticeKind::Reconnecting));
        self.link.ending = self.link.open.take();
        if let Some(ending) = self.link.ending {
            effects.extend([Effect::SendMessage(ending, Signal::Terminate), self.wait(Timer::Termination)]);
        }
        effects
    }

    /// It has said its last, or nothing more in time.
    pub(super) fn finish_closing(&mut self) -> Vec<Effect<M>> {
        let Some(ending) = self.link.ending.take() else { return vec![] };
        vec![Effect::StopTimer(Timer::Termination), Effect::CloseSocket(ending)]
    }

    /// Lets go of all sockets and token calls.
    pub(super) fn drop_link(&mut self) -> Vec<Effect<M>> {
        let link = std::mem::take(&mut self.link);
        self.doubt = None;
        let sockets = [link.open, link.ending].into_iter().flatten().map(Effect::CloseSocket);
        sockets.chain(link.making.map(|(id, handshake)| abandon(id, handshake))).collect()
    }
}

fn abandon<M>(id: ConnectionId, handshake: Handshake) -> Effect<M> {
    match handshake {
        Handshake::Token => Effect::AbandonToken(id),
        Handshake::Begin => Effect::CloseSocket(id),
    }
}
