use js_sys::{Array, Int16Array};
use wasm_bindgen::prelude::*;

use transcription_common::MAX_VALUE_SAMPLES;
use transcription_dom::database::{ALL, AUDIO, Database, between};

/// The stored samples of a recording from one position to before another, as an `Int16Array`. Where the browser stored
/// nothing for a while there is silence; what is missing at the end is left out.
pub(super) async fn samples(
    database: &Database,
    recording: f64,
    from: f64,
    to: f64,
) -> Result<JsValue, JsValue> {
    // The first of them may be in a chunk that begins earlier.
    let range = between(recording, from - MAX_VALUE_SAMPLES as f64, to)?;
    let keys = database.all(AUDIO, &range, ALL, true).await?;
    let chunks = database.all(AUDIO, &range, ALL, false).await?;
    let position = |index| keys.get(index).unchecked_into::<Array>().get(1).as_f64().unwrap_or_default();
    let chunk = |index| chunks.get(index).unchecked_into::<Int16Array>();
    let end =
        keys.length().checked_sub(1).map_or(0.0, |last| position(last) + f64::from(chunk(last).length()));
    let samples = Int16Array::new_with_length((to.min(end) - from).max(0.0) as u32);
    for index in 0..keys.length() {
        let (at, chunk) = (position(index), chunk(index));
        let (begin, end) = ((from - at).max(0.0), (to - at).max(0.0));
        let wanted = chunk.subarray(begin as u32, end as u32);
        if wanted.length() > 0 {
            samples.set(&wanted, (at + begin - from) as u32);
        }
    }
    Ok(samples.into())
}
