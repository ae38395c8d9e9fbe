use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts;
use transcription_dom::{WarnOnError, append, create_element, create_text_element, set_attribute};
use web_sys::{Element, HtmlDialogElement, HtmlInputElement};

use super::words::{Spot, focus_item, turn_of};
use crate::browser::Host;
use crate::browser::elements::{button, dialog, on};

/// The dialog that asks for the name of a speaker.
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
        // This method closes the dialog and sets its return value to that of the button.
        let form: Element = create_element("form", "");
        set_attribute(&form, "method", "dialog");
        let label: Element = create_text_element("label", "", texts::SPEAKER_NAME.get());
        let field: HtmlInputElement = create_element("input", "");
        let hint: Element = create_text_element("p", "hint", texts::NAME_HINT.get());
        hint.set_id("rename-hint");
        for (name, value) in
            [("type", "text"), ("maxlength", "60"), ("dir", "auto"), ("aria-describedby", "rename-hint")]
        {
            set_attribute(&field, name, value);
        }
        let give = button(texts::GIVE_NAME, "submit");
        give.set_value("give");
        let keep = button(texts::KEEP_NAME, "submit");
        keep.set_value("keep");
        append(&label, &[&field]);
        append(&form, &[&label, &hint, &give, &keep]);
        append(&dialog, &[&form]);
        let rename = Rc::new(Self { host: host.clone(), dialog, title, field, speaker: RefCell::default() });
        let closed = rename.clone();
        on(&rename.dialog, "close", move |_| closed.close());
        rename
    }

    /// Asks for the name of the speaker whose name an element shows.
    pub(super) fn ask(&self, name: &Element) {
        let Some(spot) = Spot::of(name) else { return };
        let shown = name.text_content().unwrap_or_default();
        let label = name.get_attribute("data-speaker").unwrap_or_default();
        self.title.set_text_content(Some(&texts::RENAME.with(&[&shown])));
        self.field.set_value(&shown);
        self.speaker.replace(Some((spot, label)));
        // Escape keeps the value of the last close.
        self.dialog.set_return_value("");
        self.dialog.show_modal().warn_on_error();
        self.field.select();
    }

    fn close(&self) {
        let Some((spot, label)) = self.speaker.take() else { return };
        let name = self.field.value();
        let was = spot.item().and_then(|item| item.text_content()).unwrap_or_default();
        if self.dialog.return_value() == "give" && name.trim() != was {
            self.host.rename(spot.key.connection, label, name.trim().to_owned());
        }
        if let Some(item) = spot.item() {
            focus_item(&item);
        }
    }
}

/// Whether an element shows the name of a turn's speaker.
pub(super) fn is_name(element: &Element) -> bool {
    element.class_list().contains("speaker") && turn_of(element).is_some()
}
