use transcript_export::{Format, Options};
use transcription_common::texts::{self, Text};
use transcription_dom::{append, create_element, create_text_element, document, focus, set_attribute};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlProgressElement};

use crate::browser::elements::ends;

/// The extension of audio files.
pub(super) const WAV: &str = "wav";

/// The start of the ids in the dialog; for the button of a format, its extension follows.
pub(super) const ID_PREFIX: &str = "export-";

/// The dialog in which the user exports the transcript.
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
    /// Adds the dialog to the page.
    pub(super) fn new() -> Result<Self, JsValue> {
        let element: HtmlDialogElement = create_element("dialog", "");
        element.set_id("export-dialog");
        set_attribute(&element, "aria-labelledby", "export-title");
        let title: Element = create_text_element("h2", "", texts::EXPORT_THE_TRANSCRIPT.get());
        title.set_id("export-title");

        let options: Element = create_element("div", "options");
        let speakers = option(&options, "speakers", texts::WITH_SPEAKERS)?;
        let times = option(&options, "times", texts::WITH_TIMES)?;
        append(&options, &[&create_text_element("small", "", texts::OPTIONS_ARE_FOR.get())]);

        let formats: Element = create_element("div", "formats");
        append(&formats, &[&button("copy", texts::COPY)]);
        for format in Format::ALL {
            append(&formats, &[&button(format.extension(), label(format))]);
        }
        let wav = button(WAV, texts::AS_WAV);
        append(&formats, &[&wav]);

        let status: Element = create_element("p", "");
        set_attribute(&status, "role", "status");
        let progress: HtmlProgressElement = create_element("progress", "");
        set_attribute(&progress, "aria-label", texts::READING_THE_AUDIO.get());
        progress.set_hidden(true);
        // Beside the buttons, where there is room for both: nothing moves as they come.
        let result: Element = create_element("div", "result");
        append(&result, &[&status, &progress]);
        let cancel = button("cancel", texts::CANCEL);
        cancel.set_hidden(true);
        let ends = ends(&[&result, &cancel, &button("close", texts::CLOSE)]);
        append(&element, &[&title, &options, &formats, &ends]);
        let body = document().body().ok_or(JsValue::UNDEFINED)?;
        append(&body, &[&element]);
        Ok(Self { element, speakers, times, status, progress, cancel, wav })
    }

    /// Opens the dialog with an empty status.
    pub(super) fn open(&self) -> Result<(), JsValue> {
        self.set_status("");
        if self.element.open() { Ok(()) } else { self.element.show_modal() }
    }

    pub(super) fn options(&self) -> Options {
        Options { speakers: self.speakers.checked(), times: self.times.checked() }
    }

    pub(super) fn set_status(&self, message: &str) {
        self.status.set_text_content(Some(message));
    }

    /// Shows the share of a long export that is done, 0 to 1; `None` hides it.
    pub(super) fn show_progress(&self, share: Option<f64>) {
        self.progress.set_value(share.unwrap_or_default());
        self.progress.set_hidden(share.is_none());
        // A button must not be hidden while it has the focus.
        if share.is_none() && self.cancel.matches(":focus").unwrap_or_default() {
            focus(&self.wav);
        }
        self.cancel.set_hidden(share.is_none());
    }
}

fn button(id: &str, text: Text) -> HtmlElement {
    let button: HtmlElement = create_text_element("button", "", text.get());
    set_attribute(&button, "type", "button");
    button.set_id(&[ID_PREFIX, id].concat());
    button
}

fn option(options: &Element, id: &str, text: Text) -> Result<HtmlInputElement, JsValue> {
    let input: HtmlInputElement = create_element("input", "");
    input.set_type("checkbox");
    input.set_id(&[ID_PREFIX, id].concat());
    input.set_checked(true);
    let label: Element = create_element("label", "");
    append(&label, &[&input]);
    label.append_with_str_1(&[" ", text.get()].concat())?;
    append(options, &[&label]);
    Ok(input)
}

/// The label of a format's button.
fn label(format: Format) -> Text {
    match format {
        Format::Text => texts::AS_TEXT,
        Format::Markdown => texts::AS_MARKDOWN,
        Format::Srt => texts::AS_SRT,
        Format::Vtt => texts::AS_VTT,
        Format::Json => texts::AS_JSON,
    }
}
