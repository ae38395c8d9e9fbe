//! Brings what building and testing need, where it is missing.

mod apt;
mod debian;
mod deploy;
mod programs;
mod sdks;
mod wasm;

use std::path::Path;
use std::time::Instant;

use crate::command::Call;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// Brings all that the tests need: the wasm32 target, the formatter and the linter, browsers and Redis.
pub(crate) fn all(system: &dyn System, root: &Path) -> Result<Toolchain, Failure> {
    let toolchain = target(system, root)?;
    wasm::bring_components(system, toolchain)?;
    programs::bring(system)?;
    Ok(toolchain)
}

/// Brings AssemblyAI's own SDKs, which only the tests of the mock's conformance need.
pub(crate) fn sdks(system: &dyn System, root: &Path) -> Result<(), Failure> {
    sdks::bring(system, root)
}

/// Brings the tools that read what one deploys with, which only the tests of feature `deploy` need.
pub(crate) fn deploy(system: &dyn System, root: &Path) -> Result<(), Failure> {
    deploy::bring(system, root)
}

/// Brings the wasm32 target, all that building needs, and returns the Rust that has it.
pub(crate) fn target(system: &dyn System, root: &Path) -> Result<Toolchain, Failure> {
    wasm::bring(system, root)
}

/// Runs a command under a line that says what it does and, once it is done, how long that took.
fn step(system: &dyn System, what: &str, call: &Call) -> Result<String, Failure> {
    system.say(&format!("{what}: {call} ... "));
    let start = Instant::now();
    let result = system.run(call);
    let word = if result.is_ok() { "done" } else { "failed" };
    system.say(&format!("{word} in {:.1} s\n", start.elapsed().as_secs_f64()));
    result
}
