use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::error::BundleError;
use crate::shorten::{Names, bare};

/// The page's code: its wasm and the JavaScript between that and the browser.
pub(crate) struct Page {
    pub(crate) javascript: String,
    pub(crate) wasm: Vec<u8>,
}

/// Splits the compiler's output into what the browser loads, as the command `wasm-bindgen` would.
pub(crate) fn generate(wasm: &Path) -> Result<Page, BundleError> {
    // With all causes; the library's error is of a type that this crate does not depend on.
    let failed = |error| BundleError::Bindings(format!("{error:#}"));
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)
        .map_err(failed)?
        .input_path(wasm)
        .typescript(false)
        // The name of the wasm carries a hash, so the caller must say it.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let mut output = bindgen.generate_output().map_err(failed)?;
    // Every crate that could have snippets is listed, most with none.
    let inline = output.snippets().iter().filter(|(_, snippets)| !snippets.is_empty()).map(|(name, _)| name);
    let snippets: Vec<&String> = inline.chain(output.local_modules().keys()).collect();
    if !snippets.is_empty() {
        let reason = format!("nothing here would serve the page's JavaScript snippets: {snippets:?}");
        return Err(BundleError::Bindings(reason));
    }
    let mut names = Names::default();
    let wasm = output.wasm_mut();
    for import in wasm.imports.iter_mut() {
        import.name = names.shorten(&import.name);
    }
    // Not names that JavaScript may use for something else, such as `memory` and `start`.
    let is_generated = |name: &str| name.starts_with("__") || name.starts_with("wasm_bindgen__");
    for export in wasm.exports.iter_mut().filter(|export| is_generated(&export.name)) {
        export.name = names.shorten(&export.name);
    }
    let wasm = wasm.emit_wasm();
    Ok(Page { javascript: bare(&names.replaced_in(output.js())), wasm })
}
