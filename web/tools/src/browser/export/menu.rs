use std::cell::Cell;
use std::rc::Rc;

use js_sys::Date;
use transcript_export::{Document, Format, Recording};
use transcription_common::texts;
use transcription_dom::{Listener, WarnOnError, closest, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::audio::wav;
use super::convert;
use super::dialog::{Dialog, ID_PREFIX, WAV};
use super::file::{Files, text_file};
use crate::browser::Host;
use crate::browser::answer::is_too_late;
use crate::browser::markers::PageMarkers;

/// Exports the transcript and audio of this page.
pub(super) struct Menu {
    exporter: Rc<Exporter>,
    _listeners: [Listener; 2],
}

/// What the dialog's buttons do.
struct Exporter {
    host: Host,
    files: Rc<Files>,
    /// `None` on a page without a transcript.
    markers: Option<Rc<PageMarkers>>,
    dialog: Dialog,
    audio: Cell<AudioExport>,
}

/// The state of the export of audio; there is one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AudioExport {
    Idle,
    Running,
    Cancelled,
}

impl Menu {
    pub(super) fn new(
        host: &Host,
        files: &Rc<Files>,
        markers: Option<Rc<PageMarkers>>,
    ) -> Result<Self, JsValue> {
        let dialog = Dialog::new()?;
        let element = dialog.element.clone();
        let exporter = Rc::new(Exporter {
            host: host.clone(),
            files: files.clone(),
            markers,
            dialog,
            audio: Cell::new(AudioExport::Idle),
        });
        let (pressed, closed) = (exporter.clone(), exporter.clone());
        let click = Listener::new(&element, "click", move |event| {
            if let Some(id) = closest(&event, "button").map(|button| button.id()) {
                pressed.press(id.trim_start_matches(ID_PREFIX));
            }
        });
        let close = Listener::new(&element, "close", move |_| closed.cancel());
        Ok(Self { exporter, _listeners: [click, close] })
    }

    pub(super) fn open(&self) {
        self.exporter.dialog.open().warn_on_error();
    }
}

impl Exporter {
    fn press(self: &Rc<Self>, button: &str) {
        let format = Format::ALL.into_iter().find(|format| format.extension() == button);
        match (button, format) {
            ("close", _) => self.dialog.element.close(),
            ("cancel", _) => self.cancel(),
            ("copy", _) => self.copy(),
            (WAV, _) => self.save_audio(),
            (_, Some(format)) => self.save(format),
            _ => {}
        }
    }

    fn cancel(&self) {
        if self.audio.get() == AudioExport::Running {
            self.audio.set(AudioExport::Cancelled);
        }
    }

    fn recordings(&self) -> Vec<Recording> {
        let recording = |recording: &crate::browser::Recording| {
            let markers = self.markers.as_ref().map(|markers| markers.of(recording.began_ms()));
            convert::recording(recording, markers.unwrap_or_default())
        };
        self.host.recordings().iter().map(recording).collect()
    }

    /// The transcript; `None` if a format writes nothing of it, which the dialog then says.
    fn document(&self, format: Format) -> Option<Document> {
        let document = convert::document(self.host.shown_turns(), self.recordings());
        if format.is_empty(&document) {
            self.dialog.set_status(texts::NO_WORDS_TO_SAVE.get());
            return None;
        }
        Some(document)
    }

    fn save(&self, format: Format) {
        let Some(document) = self.document(format) else { return };
        let text = format.write(&document, self.dialog.options());
        let began_ms = began_ms(document.recordings.first().map(|timed| &timed.recording));
        let saved = text_file(&text, format.media_type())
            .and_then(|file| self.files.save(&file, began_ms, format.extension()));
        if saved.is_ok() {
            self.host.mark_exported();
        }
        self.show_result(saved.map(|name| texts::SAVED_AS.with(&[&name])));
    }

    fn copy(self: &Rc<Self>) {
        let Some(document) = self.document(Format::Text) else { return };
        let text = Format::Text.write(&document, self.dialog.options());
        let clipboard = window().navigator().clipboard();
        // Pages without https have none.
        if clipboard.is_undefined() {
            return self.dialog.set_status(texts::NOT_COPIED.get());
        }
        let copied = JsFuture::from(clipboard.write_text(&text));
        let exporter = self.clone();
        spawn_local(async move {
            let is_copied = copied.await.is_ok();
            if is_copied {
                exporter.host.mark_exported();
            }
            let message = if is_copied { texts::COPIED } else { texts::NOT_COPIED };
            exporter.dialog.set_status(message.get());
        });
    }

    fn save_audio(self: &Rc<Self>) {
        if self.audio.replace(AudioExport::Running) != AudioExport::Idle {
            return;
        }
        self.dialog.set_status(texts::READING_THE_AUDIO.get());
        self.dialog.show_progress(Some(0.0));
        let exporter = self.clone();
        spawn_local(async move {
            let message = exporter.audio().await;
            exporter.audio.set(AudioExport::Idle);
            exporter.dialog.show_progress(None);
            exporter.show_result(message);
        });
    }

    /// Saves the audio. Returns a message for the user.
    async fn audio(&self) -> Result<String, JsValue> {
        let recordings = self.recordings();
        let on_progress = |share| {
            self.dialog.show_progress(Some(share));
            self.audio.get() == AudioExport::Running
        };
        let audio = match wav(&self.host, &recordings, on_progress).await {
            Ok(Some(audio)) if audio.stored > 0 => audio,
            Ok(None) => return Ok(texts::CANCELLED.get().to_owned()),
            Err(error) if is_too_late(&error) => return Ok(texts::STORAGE_SILENT.get().to_owned()),
            nothing => {
                // A browser that stores nothing rejects every request.
                nothing.warn_on_error();
                return Ok(texts::NO_AUDIO_KEPT.get().to_owned());
            }
        };
        let name = self.files.save(&audio.file, began_ms(recordings.first()), WAV)?;
        let saved = texts::SAVED_AS.with(&[&name]);
        Ok([Some(saved), audio.missing_audio()].into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    fn show_result(&self, message: Result<String, JsValue>) {
        let message = message.unwrap_or_else(|error| {
            web_sys::console::error_1(&error);
            texts::NOT_SAVED.get().to_owned()
        });
        self.dialog.set_status(&message);
    }
}

/// The time in a file's name: the start of the recording, or now if there is none.
fn began_ms(recording: Option<&Recording>) -> f64 {
    recording.map_or_else(Date::now, |recording| recording.began_ms)
}
