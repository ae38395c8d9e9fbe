//! From `Terminate` to the close frame.

use std::time::Duration;

use assemblyai_protocol::{ServerMessage, Termination};

use super::plan::FAST_FINISH_LIMIT;
use super::{Output, Phase, Plan, Session};

impl<P: Plan> Session<P> {
    pub(super) fn terminate(&mut self, now: Duration) {
        self.terminated = true;
        // Before `Begin`, `begin` handles it.
        if self.phase == Phase::Running {
            self.answer_terminate(now);
        }
    }

    pub(super) fn answer_terminate(&mut self, now: Duration) {
        self.transcriber.end_audio(&self.rules, &mut self.unsent);
        let due = self.plan.end().after.map(|after| now + after);
        self.phase = Phase::Terminating { due, progress_at: now };
        if due.is_some_and(|due| self.ends_at(due, now) <= now) {
            self.end(now);
        }
    }

    /// When the last messages are sent if they are due at `due`: at once if the recogniser has finished. One that had
    /// new words at `progress_at` may take as long again for the next ones, because clients wait longer too.
    pub(super) fn ends_at(&self, due: Duration, progress_at: Duration) -> Duration {
        if self.transcriber.is_finished() {
            return due;
        }
        let limit = self.plan.finish_limit();
        let longest = due + limit.max(FAST_FINISH_LIMIT);
        if self.meter.is_fast() { longest } else { longest.min(due.max(progress_at) + limit) }
    }

    pub(super) fn end(&mut self, now: Duration) {
        self.transcriber.finish(self.meter.audio_ms(), &self.rules, &mut self.unsent);
        self.send_messages();
        self.revise();
        for text in self.plan.before_termination(self.next_order, self.parameters.format_turns) {
            self.send_text(text);
        }
        let end = self.plan.end();
        if end.has_termination {
            let termination = ServerMessage::Termination(Termination {
                audio_duration_s: Some(self.meter.audio_s() as f64),
                session_duration_s: Some(now.saturating_sub(self.begun_at).as_secs_f64().round()),
            });
            self.send(&termination);
        }
        if end.closes {
            self.finish_with(Output::Close { code: 1000, reason: "Session Ended".to_owned() });
        } else {
            self.phase = Phase::Terminating { due: None, progress_at: now };
        }
    }
}
