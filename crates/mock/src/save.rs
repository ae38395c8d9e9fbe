//! Sessions into files, as they end.

use std::fs;
use std::io;
use std::path::Path;

use assemblyai_mock::{Mock, SessionRecord};

/// Writes each session when it ends, until the mock stops and the last one has ended.
pub(crate) async fn sessions(mock: &Mock, folder: &Path) {
    while let Some(session) = mock.take_ended().await {
        let name = format!("session-{:04}", session.number);
        match write(&session, &folder.join(&name)) {
            Ok(()) => {
                println!(
                    "{name}: {} ms of audio, {} rules broken",
                    session.audio_ms,
                    session.violations.len()
                );
            }
            Err(error) => eprintln!("{name}: cannot be written: {error}"),
        }
    }
}

fn write(session: &SessionRecord, path: &Path) -> io::Result<()> {
    fs::write(path.with_extension("wav"), session.to_wav())?;
    fs::write(path.with_extension("json"), format!("{:#}\n", session.to_json()))
}
