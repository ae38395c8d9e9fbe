//! What a session does because time passes, or because audio does.

use std::time::Duration;

use super::{Session, State};
use crate::violation::ViolationKind;

/// Models that take a session and fail do so after this long.
const FAILING_MODEL: Duration = Duration::from_secs(5);
/// Between two heartbeats.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

/// Audio that one `Silence` acknowledges, in ms.
const SILENCE_MS: u64 = 1000;

impl Session {
    /// Time passed.
    pub(crate) fn tick(&mut self, now: Duration) {
        match self.state {
            State::Over => return,
            State::Opening { begin_at: Some(at) } if at <= now => self.begin(now),
            State::Terminating { due: Some(due) } if due <= now => self.end(now),
            _ => {}
        }
        if self.state == State::Over {
            return;
        }
        if now >= self.begun_at + self.cap {
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
            self.fail(3005, "Session Cancelled: An error occurred".to_owned());
        } else if self.heartbeat_at().is_some_and(|at| now >= at) {
            self.heartbeat(now);
        }
    }

    /// When [`Session::tick`] has something to do.
    pub(crate) fn wakes_at(&self) -> Option<Duration> {
        let due = match self.state {
            State::Over => return None,
            State::Opening { begin_at: due } | State::Terminating { due } => due,
            State::Running => None,
        };
        let cap = self.begun_at + self.cap;
        let idle = self.inactivity().map(|timeout| self.last_message + timeout);
        let dues = [Some(cap), due, idle, self.failing_at(), self.heartbeat_at()];
        dues.into_iter().flatten().min()
    }

    fn inactivity(&self) -> Option<Duration> {
        let seconds = self.parameters.inactivity_timeout_s.filter(|_| !self.terminated)?;
        Some(Duration::from_secs(seconds.into()))
    }

    fn failing_at(&self) -> Option<Duration> {
        (self.state == State::Running && self.parameters.model_fails()).then(|| self.begun_at + FAILING_MODEL)
    }

    fn heartbeat_at(&self) -> Option<Duration> {
        (self.state == State::Running && self.parameters.session_heartbeat).then_some(self.next_heartbeat)
    }

    fn heartbeat(&mut self, now: Duration) {
        self.next_heartbeat = now + HEARTBEAT;
        let (audio_ms, open_ms) =
            (self.meter.audio_ms(), now.saturating_sub(self.begun_at).as_millis() as u64);
        let factor = (audio_ms as f64 / open_ms.max(1) as f64 * 1000.0).round() / 1000.0;
        self.send_text(
            serde_json::json!({
                "type": "Heartbeat",
                "total_audio_received_ms": audio_ms,
                "total_duration_ms": open_ms,
                "realtime_factor": factor,
                "max_speech_probability": if self.spoke { 0.99 } else { 0.02 },
            })
            .to_string(),
        );
        self.spoke = false;
    }

    /// `Silence` for each second of audio in which nobody was heard, where the client asked for it.
    pub(super) fn acknowledge_silence(&mut self, audio_ms: u64) {
        let is_open = self.transcriber.is_open(audio_ms);
        self.spoke |= is_open;
        if !self.parameters.acknowledge_silence || is_open {
            self.quiet_from_ms = audio_ms;
            return;
        }
        while self.state == State::Running && audio_ms >= self.quiet_from_ms + SILENCE_MS {
            let (start_ms, end_ms) = (self.quiet_from_ms, self.quiet_from_ms + SILENCE_MS);
            self.quiet_from_ms = end_ms;
            let silence = serde_json::json!({"type": "Silence", "start_ms": start_ms, "end_ms": end_ms});
            self.send_text(silence.to_string());
        }
    }

    /// `SpeakerRevision` in the middle of a session, where the client asked for an interval.
    pub(super) fn revise_on_the_way(&mut self, audio_ms: u64) {
        let interval_ms = u64::from(self.parameters.revision_interval_ms);
        if interval_ms > 0 && audio_ms >= self.next_revision_ms {
            self.next_revision_ms = audio_ms + interval_ms;
            self.revise();
        }
    }

    /// `SpeakerRevision`, where a final named the wrong speaker.
    pub(super) fn revise(&mut self) {
        let revisions = self.transcriber.take_revisions();
        if !revisions.is_empty() {
            let message = serde_json::json!({"type": "SpeakerRevision", "revisions": revisions});
            self.send_text(message.to_string());
        }
    }
}
