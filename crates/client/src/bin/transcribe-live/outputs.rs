//! The files that hold the transcript.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use transcript_export::{Document, Format, Options};

use crate::exit::Failure;

/// What precedes the text of a turn.
const OPTIONS: Options = Options { speakers: true, times: true };

/// A file that is replaced as a whole, so that a reader never sees half of it.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    format: Format,
    has_failed: bool,
}

impl Output {
    /// The output at a path, whose extension says the format.
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let format =
            Format::ALL.into_iter().find(|format| format.extension().eq_ignore_ascii_case(extension));
        let format = format.ok_or_else(|| {
            let known = Format::ALL.map(|format| format!(".{}", format.extension())).join(", ");
            Failure::usage(format!("{}: the name must end with one of {known}", path.display()))
        })?;
        Ok(Self { path: path.to_owned(), format, has_failed: false })
    }

    /// Writes the transcript; returns the first error only, because it would be the same at each final.
    pub(crate) fn write(&mut self, document: &Document) -> Option<Failure> {
        match replace(&self.path, &self.format.write(document, OPTIONS)) {
            Ok(()) => {
                self.has_failed = false;
                None
            }
            Err(error) if std::mem::replace(&mut self.has_failed, true) => {
                drop(error);
                None
            }
            Err(error) => Some(Failure::output(self.path.display(), &error)),
        }
    }

    /// Whether the last attempt to write has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }
}

/// Replaces a file by way of another one beside it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A device or a pipe cannot be replaced.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // It may not exist.
        fs::remove_file(&beside).ok();
    }
    written
}

/// Converts a transcript from JSON to another format.
pub(crate) fn convert(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut output = Output::new(to)?;
    let text = fs::read_to_string(from).map_err(|error| Failure::input(from, &error))?;
    let document = Document::from_json(&text).map_err(|error| Failure::input(from, &error))?;
    output.write(&document).map_or(Ok(()), Err)
}
