use std::rc::Rc;

use transcription_common::texts;
use web_sys::{Element, HtmlDialogElement};

use super::note::{Note, state};
use super::page::{add, button, dialog, document, find, make, on, set};
use super::words::TURN;
use crate::browser::Host;

/// Asks whether all is to be deleted, and does it.
pub(super) struct Anew {
    host: Host,
    note: Note,
    dialog: HtmlDialogElement,
    question: Element,
}

impl Anew {
    pub(super) fn new(host: &Host, note: &Note) -> Rc<Self> {
        let (dialog, _) = dialog("begin-anew", texts::NEW_TRANSCRIPT.get());
        let form: Element = make("form", "");
        set(&form, "method", "dialog");
        let question: Element = make("p", "");
        add(&form, &[&question]);
        for (label, value) in
            [(texts::SAVE_FIRST, "save"), (texts::DELETE_ALL, "delete"), (texts::KEEP_ALL, "keep")]
        {
            let button = button(label, "submit");
            button.set_value(value);
            // Where nothing can be saved, nothing is offered.
            if value != "save" || find("#take-away").is_some() {
                add(&form, &[&button]);
            }
        }
        add(&dialog, &[&form]);
        let anew = Rc::new(Self { host: host.clone(), note: note.clone(), dialog, question });
        let closed = anew.clone();
        on(&anew.dialog, "close", move |_| closed.close());
        anew
    }

    pub(super) fn ask(&self) {
        let turns = document().query_selector_all(TURN).map_or(0, |turns| turns.length());
        if state() != "idle" {
            self.note.say(texts::NOT_NEW_WHILE_RECORDING.get());
        } else if turns == 0 && self.host.recordings().length() == 0 {
            self.note.say(texts::NOTHING_TO_DELETE.get());
        } else {
            self.question.set_text_content(Some(&texts::NEW_QUESTION.with(&[&turns.to_string()])));
            // What Escape leaves is what was there.
            self.dialog.set_return_value("");
            // Throws only where it is open already.
            let _ = self.dialog.show_modal();
        }
    }

    fn close(&self) {
        match self.dialog.return_value().as_str() {
            "save" => {
                if let Some(save) = find("#take-away") {
                    save.click();
                }
            }
            "delete" if !self.host.clear() => self.note.say(texts::NOT_NEW_WHILE_RECORDING.get()),
            _ => {}
        }
    }
}
