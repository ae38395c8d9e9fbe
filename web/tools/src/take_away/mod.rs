//! What the user takes away: the transcript in several formats, and the audio.
//!
//! Reading order: `document` (all turns on one clock), `text`, `markdown`, `json`, `cues` and `subtitles` (SRT and
//! WebVTT), `audio`, `file_name`.

mod audio;
mod cues;
mod document;
mod file_name;
mod json;
mod markdown;
mod plain;
mod subtitles;
mod text;

pub use audio::{PIECE_SAMPLES, Piece, pieces};
pub use cues::{Cue, LINE_COLUMNS, LINES, Names, cues};
pub use document::{Document, Entry, Recording, Stretch};
pub use file_name::{LocalTime, file_name};
use plain::plain;

/// What stands before a turn's text, where a format leaves the choice: plain text and Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Who speaks.
    pub speakers: bool,
    /// When it was said.
    pub times: bool,
}

/// What a transcript can be saved as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text, a turn a line.
    Text,
    /// Markdown.
    Markdown,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// All that is known of each word.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Text, Self::Markdown, Self::Srt, Self::Vtt, Self::Json];

    /// How the name of its files ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Json => "json",
        }
    }

    /// Its type, for the browser (IANA; SubRip has none but what is in use).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Srt => "application/x-subrip",
            Self::Vtt => "text/vtt",
            Self::Json => "application/json",
        }
    }

    /// The transcript in this format.
    pub fn write(self, document: &Document, options: Options) -> String {
        match self {
            Self::Text => text::text(document, options),
            Self::Markdown => markdown::markdown(document, options),
            Self::Srt => subtitles::srt(document),
            Self::Vtt => subtitles::vtt(document),
            Self::Json => json::json(document),
        }
    }
}
