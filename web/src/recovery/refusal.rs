/// Why the browser does not keep a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The disk, or this site's share of it, is full.
    Full,
    /// The browser keeps nothing for this page: a private window, or a setting.
    Forbidden,
    /// A later version of this page has kept something in a form that this one does not know.
    Newer,
    /// It takes in less than comes.
    TooSlow,
    /// Anything else, in the browser's words.
    Other(String),
}

impl Refusal {
    /// Reads the name of the `DOMException` of a database (Indexed Database API 3.0, 3).
    pub fn from_exception(name: &str, message: &str) -> Self {
        match name {
            "QuotaExceededError" => Self::Full,
            // Firefox, in private windows: "A mutation operation was attempted on a database that did not allow
            // mutations".
            "SecurityError" | "NotAllowedError" | "InvalidStateError" => Self::Forbidden,
            "VersionError" => Self::Newer,
            _ => Self::Other(format!("{name}: {message}")),
        }
    }

    /// What that means for the recording, in one or two sentences.
    pub fn sentence(&self) -> String {
        let why = match self {
            Self::Full => "the disk, or what the browser gives this site of it, is full",
            Self::Forbidden => "the browser lets this page store nothing, as in private windows",
            Self::Newer => "a newer version of this page was here; reload it when you have finished",
            Self::TooSlow => "the browser's database is too slow",
            Self::Other(words) => words,
        };
        format!("This recording is not being backed up: {why}. The transcript goes on.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_why_and_that_the_transcript_goes_on() {
        let cases = [
            ("QuotaExceededError", "is full"),
            ("InvalidStateError", "private windows"),
            ("SecurityError", "private windows"),
            ("VersionError", "newer version"),
            ("UnknownError", "UnknownError: the database said so"),
        ];
        for (name, part) in cases {
            let sentence = Refusal::from_exception(name, "the database said so").sentence();
            assert!(sentence.starts_with("This recording is not being backed up: "), "{sentence}");
            assert!(sentence.contains(part), "{name}: {sentence}");
            assert!(sentence.ends_with(". The transcript goes on."), "{sentence}");
        }
    }
}
