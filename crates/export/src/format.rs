use crate::{Document, json, markdown, srt, text, vtt};

/// What precedes the text of each turn, in the formats that leave the choice: plain text and Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether the speaker's name precedes the text.
    pub speakers: bool,
    /// Whether the start time precedes the text.
    pub times: bool,
}

/// A text format of a transcript. Audio has functions of its own, such as [`wav_header`](crate::wav_header).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text, one line for each turn.
    Text,
    /// Markdown.
    Markdown,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// Every word with its times, confidence and speaker.
    Json,
}

/// A row of the table of formats.
struct Row {
    /// The extension of the file.
    extension: &'static str,
    /// The media type (IANA; SubRip has no registered one, this one is in use).
    media_type: &'static str,
    write: fn(&Document, Options) -> String,
}

impl Format {
    /// All formats, in the order of a menu.
    pub const ALL: [Self; 5] = [Self::Text, Self::Markdown, Self::Srt, Self::Vtt, Self::Json];

    /// The table of formats.
    const fn row(self) -> Row {
        match self {
            Self::Text => Row { extension: "txt", media_type: "text/plain", write: text::write },
            Self::Markdown => Row { extension: "md", media_type: "text/markdown", write: markdown::write },
            Self::Srt => Row { extension: "srt", media_type: "application/x-subrip", write: srt::write },
            Self::Vtt => Row { extension: "vtt", media_type: "text/vtt", write: vtt::write },
            Self::Json => Row { extension: "json", media_type: "application/json", write: json::write },
        }
    }

    /// The extension of the file's name, without the dot.
    pub fn extension(self) -> &'static str {
        self.row().extension
    }

    /// The media type, such as `text/plain`.
    pub fn media_type(self) -> &'static str {
        self.row().media_type
    }

    /// Whether the format writes nothing of a transcript: there are neither words nor markers, or no words in SubRip,
    /// which has no place for markers.
    pub fn is_empty(self, document: &Document) -> bool {
        !document.has_words() && (self == Self::Srt || document.markers.is_empty())
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
