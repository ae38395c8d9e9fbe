//! Says that the browser stores the recording again, for example once the user has made room.

use std::cell::Cell;

use js_sys::{Array, Int16Array};
use transcription_common::texts::recordings as texts;
use transcription_common::{MAX_VALUE_SAMPLES, SAMPLE_RATE_HZ, clock};
use transcription_dom::database::{ALL, AUDIO, Database, between};
use transcription_dom::{Interval, WarnOnError, find, set_text};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Host;

/// How often the page is asked whether it stores the recording, in ms.
const PERIOD_MS: i32 = 1_000;

/// Asks the page until it is dropped.
pub(super) struct StoredAgain {
    _interval: Interval,
}

impl StoredAgain {
    pub(super) fn new(host: &Host) -> Self {
        let host = host.clone();
        let was_kept = Cell::new(true);
        let interval = Interval::new(PERIOD_MS, move || {
            let is_kept = host.is_kept(false);
            let was_kept = was_kept.replace(is_kept);
            // What was exported or deleted counts as kept too.
            if is_kept && !was_kept && !host.is_kept(true) {
                let host = host.clone();
                spawn_local(async move {
                    say(&host).await.warn_on_error();
                });
            }
        });
        Self { _interval: interval }
    }
}

/// Says it, and how much of the sound is missing.
async fn say(host: &Host) -> Result<(), JsValue> {
    let mut missing = 0;
    for recording in host.recordings() {
        missing += not_stored(recording.began_ms(), 0.0, recording.samples() as f64).await?;
    }
    let sentence = match missing / u64::from(SAMPLE_RATE_HZ) {
        0 => texts::STORED_AGAIN.get().to_owned(),
        seconds => texts::STORED_WITHOUT.with(&[&clock(seconds)]),
    };
    if let Some(line) = find("#status-line") {
        set_text(&line, &sentence);
    }
    Ok(())
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
