/// Removes comments on lines of their own, empty lines and indentation from JavaScript or CSS: a sixth of its size when
/// compressed. A text with a template literal of several lines, whose spaces count, stays as it is.
pub(crate) fn strip(text: &str) -> String {
    let mut kept = Vec::new();
    let mut is_in_comment = false;
    for line in text.lines().map(str::trim) {
        let begins = !is_in_comment && line.starts_with("/*");
        if is_in_comment || begins {
            let after = line.split_once("*/").map(|(_, after)| after.trim());
            is_in_comment = after.is_none();
            kept.extend(after.filter(|after| !after.is_empty()));
        } else if !line.is_empty() && !line.starts_with("//") {
            kept.push(line);
        }
    }
    if has_long_literal(kept.iter().copied()) { text.to_owned() } else { kept.join("\n") + "\n" }
}

/// Whether a template literal extends over several lines.
fn has_long_literal<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    lines.any(|line| line.matches('`').count() % 2 == 1)
}

/// Removes comments, and the spaces beside brackets and signs, from JavaScript. Lines with a regular expression, a template
/// literal or an escape keep theirs.
pub(crate) fn strip_javascript(text: &str) -> String {
    let text = strip(text);
    if has_long_literal(text.lines()) {
        return text;
    }
    let lines = text.lines().map(|line| {
        if line.contains(['`', '/', '\\']) {
            line.to_owned()
        } else {
            without_spaces(line, "{}()[];,=<>!&|?:")
        }
    });
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// As [`strip_javascript`], for what wasm-bindgen writes, whose statements all end with a sign: removes most line breaks,
/// and the name of a value that is only returned. A fiftieth of its size when compressed.
pub(crate) fn strip_bindings(text: &str) -> String {
    let text = strip_javascript(text);
    if has_long_literal(text.lines()) {
        return text;
    }
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let value = line.strip_prefix("const ret=").filter(|_| lines.peek() == Some(&"return ret;"));
        if let Some(value) = value {
            kept.extend(["return ", value]);
            lines.next();
        } else {
            kept.push_str(line);
        }
        if line.contains("//") || !line.ends_with([';', '{', '}', ',']) {
            kept.push('\n');
        }
    }
    kept
}

/// A line of code without the spaces beside these characters, except in strings.
fn without_spaces(line: &str, beside: &str) -> String {
    let mut kept = String::new();
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let is_beside = |c: Option<char>| c.is_some_and(|c| beside.contains(c));
        if c == ' '
            && quote.is_none()
            && (is_beside(kept.chars().next_back()) || is_beside(chars.peek().copied()))
        {
            continue;
        }
        match quote {
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(end) if c == end => quote = None,
            _ => {}
        }
        kept.push(c);
    }
    kept
}

/// Removes comments and spaces from CSS: an eighteenth of its size when compressed. A string with one of the characters
/// beside which spaces are removed keeps its spaces.
pub(crate) fn strip_css(text: &str) -> String {
    let mut kept = String::new();
    let mut is_in_string = false;
    for c in strip(text).chars() {
        let before = kept.chars().next_back();
        let is_space = c == ' ' || c == '\n';
        if is_in_string {
            kept.push(c);
        } else if is_space {
            // After a colon a value begins: in a selector no space follows one.
            if !before.is_none_or(|before| " {};,>:".contains(before)) {
                kept.push(' ');
            }
        } else {
            if "{};,>".contains(c) && before == Some(' ') {
                kept.pop();
            }
            if c == '}' && kept.ends_with(';') {
                kept.pop();
            }
            kept.push(c);
        }
        is_in_string ^= c == '"';
    }
    kept
}

/// Removes comments on lines of their own, and indentation, from HTML: a space more or less before a line shows nowhere.
pub(crate) fn strip_html(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("<!--"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_lose_line_breaks_after_signs_and_values_that_are_only_returned() {
        let cases = [
            ("f() {\n    const ret = g();\n    return ret;\n}\n", "f(){return g();}"),
            ("const ret = g();\nreturn ret !== 0;\n", "const ret=g();return ret!==0;"),
            ("const ret = g();\nreturn ret + ret;\n", "const ret=g();return ret + ret;"),
            ("let a = 1\nlet b; // two;\nc();\n", "let a=1\nlet b; // two;\nc();"),
            ("f(`a;\nb`);\n", "f(`a;\nb`);\n"),
        ];
        for (from, to) in cases {
            assert_eq!(strip_bindings(from), to);
        }
    }

    #[test]
    fn javascript_keeps_its_strings_and_what_it_needs() {
        let text = "// One.\nconst a = (b, c) => { return [b ? 'd, e' : \"f = '\", - -c]; };\n\
                    const d = / , /.test(a) && `${ b }`;\nlet e = a + +b\n";
        let expected = "const a=(b,c)=>{return[b?'d, e':\"f = '\",- -c];};\nconst d = / , /.test(a) && `${ b }`;\n\
                        let e=a + +b\n";
        assert_eq!(strip_javascript(text), expected);
    }

    #[test]
    fn css_keeps_only_the_spaces_that_separate() {
        let text = "/* One. */\n@media (max-width: 9rem) {\n  a:is(b, .c) > d, e :f {\n    margin: 0 calc(1px + 2px);\n    \
                    content: \"; {}\";\n  }\n}\n";
        let expected =
            "@media (max-width:9rem){a:is(b,.c)>d,e :f{margin:0 calc(1px + 2px);content:\"; {}\"}}";
        assert_eq!(strip_css(text), expected);
    }

    #[test]
    fn html_loses_its_comments_and_indentation() {
        let text = "<p>\n  <!-- One. -->\n  <b>a</b> b\n    c\n</p>\n";
        assert_eq!(strip_html(text), "<p>\n<b>a</b> b\nc\n</p>\n");
    }

    #[test]
    fn comments_empty_lines_and_indentation_are_removed() {
        let text = "// One.\n/**\n * r\" Two; `three\n */\nexport class A {\n    b() { return 'https://c'; } // Four.\n\n\
                    \x20   /* Five. */ d() {}\n/* Six.\n*/ .e { }\n}\n";
        assert_eq!(
            strip(text),
            "export class A {\nb() { return 'https://c'; } // Four.\nd() {}\n.e { }\n}\n"
        );
    }

    #[test]
    fn a_template_literal_of_several_lines_keeps_its_spaces() {
        let text = "// One.\nlet a = `b\n  c`;\n";
        assert_eq!(strip(text), text);
    }
}
