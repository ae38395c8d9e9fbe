//! The fields of a TOML or JSON scenario.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{Scenario, ScenarioError};
use crate::faults::{SocketFault, TokenFault};
use crate::recording::Recording;
use crate::script::{Ending, Fault, Script};
use crate::turn::Turn;
use assemblyai_service::Profile;

/// What happens in a session of the mock. Times are in ms of the audio that the mock has received.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "A scenario of assemblyai-mock"))]
pub(super) struct ScenarioFile {
    /// The style of the Turn messages; by default the client's parameters select it.
    profile: Option<Profile>,
    /// How the session ends after `Terminate`.
    ending: Ending,
    /// Sends each final twice.
    duplicate_finals: bool,
    /// Sends a final without words after the last final.
    extra_empty_final: bool,
    /// A text whose words are transcribed at the pace of the speech in the audio, instead of turns.
    paced_by_speech: Option<String>,
    /// A WAV file with 16-bit samples, relative to the scenario's file. Its words are transcribed where their sound
    /// occurs in the audio.
    recording: Option<PathBuf>,
    /// The words of the recording: an SRT or VTT file, or a .tsv file with the columns `start_ms`, `end_ms`, `text`.
    words: Option<PathBuf>,
    /// Turns.
    turn: Vec<TurnEntry>,
    /// Speech that is split into turns by the client's parameters.
    speech: Vec<SpeechEntry>,
    /// Faults during the session.
    fault: Vec<FaultEntry>,
    /// Custom messages.
    message: Vec<MessageEntry>,
    /// Custom messages after the last finals.
    message_after_terminate: Vec<Value>,
    /// Faults of the next token requests, in this order.
    token_fault: Vec<TokenFault>,
    /// Faults of the next sockets, in this order.
    socket_fault: Vec<SocketFault>,
}

/// A turn with a fixed start and end.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct TurnEntry {
    /// The text; a missing initial capital and a missing full stop are added.
    text: String,
    /// Start of the first word, in ms of audio; by default 1500 ms after the previous turn.
    from_ms: Option<u64>,
    /// End of the last word, in ms of audio; by default at 155 words per minute.
    to_ms: Option<u64>,
    /// The speaker's label; sent if the client requests speaker labels.
    speaker: Option<String>,
    /// The label in the final, if it differs; a `SpeakerRevision` corrects it.
    first_attributed_to: Option<String>,
    /// Words that the first partials get wrong.
    #[serde(default)]
    misheard: Vec<Misheard>,
    /// The `turn_order`; by default the next in the session.
    order: Option<u64>,
    /// The language code; sent if the client requests language detection.
    language: Option<String>,
    /// When the final is sent; by default after the silence that the client's parameters require.
    r#final: Option<FinalEntry>,
}

/// A word that the first partials get wrong.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Misheard {
    /// The index of the word in the turn, from 0.
    word: usize,
    /// The text that the first partial has in its place.
    taken_for: String,
}

/// When a final is sent.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum FinalEntry {
    /// When this much audio has been received, in ms.
    AtMs(u64),
    /// Only after `Terminate`.
    AfterTerminate,
}

/// Speech that is split into turns by the client's parameters.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SpeechEntry {
    /// The text; after a complete sentence a shorter silence ends the turn.
    text: String,
    /// Start of the first word, in ms of audio.
    from_ms: u64,
    /// End of the last word, in ms of audio; by default at 155 words per minute.
    to_ms: Option<u64>,
    /// The speaker's label; sent if the client requests speaker labels.
    speaker: Option<String>,
}

/// A fault during the session.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct FaultEntry {
    /// When this much audio has been received, in ms; by default 0, right after `Begin`.
    #[serde(default)]
    at_ms: u64,
    /// Instead of `at_ms`: once, in the first session that reaches this position of the recording, in ms.
    at_recording_ms: Option<u64>,
    /// The fault.
    fault: Fault,
}

/// A custom message.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct MessageEntry {
    /// When this much audio has been received, in ms.
    at_ms: u64,
    /// The message; a string is sent verbatim, JSON or not.
    message: Value,
}

impl ScenarioFile {
    /// Builds the scenario. Paths in it are relative to `folder`.
    pub(super) fn scenario(self, folder: &Path) -> Result<Scenario, ScenarioError> {
        let mut script = self.paced_by_speech.map_or_else(Script::new, Script::paced_by_speech);
        script.recording = match (self.recording, self.words) {
            (Some(audio), Some(words)) => Some(Recording::read(folder.join(audio), folder.join(words))?),
            (None, None) => None,
            _ => return Err(ScenarioError::IncompleteRecording),
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
