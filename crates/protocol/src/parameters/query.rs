use std::fmt::{self, Write as _};

/// A query string in the making.
#[derive(Default)]
pub(crate) struct Query(pub(crate) String);

impl Query {
    /// Adds `name=value`, the value percent-encoded.
    pub(crate) fn pair(&mut self, name: &str, value: &dyn fmt::Display) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.encoded(&value.to_string());
    }

    /// Adds percent-encoded text.
    pub(crate) fn encoded(&mut self, text: &str) {
        // RFC 3986: all but the unreserved characters are encoded, so that no reader can differ.
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.0.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(self.0, "%{byte:02X}");
            }
        }
    }
}
