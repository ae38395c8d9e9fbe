//! The distributed binary and the files for its deployment.
//!
//! `names.rs` needs no tools. `tools.rs`, `proxies.rs` and `shipped.rs` (feature `deploy`) run real tools on the files
//! and on the binary: `cargo xtask dist` builds the binary, `cargo xtask setup --deploy` installs the tools.

mod names;
#[cfg(feature = "deploy")]
mod proxies;
#[cfg(all(feature = "deploy", feature = "speech"))]
mod replicas;
#[cfg(all(feature = "deploy", feature = "speech", feature = "driver"))]
mod replicas_page;
#[cfg(feature = "deploy")]
mod shipped;
#[cfg(feature = "deploy")]
mod tools;

use std::path::{Path, PathBuf};

use test_result::TestResult;

/// A path of the repository, without `..` in it.
fn path(relative: &str) -> PathBuf {
    // The package is a folder of the repository.
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name(relative)
}

/// The text of a file of the repository.
fn text(relative: &str) -> TestResult<String> {
    Ok(std::fs::read_to_string(path(relative)).map_err(|error| format!("{relative}: {error}"))?)
}
