//! Builds the page for the server: wasm, bindings, hashed names, compression. The server's build script
//! calls [`bundle`]; no wasm-bindgen command, no npm, no bundler is needed.
//!
//! ```text
//! web/ ──────── cargo ─► wasm-bindgen ─► page.js, page.wasm ─┐
//! web/worklet/ ─ cargo ─────────────────► worklet.wasm ──────┼─► hashed names ─► br, gzip ─► assets.rs
//! index.html, styles.css, processor.js, favicon.svg ─────────┘
//! ```

mod asset;
mod nested_cargo;
mod page;
mod table;

use std::path::{Path, PathBuf};
use std::{fs, io};

pub use asset::Asset;

/// Why the page could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The compiler cannot build for the browser.
    #[error("the target wasm32-unknown-unknown is missing; run: cargo xtask setup")]
    NoTarget,
    /// The page's code does not build.
    #[error("{package} does not build:\n{output}")]
    Build {
        /// The package.
        package: &'static str,
        /// What the compiler said.
        output: String,
    },
    /// The bindings could not be made.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    /// index.html names a file that is not there.
    #[error("index.html names {{{{{0}}}}}, which the bundle does not have")]
    UnknownName(String),
    /// A file is not named in index.html.
    #[error("index.html does not name {{{{{0}}}}}")]
    UnusedName(&'static str),
}

/// Builds the page that lies in `web` and writes it, with the table `assets.rs`, into `out_dir`.
///
/// # Errors
/// [`BundleError`]; its text is for the person who runs cargo.
pub fn bundle(web: &Path, out_dir: &Path) -> Result<(), BundleError> {
    let cargo = nested_cargo::NestedCargo::new(web, out_dir);
    let page_wasm = cargo.build("transcription-page", &[])?;
    let worklet_wasm = cargo.build("transcription-worklet", &["--features", "ffi"])?;
    let assets = page::assemble(web, &page_wasm, read(&worklet_wasm)?)?;
    table::write(&assets, out_dir)
}

/// The paths, seen from `web`, of everything that the page is made of: for `cargo:rerun-if-changed`.
pub const SOURCES: [&str; 10] = [
    "Cargo.toml",
    "favicon.svg",
    "index.html",
    "src",
    "styles.css",
    "worklet/Cargo.toml",
    "worklet/processor.js",
    "worklet/src",
    "../Cargo.lock",
    "../protocol/src",
];

fn read(path: &Path) -> Result<Vec<u8>, BundleError> {
    fs::read(path).map_err(|source| BundleError::File { path: path.to_owned(), source })
}
