use std::rc::Rc;

use transcription_common::texts::recordings as list_texts;
use transcription_common::{RecordingPhase, clock, texts};
use transcription_dom::{
    WarnOnError, append, create_element, document, find, focus, set_attribute, set_text, show,
};
use web_sys::{Element, HtmlDialogElement};

use crate::browser::Host;
use crate::browser::elements::{button, dialog, ends, on};
use crate::browser::recordings::keeps_finished;
use crate::browser::status_line::StatusLine;
use crate::browser::words::TURN;
use crate::reader::clear_question::question;

/// Asks whether to delete the transcript and its audio, and deletes them.
pub(super) struct ClearDialog {
    host: Host,
    status_line: StatusLine,
    dialog: HtmlDialogElement,
    question: Element,
    /// Leaves the recordings in the list.
    put_away: Element,
}

impl ClearDialog {
    pub(super) fn new(host: &Host, status_line: &StatusLine) -> Rc<Self> {
        let (dialog, _) = dialog("clear-transcript", texts::NEW_TRANSCRIPT.get());
        let form: Element = create_element("form", "");
        set_attribute(&form, "method", "dialog");
        let question: Element = create_element("p", "");
        append(&form, &[&question]);
        let [cancel, delete, export, put_away] = [
            (texts::CANCEL, "keep", ""),
            (texts::DELETE_ALL, "delete", "danger"),
            (texts::SAVE_FIRST, "save", ""),
            (list_texts::PUT_AWAY, "put-away", "primary"),
        ]
        .map(|(label, value, class)| {
            let button = button(label, "submit");
            button.set_value(value);
            button.set_class_name(class);
            button
        });
        append(&form, &[&ends(&[&cancel, &delete, &export, &put_away])]);
        append(&dialog, &[&form]);
        let (host, status_line) = (host.clone(), status_line.clone());
        let clear_dialog = Rc::new(Self { host, status_line, dialog, question, put_away: put_away.into() });
        let closed = clear_dialog.clone();
        on(&clear_dialog.dialog, "close", move |_| closed.close());
        clear_dialog
    }

    pub(super) fn ask(&self) {
        let turns = document().query_selector_all(TURN).map_or(0, |turns| turns.length());
        if self.host.phase() != RecordingPhase::Idle {
            self.status_line.set(texts::NOT_NEW_WHILE_RECORDING.get());
        } else if find("#transcript .editor").is_some() {
            self.status_line.set(list_texts::CORRECTION_IS_OPEN.get());
        } else if turns == 0 && self.host.recordings().is_empty() {
            self.status_line.set(texts::NOTHING_TO_DELETE.get());
        } else {
            let is_kept = self.host.is_kept(false) && keeps_finished(&self.host);
            set_text(&self.question, &question(turns, is_kept));
            show(&self.put_away, is_kept);
            // Escape keeps the value of the last close.
            self.dialog.set_return_value("");
            self.dialog.show_modal().warn_on_error();
        }
    }

    fn done(&self, is_new: bool) {
        if !is_new {
            self.status_line.set(texts::NOT_NEW_WHILE_RECORDING.get());
        } else if let Some(record) = find("#record") {
            // The button that opened the dialog is hidden now.
            focus(&record);
        }
        if let Some(elapsed) = find("#elapsed").filter(|_| is_new) {
            set_text(&elapsed, &clock(0));
        }
    }

    fn close(&self) {
        match self.dialog.return_value().as_str() {
            "save" => {
                if let Some(export) = find("#export") {
                    export.click();
                }
            }
            "put-away" => self.done(self.host.put_away()),
            "delete" => self.done(self.host.clear()),
            _ => {}
        }
    }
}
