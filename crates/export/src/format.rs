use crate::{Document, json, markdown, srt, text, vtt};

/// What precedes the text of each turn, in the formats that leave the choice: plain text and Markdown. The page's text
/// `OPTIONS_ARE_FOR` (`web/common/src/texts/mod.rs` in the repository) names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether the speaker's name precedes the text.
    pub speakers: bool,
    /// Whether the start time precedes the text.
    pub times: bool,
}

/// What there is to know of a format.
struct Row {
    /// The extension of the file.
    extension: &'static str,
    /// The media type (IANA; SubRip has no registered one, this one is in use).
    media_type: &'static str,
    /// Whether it writes markers. If not, `write` returns nothing for a transcript without words, not even a
    /// header; a test below holds it.
    has_markers: bool,
    write: fn(&Document, Options) -> String,
}

/// Declares [`Format`] and its table, each row once.
macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $name:ident => $row:expr;)+) => {
        /// A text format of a transcript. Audio has functions of its own, such as [`wav_header`](crate::wav_header).
        ///
        /// Programs find formats by [`Format::ALL`]; only the page's export dialog matches on all of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Format {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Format {
            /// All formats, in the order of a menu.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => $row,)+
                }
            }
        }
    };
}

formats! {
    /// Plain text, one line for each turn.
    Text => Row { extension: "txt", media_type: "text/plain", has_markers: true, write: text::write };
    /// Markdown.
    Markdown => Row { extension: "md", media_type: "text/markdown", has_markers: true, write: markdown::write };
    /// SubRip subtitles.
    Srt => Row { extension: "srt", media_type: "application/x-subrip", has_markers: false, write: srt::write };
    /// WebVTT subtitles.
    Vtt => Row { extension: "vtt", media_type: "text/vtt", has_markers: true, write: vtt::write };
    /// Every word with its times, confidence and speaker.
    Json => Row { extension: "json", media_type: "application/json", has_markers: true, write: json::write };
}

impl Format {
    /// The extension of the file's name, without the dot.
    pub fn extension(self) -> &'static str {
        self.row().extension
    }

    /// The media type, such as `text/plain`.
    pub fn media_type(self) -> &'static str {
        self.row().media_type
    }

    /// Whether the file would say nothing: there are no words, and no markers that this format has a place for.
    pub fn is_empty(self, document: &Document) -> bool {
        !document.has_words() && (document.markers.is_empty() || !self.row().has_markers)
    }

    /// Writes the transcript in this format.
    pub fn write(self, document: &Document, options: Options) -> String {
        (self.row().write)(document, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Marker, Recording};

    #[test]
    fn a_transcript_of_markers_alone_is_empty_only_where_they_are_left_out() {
        let of = |markers| {
            let recording =
                Recording { first_connection: 1, samples: 16_000, markers, ..Recording::default() };
            Document::new(vec![], vec![recording])
        };
        for format in Format::ALL {
            let marked = of(vec![Marker::default()]);
            let written = format.write(&marked, Options { speakers: false, times: false });
            assert_eq!(format.is_empty(&marked), written.trim().is_empty(), "{format:?}");
            assert!(format.is_empty(&of(vec![])), "{format:?}");
        }
    }
}
