use assemblyai_protocol::{Begin, Retry, ServerMessage, Signal, Termination, Turn};

use super::{Channel, ConnectionId, Doubt, Effect, Handshake, Heartbeats, Session, State, Timer};
use crate::failure::Failure;
use crate::journal::{FRAME_SAMPLES, SAMPLE_RATE_HZ};
use crate::notice::Notice;

/// The connection, from the token to the end.
impl Session {
    /// A new attempt. What is open stays so until this one is of use.
    pub(super) fn connect(&mut self) -> Vec<Effect> {
        self.connection.0 += 1;
        self.link.making = Some((self.connection, Handshake::Token));
        vec![Effect::RequestToken(self.connection), self.wait(Timer::Token)]
    }

    pub(super) fn open_socket(&mut self, id: ConnectionId, url: String) -> Vec<Effect> {
        self.link.making = Some((id, Handshake::Begin));
        vec![Effect::StopTimer(Timer::Token), Effect::OpenSocket(id, url), self.wait(Timer::Begin)]
    }

    /// The connection is open: what is not confirmed goes first.
    pub(super) fn begin(&mut self, id: ConnectionId, begin: &Begin) -> Vec<Effect> {
        let mut effects = vec![Effect::StopTimer(Timer::Begin), Effect::StopTimer(Timer::Finish)];
        self.link.making = None;
        self.is_limited = false;
        if let Some(old) = self.link.open.replace(id) {
            effects.extend([Effect::Say(old, Signal::Terminate), Effect::CloseSocket(old)]);
        }
        if self.has_begun {
            self.ledger.reconnects += 1;
            effects.push(Effect::Unnotify(Notice::Reconnecting(Failure::NoBegin)));
        }
        self.has_begun = true;
        self.doubt = None;
        self.channel = Channel::open();
        effects.extend(self.end_of_the_paused());
        if let Some((from, to)) = self.give_up_gap() {
            effects.push(Effect::ShowGap(ConnectionId(id.0 - 1), from, to));
        }
        effects.push(Effect::Connected(id, self.journal.rewind()));
        effects.extend(self.configuration.take().map(|message| Effect::SayText(id, message)));
        effects.push(self.wait(Timer::Healthy));
        effects.push(Effect::RotateBefore(self.run, begin.expires_at));
        effects.extend(self.life_sign());
        effects.extend(self.send_late());
        effects
    }

    /// What is dropped will not be heard by anybody.
    pub(super) fn give_up_gap(&mut self) -> Option<(u64, u64)> {
        let (from, to) = self.journal.gap()?;
        self.journal.forget_gap();
        self.ledger.dropped += to - from;
        self.ledger.given_up += to - from;
        Some((from, to))
    }

    /// Ends the turn at what has been sent.
    pub(super) fn end_turn(&self) -> Vec<Effect> {
        self.link.open.map(|open| Effect::Say(open, Signal::ForceEndpoint)).into_iter().collect()
    }

    /// The open connection is told of other wishes, and one that is on its way as soon as it is open: those after it
    /// are asked for with them.
    pub(super) fn configure(&mut self, message: String) -> Vec<Effect> {
        if self.state == State::Terminating {
            return vec![];
        }
        let told = self.link.open.map(|open| Effect::SayText(open, message.clone()));
        self.configuration = self.link.making.is_some().then_some(message);
        told.into_iter().collect()
    }

    /// As many frames as may go now.
    pub(super) fn send(&mut self) -> Vec<Effect> {
        let Some(open) = self.link.open else { return vec![] };
        let mut effects = vec![];
        loop {
            let position = self.journal.next_position();
            let Some(frame) = self.journal.next_frame(self.channel.allowed()) else { return effects };
            effects.push(self.sent(open, position, frame));
        }
    }

    /// What is less than a frame, at the end.
    pub(super) fn send_tail(&mut self) -> Option<Effect> {
        let open = self.link.open?;
        let position = self.journal.next_position();
        let tail = self.journal.tail()?;
        Some(self.sent(open, position, tail))
    }

    fn sent(&mut self, open: ConnectionId, position: u64, frame: Vec<i16>) -> Effect {
        let samples = frame.len() as u64;
        self.channel.sent(position, samples);
        self.ledger.sent += samples;
        Effect::SendAudio(open, frame)
    }

