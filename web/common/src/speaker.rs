use assemblyai_session::Speaker;

use crate::texts;

/// The speaker's name as the user reads it: the name that the user gave, or else one made from the label; `None` if the
/// turn has no speaker.
pub fn speaker_name(speaker: &Speaker) -> Option<String> {
    match (&*speaker.name, &*speaker.label, speaker.session) {
        ("", "", _) => None,
        ("", label, 0 | 1) => Some(texts::SPEAKER.with(&[label])),
        ("", label, session) => Some(texts::SPEAKER_OF_CONNECTION.with(&[label, &session.to_string()])),
        (name, ..) => Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_of_another_connection_are_not_taken_for_the_same() {
        let speaker = |label: &str, session, name: &str| {
            speaker_name(&Speaker { label: label.to_owned(), session, name: name.to_owned() })
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(speaker("A", 1, ""), text("Speaker A"));
        assert_eq!(speaker("A", 2, ""), text("Speaker A (2)"));
        assert_eq!(speaker("A", 2, "Chair"), text("Chair"));
        assert_eq!(speaker("", 1, ""), None);
    }
}
