use transcription_common::texts::recordings as list_texts;
use transcription_dom::{WarnOnError, append, create_element, create_text_element, find, set_attribute};
use web_sys::Element;

use super::elements::{button, dialog, ends, on};

/// The page deletes the recovered recording when the button with this id is pressed.
const CONFIRM: &str = "discard-it";

/// Asks for confirmation before the recovered recording is deleted.
pub(super) fn ask_before_discarding() {
    let (Some(section), Some(discard)) = (find("#unfinished"), find("#discard")) else { return };
    let (dialog, _) = dialog("discard-recording", list_texts::DISCARD_TITLE.get());
    let form: Element = create_element("form", "");
    set_attribute(&form, "method", "dialog");
    append(&form, &[&create_text_element("p", "", list_texts::DISCARD_QUESTION.get())]);
    let keep = button(list_texts::KEEP_IT, "submit");
    let confirm = button(list_texts::DISCARD_IT, "submit");
    confirm.set_id(CONFIRM);
    confirm.set_class_name("danger");
    append(&form, &[&ends(&[&keep, &confirm])]);
    append(&dialog, &[&form]);
    // Where the page listens for the buttons of what it offers.
    append(&section, &[&dialog]);
    on(&discard, "click", move |_| {
        dialog.show_modal().warn_on_error();
    });
}
