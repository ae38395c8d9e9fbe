use super::{
    Attempt, Audio, ConnectionId, Effect, Effects, Failure, Journal, Microphone, Pause, RecordingId,
    ResumeState, Session, Standby, State, Timer,
};
use crate::failure::Loss;
use crate::journal::FRAME_SAMPLES;
use crate::notice::{Notice, NoticeKind};

/// From Start to the end: the microphone, what it captures, pauses and Stop.
impl<M> Session<M> {
    /// Starts a recording.
    pub(super) fn start(&mut self, out: &mut Effects<M>) {
        self.begin_requesting(out);
        out.push(Effect::StartRecording(self.recording));
        out.push(Effect::OpenMicrophone(self.recording));
    }

    /// Resumes a recording that was interrupted.
    pub(super) fn resume_recording(&mut self, state: ResumeState, out: &mut Effects<M>) {
        self.restore(state, out);
        out.push(Effect::OpenMicrophone(self.recording));
    }

    /// Ends a recording that was interrupted and whose source is gone.
    pub(super) fn keep_recording(&mut self, state: ResumeState, out: &mut Effects<M>) {
        self.restore(state, out);
        // Nothing is captured.
        self.state = State::Idle;
        if let Some((from, to)) = self.audio.drop_rest() {
            // After a connection of its own: those of the recording may have a gap already.
            let after = ConnectionId(self.link.newest().0.saturating_add(1));
            self.link.number_after(after);
            out.push(Effect::ShowGap(after, from, to));
        }
        self.complete(out);
    }

    /// Takes up a recording that was interrupted.
    fn restore(&mut self, state: ResumeState, out: &mut Effects<M>) {
        self.begin_requesting(out);
        self.link.resume_after(state.connection);
        self.audio = Audio::restored(Journal::restored(state.samples, state.first, state.confirmed));
    }

    fn begin_requesting(&mut self, out: &mut Effects<M>) {
        self.state = State::RequestingMicrophone;
        self.recording = RecordingId(self.recording.0 + 1);
        self.microphone = Microphone::default();
        self.audio = Audio::default();
        self.ending = self.ending.next();
        self.standby = self.standby.next();
        self.refusal = None;
        self.link.reset();
        out.recording = self.recording;
        out.push(Effect::ClearError);
    }

    /// Captures, and connects if there is no connection.
    pub(super) fn record(&mut self, out: &mut Effects<M>) {
        self.state = State::Recording;
        if self.link.is_off() {
            self.link.connect(out);
        }
    }

    pub(super) fn captured(&mut self, samples: &[i16], out: &mut Effects<M>) {
        let overflow = self.audio.capture(samples);
        self.link.advance(samples.len() as u64);
        // A socket that takes next to nothing for 10 minutes: the audio that waited longest is gone.
        if let (Some(open), Some((from, to))) = (self.link.open_connection(), overflow) {
            self.audio.give_up_gap();
            out.push(Effect::ShowGap(open, from, to));
        }
        self.link.send(&mut self.audio, out);
    }

    /// Closes the connection while nobody speaks, and opens another when somebody does.
    pub(super) fn watch_voice(&mut self, samples: &[i16], out: &mut Effects<M>) {
        let is_speech = self.standby.hear(samples);
        if self.state != State::Recording {
            return;
        }
        if self.standby.is_on() {
            if is_speech {
                self.end_standby(out);
            } else if self.is_confirmed_to_standby() {
                self.audio.skip_silence(Standby::silent_until(self.journal().captured()));
            }
            return;
        }
        let is_idle =
            self.link.is_healthy() && self.link.attempt() == Attempt::None && !self.link.is_in_a_turn();
        if is_idle && self.standby.is_due() && self.journal().unsent() < FRAME_SAMPLES as u64 {
            self.standby.enter(self.journal().next_position());
            self.link.close_idle(out);
        }
    }

