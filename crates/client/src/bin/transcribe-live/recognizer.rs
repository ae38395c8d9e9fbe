//! The recogniser in this program, which the feature `local` brings.

use std::path::Path;

use crate::exit::Failure;

/// Whether this build has it.
pub(crate) const IS_HERE: bool = cfg!(feature = "local");

/// What is said where it is not.
pub(crate) const NOT_HERE: &str = "this build recognises nothing itself; build it with --features local";

#[cfg(feature = "local")]
pub(crate) use local_service::LoopbackService as Recognizer;
#[cfg(feature = "local")]
use local_service::StartError;

/// Starts it with the model in a folder.
#[cfg(feature = "local")]
pub(crate) async fn start(folder: &Path) -> Result<Recognizer, Failure> {
    let started = Recognizer::start(folder).await;
    started.map_err(|error| match &error {
        StartError::Model(error) => Failure::usage(format!("the model cannot be used: {error}")),
        _ => Failure::fault(&error),
    })
}

/// What a build without the recogniser has in its place: nothing.
#[cfg(not(feature = "local"))]
#[derive(Debug)]
pub(crate) enum Recognizer {}

#[cfg(not(feature = "local"))]
impl Recognizer {
    pub(crate) fn base_url(&self) -> String {
        match *self {}
    }

    pub(crate) fn key(&self) -> &str {
        match *self {}
    }

    pub(crate) fn model(&self) -> &'static str {
        match *self {}
    }
}

#[cfg(not(feature = "local"))]
#[expect(clippy::unused_async, reason = "as with the recogniser")]
pub(crate) async fn start(_: &Path) -> Result<Recognizer, Failure> {
    Err(Failure::usage(NOT_HERE.to_owned()))
}
