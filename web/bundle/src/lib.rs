//! Builds the page for the server, at the server's build time.
//!
//! ```text
//! web/         ── cargo, wasm32 ─► bindings ─► page.js, page.wasm ───┐
//! web/tools/   ── cargo, wasm32 ─► bindings ─► tools.js, tools.wasm ─┤
//! web/worklet/ ── cargo, wasm32 ─────────────► worklet.wasm          ├─► hashed names ─► br, gzip ─► table
//! processor.js, worker.js, styles.css, favicon.svg, index.html, … ───┘
//! ```
//!
//! Reading order: [`build_page`] in this file, then `cargo`, `bindings`, `names`, `comments`, `asset`, `template`, `compress`,
//! `table`. No tool has to be installed but the wasm32 target: no wasm-bindgen command, no npm, no bundler.

mod asset;
mod bindings;
mod cargo;
mod comments;
mod compress;
mod error;
mod names;
mod shrink;
mod table;
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::asset::Asset;
pub use crate::error::BundleError;

/// The sources of the page, relative to the workspace's root; a folder stands for everything in it.
///
/// Cargo runs the build script again only if one of them has changed.
const INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "crates/export/Cargo.toml",
    "crates/export/src",
    "crates/protocol/Cargo.toml",
    "crates/protocol/src",
    "crates/session/Cargo.toml",
    "crates/session/src",
    "web/Cargo.toml",
    "web/common/Cargo.toml",
    "web/common/src",
    "web/dom/Cargo.toml",
    "web/dom/src",
    "web/favicon.svg",
    "web/icons",
    "web/index.html",
    "web/manifest.webmanifest",
    "web/src",
    "web/styles.css",
    "web/tools/Cargo.toml",
    "web/tools/src",
    "web/tools/worker.js",
    "web/tools/tools.css",
    "web/worklet/Cargo.toml",
    "web/worklet/processor.js",
    "web/worklet/src",
    "rust-toolchain.toml",
];

/// The texts of the manifest, by their names in the table of texts.
const MANIFEST_TEXTS: [&str; 4] = ["TITLE", "HEADING", "DESCRIPTION", "CAPTIONS"];

/// A text by its name, in `en` or `de`; empty if there is none of that name.
fn text_in(language: &str, name: &str) -> &'static str {
    let text = transcription_common::texts::TABLE.iter().find(|(other, ..)| *other == name);
    text.map_or("", |(_, english, german)| if language == "de" { german } else { english })
}

/// The build script of a crate that embeds the page: builds it into `OUT_DIR` and prints for cargo what to watch.
///
/// The crate then includes `OUT_DIR/page.rs`, an expression of the type `&[File]`; see `server/src/assets.rs`
/// for the fields that a `File` must have.
pub fn run_build_script() -> ExitCode {
    // Cargo sets both variables for every build script.
    let (Some(out_dir), Some(root)) = (std::env::var_os("OUT_DIR").map(PathBuf::from), workspace_root())
    else {
        println!("cargo::error=this runs only as the build script of a crate of the workspace");
        return ExitCode::FAILURE;
    };
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    match build_page(&root, &out_dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The compiler's messages are on stderr already; cargo shows them above this line.
            eprintln!("\nerror: {}", error.with_causes());
            ExitCode::FAILURE
        }
    }
}

/// The nearest folder with a lock file, from the built crate upwards.
fn workspace_root() -> Option<PathBuf> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    package.ancestors().find(|folder| folder.join("Cargo.lock").is_file()).map(Path::to_owned)
}

