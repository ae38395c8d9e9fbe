//! Writes session records to files as the sessions end.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assemblyai_mock::{Mock, SessionRecord};

use crate::output::{error_line, line};

/// Writes each session when it ends; returns after the mock has stopped and the last session is written. Sessions are
/// counted on from those of earlier runs that are in the folder. Unless `keeps_records`, what is written is removed from
/// memory.
pub(crate) async fn sessions(mock: &Mock, folder: &Path, keeps_records: bool) {
    let mut first = after_earlier_runs(folder);
    loop {
        let ended = if keeps_records { mock.next_ended().await } else { mock.take_ended().await };
        let Some(session) = ended else { return };
        match write(&session, folder, &mut first) {
            Ok(name) => {
                let (audio_ms, violations) = (session.audio_ms, session.violations.len());
                line(format_args!("{name}: {audio_ms} ms of audio, {violations} violations"));
            }
            Err(error) => error_line(format_args!("cannot write session {}: {error}", session.number)),
        }
    }
}

/// The lowest number above those of all sessions in a folder.
fn after_earlier_runs(folder: &Path) -> usize {
    let number = |path: PathBuf| path.file_stem()?.to_str()?.strip_prefix("session-")?.parse::<usize>().ok();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| number(entry.path())?.checked_add(1)).max().unwrap_or(0)
}

/// Writes a session to two new files and returns their name without extension. `first` is the number that the mock's
/// first session has there; it rises when another mock writes to the same folder.
fn write(session: &SessionRecord, folder: &Path, first: &mut usize) -> io::Result<String> {
    loop {
        let name = format!("session-{:04}", first.saturating_add(session.number));
        let new = |extension| File::create_new(folder.join(&name).with_extension(extension));
        match new("wav").and_then(|wav| Ok((wav, new("json")?))) {
            Ok((mut wav, mut json)) => {
                wav.write_all(&session.to_wav())?;
                writeln!(json, "{:#}", session.to_json())?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && *first < usize::MAX => {
                *first = after_earlier_runs(folder).max(*first + 1);
            }
            Err(error) => return Err(error),
        }
    }
}
