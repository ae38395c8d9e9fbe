use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::{Asset, BundleError, read};

/// The page's files: index.html, and what it names.
pub(crate) fn assemble(
    web: &Path,
    page_wasm: &Path,
    worklet_wasm: Vec<u8>,
) -> Result<Vec<Asset>, BundleError> {
    let (glue, wasm) = bindings(page_wasm)?;
    let wasm = Asset::hashed("page.wasm", wasm);
    let glue = Asset::hashed("page.js", glue.into_bytes());
    // A module of its own: an inline script would need `unsafe-inline` in the content security policy.
    let boot =
        format!("import init from \"{}\";\ninit({{ module_or_path: \"{}\" }});\n", glue.path, wasm.path);
    let named = [
        ("boot.js", Asset::hashed("boot.js", boot.into_bytes())),
        ("favicon.svg", Asset::hashed("favicon.svg", read(&web.join("favicon.svg"))?)),
        ("processor.js", Asset::hashed("processor.js", read(&web.join("worklet/processor.js"))?)),
        ("styles.css", Asset::hashed("styles.css", read(&web.join("styles.css"))?)),
        ("worklet.wasm", Asset::hashed("worklet.wasm", worklet_wasm)),
    ];
    let paths = named.each_ref().map(|(name, asset)| (*name, asset.path.as_str()));
    let template = String::from_utf8_lossy(&read(&web.join("index.html"))?).into_owned();
    let html = fill(&template, &paths)?;
    let index = Asset::named("/", "text/html; charset=utf-8", html.into_bytes());
    Ok([index, glue, wasm].into_iter().chain(named.into_iter().map(|(_, asset)| asset)).collect())
}

/// The JavaScript that loads the page's wasm, and the wasm as that expects it.
fn bindings(page_wasm: &Path) -> Result<(String, Vec<u8>), BundleError> {
    let bindgen = |error: &dyn std::fmt::Display| BundleError::Bindgen(format!("{error:#}"));
    let mut output = Bindgen::new()
        .input_path(page_wasm)
        .out_name("page")
        .web(true)
        .map_err(|error| bindgen(&error))?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .map_err(|error| bindgen(&error))?;
    let wasm = output.wasm_mut().emit_wasm();
    Ok((output.js().to_owned(), wasm))
}

/// Puts each path where the template names its file, `{{name}}`.
fn fill(template: &str, paths: &[(&'static str, &str)]) -> Result<String, BundleError> {
    let mut html = template.to_owned();
    for (name, path) in paths {
        let mark = format!("{{{{{name}}}}}");
        if !html.contains(&mark) {
            return Err(BundleError::UnusedName(name));
        }
        html = html.replace(&mark, path);
    }
    match html.split_once("{{") {
        Some((_, rest)) => {
            Err(BundleError::UnknownName(rest.split("}}").next().unwrap_or_default().to_owned()))
        }
        None => Ok(html),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_its_path() {
        let html = fill("<a {{x.js}} {{y.css}} {{x.js}}>", &[("x.js", "/x-1.js"), ("y.css", "/y-2.css")]);
        assert_eq!(html.expect("a page"), "<a /x-1.js /y-2.css /x-1.js>");
    }

    #[test]
    fn a_name_too_many_or_too_few_is_an_error_that_says_which() {
        let error = |template| fill(template, &[("x.js", "/x")]).expect_err("an error").to_string();
        assert_eq!(error("{{x.js}} {{z.js}}"), "index.html names {{z.js}}, which the bundle does not have");
        assert_eq!(error("no names"), "index.html does not name {{x.js}}");
    }
}
