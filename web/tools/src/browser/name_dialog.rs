use transcription_common::texts::Text;
use transcription_dom::{WarnOnError, append, create_element, create_text_element, set_attribute};
use web_sys::{Element, HtmlDialogElement, HtmlInputElement};

use super::elements::{button, dialog, ends, on};

/// What a [`NameDialog`] says, and how long a name it takes.
pub(crate) struct NameTexts {
    /// The id of the dialog.
    pub(crate) id: &'static str,
    /// The label of the field.
    pub(crate) label: Text,
    pub(crate) hint: Text,
    /// The button that gives the name.
    pub(crate) give: Text,
    /// The button that keeps the old one.
    pub(crate) keep: Text,
    /// In UTF-16 code units.
    pub(crate) max_length: u32,
}

/// A dialog that asks for a name: of a speaker, of a recording.
pub(crate) struct NameDialog {
    dialog: HtmlDialogElement,
    heading: Element,
    field: HtmlInputElement,
}

impl NameDialog {
    /// The closed dialog.
    pub(crate) fn new(texts: &NameTexts) -> Self {
        let (dialog, heading) = dialog(texts.id, "");
        // This method closes the dialog and sets its return value to that of the button.
        let form: Element = create_element("form", "");
        set_attribute(&form, "method", "dialog");
        let label: Element = create_text_element("label", "", texts.label.get());
        let field: HtmlInputElement = create_element("input", "");
        let hint: Element = create_text_element("p", "hint", texts.hint.get());
        hint.set_id(&[texts.id, "-hint"].concat());
        let max_length = texts.max_length.to_string();
        for (name, value) in [
            ("type", "text"),
            ("maxlength", &*max_length),
            ("dir", "auto"),
            // Not the first button, in a browser that looks for one.
            ("autofocus", ""),
            ("aria-describedby", &*hint.id()),
        ] {
            set_attribute(&field, name, value);
        }
        let give = button(texts.give, "submit");
        give.set_value("give");
        let keep = button(texts.keep, "submit");
        keep.set_value("keep");
        append(&label, &[&field]);
        give.set_class_name("primary");
        append(&form, &[&label, &hint, &ends(&[&keep, &give])]);
        append(&dialog, &[&form]);
        Self { dialog, heading, field }
    }

    /// Calls back whenever the dialog has closed: with the name that was typed, or `None` if the old one stays.
    pub(crate) fn on_answer(&self, mut answered: impl FnMut(Option<String>) + 'static) {
        let (dialog, field) = (self.dialog.clone(), self.field.clone());
        on(&self.dialog, "close", move |_| {
            answered((dialog.return_value() == "give").then(|| field.value().trim().to_owned()));
        });
    }

    /// Opens the dialog with a heading and the present name.
    pub(crate) fn ask(&self, heading: &str, name: &str) {
        self.heading.set_text_content(Some(heading));
        self.field.set_value(name);
        // Escape keeps the value of the last close.
        self.dialog.set_return_value("");
        self.dialog.show_modal().warn_on_error();
        self.field.select();
        // A browser shows the end of what is selected.
        self.field.set_scroll_left(0);
    }
}
