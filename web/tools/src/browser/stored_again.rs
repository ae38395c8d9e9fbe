//! Says that the browser stores the recording again, for example once the user has made room.

use js_sys::{Array, Int16Array};
use transcription_common::texts::recordings as texts;
use transcription_common::{MAX_VALUE_SAMPLES, SAMPLE_RATE_HZ, clock};
use transcription_dom::WarnOnError;
use transcription_dom::database::{ALL, AUDIO, Database, between};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Host;
use super::status_line::StatusLine;

/// Says it of the recording with this first connection, and how much of its sound is missing.
pub(super) fn report(host: &Host, status_line: &StatusLine, first_connection: u32) {
    let (host, status_line) = (host.clone(), status_line.clone());
    // Not at once: the app is handling an event, and is asked for its recordings.
    spawn_local(async move {
        let of_it = host.recordings().into_iter().find(|it| it.first_connection() == first_connection);
        let Some(recording) = of_it else { return };
        let missing = not_stored(recording.began_ms(), 0.0, recording.samples() as f64).await.warn_on_error();
        match missing.unwrap_or_default() / u64::from(SAMPLE_RATE_HZ) {
            0 => status_line.set(texts::STORED_AGAIN.get()),
            seconds => status_line.set(&texts::STORED_WITHOUT.with(&[&clock(seconds)])),
        }
    });
}

/// How many samples between two positions were captured while the browser stored nothing, up to the last stored one.
pub(super) async fn not_stored(began_ms: f64, from: f64, to: f64) -> Result<u64, JsValue> {
    let database = Database::open().await?;
    // The first of them may be in a chunk that begins earlier.
    let longest = MAX_VALUE_SAMPLES as f64;
    let range = between(began_ms, from - longest, to)?;
    let positions = database.all(AUDIO, &range, ALL, true).await?;
    let (mut missing, mut before) = (0.0, None);
    for key in positions.iter() {
        let at = key.unchecked_ref::<Array>().get(1).as_f64().unwrap_or_default();
        let end = match before.replace((key, at)) {
            None => Some(from),
            Some((key, at_before)) if at > at_before + longest => {
                let chunk: Int16Array = database.all(AUDIO, &key, 1, false).await?.pop().unchecked_into();
                Some(at_before + f64::from(chunk.length()))
            }
            // A gap of less than a second at most.
            Some(_) => None,
        };
        missing += end.map_or(0.0, |end| (at - end.max(from)).max(0.0));
    }
    Ok(missing as u64)
}
