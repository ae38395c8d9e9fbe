use crate::whitespace::normalize_whitespace;

/// Identifies a turn. Turns are written in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TurnKey {
    /// The number of the connection that it arrived on; later connections have larger numbers.
    pub connection: u32,
    /// Its number within the connection.
    pub turn_order: u64,
}

/// What a turn stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TurnKind {
    /// Speech.
    #[default]
    Speech,
    /// Audio that was not transcribed. The turn's text says so, and its word has the gap's times.
    Gap,
}

/// A turn, or a gap in the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    /// The start of the text, which no longer changes.
    pub settled: String,
    /// The end of the text, which can still change.
    pub unsettled: String,
    /// The words of `settled` with their times; empty if they are not known.
    pub words: Vec<Word>,
    /// The user's text, which replaces `settled` and `unsettled`.
    pub edited: Option<String>,
    /// The start in ms from the start of the recording, if it is known.
    pub from_ms: Option<u64>,
    /// The speaker; the default is an unknown speaker.
    pub speaker: Speaker,
    /// The language code, such as `de`; empty if no language was detected.
    pub language: String,
    /// What it stands for.
    pub kind: TurnKind,
    /// Whether the turn has ended.
    pub is_final: bool,
    /// Whether the text has punctuation and capitals.
    pub is_formatted: bool,
    /// Whether the service corrected the speaker after the turn had ended.
    pub is_speaker_revised: bool,
}

/// A word with its times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// The word, with punctuation if the text has it.
    pub text: String,
    /// The start in ms from the start of the recording.
    pub start_ms: u64,
    /// The end in ms from the start of the recording.
    pub end_ms: u64,
    /// The service's confidence, 0 to 100 %, if it reports one.
    pub confidence_percent: Option<u8>,
    /// The label of this word's speaker; empty if it is the turn's speaker.
    pub speaker: String,
}

/// A speaker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Speaker {
    /// The service's label, such as `A`; empty if the speaker is unknown.
    pub label: String,
    /// Which session the label belongs to, from 1: each session assigns its labels independently.
    pub session: u32,
    /// The user's name for the speaker; empty if there is none.
    pub name: String,
}

/// The words that a file contains beside the transcript, in the language of its reader. `{}` is a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The title of a document: `Transcript`.
    pub title: String,
    /// A speaker without a name: `Speaker {}`.
    pub speaker: String,
    /// The same for sessions after the first: `Speaker {} ({})`, label and session.
    pub speaker_of_session: String,
    /// A marker without a name: `Marker`.
    pub marker: String,
    /// A marker with one: `Marker: {}`.
    pub named_marker: String,
}

impl Default for Labels {
    /// English.
    fn default() -> Self {
        Self {
            title: "Transcript".to_owned(),
            speaker: "Speaker {}".to_owned(),
            speaker_of_session: "Speaker {} ({})".to_owned(),
            marker: "Marker".to_owned(),
            named_marker: "Marker: {}".to_owned(),
        }
    }
}

impl Labels {
    /// The name of a speaker as a reader sees it; `None` if the speaker is unknown.
    pub fn speaker_name(&self, speaker: &Speaker) -> Option<String> {
        match (&*speaker.name, &*speaker.label, speaker.session) {
            ("", "", _) => None,
            ("", label, 0 | 1) => Some(self.speaker.replacen("{}", label, 1)),
            ("", label, session) => {
                // The session goes in first: a label may contain the placeholder, a number cannot.
                let (before, after) = self.speaker_of_session.rsplit_once("{}").unwrap_or_default();
                Some([&*before.replacen("{}", label, 1), &session.to_string(), after].concat())
            }
            (name, ..) => Some(name.to_owned()),
        }
    }
}

impl Labels {
    /// A marker with its name, on one line.
    pub(crate) fn marker(&self, name: &str) -> String {
        match &*normalize_whitespace(name) {
            "" => self.marker.clone(),
            name => self.named_marker.replacen("{}", name, 1),
        }
    }
}

impl Turn {
    /// Whether it stands for audio that was not transcribed.
    pub fn is_gap(&self) -> bool {
        self.kind == TurnKind::Gap
    }

    /// The service's text.
    pub fn text(&self) -> String {
        let (settled, unsettled) = (self.settled.trim(), self.unsettled.trim());
        let space = if settled.is_empty() || unsettled.is_empty() { "" } else { " " };
        [settled, space, unsettled].concat()
    }

    /// The text to show: the user's, or else the service's.
    pub fn display_text(&self) -> String {
        self.edited.clone().unwrap_or_else(|| self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edited_text_replaces_the_original() {
        let mut turn =
            Turn { settled: "Book a ".to_owned(), unsettled: "cable".to_owned(), ..Turn::default() };
        assert_eq!(turn.display_text(), "Book a cable");
        turn.edited = Some("Book a table".to_owned());
        assert_eq!(
            (turn.display_text(), turn.text()),
            ("Book a table".to_owned(), "Book a cable".to_owned())
        );
    }

    #[test]
    fn labels_of_different_sessions_are_different_speakers() {
        let name = |label: &str, session, name: &str| {
            let speaker = Speaker { label: label.to_owned(), session, name: name.to_owned() };
            Labels::default().speaker_name(&speaker)
        };
        assert_eq!(name("A", 1, "").as_deref(), Some("Speaker A"));
        assert_eq!(name("A", 2, "").as_deref(), Some("Speaker A (2)"));
        assert_eq!(name("{}", 2, "").as_deref(), Some("Speaker {} (2)"));
        assert_eq!(name("A", 2, "Chair").as_deref(), Some("Chair"));
        assert_eq!(name("", 1, ""), None);
    }
}
