use transcription_common::texts;

/// Why the browser does not store a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageError {
    /// The disk, or this site's quota of it, is full.
    Full,
    /// The browser stores nothing for this page: a private window, or a setting.
    Forbidden,
    /// The database was written by a later version of this page.
    Newer,
    /// The database writes less than is captured.
    TooSlow,
    /// Any other error: name and message of the exception.
    Other(String),
}

impl StorageError {
    /// Classifies a `DOMException` of a database by its name (Indexed Database API 3.0, 3).
    pub fn from_exception(name: &str, message: &str) -> Self {
        match name {
            "QuotaExceededError" => Self::Full,
            "SecurityError" | "NotAllowedError" => Self::Forbidden,
            // Firefox, in private windows: "A mutation operation was attempted on a database that did not allow
            // mutations". A database that the browser has closed gives an error of this name too.
            "InvalidStateError" if message.starts_with("A mutation") => Self::Forbidden,
            "VersionError" => Self::Newer,
            // It becomes part of a sentence that has a full stop.
            _ => Self::Other([name, ": ", message.trim_end_matches(['.'])].concat()),
        }
    }

    /// The reason, as a part of a sentence.
    pub fn reason(&self) -> &str {
        match self {
            Self::Full => texts::STORE_FULL.get(),
            Self::Forbidden => texts::STORE_FORBIDDEN.get(),
            Self::Newer => texts::STORE_NEWER.get(),
            Self::TooSlow => texts::STORE_SLOW.get(),
            Self::Other(words) => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_classified_by_name() {
        let cases = [
            ("QuotaExceededError", "is full"),
            ("InvalidStateError", "InvalidStateError: the database said so"),
            ("SecurityError", "private windows"),
            ("VersionError", "newer version"),
            ("UnknownError", "UnknownError: the database said so"),
        ];
        for (name, part) in cases {
            let error = StorageError::from_exception(name, "the database said so.");
            assert!(error.reason().contains(part), "{name}: {}", error.reason());
        }
    }

    #[test]
    fn only_firefox_in_private_windows_has_an_invalid_state_that_is_forbidden() {
        let private = "A mutation operation was attempted on a database that did not allow mutations.";
        assert_eq!(StorageError::from_exception("InvalidStateError", private), StorageError::Forbidden);
        let closed = StorageError::from_exception("InvalidStateError", "The database connection is closing.");
        assert_eq!(closed.reason(), "InvalidStateError: The database connection is closing");
    }
}