    /// Whether the connection that was closed has sent its last turns.
    fn is_confirmed_to_standby(&self) -> bool {
        self.standby.since().is_some_and(|since| self.journal().confirmed() >= since)
    }

    /// A connection is needed again. Turns that the last one would still send come over the next one.
    fn end_standby(&mut self, out: &mut Effects<M>) {
        self.standby.leave();
        self.link.finish_closing(out);
        self.link.connect(out);
    }

    /// The connection that was closed because of a pause or of silence is gone. If it was lost before it has confirmed
    /// what it was sent, another has to.
    pub(super) fn closing_ended(&mut self, out: &mut Effects<M>) {
        self.link.finish_closing(out);
        if self.standby.is_on() && !self.is_confirmed_to_standby() {
            self.end_standby(out);
        }
    }

    /// The recording is paused or stopped on standby: nobody has spoken, so there is nothing to send.
    fn leave_standby(&mut self) {
        if self.is_confirmed_to_standby() && !self.standby.may_have_begun() {
            self.audio.skip_silence(self.journal().captured());
        }
        self.standby.leave();
    }

    pub(super) fn captured_in_pause(&mut self, samples: &[i16], out: &mut Effects<M>) {
        if self.microphone.is_tail_complete() {
            return;
        }
        let taken = self.microphone.take_tail(samples.len());
        self.captured(&samples[..taken], out);
        if self.microphone.is_tail_complete() {
            out.push(Effect::MuteMicrophone(self.recording, true));
            // No audio will follow that could end the turn.
            self.link.end_turn(out);
        }
    }

    pub(super) fn pause(&mut self, out: &mut Effects<M>) {
        self.leave_standby();
        self.state = State::Paused(Pause::Wanted);
        self.microphone.start_pause();
        out.start(Timer::Pause);
        self.send_late(out);
    }

    pub(super) fn resume(&mut self, out: &mut Effects<M>) {
        if self.microphone.is_gone() {
            self.state = State::Paused(Pause::NoMicrophone);
            out.push(Effect::ShowNotice(Notice::NoMicrophone(Loss::Unplugged)));
            out.push(Effect::OpenMicrophone(self.recording));
        } else {
            out.push(Effect::MuteMicrophone(self.recording, false));
            self.leave_pause(out);
        }
    }

    /// Captures again, over another connection if the pause has closed the last one.
    fn leave_pause(&mut self, out: &mut Effects<M>) {
        self.microphone.end_pause();
        out.stop(Timer::Pause);
        // Turns that it would still send come over the next connection.
        self.link.finish_closing(out);
        self.record(out);
    }

    /// The microphone is open, or another one is.
    pub(super) fn microphone_opened(&mut self, out: &mut Effects<M>) {
        self.microphone.on_opened();
        if self.state == State::Paused(Pause::NoMicrophone) {
            out.push(Effect::ClearNotice(NoticeKind::NoMicrophone));
        }
        out.push(Effect::ClearNotice(NoticeKind::NotSwitched));
        match self.state {
            State::Paused(Pause::NoMicrophone) => self.leave_pause(out),
            State::Paused(Pause::Wanted) => out.push(Effect::MuteMicrophone(self.recording, true)),
            _ => {}
        }
    }

    pub(super) fn not_switched(failure: M, out: &mut Effects<M>) {
        out.push(Effect::ShowNotice(Notice::NotSwitched(failure)));
    }

    pub(super) fn muted(is_muted: bool, out: &mut Effects<M>) {
        out.push(if is_muted {
            Effect::ShowNotice(Notice::Muted)
        } else {
            Effect::ClearNotice(NoticeKind::Muted)
        });
    }

