use std::cell::Cell;
use std::rc::Rc;

use transcript_export::{Format, Options};
use transcription_common::{ShownTurn, TurnKey, texts};
use transcription_dom::database::{Database, markers, turns};
use transcription_dom::find;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::audio::wav;
use super::convert;
use super::file::{Files, text_file};
use crate::browser::Host;
use crate::browser::answer::{is_too_late, returned_in_time};
use crate::markers::Marker;

/// Exports the recording that is offered for recovery, one file at a time.
#[derive(Clone)]
pub(super) struct RecoveredExport {
    host: Host,
    files: Rc<Files>,
    is_busy: Rc<Cell<bool>>,
}

impl RecoveredExport {
    pub(super) fn new(host: &Host, files: &Rc<Files>) -> Self {
        Self { host: host.clone(), files: files.clone(), is_busy: Rc::default() }
    }

    pub(super) fn save(&self, is_audio: bool) {
        if self.is_busy.replace(true) {
            return;
        }
        let export = self.clone();
        spawn_local(async move {
            let message = if is_audio { export.audio().await } else { export.text().await };
            let message = message.unwrap_or_else(|error| {
                if is_too_late(&error) {
                    return Some(texts::STORAGE_SILENT.get().to_owned());
                }
                web_sys::console::error_1(&error);
                Some(texts::NOT_READ.get().to_owned())
            });
            // Where the recording is offered.
            if let (Some(message), Some(place)) = (message, find("#unfinished p")) {
                place.set_text_content(Some(&message));
            }
            export.is_busy.set(false);
        });
    }

    /// Saves the text. Returns a message for the user, if there is one.
    async fn text(&self) -> Result<Option<String>, JsValue> {
        let Some(recording) = self.host.recovered() else { return Ok(None) };
        let began_ms = recording.began_ms();
        let (turns, markers) = stored_text(began_ms).await?;
        let document = convert::document(turns, vec![convert::recording(&recording, markers)]);
        if Format::Text.is_empty(&document) {
            return Ok(Some(texts::NO_WORDS_TO_SAVE.get().to_owned()));
        }
        let text = Format::Text.write(&document, Options { speakers: true, times: true });
        self.files.save(&text_file(&text, Format::Text.media_type())?, began_ms, Format::Text.extension())?;
        Ok(None)
    }

    /// Saves the audio. Returns a message for the user, if there is one.
    async fn audio(&self) -> Result<Option<String>, JsValue> {
        let Some(recording) = self.host.recovered() else { return Ok(None) };
        let recording = convert::recording(&recording, Vec::new());
        let began_ms = recording.began_ms;
        let Some(audio) = wav(&self.host, &[recording], |_| true).await? else { return Ok(None) };
        self.files.save(&audio.file, began_ms, "wav")?;
        Ok(audio.missing_audio())
    }
}

/// The turns and markers of a recording.
type StoredText = (Vec<(TurnKey, ShownTurn)>, Vec<Marker>);

/// The stored turns and markers of a recording.
async fn stored_text(began_ms: f64) -> Result<StoredText, JsValue> {
    returned_in_time(async move {
        let database = Database::open().await?;
        let markers = markers(&database, began_ms).await?.into_iter();
        let markers = markers.map(|(at_ms, name)| Marker { at_ms, name });
        Ok((turns(&database, began_ms).await?, markers.collect()))
    })
    .await
}