    /// What is late, at its pace, also where nothing is captured that could set it.
    pub(super) fn send_late(&mut self) -> Vec<Effect> {
        match self.state {
            State::Finishing => self.send_rest(),
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
    pub(super) fn send_rest(&mut self) -> Vec<Effect> {
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
        self.channel.has_answered = false;
        self.state = State::Terminating;
        effects.extend([
            Effect::StopTimers,
            Effect::Say(open, Signal::Terminate),
            self.wait(Timer::Termination),
        ]);
        effects
    }

    /// A message of a connection that is in use.
    pub(super) fn received(&mut self, id: ConnectionId, message: ServerMessage) -> Vec<Effect> {
        let is_open = self.link.open == Some(id);
        if is_open && matches!(message, ServerMessage::Heartbeat(_)) {
            self.heartbeats = Heartbeats::Seen;
        }
        let mut effects = if is_open { self.life_sign() } else { vec![] };
        self.channel.has_answered = true;
        effects.extend(match message {
            ServerMessage::Turn(turn) if self.link.making.is_none_or(|(making, _)| making != id) => {
                self.turn(id, turn)
            }
            ServerMessage::Heartbeat(heartbeat) if is_open => {
                if let Some(until) = self.channel.heartbeat(&heartbeat) {
                    self.journal.confirm_silence(until);
                }
                if matches!(self.state, State::Finishing | State::Paused(_)) {
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
                effects.extend(self.end_of_the_paused());
                effects
            }
            ServerMessage::Termination(_) => self.closed(id, Failure::EndedByService),
            _ => vec![],
        });
        effects
    }

    fn turn(&mut self, id: ConnectionId, turn: Turn) -> Vec<Effect> {
        let turn = self.channel.on_the_clock(turn);
        if let Some((start, end)) = self.channel.tell(&turn) {
            self.journal.confirm_word(start, end);
        }
        vec![Effect::ShowTurn(id, turn)]
    }

    /// The service has said all: there is nothing to hear again, and its count is compared with ours.
    pub(super) fn terminated(&mut self, termination: &Termination) -> Vec<Effect> {
        self.journal.confirm_silence(self.journal.next_position());
        let sent_s = self.channel.sent_samples() as f64 / f64::from(SAMPLE_RATE_HZ);
        // The service tells whole seconds, rounded; what it does not tell cannot differ.
        let Some(received_s) = termination.audio_duration_s.filter(|s| (s - sent_s).abs() > 1.0) else {
            return vec![];
        };
        let (received_s, sent_s) = (received_s.round() as u64, sent_s.round() as u64);
        self.ledger.miscounted_s = Some((received_s, sent_s));
        vec![Effect::Notify(Notice::Miscounted { received_s, sent_s })]
    }

    /// The open connection lives: it needs no other to take over, if that was why one is being made.
    fn life_sign(&mut self) -> Vec<Effect> {
        let mut effects = vec![];
        if self.doubt == Some(Doubt::Silent) {
            effects.extend(self.trust());
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
    pub(super) fn no_heartbeat(&mut self) -> Vec<Effect> {
        self.heartbeats = match self.heartbeats {
            Heartbeats::Expected => Heartbeats::Missed,
            Heartbeats::Missed => Heartbeats::Absent,
            known => known,
        };
        if self.heartbeats == Heartbeats::Absent { vec![] } else { self.doubt(Doubt::Silent) }
    }

    /// The socket holds back so many bytes.
    pub(super) fn unsent(&mut self, bytes: u32) -> Vec<Effect> {
        let had_moved = self.channel.moved_bytes();
        if self.channel.holds_back(bytes) {
            return self.doubt(Doubt::Stalled);
        }
        let moves = self.channel.moved_bytes() > had_moved;
        if moves && self.doubt == Some(Doubt::Stalled) { self.trust() } else { vec![] }
    }

    fn trust(&mut self) -> Vec<Effect> {
        self.doubt = None;
        // One that was under way before has another reason.
        let mut effects =
            if std::mem::take(&mut self.is_attempt_of_doubt) { self.abandon_attempt() } else { vec![] };
        effects.push(Effect::Unnotify(Notice::Reconnecting(Failure::NoBegin)));
        effects
    }

    /// The open connection may be dead: another is made, and takes over unless a message comes.
    pub(super) fn doubt(&mut self, doubt: Doubt) -> Vec<Effect> {
        if self.state == State::Terminating || self.link.open.is_none() || self.doubt.is_some() {
            return vec![];
        }
        self.doubt = Some(doubt);
        let mut effects = vec![Effect::Notify(Notice::Reconnecting(Failure::Silent))];
        let take_over = self.take_over();
        self.is_attempt_of_doubt = !take_over.is_empty();
        effects.extend(take_over);
        effects
    }

    /// Another connection is made while this one is open.
    pub(super) fn take_over(&mut self) -> Vec<Effect> {
        let is_under_way = self.link.making.is_some() || self.link.is_waiting;
        if self.link.open.is_none() || is_under_way { vec![] } else { self.connect() }
    }

    pub(super) fn online(&mut self) -> Vec<Effect> {
        if !self.link.is_waiting {
            return self.doubt(Doubt::Silent);
        }
        self.link.is_waiting = false;
        let mut effects = vec![Effect::StopTimer(Timer::Backoff)];
        effects.extend(self.connect());
        effects
    }

    /// A connection is closed from the other side.
    pub(super) fn closed(&mut self, id: ConnectionId, failure: Failure) -> Vec<Effect> {
        if self.link.making.is_some_and(|(making, _)| making == id) {
            return self.attempt_failed(failure);
        }
        if self.link.ending == Some(id) {
            return self.end_of_the_paused();
        }
        self.lost(failure)
    }

    /// The open connection is gone.
    fn lost(&mut self, failure: Failure) -> Vec<Effect> {
        // Where the end gets lost again and again, so will the next; while audio is sent, some of it arrives.
        let most = if self.state == State::Terminating { 1 } else { 5 };
        if matches!(self.state, State::Finishing | State::Terminating) {
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
            effects.push(Effect::Notify(Notice::Reconnecting(failure))); // Another is on its way.
            return effects;
        }
        // Who has paused says nothing; what was said and is not final is heard anew all the same.
        if !matches!(self.state, State::Paused(_)) || self.channel.is_in_a_turn() || self.journal.unsent() > 0
        {
            effects.extend(self.try_again(failure));
        }
        effects
    }

    /// Neither `Termination` nor a close. Where nothing at all came, the connection was dead, and the end of the
    /// recording is told to another one; once.
    pub(super) fn no_termination(&mut self) -> Vec<Effect> {
        let is_all_told = self.journal.confirmed() == self.journal.captured();
        if !self.channel.is_holding_back() && (self.channel.has_answered || is_all_told) {
            return self.end(Some(Failure::NoTermination));
        }
        self.lost(Failure::NoTermination)
    }

    /// The attempt under way has come to nothing.
    pub(super) fn attempt_failed(&mut self, failure: Failure) -> Vec<Effect> {
        let mut effects = self.abandon_attempt();
        effects.extend(if self.has_begun { self.try_again(failure) } else { self.end(Some(failure)) });
        effects
    }

    /// Waits for the next attempt, or ends where it would be in vain.
    fn try_again(&mut self, failure: Failure) -> Vec<Effect> {
        let at_least_ms = match failure.retry() {
            // A connection that is not known to be dead goes on as long as it does.
            Retry::No if self.link.open.is_some() && self.doubt.is_none() => return vec![],
            Retry::No => return self.end(Some(failure)),
            Retry::Yes => 0,
            Retry::AfterSeconds(seconds) => seconds.saturating_mul(1000),
        };
        let mut effects = vec![];
        if self.state == State::Terminating {
            self.state = State::Finishing;
        }
        if self.state == State::Finishing {
            effects.extend(self.limit());
        }
        self.link.is_waiting = true;
        let wait_ms = self.backoff.next_ms().max(at_least_ms);
        if self.link.open.is_none() || self.doubt.is_some() {
            effects.push(Effect::Notify(Notice::Reconnecting(failure)));
        }
        effects.push(Effect::StartTimer(self.run, Timer::Backoff, wait_ms));
        effects
    }

    /// Ends the attempt under way, or the wait for one.
    fn abandon_attempt(&mut self) -> Vec<Effect> {
        self.link.is_waiting = false;
        let mut effects: Vec<Effect> =
            [Timer::Token, Timer::Begin, Timer::Backoff].map(Effect::StopTimer).into();
        effects.extend(self.link.making.take().map(|(id, handshake)| abandon(id, handshake)));
        effects
    }

    /// A pause has lasted: the connection says its last.
    pub(super) fn close_for_a_pause(&mut self) -> Vec<Effect> {
        let is_late = self.journal.unsent() >= FRAME_SAMPLES as u64;
        if is_late || self.channel.is_in_a_turn() && self.link.open.is_none() {
            return vec![self.wait(Timer::Pause)]; // What was said before is still to be heard.
        }
        let mut effects = self.abandon_attempt();
        effects.extend([Timer::Heartbeat, Timer::Healthy, Timer::Rotation].map(Effect::StopTimer));
        self.doubt = None;
        effects.push(Effect::Unnotify(Notice::Reconnecting(Failure::NoBegin)));
        self.link.ending = self.link.open.take();
        if let Some(ending) = self.link.ending {
            effects.extend([Effect::Say(ending, Signal::Terminate), self.wait(Timer::Termination)]);
        }
        effects
    }

    /// It has said its last, or nothing more in time.
    pub(super) fn end_of_the_paused(&mut self) -> Vec<Effect> {
        let Some(ending) = self.link.ending.take() else { return vec![] };
        vec![Effect::StopTimer(Timer::Termination), Effect::CloseSocket(ending)]
    }

    /// Lets go of all sockets and token calls.
    pub(super) fn drop_link(&mut self) -> Vec<Effect> {
        let link = std::mem::take(&mut self.link);
        self.doubt = None;
        let sockets = [link.open, link.ending].into_iter().flatten().map(Effect::CloseSocket);
        sockets.chain(link.making.map(|(id, handshake)| abandon(id, handshake))).collect()
    }
}

fn abandon(id: ConnectionId, handshake: Handshake) -> Effect {
    match handshake {
        Handshake::Token => Effect::AbandonToken(id),
        Handshake::Begin => Effect::CloseSocket(id),
    }
}
