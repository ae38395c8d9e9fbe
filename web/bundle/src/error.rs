use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use crate::template::TemplateError;

/// Why the page could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The compiler has no standard library for the page's target.
    #[error("the target wasm32-unknown-unknown is not installed; install it with: cargo xtask setup")]
    MissingTarget,
    /// Cargo failed on one of the page's crates; it has said why on stderr.
    #[error("{package} does not build for wasm32-unknown-unknown ({status}); the reason is above")]
    Compile {
        /// The crate.
        package: &'static str,
        /// How cargo ended.
        status: ExitStatus,
    },
    /// The JavaScript side of the page's wasm could not be generated.
    #[error("wasm-bindgen cannot generate the page's bindings: {0}")]
    Bindings(String),
    /// A file of the page has placeholders that do not fit.
    #[error("{file} cannot be filled in")]
    Template {
        /// The file, relative to the workspace's root.
        file: &'static str,
        /// What does not fit.
        source: TemplateError,
    },
    /// A file has an ending that no content type is known for.
    #[error("no content type is known for {0}")]
    ContentType(&'static str),
    /// A file could not be read or written, or a program not started.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file or program.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl BundleError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.into(), source }
    }

    pub(crate) fn template(file: &'static str) -> impl FnOnce(TemplateError) -> Self {
        move |source| Self::Template { file, source }
    }

    /// The error and what caused it, in one line.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            // Writing to a String cannot fail.
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}
