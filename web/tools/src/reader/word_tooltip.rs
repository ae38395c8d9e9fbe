//! The tooltip of a word.

use transcription_common::clock;
use transcription_common::texts;

/// The contents of the tooltip.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WordInfo {
    /// The start in ms of the recording.
    pub start_ms: u64,
    /// The service's confidence, 0 to 100 %, if it reports one.
    pub confidence_percent: Option<u8>,
    /// The name of the word's speaker, if that is not the turn's.
    pub speaker: Option<String>,
}

impl WordInfo {
    /// One line: confidence, start, speaker.
    pub fn line(&self) -> String {
        let sure = self.confidence_percent.map(|percent| texts::WORD_SURE.with(&[&percent.to_string()]));
        let at = Some(texts::WORD_AT.with(&[&time(self.start_ms)]));
        let parts: Vec<String> = [sure, at, self.speaker.clone()].into_iter().flatten().collect();
        parts.join(" · ")
    }
}

/// A time to the tenth of a second.
pub fn time(ms: u64) -> String {
    [&*clock(ms / 1000), texts::DECIMAL_POINT.get(), &(ms % 1000 / 100).to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_confidence_start_and_another_speaker() {
        let info = WordInfo {
            start_ms: 65_290,
            confidence_percent: Some(43),
            speaker: Some("Speaker B".to_owned()),
        };
        assert_eq!(info.line(), "43% sure · at 1:05.2 · Speaker B");
    }

    #[test]
    fn an_unknown_confidence_is_left_out() {
        assert_eq!(WordInfo::default().line(), "at 0:00.0");
    }
}
