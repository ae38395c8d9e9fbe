use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts;
use web_sys::{Element, HtmlDialogElement, HtmlInputElement};

use super::page::{add, button, dialog, make, on, set, text};
use super::words::{Spot, focus, turn_of};
use crate::browser::Host;

/// Asks for the name of a speaker.
pub(super) struct Rename {
    host: Host,
    dialog: HtmlDialogElement,
    title: Element,
    field: HtmlInputElement,
    speaker: RefCell<Option<(Spot, String)>>,
}

impl Rename {
    pub(super) fn new(host: &Host) -> Rc<Self> {
        let (dialog, title) = dialog("rename", "");
        // With this method, the form closes the dialog and tells which button did.
        let form: Element = make("form", "");
        set(&form, "method", "dialog");
        let label: Element = text("label", "", texts::SPEAKER_NAME.get());
        let field: HtmlInputElement = make("input", "");
        let hint: Element = text("p", "hint", texts::NAME_HINT.get());
        hint.set_id("rename-hint");
        for (name, value) in
            [("type", "text"), ("maxlength", "60"), ("dir", "auto"), ("aria-describedby", "rename-hint")]
        {
            set(&field, name, value);
        }
        let give = button(texts::GIVE_NAME, "submit");
        give.set_value("give");
        let keep = button(texts::KEEP_NAME, "submit");
        keep.set_value("keep");
        add(&label, &[&field]);
        add(&form, &[&label, &hint, &give, &keep]);
        add(&dialog, &[&form]);
        let rename = Rc::new(Self { host: host.clone(), dialog, title, field, speaker: RefCell::default() });
        let closed = rename.clone();
        on(&rename.dialog, "close", move |_| closed.close());
        rename
    }

    /// Asks for the name of who an element names.
    pub(super) fn ask(&self, name: &Element) {
        let Some(spot) = Spot::of(name) else { return };
        let shown = name.text_content().unwrap_or_default();
        let label = name.get_attribute("data-speaker").unwrap_or_default();
        self.title.set_text_content(Some(&texts::RENAME.with(&[&shown])));
        self.field.set_value(&shown);
        self.speaker.replace(Some((spot, label)));
        // What Escape leaves is what was there.
        self.dialog.set_return_value("");
        // Throws only where it is open already.
        let _ = self.dialog.show_modal();
        self.field.select();
    }

    fn close(&self) {
        let Some((spot, label)) = self.speaker.take() else { return };
        let name = self.field.value();
        let was = spot.item().and_then(|item| item.text_content()).unwrap_or_default();
        if self.dialog.return_value() == "give" && name.trim() != was {
            self.host.rename(spot.key.connection, &label, name.trim());
        }
        if let Some(item) = spot.item() {
            focus(&item);
        }
    }
}

/// Whether an element names a speaker of a turn.
pub(super) fn is_name(element: &Element) -> bool {
    element.class_list().contains("speaker") && turn_of(element).is_some()
}
