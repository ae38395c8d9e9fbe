use std::error::Error;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::{io, iter};

use crate::template::TemplateError;

/// Why the page could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The compiler has no standard library for the page's target.
    #[error("the target wasm32-unknown-unknown is not installed; install it with: cargo xtask setup")]
    MissingTarget,
    /// Cargo failed to build one of the page's crates; its messages are on stderr.
    #[error("{package} does not build for wasm32-unknown-unknown ({status}); the reason is above")]
    Compile {
        /// The crate.
        package: &'static str,
        /// Cargo's exit status.
        status: ExitStatus,
    },
    /// The JavaScript side of the page's wasm could not be generated.
    #[error("wasm-bindgen cannot generate the page's bindings: {0}")]
    Bindings(String),
    /// What the compiler or wasm-bindgen made is no wasm module.
    #[error("a wasm module cannot be read: {0}")]
    Module(String),
    /// A template's placeholders do not match the files of the page.
    #[error("{file} cannot be filled in")]
    Template {
        /// The file, relative to the workspace's root.
        file: &'static str,
        /// The placeholder that does not match.
        source: TemplateError,
    },
    /// A file's extension has no known content type.
    #[error("no content type is known for {0}")]
    ContentType(&'static str),
    /// A file cannot be read or written, or a program cannot be started.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file or program.
        path: PathBuf,
        /// The system's error.
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

    /// The error and its causes in one line.
    pub(crate) fn with_causes(&self) -> String {
        let causes = iter::successors(Some(self as &dyn Error), |&error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}
