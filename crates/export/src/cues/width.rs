use unicode_width::UnicodeWidthChar;

/// The columns of a line. A wide (East Asian) character takes two (Unicode Standard Annex 11). 42 characters are the
/// maximum of Netflix's Timed Text Style Guide, General Requirements; its guides for Chinese, Japanese and Korean have
/// 13 to 16 full-width characters, and players wrap more than 42 columns.
pub const LINE_COLUMNS: usize = 42;

/// The width of a character in columns; a combining mark has none.
pub(super) fn columns(c: char) -> usize {
    c.width().unwrap_or_default()
}
