//! What tests return.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::fmt;
use std::panic::Location;

/// What tests and their helpers return.
pub type TestResult<T = ()> = Result<T, TestError>;

/// Any error, and the place of the `?` that has returned it: a message such as "connection refused" alone does not say
/// which connection. With `RUST_BACKTRACE=1` also what called that, as for a panic.
pub struct TestError {
    cause: Box<dyn Error + Send + Sync>,
    at: &'static Location<'static>,
    backtrace: Backtrace,
}

impl TestError {
    /// Whether the error is one of type `E`.
    pub fn is<E: Error + 'static>(&self) -> bool {
        self.cause.is::<E>()
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for TestError {
    #[track_caller]
    fn from(cause: E) -> Self {
        Self { cause: cause.into(), at: Location::caller(), backtrace: Backtrace::capture() }
    }
}

/// What the test harness prints.
impl fmt::Debug for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.backtrace.status() {
            BacktraceStatus::Captured => write!(f, "\nstack backtrace:\n{}", self.backtrace),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        let mut source = self.cause.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        write!(f, ", at {}", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> TestResult<u8> {
        let digits = text.strip_prefix('#').ok_or("no number")?;
        Ok(digits.parse()?)
    }

    fn parse_all(texts: &[&str]) -> TestResult<Vec<u8>> {
        texts.iter().map(|text| parse(text)).collect()
    }

    #[test]
    fn the_first_place_of_an_error_is_shown_with_its_causes() -> TestResult {
        assert_eq!(parse_all(&["#1", "#2"])?, [1, 2]);
        let shown = |text: &str| parse_all(&["#1", text]).map_err(|error| error.to_string());
        let at = |line: u32, column: u32| format!(", at {}:{line}:{column}", file!());
        let first = line!() - 13;
        assert_eq!(shown("7"), Err(format!("no number{}", at(first, 22))));
        assert_eq!(shown("#x"), Err(format!("invalid digit found in string{}", at(first + 1, 12))));
        let error = std::io::Error::other(std::fmt::Error);
        let nested: TestResult = Err(error.into());
        assert!(
            nested.as_ref().is_err_and(|error| error.is::<std::io::Error>() && !error.is::<fmt::Error>())
        );
        assert_eq!(nested.map_err(|error| error.to_string().split(", at").count()), Err(2));
        Ok(())
    }
}
