//! How captions look: as stored, and as in the address of the page.

/// The look of the captions. Its text form is `name=value` pairs, joined by `&`, in the browser's storage as in the
/// address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The height of a letter, in hundredths of the window's height: 2 to 30.
    pub size: u32,
    /// One of [`FONTS`].
    pub font: &'static str,
    /// One of [`CONTRASTS`].
    pub contrast: &'static str,
    /// The most lines: 1 to 12.
    pub lines: u32,
    /// One of [`POSITIONS`].
    pub position: &'static str,
    /// Whether the text is mirrored, for a teleprompter's glass.
    pub is_mirrored: bool,
    /// Whether words that may still change are shown.
    pub has_partials: bool,
}

/// The names of the fonts.
pub const FONTS: [&str; 3] = ["sans", "serif", "mono"];
/// The names of text and ground.
pub const CONTRASTS: [&str; 4] = ["white-on-black", "black-on-white", "yellow-on-black", "page"];
/// Where the lines are.
pub const POSITIONS: [&str; 2] = ["bottom", "top"];
/// The allowed sizes.
pub const SIZES: std::ops::RangeInclusive<u32> = 2..=30;
/// The allowed numbers of lines.
pub const LINES: std::ops::RangeInclusive<u32> = 1..=12;

impl Default for Look {
    fn default() -> Self {
        Self {
            size: 8,
            font: FONTS[0],
            contrast: CONTRASTS[0],
            lines: 3,
            position: POSITIONS[0],
            is_mirrored: false,
            has_partials: true,
        }
    }
}

impl Look {
    /// This look with the valid pairs of a text; what else is in it is ignored.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        for (name, value) in pairs(text) {
            let named = |names: &[&'static str]| names.iter().copied().find(|name| *name == value);
            let number = value.parse::<u32>().ok();
            match name {
                "size" => self.size = number.filter(|it| SIZES.contains(it)).unwrap_or(self.size),
                "lines" => self.lines = number.filter(|it| LINES.contains(it)).unwrap_or(self.lines),
                "font" => self.font = named(&FONTS).unwrap_or(self.font),
                "contrast" => self.contrast = named(&CONTRASTS).unwrap_or(self.contrast),
                "position" => self.position = named(&POSITIONS).unwrap_or(self.position),
                "mirrored" => self.is_mirrored = value.parse().unwrap_or(self.is_mirrored),
                "partials" => self.has_partials = value.parse().unwrap_or(self.has_partials),
                _ => {}
            }
        }
        self
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        let Self { size, font, contrast, lines, position, is_mirrored, has_partials } = self;
        format!(
            "size={size}&font={font}&contrast={contrast}&lines={lines}&position={position}&mirrored={is_mirrored}&partials={has_partials}"
        )
    }
}

/// The colour behind the text that an address asks for, as CSS: six hexadecimal digits after `background=`.
pub fn background(query: &str) -> Option<String> {
    let (_, digits) = pairs(query).find(|(name, _)| *name == "background")?;
    let is_colour = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_colour.then(|| ["#", digits].concat())
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_read_back_as_it_was_written() {
        let look = Look {
            size: 12,
            font: "mono",
            contrast: "page",
            lines: 1,
            position: "top",
            is_mirrored: true,
            has_partials: false,
        };
        assert_eq!(Look::default().with(&look.to_text()), look);
        assert_eq!(Look::default().with(&format!("?view=captions&{}", look.to_text())), look);
    }

    #[test]
    fn what_is_not_valid_changes_nothing() {
        for text in
            ["", "size=0", "size=31&lines=13", "font=url(x)", "mirrored=yes", "contrast=", "size", "lines=-1"]
        {
            assert_eq!(Look::default().with(text), Look::default(), "{text}");
        }
    }

    #[test]
    fn a_background_is_six_digits() {
        assert_eq!(background("?view=captions&background=00fF00").as_deref(), Some("#00fF00"));
        for query in ["", "?background=0f0", "?background=00ff0g", "?background=red;}", "?background=ééé"]
        {
            assert_eq!(background(query), None, "{query}");
        }
    }
}
