use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use assemblyai_streaming::{Error, Summary};

/// How the program ends; each has an exit code that scripts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All audio was transcribed.
    Complete = 0,
    /// A fault of this program or of the machine.
    Fault = 1,
    /// Wrong arguments, or no key.
    Usage = 2,
    /// The service refused, or cannot be reached.
    Refused = 3,
    /// The audio cannot be opened.
    NoAudio = 4,
    /// Some audio was not transcribed.
    Incomplete = 5,
    /// A file could not be written.
    Output = 6,
    /// Ended at once by the user.
    Forced = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// How a session ended, and whether it has ever had a connection.
    pub(crate) fn of(summary: &Summary, has_begun: bool) -> Self {
        match &summary.error {
            None if summary.is_complete() => Self::Complete,
            None => Self::Incomplete,
            Some(error) => Self::of_error(error, has_begun),
        }
    }

    fn of_error(error: &Error, has_begun: bool) -> Self {
        match error {
            Error::Audio(_) => Self::NoAudio,
            Error::CutOff => Self::Fault,
            _ if !has_begun => Self::Refused,
            Error::Refused { .. } => Self::Refused,
            _ => Self::Incomplete,
        }
    }
}

/// Why the program ends, for its user.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn fault(error: &dyn Display) -> Self {
        Self { exit: Exit::Fault, text: error.to_string() }
    }

    pub(crate) fn usage(text: String) -> Self {
        Self { exit: Exit::Usage, text }
    }

    /// A file that cannot be read.
    pub(crate) fn input(path: &Path, error: &dyn Display) -> Self {
        Self { exit: Exit::NoAudio, text: format!("cannot read {}: {error}", path.display()) }
    }

    /// An output that cannot be written.
    pub(crate) fn output(name: impl Display, error: &io::Error) -> Self {
        Self { exit: Exit::Output, text: format!("cannot write {name}: {error}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_exit_code() {
        let lost = Error::ConnectionLost("a test".to_owned());
        let audio = Error::Audio("a test".to_owned());
        for (error, has_begun, code) in [
            (Error::CutOff, false, 1),
            (Error::CutOff, true, 1),
            (Error::Unreachable("a test".to_owned()), false, 3),
            (lost.clone(), false, 3),
            (lost, true, 5),
            (Error::Incomplete("a test"), true, 5),
            (audio.clone(), false, 4),
            (audio, true, 4),
        ] {
            assert_eq!(Exit::of_error(&error, has_begun) as u8, code, "{error:?} {has_begun}");
        }
    }
}
