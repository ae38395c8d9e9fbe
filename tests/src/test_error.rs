//! The error with which a test fails.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::fmt;
use std::panic::Location;

/// What a test returns, and what its helpers return that can fail.
pub type TestResult<T = ()> = Result<T, TestError>;

/// Any error, with the line whose `?` turned it into this one; with `RUST_BACKTRACE=1`, also with those that called it, as
/// a panic has. The test's harness prints them.
///
/// It is no [`Error`] itself, so that `?` accepts all that are.
pub struct TestError {
    source: Box<dyn Error + Send + Sync>,
    location: &'static Location<'static>,
    backtrace: Backtrace,
}

impl TestError {
    /// Whether this is an error of type `E`.
    pub fn is<E: Error + 'static>(&self) -> bool {
        self.source.is::<E>()
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for TestError {
    #[track_caller]
    fn from(error: E) -> Self {
        Self { source: error.into(), location: Location::caller(), backtrace: Backtrace::capture() }
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(out, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Returned from a test, an error is printed in this form.
impl fmt::Debug for TestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}\n    at {}", self.location)?;
        match self.backtrace.status() {
            BacktraceStatus::Captured => write!(out, "\nstack backtrace:\n{}", self.backtrace),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the step failed")]
    struct Step(#[source] std::num::ParseIntError);

    #[test]
    fn an_error_names_its_causes_and_the_line_that_met_it() {
        let line = line!() + 2;
        let fails = || -> TestResult<u8> {
            let number = "x".parse().map_err(Step)?;
            Ok(number)
        };
        let Err(error) = fails() else { unreachable!("x is no number") };
        assert!(error.is::<Step>() && !error.is::<fmt::Error>());
        let text = format!("{error:?}");
        assert!(text.starts_with("the step failed: invalid digit found in string\n"), "{text}");
        assert!(text.contains(&format!("test_error.rs:{line}:")), "{text}");
    }
}
