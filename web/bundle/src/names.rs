use std::collections::BTreeMap;

/// Digits of the hash at the end of a name that wasm-bindgen makes up.
const HASH_DIGITS: usize = 16;

/// Short names for those that wasm-bindgen makes up, which end with a hash.
///
/// A hash does not compress, and each of these two hundred names stands in the wasm and in its JavaScript: without them
/// the page is 5.5 kB smaller.
#[derive(Debug, Default)]
pub(crate) struct ShortNames(BTreeMap<String, String>);

impl ShortNames {
    /// The short name for a name of the wasm's imports or exports; the same name if it has no hash.
    pub(crate) fn shorten(&mut self, name: &str) -> String {
        if !has_hash(name) {
            return name.to_owned();
        }
        let next = format!("w{}", self.0.len());
        self.0.entry(name.to_owned()).or_insert(next).clone()
    }

    /// The JavaScript with the short names in place of the long ones; `None` if it has one of the short names already.
    pub(crate) fn apply(&self, javascript: &str) -> Option<String> {
        let mut shortened = String::with_capacity(javascript.len());
        let mut rest = javascript;
        while let Some(start) = rest.find(is_in_name) {
            let (before, from) = rest.split_at(start);
            let (name, after) = from.split_at(from.find(|c| !is_in_name(c)).unwrap_or(from.len()));
            if self.0.values().any(|short| short == name) {
                return None;
            }
            shortened += before;
            shortened += self.0.get(name).map_or(name, String::as_str);
            rest = after;
        }
        Some(shortened + rest)
    }
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether a name ends with a hash: `__wbg_close_0123456789abcdef` or `…invoke__h0123456789abcdef`.
fn has_hash(name: &str) -> bool {
    let Some((start, hash)) = name.len().checked_sub(HASH_DIGITS).and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    hash.bytes().all(|digit| digit.is_ascii_hexdigit()) && (start.ends_with('_') || start.ends_with("_h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: &str = "__wbg_close_0123456789abcdef";
    const INVOKE: &str = "wasm_bindgen__convert__closures_____invoke__h0123456789abcdef";

    #[test]
    fn names_with_a_hash_become_short_in_both_places() {
        let mut names = ShortNames::default();
        let short = [CLOSE, INVOKE, CLOSE, "memory", "__wbindgen_malloc"].map(|name| names.shorten(name));
        assert_eq!(short, ["w0", "w1", "w0", "memory", "__wbindgen_malloc"]);
        let javascript = format!("{{ {CLOSE}: (a) => wasm.{INVOKE}(a, '{CLOSE}x') }}");
        let expected = format!("{{ w0: (a) => wasm.w1(a, '{CLOSE}x') }}");
        assert_eq!(names.apply(&javascript), Some(expected));
    }

    #[test]
    fn a_name_that_is_taken_is_noticed() {
        let mut names = ShortNames::default();
        names.shorten(CLOSE);
        assert_eq!(names.apply("let w0 = 1;"), None);
        assert_eq!(names.apply("let w00 = 1;"), Some("let w00 = 1;".to_owned()));
    }
}
