use std::cell::Cell;
use std::rc::Rc;

use transcription_common::texts;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::audio::wav;
use super::file::{Files, text_file};
use super::recordings;
use crate::browser::Host;
use crate::take_away::{Document, Format, Options};

/// Saves the recording that is offered because it was not finished. One file is saved at a time.
#[derive(Clone)]
pub(super) struct Offered {
    host: Host,
    files: Rc<Files>,
    is_busy: Rc<Cell<bool>>,
}

impl Offered {
    pub(super) fn new(host: &Host, files: &Rc<Files>) -> Self {
        Self { host: host.clone(), files: files.clone(), is_busy: Rc::default() }
    }

    pub(super) fn save(&self, is_audio: bool) {
        if self.is_busy.replace(true) {
            return;
        }
        let offered = self.clone();
        spawn_local(async move {
            let told = if is_audio { offered.audio().await } else { offered.text().await };
            let told = told.unwrap_or_else(|error| {
                web_sys::console::error_1(&error);
                Some(texts::NOT_READ.get().to_owned())
            });
            if let Some(sentence) = told {
                say(&sentence);
            }
            offered.is_busy.set(false);
        });
    }

    /// Saves the text; gives what there is to say of it.
    async fn text(&self) -> Result<Option<String>, JsValue> {
        let Some(recording) = recordings::offered(&self.host) else { return Ok(None) };
        let lines = JsFuture::from(self.host.kept_turns(recording.began_ms)).await?;
        let lines = lines.as_string().unwrap_or_default();
        let began_ms = recording.began_ms;
        let document = Document::new(&lines, vec![recording]);
        if document.is_empty() {
            return Ok(Some(texts::NO_WORDS_TO_SAVE.get().to_owned()));
        }
        let text = Format::Text.write(&document, Options { speakers: true, times: true });
        self.files.save(&text_file(&text, Format::Text.media_type())?, began_ms, Format::Text.extension())?;
        Ok(None)
    }

    /// Saves the audio; gives what there is to say of it.
    async fn audio(&self) -> Result<Option<String>, JsValue> {
        let Some(recording) = recordings::offered(&self.host) else { return Ok(None) };
        let began_ms = recording.began_ms;
        let Some(audio) = wav(&self.host, &[recording], |_| true).await? else { return Ok(None) };
        self.files.save(&audio.file, began_ms, "wav")?;
        Ok(audio.what_is_missing())
    }
}

/// Says it where the recording is offered.
fn say(sentence: &str) {
    let document = web_sys::window().and_then(|window| window.document());
    let place = document.and_then(|document| document.query_selector("#unfinished p").ok().flatten());
    if let Some(place) = place {
        place.set_text_content(Some(sentence));
    }
}
