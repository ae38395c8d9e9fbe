/// Why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder has no value.
    #[error("nothing is called {{{{{0}}}}}")]
    Unknown(String),
    /// A value has no placeholder.
    #[error("{{{{{0}}}}} is missing")]
    Unused(String),
    /// A placeholder is not closed on the line where it begins.
    #[error("a placeholder in line {0} has no end")]
    Unclosed(usize),
    /// An element names a text that is not in the table.
    #[error("no text of the interface is called {0}")]
    NoText(String),
    /// The page has no `</head>` to insert the preloads before.
    #[error("it has no </head>")]
    NoHead,
}

/// Replaces each `{{name}}` with the value of that name.
///
/// Every placeholder must have a value and every value a placeholder: this finds misspelled names and unused files.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> Result<String, TemplateError> {
    let mut filled = String::with_capacity(template.len());
    let mut used = vec![false; values.len()];
    for (index, line) in template.split_inclusive('\n').enumerate() {
        let mut parts = line.split("{{");
        filled.extend(parts.next());
        for part in parts {
            let (name, after) = part.split_once("}}").ok_or(TemplateError::Unclosed(index + 1))?;
            let position = values.iter().position(|(known, _)| *known == name);
            let position = position.ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
            used[position] = true;
            filled.push_str(values[position].1);
            filled.push_str(after);
        }
    }
    match used.iter().position(|used| !used) {
        Some(position) => Err(TemplateError::Unused(values[position].0.to_owned())),
        None => Ok(filled),
    }
}

/// Adds preloads, so that the browser loads the page's code while it still parses the HTML.
pub(crate) fn preload(html: &str, javascript_url: &str, wasm_url: &str) -> Result<String, TemplateError> {
    let (head, body) = html.split_once("</head>").ok_or(TemplateError::NoHead)?;
    // `crossorigin` gives the preload the mode of fetch(); without it the file would be loaded twice.
    Ok(format!(
        "{head}<link rel=\"modulepreload\" href=\"{javascript_url}\">\n\
         <link rel=\"preload\" href=\"{wasm_url}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n\
         </head>{body}"
    ))
}

/// Replaces the name in each `data-text="NAME"` and `data-label="NAME"` with the number of the text's line in the file of
/// German texts: 0.4 kB less.
pub(crate) fn number_texts(
    html: &str,
    line_of: impl Fn(&str) -> Option<usize>,
) -> Result<String, TemplateError> {
    let mut numbered = String::with_capacity(html.len());
    let mut rest = html;
    let attributes = ["data-text=", "data-label="];
    let next =
        |rest: &str| attributes.into_iter().filter_map(|name| Some(rest.find(name)? + name.len())).min();
    while let Some(at) = next(rest) {
        let (before, value) = rest.split_at(at);
        let (name, after) =
            value.strip_prefix('"').and_then(|value| value.split_once('"')).unwrap_or((value, ""));
        let line = line_of(name).ok_or_else(|| TemplateError::NoText(name.to_owned()))?;
        numbered += before;
        numbered += &line.to_string();
        rest = after;
    }
    Ok(numbered + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    const VALUES: [(&str, &str); 2] = [("a.js", "/assets/a-1.js"), ("b.css", "/assets/b-2.css")];

    #[test]
    fn each_text_has_the_number_of_its_line() {
        let line_of = |name: &str| ["RECORD", "STOP", "PAUSE"].iter().position(|other| *other == name);
        let html = "<b data-text=\"STOP\" hidden>Stop</b>\n<i aria-label=\"Pause\" data-label=\"PAUSE\"></i>";
        let numbered = "<b data-text=1 hidden>Stop</b>\n<i aria-label=\"Pause\" data-label=2></i>";
        assert_eq!(number_texts(html, line_of).as_deref(), Ok(numbered));
        let unknown = number_texts("<b data-text=\"GO\">", line_of);
        assert_eq!(unknown, Err(TemplateError::NoText("GO".to_owned())));
    }

    #[test]
    fn each_placeholder_becomes_its_value() {
        let filled = fill("<{{a.js}}>\n{{b.css}} {{a.js}}\n", &VALUES);
        assert_eq!(filled.as_deref(), Ok("</assets/a-1.js>\n/assets/b-2.css /assets/a-1.js\n"));
    }

    #[test]
    fn a_placeholder_without_a_value_is_an_error() {
        let error = fill("{{a.js}} {{b.css}} {{c.js}}", &VALUES).expect_err("c.js is not known");
        assert_eq!(error.to_string(), "nothing is called {{c.js}}");
    }

    #[test]
    fn a_value_without_a_placeholder_is_an_error() {
        let error = fill("{{a.js}}", &VALUES).expect_err("b.css is not used");
        assert_eq!(error.to_string(), "{{b.css}} is missing");
    }

    #[test]
    fn a_placeholder_without_an_end_is_an_error() {
        assert_eq!(fill("\n{{a.js\n}}", &VALUES), Err(TemplateError::Unclosed(2)));
    }

    #[test]
    fn braces_that_are_no_placeholder_stay() {
        assert_eq!(fill("if (x) { y({}) }", &[]).as_deref(), Ok("if (x) { y({}) }"));
    }

    #[test]
    fn preloads_stand_at_the_end_of_the_head() -> TestResult {
        let html = preload("<head><title>T</title>\n</head><body>", "/p.js", "/p.wasm")?;
        assert!(html.starts_with("<head><title>T</title>\n<link rel=\"modulepreload\" href=\"/p.js\">\n"));
        assert!(
            html.contains("href=\"/p.wasm\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n</head>")
        );
        assert_eq!(preload("<body>", "", ""), Err(TemplateError::NoHead));
        Ok(())
    }
}
