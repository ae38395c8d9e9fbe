use std::rc::Rc;

use transcription_common::{RecordingPhase, texts};
use transcription_dom::{WarnOnError, append, create_element, document, find, set_attribute};
use web_sys::{Element, HtmlDialogElement};

use super::elements::{button, dialog, on};
use super::status_line::StatusLine;
use super::words::TURN;
use crate::browser::Host;

/// Asks whether to delete the transcript and its audio, and deletes them.
pub(super) struct ClearDialog {
    host: Host,
    status_line: StatusLine,
    dialog: HtmlDialogElement,
    question: Element,
}

impl ClearDialog {
    pub(super) fn new(host: &Host, status_line: &StatusLine) -> Rc<Self> {
        let (dialog, _) = dialog("clear-transcript", texts::NEW_TRANSCRIPT.get());
        let form: Element = create_element("form", "");
        set_attribute(&form, "method", "dialog");
        let question: Element = create_element("p", "");
        append(&form, &[&question]);
        for (label, value) in
            [(texts::SAVE_FIRST, "save"), (texts::DELETE_ALL, "delete"), (texts::KEEP_ALL, "keep")]
        {
            let button = button(label, "submit");
            button.set_value(value);
            append(&form, &[&button]);
        }
        append(&dialog, &[&form]);
        let (host, status_line) = (host.clone(), status_line.clone());
        let clear_dialog = Rc::new(Self { host, status_line, dialog, question });
        let closed = clear_dialog.clone();
        on(&clear_dialog.dialog, "close", move |_| closed.close());
        clear_dialog
    }

    pub(super) fn ask(&self) {
        let turns = document().query_selector_all(TURN).map_or(0, |turns| turns.length());
        if self.host.phase() != RecordingPhase::Idle {
            self.status_line.set(texts::NOT_NEW_WHILE_RECORDING.get());
        } else if turns == 0 && self.host.recordings().is_empty() {
            self.status_line.set(texts::NOTHING_TO_DELETE.get());
        } else {
            self.question.set_text_content(Some(&texts::NEW_QUESTION.with(&[&turns.to_string()])));
            // Escape keeps the value of the last close.
            self.dialog.set_return_value("");
            self.dialog.show_modal().warn_on_error();
        }
    }

    fn close(&self) {
        match self.dialog.return_value().as_str() {
            "save" => {
                if let Some(export) = find("#export") {
                    export.click();
                }
            }
            "delete" if !self.host.clear() => self.status_line.set(texts::NOT_NEW_WHILE_RECORDING.get()),
            _ => {}
        }
    }
}
