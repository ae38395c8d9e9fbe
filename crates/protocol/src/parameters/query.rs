/// A query string under construction.
#[derive(Default)]
pub(crate) struct Query(pub(crate) String);

impl Query {
    /// Adds `name=value`, the value percent-encoded.
    pub(crate) fn pair(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.encoded(value);
    }

    /// Adds percent-encoded text: all but the unreserved characters of RFC 3986, so that all readers agree.
    pub(crate) fn encoded(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.0.push(char::from(byte));
            } else {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]];
                self.0.extend(['%', char::from(digits[0]), char::from(digits[1])]);
            }
        }
    }
}
