use js_sys::{Array, Int16Array, Uint8Array};
use transcription_common::{SAMPLE_RATE_HZ, clock, texts, wav_header};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::browser::Host;
use crate::take_away::{Piece, Recording, pieces};

/// Bytes of a sample.
const SAMPLE_BYTES: u64 = 2;

/// An audio file, and how much of what was captured is in it.
pub(super) struct Audio {
    pub(super) file: Blob,
    /// Samples that were kept.
    pub(super) kept: u64,
    /// Samples that were captured.
    pub(super) captured: u64,
}

impl Audio {
    /// Says how much was captured that is not in the file, where something was.
    pub(super) fn what_is_missing(&self) -> Option<String> {
        let length = |samples: u64| clock(samples / u64::from(SAMPLE_RATE_HZ));
        let is_whole = self.kept == self.captured;
        (!is_whole).then(|| texts::AUDIO_MISSING.with(&[&length(self.kept), &length(self.captured)]))
    }
}

/// Makes a WAV file of recordings. Its audio goes from the database to the browser's store for files a minute at a
/// time, and is never held as a whole: 3 hours are 345 MB.
///
/// `goes_on` is told after each minute which share is done, and whether to go on; `None` where not.
pub(super) async fn wav(
    host: &Host,
    recordings: &[Recording],
    mut goes_on: impl FnMut(f64) -> bool,
) -> Result<Option<Audio>, JsValue> {
    let pieces = pieces(recordings);
    let captured = pieces.iter().map(|piece| piece.to - piece.from).sum();
    let parts = Array::of1(&JsValue::UNDEFINED);
    let (mut kept, mut asked, mut written, mut missing) = (0, 0, 0, Vec::new());
    for Piece { began_ms, from, to } in pieces {
        let samples = JsFuture::from(host.audio(began_ms, from as f64, to as f64)).await?;
        let samples: Int16Array = samples.unchecked_into();
        let got = u64::from(samples.length());
        if got > 0 {
            // What the browser could not keep is silence, so that what comes behind it is heard when it was said.
            for length in missing.drain(..) {
                parts.push(&minute(&Int16Array::new_with_length(length))?.into());
                written += u64::from(length);
            }
            parts.push(&minute(&samples)?.into());
            (kept, written) = (kept + got, written + got);
        }
        if got < to - from {
            missing.push((to - from - got) as u32);
        }
        asked += to - from;
        if !goes_on(asked as f64 / captured as f64) {
            return Ok(None);
        }
    }
    parts.set(0, Uint8Array::from(&wav_header(written * SAMPLE_BYTES)[..]).into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("audio/wav");
    let file = Blob::new_with_blob_sequence_and_options(&parts, &options)?;
    Ok(Some(Audio { file, kept, captured }))
}

/// Samples where the browser keeps files, which is not in memory where there are many.
fn minute(samples: &Int16Array) -> Result<Blob, JsValue> {
    // In the processor's order of bytes, which for every browser's processor is WAV's.
    Blob::new_with_buffer_source_sequence(&Array::of1(samples))
}
