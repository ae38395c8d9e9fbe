//! The fields of a scenario in TOML or JSON.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{Scenario, ScenarioError};
use crate::faults::{SocketFault, TokenFault};
use crate::recording::Recording;
use crate::script::{Ending, Fault, Script, Turn};
use crate::transcript::Profile;

/// What happens in a session of the mock, by the ms of audio that it has received.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "A scenario of assemblyai-mock"))]
pub(super) struct Entries {
    /// The manner in which turns are told; without it the client's parameters decide.
    profile: Option<Profile>,
    /// How the session ends after Terminate.
    ending: Ending,
    /// Sends each final twice.
    duplicate_finals: bool,
    /// Sends a final without words after the last one.
    extra_empty_final: bool,
    /// A text that is said at the pace of the voice in the audio, instead of turns.
    paced_by_speech: Option<String>,
    /// A WAV file of 16-bit samples, relative to the scenario's file: its words are told where they are really heard.
    recording: Option<PathBuf>,
    /// What is said in the recording, as an SRT or VTT file or as a .tsv of lines `start_ms`, `end_ms`, `text`.
    words: Option<PathBuf>,
    /// Turns.
    turn: Vec<TurnEntry>,
    /// What is said; where a turn ends, the client's parameters decide.
    speech: Vec<SpeechEntry>,
    /// What goes wrong in the session.
    fault: Vec<FaultEntry>,
    /// Messages of your own.
    message: Vec<MessageEntry>,
    /// Messages of your own behind the last finals.
    message_after_terminate: Vec<Value>,
    /// What the next token requests meet, in this order.
    token_fault: Vec<TokenFault>,
    /// What the next sockets meet, in this order.
    socket_fault: Vec<SocketFault>,
}

/// A turn.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct TurnEntry {
    /// The text; where it lacks them, a capital is put first and a full stop last.
    text: String,
    /// Where the first word starts, in ms of audio; without it 1500 ms after the turn before.
    from_ms: Option<u64>,
    /// Where the last word ends, in ms of audio; without it at 155 words a minute.
    to_ms: Option<u64>,
    /// Who speaks; told where the client asked for speaker labels.
    speaker: Option<String>,
    /// Whom the final takes for the speaker; a `SpeakerRevision` puts it right.
    first_attributed_to: Option<String>,
    /// Words that are put right in a later partial.
    #[serde(default)]
    misheard: Vec<Misheard>,
    /// The `turn_order`; without it the next in the session.
    order: Option<u64>,
    /// The language that is told where the client asked for detection.
    language: Option<String>,
    /// When the final comes; without it after the silence that the client's parameters ask for.
    r#final: Option<FinalEntry>,
}

/// A word that is taken for another at first.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Misheard {
    /// Which word of the turn, from 0.
    word: usize,
    /// What it is taken for.
    taken_for: String,
}

/// When a final comes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum FinalEntry {
    /// At this ms of audio.
    AtMs(u64),
    /// Only after Terminate.
    AfterTerminate,
}

/// Something that is said.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SpeechEntry {
    /// The text; a sentence that ends in a full stop ends a turn sooner.
    text: String,
    /// Where the first word starts, in ms of audio.
    from_ms: u64,
    /// Where the last word ends, in ms of audio; without it at 155 words a minute.
    to_ms: Option<u64>,
    /// Who speaks; told where the client asked for speaker labels.
    speaker: Option<String>,
}

/// Something that goes wrong.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct FaultEntry {
    /// When so much audio has come, in ms; 0, or nothing, is right after `Begin`.
    #[serde(default)]
    at_ms: u64,
    /// Instead of `at_ms`: once, when a session has come this far in the recording, in ms.
    at_recording_ms: Option<u64>,
    /// What.
    fault: Fault,
}

/// A message of your own.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct MessageEntry {
    /// When so much audio has come, in ms.
    at_ms: u64,
    /// The message; a text is sent as it is, JSON or not.
    message: Value,
}

impl Entries {
    /// The scenario; the files that it names are relative to this folder.
    pub(super) fn scenario(self, folder: &Path) -> Result<Scenario, ScenarioError> {
        let mut script = self.paced_by_speech.map_or_else(Script::new, Script::paced_by_speech);
        script.recording = match (self.recording, self.words) {
            (Some(audio), Some(words)) => Some(Recording::read(folder.join(audio), folder.join(words))?),
            (None, None) => None,
            _ => return Err(ScenarioError::HalfARecording),
        };
        script.profile = self.profile;
        script.ending = self.ending;
        script.duplicate_finals = self.duplicate_finals;
        script.extra_empty_final = self.extra_empty_final;
        for entry in self.turn {
            script = script.turn(entry.turn());
        }
        for SpeechEntry { text, from_ms, to_ms, speaker } in self.speech {
            let mut speech = Turn::said(text).from_ms(from_ms);
            if let Some(to_ms) = to_ms {
                speech = speech.to_ms(to_ms);
            }
            script = script.speech(match speaker {
                Some(speaker) => speech.speaker(speaker),
                None => speech,
            });
        }
        for FaultEntry { at_ms, at_recording_ms, fault } in self.fault {
            script = match at_recording_ms {
                Some(recording_ms) => script.fault_at_recording_ms(recording_ms, fault),
                None => script.fault_at_ms(at_ms, fault),
            };
        }
        for MessageEntry { at_ms, message } in self.message {
            script = match message {
                Value::String(text) => script.text_at_ms(at_ms, text),
                message => script.message_at_ms(at_ms, &message),
            };
        }
        for message in &self.message_after_terminate {
            script = script.message_after_terminate(message);
        }
        Ok(Scenario { script, token_faults: self.token_fault, socket_faults: self.socket_fault })
    }
}

impl TurnEntry {
    fn turn(self) -> Turn {
        let mut turn = Turn::said(self.text);
        if let Some(from_ms) = self.from_ms {
            turn = turn.from_ms(from_ms);
        }
        if let Some(to_ms) = self.to_ms {
            turn = turn.to_ms(to_ms);
        }
        if let Some(speaker) = self.speaker {
            turn = turn.speaker(speaker);
        }
        if let Some(label) = self.first_attributed_to {
            turn = turn.first_attributed_to(label);
        }
        for Misheard { word, taken_for } in self.misheard {
            turn = turn.misheard(word, taken_for);
        }
        if let Some(order) = self.order {
            turn = turn.order(order);
        }
        if let Some(language) = self.language {
            turn = turn.language(language, 0.99);
        }
        match self.r#final {
            Some(FinalEntry::AtMs(audio_ms)) => turn.final_at_ms(audio_ms),
            Some(FinalEntry::AfterTerminate) => turn.final_after_terminate(),
            None => turn,
        }
    }
}
