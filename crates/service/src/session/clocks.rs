//! What a session does when time passes or audio arrives: limits, heartbeats, `Silence`, `SpeakerRevision`.

use std::time::Duration;

use assemblyai_protocol::{Heartbeat, ServerMessage, Silence, SpeakerRevision};

use super::{FAILED, Phase, Plan, Session};
use crate::violation::ViolationKind;

/// Time after which a session with a failing model ends (observed).
const FAILING_MODEL: Duration = Duration::from_secs(5);
/// Interval of heartbeats.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

/// Audio that one `Silence` message acknowledges, in ms.
const SILENCE_MS: u64 = 1000;

impl<P: Plan> Session<P> {
    /// Handles what is due by now.
    pub fn tick(&mut self, now: Duration) {
        match self.phase {
            Phase::Over => return,
            Phase::Opening { begin_at: Some(at) } if at <= now => self.begin(now),
            Phase::Terminating { due: Some(due), progress_at } if self.ends_at(due, progress_at) <= now => {
                self.end(now);
            }
            _ => {}
        }
        if self.phase == Phase::Over {
            return;
        }
        if self.cap_at().is_some_and(|at| now >= at) {
            self.fail(3008, "Session Expired: Maximum session duration exceeded".to_owned());
        } else if let Some(timeout) = self.inactivity().filter(|timeout| now >= self.last_message + *timeout)
        {
            let seconds = timeout.as_secs();
            self.violation(ViolationKind::Inactive, format!("nothing for {seconds} s"));
            self.fail(
                3006,
                format!("Session terminated due to inactivity: No messages received for {seconds} seconds"),
            );
        } else if self.failing_at().is_some_and(|at| now >= at) {
            self.fail(3005, FAILED.to_owned());
        } else if self.heartbeat_at().is_some_and(|at| now >= at) {
            self.heartbeat(now);
        }
    }

    /// When the next [`Session::tick`] is due.
    pub fn wakes_at(&self) -> Option<Duration> {
        let due = match self.phase {
            Phase::Over => return None,
            Phase::Opening { begin_at: due } => due,
            Phase::Terminating { due, progress_at } => due.map(|due| self.ends_at(due, progress_at)),
            Phase::Running => None,
        };
        let idle = self.inactivity().map(|timeout| self.last_message + timeout);
        let dues = [self.cap_at(), due, idle, self.failing_at(), self.heartbeat_at()];
        dues.into_iter().flatten().min()
    }

    /// When the longest duration of the session is over. What is due after `Terminate` has a limit of its own: the last
    /// words are not cut off.
    fn cap_at(&self) -> Option<Duration> {
        let is_ending = matches!(self.phase, Phase::Terminating { due: Some(_), .. });
        (!is_ending).then(|| self.begun_at + self.cap)
    }

    fn inactivity(&self) -> Option<Duration> {
        let seconds =
            self.parameters.inactivity_timeout_s.filter(|_| !self.terminated && !self.is_behind())?;
        Some(Duration::from_secs(seconds.into()))
    }

    fn failing_at(&self) -> Option<Duration> {
        (self.phase == Phase::Running && self.plan.model_fails(&self.parameters))
            .then(|| self.begun_at + FAILING_MODEL)
    }

    fn heartbeat_at(&self) -> Option<Duration> {
        (self.phase == Phase::Running && self.parameters.session_heartbeat).then_some(self.next_heartbeat)
    }

    fn heartbeat(&mut self, now: Duration) {
        self.next_heartbeat = now + HEARTBEAT;
        let (audio_ms, open_ms) =
            (self.meter.audio_ms(), now.saturating_sub(self.begun_at).as_millis() as u64);
        let factor = (audio_ms as f64 / open_ms.max(1) as f64 * 1000.0).round() / 1000.0;
        // Without a voice detector: as the service was seen to send it.
        let likely = if self.spoke { 0.99 } else { 0.02 };
        let probability = self.transcriber.take_speech_probability().unwrap_or(likely);
        self.send(&ServerMessage::Heartbeat(Heartbeat {
            total_audio_received_ms: audio_ms as f64,
            total_duration_ms: open_ms as f64,
            realtime_factor: Some(factor),
            max_speech_probability: Some(probability),
        }));
        self.spoke = false;
    }

    /// Sends `Silence` for each second of audio without speech, if the client requested it.
    pub(super) fn acknowledge_silence(&mut self, audio_ms: u64) {
        let is_speaking = self.transcriber.is_speaking(audio_ms);
        self.spoke |= is_speaking;
        if !self.parameters.acknowledge_silence || is_speaking {
            self.quiet_from_ms = audio_ms;
            return;
        }
        while self.phase == Phase::Running && audio_ms >= self.quiet_from_ms + SILENCE_MS {
            let (start_ms, end_ms) = (self.quiet_from_ms, self.quiet_from_ms + SILENCE_MS);
            self.quiet_from_ms = end_ms;
            let silence = Silence { start_ms: start_ms as f64, end_ms: end_ms as f64 };
            self.send(&ServerMessage::Silence(silence));
        }
    }

    /// Sends `SpeakerRevision` during the session, if the client requested an interval.
    pub(super) fn revise_at_interval(&mut self, audio_ms: u64) {
        let interval_ms = u64::from(self.parameters.revision_interval_ms);
        if interval_ms > 0 && audio_ms >= self.next_revision_ms {
            self.next_revision_ms = audio_ms + interval_ms;
            self.revise();
        }
    }

    /// Sends `SpeakerRevision` if a final had a wrong speaker.
    pub(super) fn revise(&mut self) {
        let revisions = self.transcriber.take_revisions();
        if !revisions.is_empty() {
            self.send(&ServerMessage::SpeakerRevision(SpeakerRevision { revisions }));
        }
    }
}
