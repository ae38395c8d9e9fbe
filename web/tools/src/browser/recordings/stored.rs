//! The stored recordings, as the list reads and changes them.

use transcription_dom::database::{
    ALL, Database, RECORDINGS, Status, TURNS, commit, markers, title_key, turns,
};
use wasm_bindgen::prelude::*;

/// The finished recordings, the latest first: when each began, in ms since 1970, and its number of samples.
pub(super) async fn finished(database: &Database) -> Result<Vec<(f64, u64)>, JsValue> {
    let keys = database.all(RECORDINGS, &JsValue::UNDEFINED, ALL, true).await?;
    let mut finished = Vec::new();
    while let Some(began_ms) = keys.pop().as_f64() {
        let status = database.all(RECORDINGS, &began_ms.into(), 1, false).await?.pop();
        // Another tab may have deleted it meanwhile.
        if !status.is_undefined() {
            let status = Status::from_value(status);
            // Without any sound there was no microphone.
            let is_shown = status.is_finished && status.captured_samples > 0;
            finished.extend(is_shown.then_some((began_ms, status.captured_samples)));
        }
    }
    Ok(finished)
}

/// The title that the user gave a recording, if there is one.
pub(super) async fn title(database: &Database, recording: f64) -> Result<Option<String>, JsValue> {
    let titles = database.all(TURNS, &title_key(recording), 1, false).await?;
    Ok(titles.get(0).as_string())
}

/// The texts of a recording's turns.
pub(super) async fn texts(database: &Database, recording: f64) -> Result<Vec<String>, JsValue> {
    let turns = turns(database, recording).await?.into_iter();
    Ok(turns.filter(|(_, turn)| !turn.is_gap()).map(|(_, turn)| turn.display_text()).collect())
}

/// The names of a recording's markers; empty for those without one.
pub(super) async fn marker_names(database: &Database, recording: f64) -> Result<Vec<String>, JsValue> {
    Ok(markers(database, recording).await?.into_iter().map(|(_, name)| name).collect())
}

/// Stores a title; an empty one is removed. Does nothing for a recording that another tab has deleted.
pub(super) async fn rename(database: &Database, recording: f64, title: &str) -> Result<(), JsValue> {
    if database.all(RECORDINGS, &recording.into(), 1, true).await?.length() == 0 {
        return Ok(());
    }
    let transaction = database.write()?;
    let titles = transaction.object_store(TURNS)?;
    if title.is_empty() {
        titles.delete(&title_key(recording))?;
    } else {
        titles.put_with_key(&title.into(), &title_key(recording))?;
    }
    commit(&transaction).await
}