/// Builds the page of the workspace at `root` into `out_dir`: the files into `page/`, and `page.rs`.
///
/// # Errors
///
/// If the wasm32 target is missing, the page does not compile, a template names an unknown file, or a file cannot be
/// read or written.
pub fn build_page(root: &Path, out_dir: &Path) -> Result<(), BundleError> {
    let web = root.join("web");
    let cargo = cargo::Cargo::new(root, out_dir)?;
    let page = bindings::generate(&cargo.build_wasm("transcription-page", &[])?)?;
    let tools = bindings::generate(&cargo.build_wasm("transcription-tools", &[])?)?;
    let worklet = shrink::shrink(&cargo.build_wasm("transcription-worklet", &["ffi"])?)?;

    let read = |path: &str| fs::read(web.join(path)).map_err(BundleError::io(web.join(path)));
    let stripped = |text: &str| comments::strip_javascript(text).into_bytes();
    let read_stripped = |path: &str| read(path).map(|bytes| stripped(&String::from_utf8_lossy(&bytes)));
    let read_css = |path: &str| {
        read(path).map(|bytes| comments::strip_css(&String::from_utf8_lossy(&bytes)).into_bytes())
    };
    let page_js = Asset::hashed("page.js", comments::strip_bindings(&page.javascript).into_bytes())?;
    let page_wasm = Asset::hashed("page.wasm", page.wasm)?;
    let tools_js = Asset::hashed("tools.js", comments::strip_bindings(&tools.javascript).into_bytes())?;
    let tools_wasm = Asset::hashed("tools.wasm", tools.wasm)?;
    let worker = Asset::hashed("tools-worker.js", read_stripped("tools/worker.js")?)?;
    let tools_css = Asset::hashed("tools.css", read_css("tools/tools.css")?)?;
    let german = Asset::hashed("german.txt", transcription_common::texts::german_file().into_bytes())?;
    let favicon = Asset::hashed("favicon.svg", read("favicon.svg")?)?;
    let icons = [
        Asset::hashed("icon-192.png", read("icons/icon-192.png")?)?,
        Asset::hashed("icon-512.png", read("icons/icon-512.png")?)?,
        Asset::hashed("maskable.svg", read("icons/maskable.svg")?)?,
        Asset::hashed("maskable-192.png", read("icons/maskable-192.png")?)?,
        Asset::hashed("maskable-512.png", read("icons/maskable-512.png")?)?,
    ];
    // Names without a folder: the icons lie beside the manifest, also below a proxy's path prefix.
    let used_in_manifest: Vec<_> =
        icons.iter().chain([&favicon]).map(|icon| (icon.placeholder().0, icon.file_name())).collect();
    let manifest = String::from_utf8_lossy(&read("manifest.webmanifest")?).into_owned();
    let fill = |language: &'static str, name| {
        let texts = MANIFEST_TEXTS.map(|text| (text, text_in(language, text)));
        let texts = texts.into_iter().chain([("LANGUAGE", language)]);
        let values: Vec<_> = used_in_manifest.iter().copied().chain(texts).collect();
        let filled =
            template::fill(&manifest, &values).map_err(BundleError::template("web/manifest.webmanifest"))?;
        Asset::hashed(name, filled.into_bytes())
    };
    let manifest_en = fill("en", "tools.webmanifest")?;
    let manifest_de = fill("de", "tools-de.webmanifest")?;
    let used_in_boot = [
        &page_js,
        &page_wasm,
        &tools_js,
        &tools_wasm,
        &tools_css,
        &worker,
        &german,
        &manifest_en,
        &manifest_de,
    ]
    .map(Asset::placeholder);
    let boot = template::fill(include_str!("boot.js"), &used_in_boot)
        .map_err(BundleError::template("web/bundle/src/boot.js"))?;

    let boot_js = Asset::hashed("boot.js", stripped(&boot))?;
    let styles = Asset::hashed("styles.css", read_css("styles.css")?)?;
    let processor = Asset::hashed("processor.js", read_stripped("worklet/processor.js")?)?;
    let worklet = Asset::hashed("worklet.wasm", worklet)?;

    let index = comments::strip_html(&String::from_utf8_lossy(&read("index.html")?));
    let used_in_index = [&styles, &boot_js, &processor, &worklet, &favicon].map(Asset::placeholder);
    let index = template::fill(&index, &used_in_index)
        .and_then(|index| template::number_texts(&index, transcription_common::texts::line_of))
        .and_then(|index| template::preload(&index, page_js.placeholder().1, page_wasm.placeholder().1))
        .map_err(BundleError::template("web/index.html"))?;
    let index = Asset::index(index.into_bytes());

    let at_once = [index, styles, favicon, boot_js, page_js, page_wasm, processor, worklet];
    let later = [tools_js, tools_wasm, tools_css, worker, german, manifest_en, manifest_de];
    table::write(&at_once.into_iter().chain(later).chain(icons).collect::<Vec<_>>(), out_dir)
}
