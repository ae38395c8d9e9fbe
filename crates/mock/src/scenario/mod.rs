//! Scenarios: scripts and faults from files.

mod file;

use std::path::{Path, PathBuf};

use crate::faults::{SocketFault, TokenFault};
use crate::problem::Problem;
use crate::recording::RecordingError;
use crate::script::Script;
use crate::{subtitles, text_file};
use file::ScenarioFile;

/// The content of a scenario file: the script of a session, and faults of token requests and sockets.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Scenario {
    /// The script of the session.
    pub script: Script,
    /// Faults of the next token requests, in this order.
    pub token_faults: Vec<TokenFault>,
    /// Faults of the next sockets, in this order.
    pub socket_faults: Vec<SocketFault>,
}

/// The JSON Schema of scenarios in TOML and JSON.
pub const SCENARIO_SCHEMA: &str = include_str!("../../scenario.schema.json");

impl From<Script> for Scenario {
    fn from(script: Script) -> Self {
        Self { script, ..Self::default() }
    }
}

/// The format of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScenarioFormat {
    /// TOML with the fields of `scenario.schema.json`.
    #[cfg(feature = "scenario")]
    Toml,
    /// JSON with the fields of `scenario.schema.json`.
    Json,
    /// SubRip subtitles: the text of each cue is spoken at its time.
    Srt,
    /// WebVTT subtitles: the text of each cue is spoken at its time, by the speaker in `<v …>`.
    Vtt,
    /// One turn per line, at 155 words per minute, with pauses of 1.5 s.
    Text,
}

impl ScenarioFormat {
    /// Returns the format of a file by its extension.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            #[cfg(feature = "scenario")]
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "srt" => Some(Self::Srt),
            "vtt" => Some(Self::Vtt),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }
}

/// Why a scenario cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file's extension is not that of a scenario.
    #[error("{}: a scenario's name ends in .toml, .json, .srt, .vtt or .txt", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Its recording cannot be loaded.
    #[error("{0}")]
    Recording(#[from] RecordingError),
    /// It names a recording without words, or words without a recording.
    #[error("`recording` and `words` must both be given: one of the two fields is missing")]
    IncompleteRecording,
    /// Its content is invalid.
    #[error("{}:{line}:{column}: {problem}", path.as_ref().map_or("scenario".into(), |path| path.display().to_string()))]
    Invalid {
        /// The file, if it was read from one.
        path: Option<PathBuf>,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
}

impl Scenario {
    /// Reads a file in the format that its extension names.
    ///
    /// # Errors
    /// Returns an error if it cannot be read, or, with line and column, if its content is invalid.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let format =
            ScenarioFormat::of(path).ok_or_else(|| ScenarioError::UnknownFormat { path: path.to_owned() })?;
        let text = text_file::read(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        interpret(&text, format)
            .map_err(|problem| ScenarioError::invalid(problem, Some(path)))?
            .scenario(path.parent().unwrap_or(Path::new("")))
    }

    /// Parses text. Paths in it are relative to the current folder.
    ///
    /// # Errors
    /// Returns an error with line and column if the text is invalid.
    ///
    /// ```
    /// use assemblyai_mock::{ScenarioFormat, Scenario};
    ///
    /// let error = Scenario::parse("{\n  \"turn\": [{ \"txt\": \"Hello\" }]\n}", ScenarioFormat::Json).unwrap_err();
    /// assert!(error.to_string().starts_with("scenario:2:18: unknown field `txt`, expected one of `text`, "), "{error}");
    /// ```
    pub fn parse(text: &str, format: ScenarioFormat) -> Result<Self, ScenarioError> {
        interpret(text, format)
            .map_err(|problem| ScenarioError::invalid(problem, None))?
            .scenario(Path::new(""))
    }
}

impl ScenarioError {
    fn invalid(problem: Problem, path: Option<&Path>) -> Self {
        let Problem { line, column, text } = problem;
        Self::Invalid { path: path.map(Path::to_owned), line, column, problem: text }
    }
}

/// A parsed scenario whose recording has not been loaded yet.
enum Draft {
    File(ScenarioFile),
    Script(Script),
}

impl Draft {
    fn scenario(self, folder: &Path) -> Result<Scenario, ScenarioError> {
        match self {
            Self::File(file) => file.scenario(folder),
            Self::Script(script) => Ok(Scenario::from(script)),
        }
    }
}

fn interpret(text: &str, format: ScenarioFormat) -> Result<Draft, Problem> {
    // A byte order mark, as editors on Windows write it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        #[cfg(feature = "scenario")]
        ScenarioFormat::Toml => toml::from_str(text).map(Draft::File).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let before = text.get(..start).unwrap_or_default();
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let text = error.message().lines().next().unwrap_or_default().to_owned();
            Problem { line: before.matches('\n').count() + 1, column, text }
        }),
        ScenarioFormat::Json => serde_json::from_str(text).map(Draft::File).map_err(|error| {
            let json = text;
            let place = format!(" at line {} column {}", error.line(), error.column());
            let text = error.to_string();
            let text = text.strip_suffix(&place).unwrap_or(&text).to_owned();
            Problem { line: error.line().max(1), column: json_column(&error, json), text }
        }),
        ScenarioFormat::Srt | ScenarioFormat::Vtt => subtitles::read(text)
            .map(|cues| Draft::Script(cues.into_iter().fold(Script::new(), Script::speech))),
        ScenarioFormat::Text => Ok(Draft::Script(Script::lines(text))),
    }
}

/// The column of an error in characters, from 1; `serde_json` counts bytes.
fn json_column(error: &serde_json::Error, json: &str) -> usize {
    let line = json.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.char_indices().take_while(|(index, _)| *index < error.column());
    before.count().max(1)
}

#[cfg(test)]
mod tests;
