use transcription_common::texts::{self, Text};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlProgressElement};

use crate::take_away::{Format, Options};

/// The extension of audio files.
pub(super) const WAV: &str = "wav";

/// What is shown when the user wants to take something away.
pub(super) struct Dialog {
    pub(super) element: HtmlDialogElement,
    speakers: HtmlInputElement,
    times: HtmlInputElement,
    status: Element,
    progress: HtmlProgressElement,
    cancel: HtmlElement,
    wav: HtmlElement,
}

impl Dialog {
    /// Builds it into the page.
    pub(super) fn new(document: &Document) -> Result<Self, JsValue> {
        let make = |name: &str, parent: &Element| {
            let element = document.create_element(name)?;
            parent.append_child(&element)?;
            Ok::<Element, JsValue>(element)
        };
        let body: Element = document.body().ok_or(JsValue::UNDEFINED)?.unchecked_into();
        let element = make("dialog", &body)?;
        element.set_id("take-away-dialog");
        element.set_attribute("aria-labelledby", "take-away-title")?;
        let title = make("h2", &element)?;
        title.set_id("take-away-title");
        title.set_text_content(Some(texts::SAVE_THE_TRANSCRIPT.get()));

        let button = |id: &str, text: Text, parent: &Element| {
            let button: HtmlElement = make("button", parent)?.unchecked_into();
            button.set_attribute("type", "button")?;
            button.set_id(&["take-", id].concat());
            button.set_text_content(Some(text.get()));
            Ok::<HtmlElement, JsValue>(button)
        };
        let options = make("div", &element)?;
        options.set_class_name("options");
        let option = |id: &str, text: Text| {
            let label = make("label", &options)?;
            let input: HtmlInputElement = make("input", &label)?.unchecked_into();
            input.set_type("checkbox");
            input.set_id(&["take-", id].concat());
            input.set_checked(true);
            label.append_with_str_1(&[" ", text.get()].concat())?;
            Ok::<HtmlInputElement, JsValue>(input)
        };
        let (speakers, times) =
            (option("speakers", texts::WITH_SPEAKERS)?, option("times", texts::WITH_TIMES)?);
        make("small", &options)?.set_text_content(Some(texts::OPTIONS_ARE_FOR.get()));

        let formats = make("div", &element)?;
        formats.set_class_name("formats");
        button("copy", texts::COPY, &formats)?;
        for format in Format::ALL {
            button(format.extension(), named(format), &formats)?;
        }
        let wav = button(WAV, texts::AS_WAV, &formats)?;

        let status = make("p", &element)?;
        status.set_attribute("role", "status")?;
        let progress: HtmlProgressElement = make("progress", &element)?.unchecked_into();
        progress.set_attribute("aria-label", texts::AUDIO_IS_READ.get())?;
        progress.set_hidden(true);
        let ends = make("div", &element)?;
        ends.set_class_name("ends");
        let cancel = button("cancel", texts::CANCEL, &ends)?;
        cancel.set_hidden(true);
        button("close", texts::CLOSE, &ends)?;
        Ok(Self { element: element.unchecked_into(), speakers, times, status, progress, cancel, wav })
    }

    /// Opens it, with nothing said yet.
    pub(super) fn open(&self) -> Result<(), JsValue> {
        self.say("");
        if self.element.open() { Ok(()) } else { self.element.show_modal() }
    }

    pub(super) fn options(&self) -> Options {
        Options { speakers: self.speakers.checked(), times: self.times.checked() }
    }

    /// Says what has come of it.
    pub(super) fn say(&self, sentence: &str) {
        self.status.set_text_content(Some(sentence));
    }

    /// Shows which share of a long work is done; `None` where there is none.
    pub(super) fn show_progress(&self, share: Option<f64>) {
        self.progress.set_value(share.unwrap_or_default());
        self.progress.set_hidden(share.is_none());
        // The button that has the focus must not go while it has it.
        if share.is_none() && self.cancel.matches(":focus").unwrap_or_default() {
            let _ = self.wav.focus();
        }
        self.cancel.set_hidden(share.is_none());
    }
}

/// What a format is called.
fn named(format: Format) -> Text {
    match format {
        Format::Text => texts::AS_TEXT,
        Format::Markdown => texts::AS_MARKDOWN,
        Format::Srt => texts::AS_SRT,
        Format::Vtt => texts::AS_VTT,
        Format::Json => texts::AS_JSON,
    }
}
