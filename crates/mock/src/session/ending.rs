//! From `Terminate` to the close frame.

use std::time::Duration;

use assemblyai_protocol::{ServerMessage, Termination};

use super::{Output, Phase, Session};
use crate::script::Ending;

impl Session {
    pub(super) fn terminate(&mut self, now: Duration) {
        self.terminated = true;
        // Before `Begin`, `begin` handles it.
        if self.phase == Phase::Running {
            self.answer_terminate(now);
        }
    }

    pub(super) fn answer_terminate(&mut self, now: Duration) {
        let due = match self.script.ending {
            Ending::Ignored => None,
            Ending::Late(late) => Some(now + self.setup.ending_delay + late),
            _ => Some(now + self.setup.ending_delay),
        };
        self.phase = Phase::Terminating { due };
        if due.is_some_and(|due| due <= now) {
            self.end(now);
        }
    }

    pub(super) fn end(&mut self, now: Duration) {
        self.transcriber.finish(self.meter.audio_ms(), &self.rules, &mut self.unsent);
        self.send_messages();
        if self.script.extra_empty_final {
            let turn = assemblyai_protocol::Turn {
                turn_order: self.last_turn.map_or(0, |order| order + 1),
                turn_is_formatted: Some(self.parameters.format_turns),
                end_of_turn: true,
                ..Default::default()
            };
            self.send_text(ServerMessage::Turn(turn).to_json());
        }
        self.revise();
        for text in std::mem::take(&mut self.script.after_terminate) {
            self.send_text(text);
        }
        let termination = ServerMessage::Termination(Termination {
            audio_duration_s: Some(self.meter.audio_s() as f64),
            session_duration_s: Some(now.saturating_sub(self.begun_at).as_secs_f64().round()),
        });
        let close = Output::Close { code: 1000, reason: "Session Ended".to_owned() };
        match self.script.ending {
            Ending::Proper | Ending::Late(_) => {
                self.send_text(termination.to_json());
                self.finish_with(close);
            }
            Ending::CloseWithoutTermination => self.finish_with(close),
            Ending::NoClose => {
                self.send_text(termination.to_json());
                self.phase = Phase::Terminating { due: None };
            }
            Ending::NoTermination | Ending::Ignored => self.phase = Phase::Terminating { due: None },
        }
    }
}
