mod fault;
mod turn;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::parameters::Parameters;
use crate::recording::Recording;
use crate::transcript::{Profile, TurnRules, TurnState};
pub use fault::{Ending, Fault};
pub use turn::Turn;

/// What the demo says, sentence by sentence, when nothing else was asked for.
const DEMO_TEXT: &str = "This is a demonstration. The words that you see do not come from what you say, \
    but they come as fast as you say it. When you stop speaking, the sentence ends. \
    When you go on, the next one begins. With an API key, these would be your own words.";

/// Between the partials of a text that is paced by speech, in ms: about one for each word.
const PACED_PARTIAL_MS: u64 = 400;

/// What happens in a session, by the ms of audio that the mock has received.
///
/// Audio time makes tests exact: a client that sends faster than real time sees the same messages in the same
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
    /// What is said apart from turns.
    pub(crate) speech: Vec<Turn>,
    pub(crate) cues: Vec<Cue>,
    pub(crate) after_terminate: Vec<String>,
    pub(crate) ending: Ending,
    pub(crate) profile: Option<Profile>,
    pub(crate) duplicate_finals: bool,
    pub(crate) extra_empty_final: bool,
    pub(crate) paced_text: Option<String>,
    pub(crate) recording: Option<Recording>,
    /// Faults at ms of the recording, in order; all sessions of a script share them.
    pub(crate) recording_faults: Arc<Mutex<VecDeque<(u64, Fault)>>>,
}

/// Something that happens at a ms of audio.
#[derive(Debug, Clone)]
pub(crate) struct Cue {
    pub(crate) at_ms: u64,
    pub(crate) act: Act,
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Send(String),
    Fault(Fault),
}

impl Script {
    /// A session in which nobody speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Words of a text, over and over, at the pace of the voice in the received audio: about 155 words a minute
    /// while somebody speaks, a pause ends the turn, and silence says nothing.
    ///
    /// Without a text (`""`) nothing is ever said.
    pub fn paced_by_speech(text: impl Into<String>) -> Self {
        Self { paced_text: Some(text.into()), ..Self::default() }
    }

    /// [`Script::paced_by_speech`] with a text that says what it is.
    pub fn demo() -> Self {
        Self::paced_by_speech(DEMO_TEXT)
    }

    /// The words of a recording that are really heard: a session tells those whose sound is in its audio, with their
    /// times there, wherever in the recording the audio comes from.
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

    /// One turn whose final comes only after Terminate, however long the audio is.
    pub fn pending_final(text: impl Into<String>) -> Self {
        Self::new().turn(Turn::said(text).final_after_terminate())
    }

    /// Adds a turn. One without [`Turn::from_ms`] begins 1500 ms after the one before it ends, the first at 500 ms.
    #[must_use]
    pub fn turn(mut self, turn: Turn) -> Self {
        let from_ms =
            turn.from_ms.unwrap_or_else(|| self.turns.last().map_or(500, |last| last.end_ms() + 1500));
        self.turns.push(turn.from_ms(from_ms));
        self
    }

    /// Adds something that is said where no turn is scripted: it becomes a turn, a part of one, or several, as the
    /// client's parameters say, by the pauses and the ends of sentences in all such speech.
    #[must_use]
    pub fn speech(mut self, speech: Turn) -> Self {
        self.speech.push(speech);
        self
    }

    /// One turn for each line of a text.
    pub fn lines(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.fold(Self::new(), Self::said)
    }

    /// Adds a turn of a text at the usual pace.
    #[must_use]
    pub fn said(self, text: impl Into<String>) -> Self {
        self.turn(Turn::said(text))
    }

    /// Sends a message of your own making when so much audio has come.
    #[must_use]
    pub fn message_at_ms(self, audio_ms: u64, message: &Value) -> Self {
        self.text_at_ms(audio_ms, message.to_string())
    }

    /// Sends any text, JSON or not, when so much audio has come.
    #[must_use]
    pub fn text_at_ms(self, audio_ms: u64, text: impl Into<String>) -> Self {
        self.cue(audio_ms, Act::Send(text.into()))
    }

    /// Sends `SpeechStarted` when so much audio has come.
    #[must_use]
    pub fn speech_started_at_ms(self, audio_ms: u64) -> Self {
        let message = serde_json::json!({"type": "SpeechStarted", "timestamp": audio_ms, "confidence": 0.95});
        self.message_at_ms(audio_ms, &message)
    }

    /// Something goes wrong when so much audio has come; with 0, right after `Begin`.
    #[must_use]
    pub fn fault_at_ms(self, audio_ms: u64, fault: Fault) -> Self {
        self.cue(audio_ms, Act::Fault(fault))
    }

    /// Something goes wrong, once, in the first session that is heard to have come this far in the
    /// [recording](Script::recording): so a talk can be cut at many places, whatever sessions it is heard in.
    #[must_use]
    pub fn fault_at_recording_ms(self, recording_ms: u64, fault: Fault) -> Self {
        let mut faults = self.recording_faults.lock().unwrap_or_else(PoisonError::into_inner);
        let index = faults.partition_point(|(at_ms, _)| *at_ms <= recording_ms);
        faults.insert(index, (recording_ms, fault));
        drop(faults);
        self
    }

    /// The fault that is due at this ms of the recording, the earliest first.
    pub(crate) fn take_recording_fault(&self, recording_ms: u64) -> Option<Fault> {
        let mut faults = self.recording_faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.pop_front_if(|(at_ms, _)| *at_ms <= recording_ms).map(|(_, fault)| fault)
    }

    /// Sends a message of your own making after Terminate, behind the last finals and before `Termination`.
    #[must_use]
    pub fn message_after_terminate(mut self, message: &Value) -> Self {
        self.after_terminate.push(message.to_string());
        self
    }

    /// How the session ends after Terminate.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Tells turns in this manner, whatever the parameters say.
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

    /// Sends a final without words after the last one, as universal-streaming was seen to do after Terminate.
    #[must_use]
    pub fn extra_empty_final(mut self) -> Self {
        self.extra_empty_final = true;
        self
    }

    /// How turns are told, and when they end.
    pub(crate) fn rules(&self, parameters: &Parameters) -> TurnRules {
        let mut rules = TurnRules::of(parameters, self.profile);
        if self.paced_text.is_some() {
            // Words come one by one here, and who tries a page wants to see them come.
            rules.partial_every_ms = rules.partial_every_ms.map(|_| PACED_PARTIAL_MS);
        }
        rules
    }

    /// The turns as they are before anything is heard.
    pub(crate) fn states(&self) -> Vec<TurnState> {
        let mut states: Vec<TurnState> = self.turns.iter().map(Turn::state).collect();
        let mut words: Vec<_> = self.speech.iter().flat_map(|speech| speech.state().words).collect();
        if !words.is_empty() {
            words.sort_by_key(|word| word.start_ms);
            states.push(TurnState::new(words, false));
        }
        states
    }

    fn cue(mut self, at_ms: u64, act: Act) -> Self {
        let index = self.cues.partition_point(|cue| cue.at_ms <= at_ms);
        self.cues.insert(index, Cue { at_ms, act });
        self
    }
}
