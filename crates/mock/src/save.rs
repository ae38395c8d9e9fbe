//! Writes session records to files as the sessions end.

use std::fs;
use std::io;
use std::path::Path;

use assemblyai_mock::{Mock, SessionRecord};

/// Writes each session when it ends; returns after the mock has stopped and the last session is written.
pub(crate) async fn sessions(mock: &Mock, folder: &Path) {
    while let Some(session) = mock.take_ended().await {
        let name = format!("session-{:04}", session.number);
        match write(&session, &folder.join(&name)) {
            Ok(()) => {
                println!("{name}: {} ms of audio, {} violations", session.audio_ms, session.violations.len());
            }
            Err(error) => eprintln!("cannot write {name}: {error}"),
        }
    }
}

fn write(session: &SessionRecord, path: &Path) -> io::Result<()> {
    fs::write(path.with_extension("wav"), session.to_wav())?;
    fs::write(path.with_extension("json"), format!("{:#}\n", session.to_json()))
}
