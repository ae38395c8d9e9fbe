use std::time::Duration;

use serde_json::Value;

use crate::transcript::{FinalWhen, Profile, SpokenWord, TurnState, duration_ms, timed};

/// What the demo says, sentence by sentence, when nothing else was asked for.
const DEMO_TEXT: &str = "This is a demonstration. The words that you see do not come from what you say, \
    but they come as fast as you say it. When you stop speaking, the sentence ends. \
    When you go on, the next one begins. With an API key, these would be your own words.";

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
    pub(crate) cues: Vec<Cue>,
    pub(crate) after_terminate: Vec<String>,
    pub(crate) ending: Ending,
    pub(crate) profile: Option<Profile>,
    pub(crate) duplicate_finals: bool,
    pub(crate) extra_empty_final: bool,
    pub(crate) paced_text: Option<String>,
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

/// What goes wrong in the middle of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The TCP connection ends without a close frame; a client sees 1006.
    Drop,
    /// An `Error` message, then a close with the same code.
    Error {
        /// Error and close code.
        code: u16,
        /// The text, see section 6.1 of the protocol for those of the service.
        text: String,
    },
    /// An `Error` message without `type`, then a close with the same code.
    ErrorWithoutType {
        /// Error and close code.
        code: u16,
        /// The text.
        text: String,
    },
    /// A close frame without an `Error` message before it, as until early 2026.
    Close {
        /// The close code.
        code: u16,
        /// The reason; one longer than 123 bytes is cut.
        reason: String,
    },
    /// Text that is not JSON; the session goes on.
    MalformedJson,
    /// A message of a type that no client knows; the session goes on.
    UnknownMessage,
    /// A binary message; the session goes on.
    Binary,
    /// From here on nothing is read and nothing is sent, and the connection stays open.
    HalfOpen,
    /// From here on audio is taken and nothing is said, not even after Terminate.
    Mute,
}

impl Fault {
    /// [`Fault::Error`].
    pub fn error(code: u16, text: impl Into<String>) -> Self {
        Self::Error { code, text: text.into() }
    }

    /// [`Fault::Close`].
    pub fn close(code: u16, reason: impl Into<String>) -> Self {
        Self::Close { code, reason: reason.into() }
    }
}

/// How the session ends once the client has said Terminate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Ending {
    /// The last finals, `Termination`, close 1000.
    #[default]
    Proper,
    /// The last finals, then nothing: no `Termination`, no close.
    NoTermination,
    /// The last finals and close 1000, but no `Termination`.
    CloseWithoutTermination,
    /// The last finals and `Termination`, but no close.
    NoClose,
    /// As `Proper`, but this much later.
    Late(Duration),
    /// Terminate is ignored altogether.
    Ignored,
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

    /// One turn whose final comes only after Terminate, however long the audio is.
    pub fn pending_final(text: impl Into<String>) -> Self {
        Self::new().turn(Turn::said(text).final_after_terminate())
    }

    /// Adds a turn. One without [`Turn::from_ms`] begins 1500 ms after the one before it ends, the first at 500 ms.
    #[must_use]
    pub fn turn(mut self, turn: Turn) -> Self {
        let from_ms =
            turn.from_ms.unwrap_or_else(|| self.turns.last().map_or(500, |last| last.end_ms() + 1500));
        self.turns.push(Turn { from_ms: Some(from_ms), ..turn });
        self
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

    fn cue(mut self, at_ms: u64, act: Act) -> Self {
        let index = self.cues.partition_point(|cue| cue.at_ms <= at_ms);
        self.cues.insert(index, Cue { at_ms, act });
        self
    }
}

/// Something that is said in one turn, and when.
///
/// Partials come as the words are spoken, the final after the silence that the client's parameters ask for. The
/// text is written as the service would write it: where it lacks them, a capital is put first and a full stop last
/// (and neither, in raw universal turns).
#[derive(Debug, Clone)]
pub struct Turn {
    text: String,
    words: Vec<(String, u64, u64)>,
    from_ms: Option<u64>,
    to_ms: Option<u64>,
    misheard: Vec<(usize, String)>,
    speaker: Option<String>,
    order: Option<u64>,
    language: Option<(String, f64)>,
    final_when: FinalWhen,
}

