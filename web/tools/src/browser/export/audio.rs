use js_sys::{Array, Int16Array, Uint8Array};
use transcript_export::{AudioRange, Recording, SAMPLE_BYTES, audio_ranges, clock, wav_header};
use transcription_common::{SAMPLE_RATE_HZ, texts};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::browser::Host;
use crate::browser::answer::{in_time, returned_in_time};
use crate::browser::stored_again::not_stored;

/// An audio file, and how much of the captured audio it contains.
pub(super) struct AudioFile {
    pub(super) file: Blob,
    /// The number of samples that were stored.
    pub(super) stored: u64,
    /// The number of samples that were captured.
    pub(super) captured: u64,
}

impl AudioFile {
    /// A sentence about the audio that is missing from the file; `None` if nothing is.
    pub(super) fn missing_audio(&self) -> Option<String> {
        let length = |samples: u64| clock(samples / u64::from(SAMPLE_RATE_HZ));
        let is_complete = self.stored == self.captured;
        (!is_complete).then(|| texts::AUDIO_MISSING.with(&[&length(self.stored), &length(self.captured)]))
    }
}

/// Writes recordings to a WAV file. The audio goes from the database to the browser's file storage a minute at a time;
/// it is never in memory as a whole: 3 hours are 345 MB.
///
/// `on_progress` receives the share that is done, 0 to 1, after each minute, and returns whether to continue. `None` if
/// it did not.
pub(super) async fn wav(
    host: &Host,
    recordings: &[Recording],
    mut on_progress: impl FnMut(f64) -> bool,
) -> Result<Option<AudioFile>, JsValue> {
    let ranges = audio_ranges(recordings);
    let captured = ranges.iter().map(|range| range.to - range.from).sum();
    let parts = Array::of1(&JsValue::UNDEFINED);
    let (mut stored, mut requested, mut written, mut missing) = (0, 0, 0, Vec::new());
    for AudioRange { began_ms, from, to } in ranges {
        let samples = JsFuture::from(in_time(&host.audio(began_ms, from as f64, to as f64))).await?;
        let samples: Int16Array = samples.unchecked_into();
        let received = u64::from(samples.length());
        let silent = returned_in_time(not_stored(began_ms, from as f64, to as f64)).await?;
        if received > 0 {
            // Missing audio becomes silence, so that the audio after it keeps its time.
            for length in missing.drain(..) {
                parts.push(&blob(&Int16Array::new_with_length(length))?.into());
                written += u64::from(length);
            }
            parts.push(&blob(&samples)?.into());
            (stored, written) = (stored + received.saturating_sub(silent), written + received);
        }
        if received < to - from {
            missing.push((to - from - received) as u32);
        }
        requested += to - from;
        if !on_progress(requested as f64 / captured as f64) {
            return Ok(None);
        }
    }
    let header = wav_header(written * SAMPLE_BYTES, SAMPLE_RATE_HZ);
    parts.set(0, Uint8Array::from(&header[..]).into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("audio/wav");
    let file = Blob::new_with_blob_sequence_and_options(&parts, &options)?;
    Ok(Some(AudioFile { file, stored, captured }))
}

/// The samples in the browser's file storage, which is on disk if there are many.
fn blob(samples: &Int16Array) -> Result<Blob, JsValue> {
    // In the processor's byte order, which is WAV's in every browser.
    Blob::new_with_buffer_source_sequence(&Array::of1(samples))
}