    /// The recording continues as soon as there is a microphone again.
    pub(super) fn microphone_lost(&mut self, loss: Loss, out: &mut Effects<M>) {
        if self.state == State::Paused(Pause::Wanted) {
            self.microphone.on_lost_in_pause();
            out.push(Effect::ClearNotice(NoticeKind::Muted));
            out.push(Effect::OpenMicrophone(self.recording));
            return;
        }
        if !self.microphone.on_lost(self.journal().captured()) {
            self.finish(out);
            out.push(Effect::ShowError(loss.into()));
            return;
        }
        self.leave_standby();
        self.state = State::Paused(Pause::NoMicrophone);
        out.push(Effect::ClearNotice(NoticeKind::Muted));
        out.push(Effect::ShowNotice(Notice::NoMicrophone(loss)));
        out.push(Effect::OpenMicrophone(self.recording));
        out.start(Timer::Pause);
        self.send_late(out);
    }

    /// The pause has lasted: closes the connection once it has transcribed what was said before.
    pub(super) fn close_idle(&mut self, out: &mut Effects<M>) {
        let is_late = self.journal().unsent() >= FRAME_SAMPLES as u64;
        if is_late || self.link.is_in_a_turn() && self.link.open_connection().is_none() {
            out.start(Timer::Pause);
        } else {
            self.link.close_idle(out);
        }
    }

    pub(super) fn drain(&mut self, out: &mut Effects<M>) {
        self.state = State::Draining;
        out.push(Effect::DrainMicrophone(self.recording));
        out.start(Timer::Drain);
    }

    /// Capture is over: sends the rest now, or once there is a connection.
    pub(super) fn finish(&mut self, out: &mut Effects<M>) {
        self.leave_standby();
        self.state = State::Flushing;
        out.stop(Timer::Drain);
        out.stop(Timer::Pause);
        out.push(Effect::CloseMicrophone(self.recording));
        let is_complete = self.journal().unsent() == 0 && self.audio.is_confirmed();
        if self.link.open_connection().is_some() {
            self.send_rest(out);
        } else if is_complete || !self.link.has_connected() && self.journal().captured() == 0 {
            self.complete(out); // Nothing was captured, or a pause has closed the connection.
        } else {
            // Turns that a closing connection would still send come over the next one.
            self.link.finish_closing(out);
            self.limit_flushing(out);
            self.link.connect_now(out);
        }
    }

    /// Limits the wait for a last connection, unless it is limited.
    pub(super) fn limit_flushing(&mut self, out: &mut Effects<M>) {
        if self.ending.limit() {
            out.start(Timer::Flush);
        }
    }

    /// Ends the recording as complete.
    pub(super) fn complete(&mut self, out: &mut Effects<M>) {
        self.end_as(true, out);
    }

    /// Ends the recording with an error. Its stored audio stays available: it holds more than the transcript.
    pub(super) fn fail(&mut self, failure: Failure<M>, out: &mut Effects<M>) {
        self.end(Some(failure), false, out);
    }

    /// Ends the recording without an error.
    pub(super) fn end_as(&mut self, is_complete: bool, out: &mut Effects<M>) {
        self.end(None, is_complete, out);
    }

    /// Releases everything, whatever the state.
    fn end(&mut self, failure: Option<Failure<M>>, is_complete: bool, out: &mut Effects<M>) {
        out.push(Effect::StopTimers);
        if self.has_microphone() {
            out.push(Effect::CloseMicrophone(self.recording));
        }
        self.link.close_all(out);
        if failure.is_some()
            && let Some((from, to)) = self.audio.drop_rest()
        {
            out.push(Effect::ShowGap(self.link.newest(), from, to));
        }
        let is_empty = self.journal().captured() == 0;
        out.push(if is_complete || is_empty { Effect::Complete } else { Effect::Interrupt });
        if let Some(failure) = failure {
            out.push(Effect::ShowError(failure));
        }
        self.state = State::Idle;
    }

    /// The application is closed or suspended: there is no time to wait, but the service has to end the session, since
    /// an open one is billed. The recording can be resumed.
    pub(super) fn leave(&mut self, out: &mut Effects<M>) {
        self.link.leave(&mut self.audio, out);
        self.end_as(false, out);
    }
}
