//! Scripts: the words, messages and faults of a session.

mod fault;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use assemblyai_service::{
    PACED_PARTIAL_MS, PacedRecognizer, Parameters, Profile, Recognizer, TurnRules, TurnState,
};
use serde_json::Value;

use crate::recording::{Position, Recording, RecordingRecognizer};
use crate::turn::Turn;
pub use fault::{Ending, Fault};

/// The text of [`Script::demo`].
const DEMO_TEXT: &str = "This is a demonstration. The words that you see do not come from what you say, \
    but they come as fast as you say it. When you stop speaking, the sentence ends. \
    When you go on, the next one begins. With an API key, these would be your own words.";

/// What happens in a session, by the duration of the audio that the mock has received.
///
/// Audio time makes tests deterministic: a client that sends faster than real time gets the same messages in the same
/// order, only sooner.
///
/// ```
/// use assemblyai_mock::{Fault, Script, Turn};
///
/// let script = Script::new()
///     .turn(Turn::said("Book a table for two").from_ms(1000).to_ms(2600))
///     .turn(Turn::said("At eight, please").from_ms(4000))
///     .fault_at_ms(6000, Fault::Drop);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub(crate) turns: Vec<Turn>,
    /// Speech that the rules split into turns.
    pub(crate) speech: Vec<Turn>,
    pub(crate) cues: Vec<Cue>,
    pub(crate) after_terminate: Vec<String>,
    pub(crate) ending: Ending,
    pub(crate) profile: Option<Profile>,
    pub(crate) duplicate_finals: bool,
    pub(crate) extra_empty_final: bool,
    pub(crate) paced_text: Option<String>,
    pub(crate) recording: Option<Recording>,
    /// Faults at positions of the recording, in ms and in order; all sessions of a script share them.
    pub(crate) recording_faults: Arc<Mutex<VecDeque<(u64, Fault)>>>,
    /// The session's position in the recording.
    pub(crate) position: Position,
}

/// An action that is due when this much audio has been received, in ms.
#[derive(Debug, Clone)]
pub(crate) struct Cue {
    pub(crate) at_ms: u64,
    pub(crate) action: CueAction,
}

#[derive(Debug, Clone)]
pub(crate) enum CueAction {
    Send(String),
    Fault(Fault),
}

impl Script {
    /// A session without words.
    pub fn new() -> Self {
        Self::default()
    }

    /// The words of a text, repeatedly, at the pace of the speech in the received audio: about 155 words per minute of
    /// speech. A pause ends the turn. An empty text yields no words.
    pub fn paced_by_speech(text: impl Into<String>) -> Self {
        Self { paced_text: Some(text.into()), ..Self::default() }
    }

    /// [`Script::paced_by_speech`] with a text that says that it is a demonstration.
    pub fn demo() -> Self {
        Self::paced_by_speech(DEMO_TEXT)
    }

    /// The words of a known recording: a session transcribes those whose sound is in its audio, with their times there,
    /// wherever in the recording the audio starts.
    ///
    /// ```no_run
    /// use assemblyai_mock::{MockAssemblyAi, Recording, Script};
    ///
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let talk = Recording::read("talk.wav", "talk.tsv")?;
    /// let mock = MockAssemblyAi::start(Script::recording(talk)).await;
    /// # Ok(()) }
    /// ```
    pub fn recording(recording: Recording) -> Self {
        Self { recording: Some(recording), ..Self::default() }
    }

    /// One turn whose final is sent only after `Terminate`.
    pub fn pending_final(text: impl Into<String>) -> Self {
        Self::new().turn(Turn::said(text).final_after_terminate())
    }

    /// Adds a turn. Without [`Turn::from_ms`] it starts 1500 ms after the end of the previous turn, the first at 500 ms.
    #[must_use]
    pub fn turn(mut self, turn: Turn) -> Self {
        let from_ms = turn
            .from_ms
            .unwrap_or_else(|| self.turns.last().map_or(500, |last| last.end_ms().saturating_add(1500)));
        self.turns.push(turn.from_ms(from_ms));
        self
    }

    /// Adds speech that is split into turns by the client's parameters, at pauses and ends of sentences. All speech added
    /// this way is joined first.
    #[must_use]
    pub fn speech(mut self, speech: Turn) -> Self {
        self.speech.push(speech);
        self
    }

    /// One turn per line of a text.
    pub fn lines(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.fold(Self::new(), Self::said)
    }

