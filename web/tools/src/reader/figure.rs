//! What is known of a word.

use transcription_common::clock;
use transcription_common::texts;

/// What is known of a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figure {
    /// Where it begins, in ms of the recording.
    pub start_ms: u64,
    /// How sure the service is, 0 to 100 %, where it says.
    pub confidence_percent: Option<u8>,
    /// Who says it, where that is not who speaks in the turn.
    pub speaker: Option<String>,
}

impl Figure {
    /// One line of it: how sure the service is, when, and who.
    pub fn line(&self) -> String {
        let sure = self.confidence_percent.map(|percent| texts::WORD_SURE.with(&[&percent.to_string()]));
        let at = Some(texts::WORD_AT.with(&[&time(self.start_ms)]));
        let parts: Vec<String> = [sure, at, self.speaker.clone()].into_iter().flatten().collect();
        parts.join(" · ")
    }
}

/// A time to the tenth of a second.
pub fn time(ms: u64) -> String {
    texts::TENTHS.with(&[&clock(ms / 1000), &(ms % 1000 / 100).to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_its_figure_its_time_and_another_speaker() {
        let figure =
            Figure { start_ms: 65_290, confidence_percent: Some(43), speaker: Some("Speaker B".to_owned()) };
        assert_eq!(figure.line(), "43 % sure · at 1:05.2 · Speaker B");
    }

    #[test]
    fn what_the_service_does_not_say_is_left_out() {
        assert_eq!(Figure::default().line(), "at 0:00.0");
    }
}
