use wasm_bindgen_cli_support::Bindgen;

use crate::error::BundleError;
use crate::names::ShortNames;
use crate::shrink::shrink;

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
        if import.module == LONG_MODULE {
            SHORT_MODULE.clone_into(&mut import.module);
        }
        import.name = names.shorten(&import.name);
    }
    for export in module.exports.iter_mut() {
        export.name = names.shorten(&export.name);
    }
    let wasm = shrink(&module.emit_wasm())?;
    let taken = || BundleError::Bindings("the generated JavaScript has names like w0".to_owned());
    let javascript = names.apply(&output.js().replace(LONG_MODULE, SHORT_MODULE)).ok_or_else(taken)?;
    let javascript = without_unused(&with_short_loader(&javascript).unwrap_or(javascript));
    Ok(Page { javascript, wasm })
}

/// The name under which the wasm imports the JavaScript, which stands before each of 200 imports.
const LONG_MODULE: &str = "./module_bg.js";
const SHORT_MODULE: &str = "w";

/// Loads the wasm from an address, as boot.js asks for it: as it arrives, unless a proxy has changed its type.
const LOADER: &str = "\
async function __wbg_load(response, imports) {
    if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
    if (WebAssembly.instantiateStreaming && response.headers.get('Content-Type') === 'application/wasm') {
        return WebAssembly.instantiateStreaming(response, imports);
    }
    return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}
async function __wbg_init_once({ module_or_path }) {
    const { instance, module } = await __wbg_load(await fetch(module_or_path), __wbg_get_imports());
    return __wbg_finalize_init(instance, module);
}
";

/// The JavaScript with [`LOADER`] in place of the functions that load a module in other ways too, which take 500 bytes of
/// the page; `None` if they are not where they are expected.
fn with_short_loader(javascript: &str) -> Option<String> {
    let (before, rest) = javascript.split_once("async function __wbg_load(")?;
    let (_, rest) = rest.split_once("let __wbg_init_promise")?;
    // Every browser that has audio worklets has `encodeInto`.
    let (before, encode) = before.split_once("if (!('encodeInto' in cachedTextEncoder))")?;
    let (_, encode) = encode.split_once("let WASM_VECTOR_LEN")?;
    let (init, rest) = rest.split_once("async function __wbg_init_once(")?;
    let (_, exports) = rest.split_once("export {")?;
    let exports = exports.replace("initSync, ", "");
    let loaded = ["let WASM_VECTOR_LEN", encode, LOADER, "let __wbg_init_promise", init].concat();
    Some([before, &loaded, "export {", &exports].concat())
}

/// The JavaScript without what serves browsers that lack `FinalizationRegistry`, which every browser has that runs
/// this wasm, since it uses reference types; without `Symbol.dispose`, which nothing here uses; and without the
/// names of enums, which only Rust reads.
fn without_unused(javascript: &str) -> String {
    const CONDITION: &str = "(typeof FinalizationRegistry === 'undefined')";
    const REGISTRY: &str = "new FinalizationRegistry";
    let mut is_enum = false;
    let lines = javascript.lines().filter(|line| {
        is_enum |= line.starts_with("export const ") && line.ends_with(" = Object.freeze({");
        let is_unused = is_enum || line.starts_with("if (Symbol.dispose) ");
        is_enum &= *line != "});";
        !is_unused
    });
    let javascript: String = lines.flat_map(|line| [line, "\n"]).collect();
    let mut parts = javascript.split(CONDITION);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(REGISTRY) {
            Some((_, rest)) => kept.extend([REGISTRY, rest]),
            None => kept.extend([CONDITION, part]),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_for_other_browsers_or_unused_is_left_out() {
        let javascript = "class A {}\nif (Symbol.dispose) A.prototype[Symbol.dispose] = A.prototype.free;\n\
            export const E = Object.freeze({\n    A: 0, \"0\": \"A\",\n});\nconst o = f({\n});\n\
            const F = (typeof FinalizationRegistry === 'undefined')\n? { register: () => {}, unregister: () => {} }\n\
            : new FinalizationRegistry(f);\nconst G = (typeof FinalizationRegistry === 'undefined')\n    \
            ? { register: () => {}, unregister: () => {} }\n    : new FinalizationRegistry(g);\n";
        let expected = "class A {}\nconst o = f({\n});\nconst F = new FinalizationRegistry(f);\n\
            const G = new FinalizationRegistry(g);\n";
        assert_eq!(without_unused(javascript), expected);
    }

    #[test]
    fn only_the_functions_that_load_in_other_ways_are_replaced() {
        let javascript = "a();\nif (!('encodeInto' in cachedTextEncoder)) { g(); }\nlet WASM_VECTOR_LEN = 0;\n\
            async function __wbg_load(module, imports) { b(); }\nfunction initSync(module) { c(); }\n\
            let __wbg_init_promise;\nd();\nasync function __wbg_init_once(module_or_path) { e(); }\n\
            export { initSync, f };\n";
        let expected = format!(
            "a();\nlet WASM_VECTOR_LEN = 0;\n{LOADER}let __wbg_init_promise;\nd();\nexport {{ f }};\n"
        );
        assert_eq!(with_short_loader(javascript), Some(expected));
        assert_eq!(with_short_loader("a();"), None);
    }
}
