//! A session that plays a script.

use std::collections::VecDeque;
use std::time::Duration;

use assemblyai_protocol::ServerMessage;
use assemblyai_service::{
    Action, ERROR_REASON, Parameters, Plan, Recognizer, SessionEnd, TurnRules, TurnState,
};

use crate::faults::SocketFault;
use crate::script::{Cue, CueAction, Ending, Fault, Script};

/// What only the mock's socket does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MockOutput {
    Binary(Vec<u8>),
    /// Ends the TCP connection at once.
    Drop,
    /// Neither reads nor sends any more and keeps the connection open.
    HalfOpen,
}

/// The actions of a session that the client does not cause: its script, the fault of its socket, and delays.
#[derive(Debug)]
pub(crate) struct ScriptPlan {
    script: Script,
    cues: VecDeque<Cue>,
    fault: Option<SocketFault>,
    delays: Delays,
    /// Further actions of the fault that was due last.
    rest: VecDeque<Action<MockOutput>>,
}

/// How long the mock takes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delays {
    /// From the handshake to `Begin`; 600 to 700 ms at the service.
    pub(crate) begin: Duration,
    /// From `Terminate` to the last messages; 600 to 1300 ms at the service.
    pub(crate) ending: Duration,
}

impl ScriptPlan {
    pub(crate) fn new(script: Script, fault: Option<SocketFault>, delays: Delays) -> Self {
        let cues = script.cues.iter().cloned().collect();
        Self { script, cues, fault, delays, rest: VecDeque::new() }
    }
}

impl Plan for ScriptPlan {
    type Output = MockOutput;

    fn rules(&self, parameters: &Parameters) -> TurnRules {
        self.script.rules(parameters)
    }

    fn turns(&self) -> Vec<TurnState> {
        self.script.states()
    }

    fn recognizer(&self, parameters: &Parameters) -> Option<Box<dyn Recognizer>> {
        self.script.recognizer(parameters.sample_rate_hz)
    }

    fn model_fails(&self, parameters: &Parameters) -> bool {
        parameters.model_fails()
    }

    fn opening(&mut self) -> Option<Action<MockOutput>> {
        match self.fault.clone()? {
            SocketFault::Error { code, text } => Some(Action::Fail { code, text }),
            SocketFault::Close { code, reason } => Some(Action::Close { code, reason }),
            SocketFault::Drop => Some(Action::EndWith(MockOutput::Drop)),
            _ => None,
        }
    }

    fn begin_after(&self) -> Option<Duration> {
        match self.fault {
            Some(SocketFault::NoBegin) => None,
            Some(SocketFault::BeginLate(late)) => Some(late),
            _ => Some(self.delays.begin),
        }
    }

    fn has_configuration(&self) -> bool {
        self.fault != Some(SocketFault::BeginWithoutConfiguration)
    }

    fn next_action(&mut self, audio_ms: u64) -> Option<(u64, Action<MockOutput>)> {
        if let Some(action) = self.rest.pop_front() {
            return Some((audio_ms, action));
        }
        let (at_ms, fault) = match self.cues.pop_front_if(|cue| cue.at_ms <= audio_ms) {
            Some(Cue { at_ms, action: CueAction::Send(text) }) => return Some((at_ms, Action::Send(text))),
            Some(Cue { at_ms, action: CueAction::Fault(fault) }) => (at_ms, fault),
            None => (audio_ms, self.script.take_recording_fault()?),
        };
        self.rest = actions(fault).into();
        Some((at_ms, self.rest.pop_front()?))
    }

    fn copies_of_finals(&self) -> usize {
        if self.script.duplicate_finals { 2 } else { 1 }
    }

    fn before_termination(&mut self, next_order: u64, format_turns: bool) -> Vec<String> {
        let empty_final = self.script.extra_empty_final.then(|| {
            ServerMessage::Turn(assemblyai_protocol::Turn {
                turn_order: next_order,
                turn_is_formatted: Some(format_turns),
                end_of_turn: true,
                ..Default::default()
            })
        });
        let texts = std::mem::take(&mut self.script.after_terminate);
        empty_final.map(|message| message.to_json()).into_iter().chain(texts).collect()
    }

    fn end(&self) -> SessionEnd {
        let after = match self.script.ending {
            Ending::Ignored => None,
            Ending::Late(late) => Some(self.delays.ending + late),
            _ => Some(self.delays.ending),
        };
        let (has_termination, closes) = match self.script.ending {
            Ending::Proper | Ending::Late(_) => (true, true),
            Ending::CloseWithoutTermination => (false, true),
            Ending::NoClose => (true, false),
            Ending::NoTermination | Ending::Ignored => (false, false),
        };
        SessionEnd { after, has_termination, closes }
    }
}

/// What a fault does to a session, in order.
pub(crate) fn actions(fault: Fault) -> Vec<Action<MockOutput>> {
    match fault {
        Fault::Drop => vec![Action::EndWith(MockOutput::Drop)],
        Fault::Error { code, text } => vec![Action::Fail { code, text }],
        Fault::ErrorWithoutType { code, text } => vec![
            Action::Send(serde_json::json!({"error_code": code, "error": text}).to_string()),
            Action::Close { code, reason: ERROR_REASON.to_owned() },
        ],
        Fault::Close { code, reason } => vec![Action::Close { code, reason }],
        Fault::MalformedJson => vec![Action::Send(r#"{"type":"Turn","transcript":"#.to_owned())],
        Fault::UnknownMessage => {
            vec![Action::Send(r#"{"type":"FromTheFuture","novelty":{"level":11}}"#.to_owned())]
        }
        Fault::Binary => vec![Action::Perform(MockOutput::Binary(vec![0, 1, 2, 3]))],
        Fault::HalfOpen => vec![Action::EndWith(MockOutput::HalfOpen)],
        Fault::Mute => vec![Action::Mute],
    }
}

#[cfg(test)]
mod tests;
