//! Reads text files: UTF-8, or UTF-16 with a byte order mark, as programs on Windows write it.

use std::io;
use std::path::Path;

/// Reads a text file; a byte order mark of UTF-8 stays.
///
/// # Errors
/// If the file cannot be read, or is in another encoding.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let bytes = std::fs::read(path)?;
    match bytes.as_slice() {
        [0xFF, 0xFE, text @ ..] => Ok(utf16(text, u16::from_le_bytes)),
        [0xFE, 0xFF, text @ ..] => Ok(utf16(text, u16::from_be_bytes)),
        _ => String::from_utf8(bytes).map_err(|error| {
            let (before, after) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
            let line = before.split(|byte| *byte == b'\n').count();
            let byte = after.first().copied().unwrap_or_default();
            let problem = format!("line {line} has a byte ({byte:#04x}) that is not UTF-8");
            io::Error::new(io::ErrorKind::InvalidData, problem)
        }),
    }
}

/// Decodes UTF-16. Half of a surrogate pair becomes U+FFFD.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