impl Turn {
    /// A turn with this text, at 155 words a minute unless [`Turn::to_ms`] says otherwise.
    pub fn said(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            words: Vec::new(),
            from_ms: None,
            to_ms: None,
            misheard: Vec::new(),
            speaker: None,
            order: None,
            language: None,
            final_when: FinalWhen::Silence,
        }
    }

    /// A turn of words with their own times: text, start and end in ms of audio, in the order of their starts.
    pub fn words<'a>(words: impl IntoIterator<Item = (&'a str, u64, u64)>) -> Self {
        let words: Vec<_> =
            words.into_iter().map(|(text, start, end)| (text.to_owned(), start, end)).collect();
        let texts: Vec<&str> = words.iter().map(|(text, ..)| text.as_str()).collect();
        let mut turn = Self::said(texts.join(" "));
        turn.from_ms = words.first().map(|(_, start_ms, _)| *start_ms);
        turn.to_ms = words.last().map(|(.., end_ms)| *end_ms);
        turn.words = words;
        turn
    }

    /// Where the first word starts, in ms of audio.
    #[must_use]
    pub fn from_ms(mut self, from_ms: u64) -> Self {
        self.from_ms = Some(from_ms);
        self
    }

    /// Where the last word ends, in ms of audio.
    #[must_use]
    pub fn to_ms(mut self, to_ms: u64) -> Self {
        self.to_ms = Some(to_ms);
        self
    }

    /// The word at this index, from 0, is taken for another in the first partial that has it (Pro models).
    #[must_use]
    pub fn misheard(mut self, index: usize, taken_for: impl Into<String>) -> Self {
        self.misheard.push((index, taken_for.into()));
        self
    }

    /// Who speaks: `A`, `B` and so on; told only where the client asked for speaker labels.
    #[must_use]
    pub fn speaker(mut self, label: impl Into<String>) -> Self {
        self.speaker = Some(label.into());
        self
    }

    /// The `turn_order` of this turn; by itself it is the next in the session.
    #[must_use]
    pub fn order(mut self, turn_order: u64) -> Self {
        self.order = Some(turn_order);
        self
    }

    /// The language that is told where the client asked for detection, and how sure the service is, 0 to 1.
    #[must_use]
    pub fn language(mut self, code: impl Into<String>, confidence: f64) -> Self {
        self.language = Some((code.into(), confidence));
        self
    }

    /// The final comes when so much audio has come, not after a silence; so finals can come out of order.
    #[must_use]
    pub fn final_at_ms(mut self, audio_ms: u64) -> Self {
        self.final_when = FinalWhen::AudioMs(audio_ms);
        self
    }

    /// The final comes only after Terminate, with all words.
    #[must_use]
    pub fn final_after_terminate(mut self) -> Self {
        self.final_when = FinalWhen::Terminated;
        self
    }

    fn end_ms(&self) -> u64 {
        let from_ms = self.from_ms.unwrap_or_default();
        let usual_ms: u64 = self.text.split_whitespace().map(duration_ms).sum();
        self.to_ms.unwrap_or_else(|| from_ms.saturating_add(usual_ms))
    }

    pub(crate) fn state(&self) -> TurnState {
        let mut words: Vec<SpokenWord> = if self.words.is_empty() {
            timed(&self.text, self.from_ms.unwrap_or_default(), self.end_ms())
        } else {
            self.words.iter().map(|(text, start, end)| SpokenWord::new(text, *start, *end)).collect()
        };
        words.sort_by_key(|word| word.start_ms);
        for word in &mut words {
            word.speaker.clone_from(&self.speaker);
        }
        for (index, text) in &self.misheard {
            if let Some(word) = words.get_mut(*index) {
                word.misheard_as = Some(text.clone());
            }
        }
        let mut state = TurnState::new(words, true);
        state.final_when = self.final_when;
        state.order = self.order;
        state.language.clone_from(&self.language);
        state
    }
}
