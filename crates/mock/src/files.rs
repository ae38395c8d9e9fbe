//! Exports a session record: the audio as WAV, everything else as JSON.

use assemblyai_protocol::Encoding;
use serde_json::{Value, json};

use assemblyai_service::CloseFrame;

use crate::message::Message;
use crate::record::SessionRecord;
use crate::secrets::{shown, shown_json};

impl SessionRecord {
    /// Everything but the audio as JSON; keys, tokens and passwords are redacted.
    pub fn to_json(&self) -> Value {
        let pairs = |pairs: &[(String, String)]| -> Vec<Value> {
            pairs.iter().map(|(name, value)| json!([name, shown(name, value)])).collect()
        };
        let messages = |messages: &[Message]| -> Vec<Value> {
            let entry = |message: &Message| {
                let json = shown_json(message, &self.received);
                let what = if json.is_null() { json!(message.text) } else { json };
                json!({"at_ms": message.at.as_millis() as u64, "message": what})
            };
            messages.iter().map(entry).collect()
        };
        let close = |frame: &Option<CloseFrame>| {
            frame.as_ref().map(|frame| json!({"code": frame.code, "reason": frame.reason}))
        };
        let frames = self.frames.iter().map(|frame| {
            let at_ms = frame.at.as_millis() as u64;
            json!({"at_ms": at_ms, "bytes": frame.bytes, "after_terminate": frame.after_terminate})
        });
        json!({
            "number": self.number,
            "id": self.id,
            "parameters": pairs(&self.parameters),
            "headers": pairs(&self.headers),
            "audio_ms": self.audio_ms,
            "frames": frames.collect::<Vec<_>>(),
            "received": messages(&self.received),
            "sent": messages(&self.sent),
            "violations": self.violations.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "end": self.end.as_ref().map(|end| json!({
                "at_ms": end.at.as_millis() as u64,
                "server": close(&end.server),
                "client": close(&end.client),
            })),
        })
    }

    /// The audio as a WAV file; µ-law stays µ-law.
    pub fn to_wav(&self) -> Vec<u8> {
        // WAVE format tag (RFC 2361) and bytes per sample.
        let (format, bytes_per_sample) = match self.encoding {
            Encoding::PcmS16le => (1_u16, 2_u16),
            Encoding::PcmMulaw => (7, 1),
        };
        // All formats but PCM have a length of their extension, and the number of samples in a chunk of its own.
        let (format_bytes, fact_bytes) = if format == 1 { (16_u32, 0) } else { (18, 12) };
        // The size field has 32 bits; players read longer audio to the end of the file.
        let size = u32::try_from(self.audio.len()).unwrap_or(u32::MAX).min(u32::MAX - 51);
        let head_bytes = 20 + format_bytes + fact_bytes;
        let mut file = Vec::with_capacity(head_bytes as usize + 9 + self.audio.len());
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&(head_bytes + size.next_multiple_of(2)).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt ");
        file.extend_from_slice(&format_bytes.to_le_bytes());
        file.extend_from_slice(&format.to_le_bytes());
        file.extend_from_slice(&1_u16.to_le_bytes());
        file.extend_from_slice(&self.sample_rate_hz.to_le_bytes());
        file.extend_from_slice(&(self.sample_rate_hz * u32::from(bytes_per_sample)).to_le_bytes());
        file.extend_from_slice(&bytes_per_sample.to_le_bytes());
        file.extend_from_slice(&(bytes_per_sample * 8).to_le_bytes());
        if fact_bytes > 0 {
            file.extend_from_slice(b"\0\0fact\x04\0\0\0");
            file.extend_from_slice(&(size / u32::from(bytes_per_sample)).to_le_bytes());
        }
        file.extend_from_slice(b"data");
        file.extend_from_slice(&size.to_le_bytes());
        file.extend_from_slice(&self.audio);
        // A chunk of odd length has a byte behind it that its length does not count.
        file.resize(file.len().next_multiple_of(2), 0);
        file
    }
}
