//! Sessions as files: the audio as WAV, the rest as JSON.

use std::fs;
use std::io;
use std::path::Path;

use assemblyai_mock::{CloseFrame, Mock, SessionRecord};
use assemblyai_protocol::Encoding;
use serde_json::{Value, json};

/// Writes each session when it ends, until the mock stops and the last one has ended.
pub(crate) async fn sessions(mock: &Mock, folder: &Path) {
    while let Some(session) = mock.take_ended().await {
        let name = format!("session-{:04}", session.number);
        let saved = write(&session, &folder.join(&name));
        match saved {
            Ok(()) => {
                println!("{name}: {} ms of audio, {} rules broken", session.audio_ms, session.breaches.len());
            }
            Err(error) => eprintln!("{name}: cannot be written: {error}"),
        }
    }
}

fn write(session: &SessionRecord, path: &Path) -> io::Result<()> {
    fs::write(path.with_extension("wav"), wav(session))?;
    fs::write(path.with_extension("json"), format!("{:#}\n", story(session)))
}

/// All but the audio; keys and tokens are left out.
fn story(session: &SessionRecord) -> Value {
    let pairs = |pairs: &[(String, String)]| -> Vec<Value> {
        let secret = |name: &str| matches!(name, "token" | "authorization");
        let shown = pairs.iter().map(|(name, value)| (name, if secret(name) { "…" } else { value.as_str() }));
        shown.map(|(name, value)| json!([name, value])).collect()
    };
    let messages = |messages: &[assemblyai_mock::Message]| -> Vec<Value> {
        let told = messages.iter().map(|message| {
            let json = message.json();
            let what = if json.is_null() { json!(message.text) } else { json };
            json!({"at_ms": message.at.as_millis() as u64, "message": what})
        });
        told.collect()
    };
    let close = |frame: &Option<CloseFrame>| {
        frame.as_ref().map(|frame| json!({"code": frame.code, "reason": frame.reason}))
    };
    json!({
        "number": session.number,
        "id": session.id,
        "parameters": pairs(&session.parameters),
        "headers": pairs(&session.headers),
        "audio_ms": session.audio_ms,
        "frames": session.frames.iter().map(|frame| json!({
            "at_ms": frame.at.as_millis() as u64,
            "bytes": frame.bytes,
            "after_terminate": frame.after_terminate,
        })).collect::<Vec<_>>(),
        "received": messages(&session.received),
        "sent": messages(&session.sent),
        "breaches": session.breaches.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "end": session.end.as_ref().map(|end| json!({
            "at_ms": end.at.as_millis() as u64,
            "server": close(&end.server),
            "client": close(&end.client),
        })),
    })
}

/// The audio with the 44-byte header of a WAV file; µ-law stays µ-law (format 7).
fn wav(session: &SessionRecord) -> Vec<u8> {
    let (format, bytes_per_sample) = match session.encoding {
        Encoding::PcmS16le => (1_u16, 2_u16),
        Encoding::PcmMulaw => (7, 1),
    };
    let size = u32::try_from(session.audio.len()).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(44 + session.audio.len());
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + size).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&format.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&session.sample_rate_hz.to_le_bytes());
    file.extend_from_slice(&(session.sample_rate_hz * u32::from(bytes_per_sample)).to_le_bytes());
    file.extend_from_slice(&bytes_per_sample.to_le_bytes());
    file.extend_from_slice(&(bytes_per_sample * 8).to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(&session.audio);
    file
}
