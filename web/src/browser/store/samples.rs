use js_sys::{Array, Int16Array};
use wasm_bindgen::prelude::*;

use super::ALL;
use super::database::{self, AUDIO, Database};

/// More samples than a piece has.
const LONGEST_PIECE: f64 = 16_000.0;

/// Samples of a recording, from one position to before another, as far as they are kept: an `Int16Array`.
pub(super) async fn samples(
    database: &Database,
    recording: f64,
    from: f64,
    to: f64,
) -> Result<JsValue, JsValue> {
    // A piece that begins before may have the first of them.
    let range = database::between(recording, from - LONGEST_PIECE, to)?;
    let keys = database.all(AUDIO, &range, ALL, true).await?;
    let pieces = database.all(AUDIO, &range, ALL, false).await?;
    let place = |index| keys.get(index).unchecked_into::<Array>().get(1).as_f64().unwrap_or_default();
    let piece = |index| pieces.get(index).unchecked_into::<Int16Array>();
    let end = keys.length().checked_sub(1).map_or(0.0, |last| place(last) + f64::from(piece(last).length()));
    let samples = Int16Array::new_with_length((to.min(end) - from).max(0.0) as u32);
    for index in 0..keys.length() {
        let (at, piece) = (place(index), piece(index));
        let (begin, end) = ((from - at).max(0.0), (to - at).max(0.0));
        let wanted = piece.subarray(begin as u32, end as u32);
        if wanted.length() > 0 {
            samples.set(&wanted, (at + begin - from) as u32);
        }
    }
    Ok(samples.into())
}