    /// Adds a turn with this text, at 155 words per minute.
    #[must_use]
    pub fn said(self, text: impl Into<String>) -> Self {
        self.turn(Turn::said(text))
    }

    /// Sends a custom message when this much audio has been received, in ms.
    #[must_use]
    pub fn message_at_ms(self, audio_ms: u64, message: &Value) -> Self {
        self.text_at_ms(audio_ms, message.to_string())
    }

    /// Sends any text, JSON or not, when this much audio has been received, in ms.
    #[must_use]
    pub fn text_at_ms(self, audio_ms: u64, text: impl Into<String>) -> Self {
        self.cue(audio_ms, CueAction::Send(text.into()))
    }

    /// Sends `SpeechStarted` when this much audio has been received, in ms.
    #[must_use]
    pub fn speech_started_at_ms(self, audio_ms: u64) -> Self {
        let message = serde_json::json!({"type": "SpeechStarted", "timestamp": audio_ms, "confidence": 0.95});
        self.message_at_ms(audio_ms, &message)
    }

    /// Injects a fault when this much audio has been received, in ms; 0 is right after `Begin`.
    #[must_use]
    pub fn fault_at_ms(self, audio_ms: u64, fault: Fault) -> Self {
        self.cue(audio_ms, CueAction::Fault(fault))
    }

    /// Injects a fault once, in the first session that reaches this position of the [recording](Script::recording), in
    /// ms. A recording can thus be interrupted at many positions, independent of the sessions that transcribe it.
    #[must_use]
    pub fn fault_at_recording_ms(self, recording_ms: u64, fault: Fault) -> Self {
        let mut faults = self.recording_faults.lock().unwrap_or_else(PoisonError::into_inner);
        let index = faults.partition_point(|(at_ms, _)| *at_ms <= recording_ms);
        faults.insert(index, (recording_ms, fault));
        drop(faults);
        self
    }

    /// The recogniser of a session, if its words depend on the audio.
    pub(crate) fn recognizer(&self, rate_hz: u32) -> Option<Box<dyn Recognizer>> {
        if let Some(recording) = &self.recording {
            let position = self.position.clone();
            return Some(Box::new(RecordingRecognizer::new(recording.clone(), rate_hz, position)));
        }
        self.paced_text.as_ref().map(|text| Box::new(PacedRecognizer::new(text, rate_hz)) as Box<_>)
    }

    /// Removes and returns the next fault that is due at the session's position in the recording.
    pub(crate) fn take_recording_fault(&self) -> Option<Fault> {
        let recording_ms = self.position.get()?;
        let mut faults = self.recording_faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.pop_front_if(|(at_ms, _)| *at_ms <= recording_ms).map(|(_, fault)| fault)
    }

    /// Sends a custom message after `Terminate`, between the last finals and `Termination`.
    #[must_use]
    pub fn message_after_terminate(mut self, message: &Value) -> Self {
        self.after_terminate.push(message.to_string());
        self
    }

    /// How the session ends after `Terminate`.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Style of the Turn messages, instead of the one that the client's parameters select.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Sends each final twice.
    #[must_use]
    pub fn duplicate_finals(mut self) -> Self {
        self.duplicate_finals = true;
        self
    }

    /// Sends a final without words after the last final, as universal-streaming was observed to do after `Terminate`.
    #[must_use]
    pub fn extra_empty_final(mut self) -> Self {
        self.extra_empty_final = true;
        self
    }

    /// The rules for the turns of a session with these parameters.
    pub(crate) fn rules(&self, parameters: &Parameters) -> TurnRules {
        let rules = TurnRules::of(parameters, self.profile);
        // The words of a paced text arrive one by one, and the demo shows each of them.
        match self.paced_text {
            Some(_) => rules.with_partials_every_ms(PACED_PARTIAL_MS),
            None => rules,
        }
    }

    /// The turns whose words are known from the start.
    pub(crate) fn states(&self) -> Vec<TurnState> {
        let mut states: Vec<TurnState> = self.turns.iter().map(Turn::state).collect();
        let mut words: Vec<_> = self.speech.iter().flat_map(|speech| speech.state().words).collect();
        if !words.is_empty() {
            words.sort_by_key(|word| word.start_ms);
            states.push(TurnState::new(words, false));
        }
        states
    }

    fn cue(mut self, at_ms: u64, action: CueAction) -> Self {
        let index = self.cues.partition_point(|cue| cue.at_ms <= at_ms);
        self.cues.insert(index, Cue { at_ms, action });
        self
    }
}
