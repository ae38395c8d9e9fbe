//! Markers in the browser's database.

use js_sys::Promise;
use transcription_dom::database::{Database, RECORDINGS, TURNS, commit, marker_key, markers};
use transcription_dom::{WarnOnError, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// How many times to check whether the page has stored a recording that has just begun.
const TRIES: u32 = 10;
/// The time between two checks, in ms.
const WAIT_MS: i32 = 300;

/// The markers of a recording: the place of each in ms, and its name.
pub(super) async fn read(recording: f64) -> Result<Vec<(u64, String)>, JsValue> {
    markers(&Database::open().await?, recording).await
}

/// Stores the name of a marker, or deletes the marker if it has none. `now` is asked for it when it is written, so that
/// the last of several changes is stored whatever their order; it returns `None` once the page no longer has the recording.
pub(super) async fn write(
    recording: f64,
    at_ms: u64,
    now: impl Fn() -> Option<Option<String>>,
) -> Result<(), JsValue> {
    let database = Database::open().await?;
    for _ in 0..TRIES {
        let is_stored = database.all(RECORDINGS, &recording.into(), 1, true).await?.length() > 0;
        let Some(name) = now() else { return Ok(()) };
        if is_stored {
            let transaction = database.write()?;
            let turns = transaction.object_store(TURNS)?;
            let key = marker_key(recording, at_ms);
            match name {
                Some(name) => turns.put_with_key(&name.into(), &key)?,
                None => turns.delete(&key)?,
            };
            return commit(&transaction).await;
        }
        wait().await;
    }
    Err(JsValue::UNDEFINED)
}

async fn wait() {
    let waiting = Promise::new(&mut |resolve, _| {
        window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, WAIT_MS).warn_on_error();
    });
    // Never rejected: the timer resolves it.
    JsFuture::from(waiting).await.ok();
}
