use std::cell::Cell;
use std::rc::Rc;

use js_sys::Date;
use transcription_common::texts;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document as Page, Element};

use super::audio::wav;
use super::dialog::{Dialog, WAV};
use super::file::{Files, text_file};
use super::recordings::recordings;
use crate::browser::Host;
use crate::browser::listener::Listener;
use crate::take_away::{Document, Format, Recording};

/// Takes away what is on this page.
pub(super) struct Menu {
    work: Rc<Work>,
    _listeners: [Listener; 2],
}

/// What the dialog's buttons do.
struct Work {
    host: Host,
    files: Rc<Files>,
    dialog: Dialog,
    /// Whether audio is being read, and may go on. One file of it is made at a time.
    audio: Cell<Audio>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audio {
    Rests,
    GoesOn,
    Cancelled,
}

impl Menu {
    pub(super) fn new(host: &Host, files: &Rc<Files>, page: &Page) -> Result<Self, JsValue> {
        let dialog = Dialog::new(page)?;
        let element = dialog.element.clone();
        let work = Rc::new(Work {
            host: host.clone(),
            files: files.clone(),
            dialog,
            audio: Cell::new(Audio::Rests),
        });
        let (pressed, closed) = (work.clone(), work.clone());
        let click = Listener::new(&element, "click", move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let button = target.and_then(|target| target.closest("button").ok()?);
            if let Some(id) = button.map(|button| button.id()) {
                pressed.press(id.trim_start_matches("take-"));
            }
        });
        let close = Listener::new(&element, "close", move |_| closed.cancel());
        Ok(Self { work, _listeners: [click, close] })
    }

    pub(super) fn open(&self) {
        if let Err(error) = self.work.dialog.open() {
            web_sys::console::error_1(&error);
        }
    }
}

impl Work {
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
        if self.audio.get() == Audio::GoesOn {
            self.audio.set(Audio::Cancelled);
        }
    }

    /// The transcript, unless there is no word in it, which it says.
    fn document(&self) -> Option<Document> {
        let document = Document::new(&self.host.turns(), recordings(&self.host));
        if document.is_empty() {
            self.dialog.say(texts::NO_WORDS_TO_SAVE.get());
            return None;
        }
        Some(document)
    }

    fn save(&self, format: Format) {
        let Some(document) = self.document() else { return };
        let text = format.write(&document, self.dialog.options());
        let began_ms = began_ms(document.stretches.first().map(|stretch| &stretch.recording));
        let saved = text_file(&text, format.media_type())
            .and_then(|file| self.files.save(&file, began_ms, format.extension()));
        self.tell(saved.map(|name| texts::SAVED_AS.with(&[&name])));
    }

    fn copy(self: &Rc<Self>) {
        let Some(document) = self.document() else { return };
        let text = Format::Text.write(&document, self.dialog.options());
        let clipboard = web_sys::window().map(|window| window.navigator().clipboard());
        // There is none in a page without https.
        let Some(clipboard) = clipboard.filter(|clipboard| !clipboard.is_undefined()) else {
            return self.dialog.say(texts::NOT_COPIED.get());
        };
        let copied = JsFuture::from(clipboard.write_text(&text));
        let work = self.clone();
        spawn_local(async move {
            let said = if copied.await.is_ok() { texts::COPIED } else { texts::NOT_COPIED };
            work.dialog.say(said.get());
        });
    }

    fn save_audio(self: &Rc<Self>) {
        if self.audio.replace(Audio::GoesOn) != Audio::Rests {
            return;
        }
        self.dialog.say(texts::AUDIO_IS_READ.get());
        self.dialog.show_progress(Some(0.0));
        let work = self.clone();
        spawn_local(async move {
            let said = work.audio().await;
            work.audio.set(Audio::Rests);
            work.dialog.show_progress(None);
            work.tell(said);
        });
    }

    /// Saves the audio; gives what there is to say of it.
    async fn audio(&self) -> Result<String, JsValue> {
        let recordings = recordings(&self.host);
        let goes_on = |share| {
            self.dialog.show_progress(Some(share));
            self.audio.get() == Audio::GoesOn
        };
        let audio = match wav(&self.host, &recordings, goes_on).await {
            Ok(Some(audio)) if audio.kept > 0 => audio,
            Ok(None) => return Ok(texts::CANCELLED.get().to_owned()),
            nothing => {
                // A browser that keeps nothing has an error for every question.
                if let Err(error) = nothing {
                    web_sys::console::warn_1(&error);
                }
                return Ok(texts::NO_AUDIO_KEPT.get().to_owned());
            }
        };
        let name = self.files.save(&audio.file, began_ms(recordings.first()), WAV)?;
        let saved = texts::SAVED_AS.with(&[&name]);
        Ok([Some(saved), audio.what_is_missing()].into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// Says what has come of it.
    fn tell(&self, said: Result<String, JsValue>) {
        let sentence = said.unwrap_or_else(|error| {
            web_sys::console::error_1(&error);
            texts::NOT_SAVED.get().to_owned()
        });
        self.dialog.say(&sentence);
    }
}

/// What a file is named by: when the recording began, or now, where there is none.
fn began_ms(recording: Option<&Recording>) -> f64 {
    recording.map_or_else(Date::now, |recording| recording.began_ms)
}
