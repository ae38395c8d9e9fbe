//! Names and comments that only people read, out of what the browser loads.
//!
//! wasm-bindgen gives each function between wasm and JavaScript a name with a hash, in both files: 4 kB of the
//! compressed page that nothing can compress.

use std::collections::HashMap;

/// Short names for long ones, each the same wherever it stands.
#[derive(Default)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// The short name for a long one: `$0`, `$1` and so on, which no generated code has.
    pub(crate) fn shorten(&mut self, name: &str) -> String {
        let next = self.0.len();
        self.0.entry(name.to_owned()).or_insert_with(|| format!("${next}")).clone()
    }

    /// JavaScript with the short names in it.
    pub(crate) fn replaced_in(&self, javascript: &str) -> String {
        let mut shortened = String::with_capacity(javascript.len());
        let mut rest = javascript;
        while !rest.is_empty() {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (name, behind) = rest.split_at(length);
            shortened += self.0.get(name).map_or(name, String::as_str);
            let mut chars = behind.chars();
            shortened.extend(chars.next());
            rest = chars.as_str();
        }
        shortened
    }
}

/// JavaScript without its comments and indentation. Line by line: generated code has neither comments behind code
/// nor texts of several lines.
pub(crate) fn bare(javascript: &str) -> String {
    let mut is_comment = false;
    let mut bare = String::with_capacity(javascript.len());
    for line in javascript.lines().map(str::trim) {
        is_comment |= line.starts_with("/**");
        if !is_comment && !line.starts_with("//") && !line.is_empty() {
            bare += line;
            bare.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_everywhere_and_parts_of_others_are_left() {
        let mut names = Names::default();
        assert_eq!(names.shorten("__wbg_alert_1234"), "$0");
        assert_eq!(names.shorten("host_say"), "$1");
        assert_eq!(names.shorten("__wbg_alert_1234"), "$0");
        let javascript = "__wbg_alert_1234: (a) => x__wbg_alert_1234(wasm.host_say), \"ä host_say_not\"";
        assert_eq!(
            names.replaced_in(javascript),
            "$0: (a) => x__wbg_alert_1234(wasm.$1), \"ä host_say_not\""
        );
    }

    #[test]
    fn comments_and_indentation_go_and_code_stays() {
        let javascript = "\n/**\n * Says so.\n */\n  say() {\n\n    return 'so'; // now\n  }\n/** One line. */\n// Another.\nend();\n";
        assert_eq!(bare(javascript), "say() {\nreturn 'so'; // now\n}\nend();\n");
    }
}
