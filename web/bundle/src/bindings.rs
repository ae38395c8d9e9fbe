use wasm_bindgen_cli_support::Bindgen;

use crate::error::BundleError;
use crate::names::ShortNames;

/// One module of the page's code: its wasm, and the JavaScript between that and the browser.
pub(crate) struct Page {
    pub(crate) javascript: String,
    pub(crate) wasm: Vec<u8>,
}

/// Generates what the browser loads from the compiler's output, as the command `wasm-bindgen` does.
pub(crate) fn generate(wasm: &[u8]) -> Result<Page, BundleError> {
    // `{:#}` prints all causes. The error's type belongs to a crate that is no dependency of this one.
    let failed = |error| BundleError::Bindings(format!("{error:#}"));
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)
        .map_err(failed)?
        .input_bytes("module", wasm.to_vec())
        .typescript(false)
        // The name of the wasm carries a hash, so boot.js passes it.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let mut output = bindgen.generate_output().map_err(failed)?;
    // All crates are listed, most without snippets.
    let inline = output.snippets().iter().filter(|(_, snippets)| !snippets.is_empty()).map(|(name, _)| name);
    let snippets: Vec<&String> = inline.chain(output.local_modules().keys()).collect();
    if !snippets.is_empty() {
        let reason = format!("the server does not serve JavaScript snippets: {snippets:?}");
        return Err(BundleError::Bindings(reason));
    }
    let mut names = ShortNames::default();
    let module = output.wasm_mut();
    for import in module.imports.iter_mut() {
        import.name = names.shorten(&import.name);
    }
    for export in module.exports.iter_mut() {
        export.name = names.shorten(&export.name);
    }
    let wasm = module.emit_wasm();
    let taken = || BundleError::Bindings("the generated JavaScript has names like w0".to_owned());
    let javascript = names.apply(output.js()).ok_or_else(taken)?;
    let javascript = without_init_sync(&javascript).unwrap_or(javascript);
    Ok(Page { javascript, wasm })
}

/// The JavaScript without the function that starts a module that is loaded already, which the page never calls; `None` if
/// there is none.
fn without_init_sync(javascript: &str) -> Option<String> {
    let (before, rest) = javascript.split_once("function initSync(")?;
    let (_, after) = rest.split_once("let __wbg_init_promise")?;
    let after = after.replace("initSync, ", "");
    Some([before, "let __wbg_init_promise", &after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_function_that_is_never_called_is_removed() {
        let javascript = "a();\nfunction initSync(module) { b(); }\nlet __wbg_init_promise;\nc();\nexport { initSync, d };\n";
        let expected = "a();\nlet __wbg_init_promise;\nc();\nexport { d };\n";
        assert_eq!(without_init_sync(javascript).as_deref(), Some(expected));
        assert_eq!(without_init_sync("a();"), None);
    }
}
