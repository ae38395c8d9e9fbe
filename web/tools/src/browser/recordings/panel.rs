use std::rc::Rc;

use transcription_common::texts::{self, recordings as list_texts};
use transcription_dom::{append, create_element, create_text_element, set_attribute, set_text, show};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement};

use super::retention;
use crate::browser::Host;
use crate::browser::elements::{button, dialog, ends, on};
use crate::browser::name_dialog::{NameDialog, NameTexts};
use crate::recordings::retention_choices;

/// The dialog with the list, and the two that it opens.
pub(super) struct Panel {
    pub(super) dialog: HtmlDialogElement,
    pub(super) search: HtmlInputElement,
    pub(super) list: HtmlElement,
    pub(super) delete_all: HtmlElement,
    pub(super) delete_oldest: HtmlElement,
    pub(super) rename: NameDialog,
    pub(super) question: HtmlDialogElement,
    question_text: Element,
    status: Element,
    space: Element,
    low_space: Element,
    retention: HtmlSelectElement,
    later: Element,
}

impl Panel {
    pub(super) fn new() -> Rc<Self> {
        let (dialog, _) = dialog("recordings-list", list_texts::RECORDINGS.get());
        let search: HtmlInputElement = create_element("input", "");
        set_attribute(&search, "type", "search");
        set_attribute(&search, "aria-label", list_texts::SEARCH_RECORDINGS.get());
        set_attribute(&search, "placeholder", list_texts::SEARCH_RECORDINGS.get());
        let status: Element = create_element("p", "status");
        set_attribute(&status, "role", "status");
        let list: HtmlElement = create_element("ul", "");
        let low_space: Element = create_element("p", "low");
        set_attribute(&low_space, "role", "status");
        let delete_oldest: HtmlElement = button(list_texts::DELETE_OLDEST, "button").unchecked_into();
        show(&delete_oldest, false);
        let space: Element = create_element("p", "hint");
        let label: Element = create_text_element("label", "", list_texts::KEEP_FINISHED.get());
        let retention: HtmlSelectElement = create_element("select", "");
        append(&label, &[&retention]);
        let later: Element = create_element("p", "hint");
        set_attribute(&later, "role", "status");
        let delete_all: HtmlElement = button(list_texts::DELETE_ALL_RECORDINGS, "button").unchecked_into();
        delete_all.set_class_name("danger apart");
        let close = button(texts::CLOSE, "button");
        let ends = ends(&[&delete_all, &close]);
        append(
            &dialog,
            &[&search, &status, &list, &low_space, &delete_oldest, &space, &label, &later, &ends],
        );
        let rename = NameDialog::new(&NameTexts {
            id: "rename-recording",
            label: list_texts::RECORDING_TITLE,
            hint: list_texts::TITLE_HINT,
            give: list_texts::GIVE_TITLE,
            keep: list_texts::KEEP_TITLE,
            max_length: 120,
        });
        let (question, question_text) = question_dialog();
        let panel = Rc::new(Self {
            dialog,
            search,
            list,
            delete_all,
            delete_oldest,
            rename,
            question,
            question_text,
            status,
            space,
            low_space,
            retention,
            later,
        });
        let closing = panel.clone();
        on(&close, "click", move |_| closing.dialog.close());
        let chosen = panel.clone();
        on(&panel.retention, "change", move |_| {
            retention::choose(chosen.retention.value().parse().ok());
            set_text(&chosen.later, list_texts::KEEP_LATER.get());
        });
        panel
    }

    pub(super) fn set_status(&self, text: &str) {
        set_text(&self.status, text);
    }

    pub(super) fn set_space(&self, text: &str) {
        set_text(&self.space, text);
    }

    /// Warns that there is little room, and offers to delete the oldest recording; `None` takes it back.
    pub(super) fn set_low_space(&self, text: Option<&str>) {
        set_text(&self.low_space, text.unwrap_or_default());
        show(&self.delete_oldest, text.is_some());
    }

    pub(super) fn ask_to_delete_all(&self, recordings: usize) -> Result<(), JsValue> {
        let question = if recordings == 1 {
            list_texts::DELETE_ONE_QUESTION.get().to_owned()
        } else {
            list_texts::DELETE_ALL_QUESTION.with(&[&recordings.to_string()])
        };
        set_text(&self.question_text, &question);
        // Escape keeps the value of the last close.
        self.question.set_return_value("");
        self.question.show_modal()
    }

    /// Offers the choices of how long recordings are kept.
    pub(super) fn show_retention(&self, host: &Host) {
        let allowed = retention::allowed_days(host);
        let wanted = retention::wanted_days();
        self.retention.set_text_content(None);
        let choices = retention_choices(allowed);
        for (index, days) in choices.iter().enumerate() {
            let label = match days {
                Some(0) => list_texts::KEEP_NONE.get().to_owned(),
                Some(1) => list_texts::KEEP_ONE_DAY.get().to_owned(),
                Some(days) => list_texts::KEEP_DAYS.with(&[&days.to_string()]),
                None => list_texts::KEEP_UNTIL_DELETED.get().to_owned(),
            };
            let option: Element = create_text_element("option", "", &label);
            // The last one is what holds without a choice.
            let is_last = index + 1 == choices.len();
            let value = days.filter(|_| !is_last).map(|days| days.to_string()).unwrap_or_default();
            set_attribute(&option, "value", &value);
            append(&self.retention, &[&option]);
        }
        let is_offered = |days: &u32| choices.iter().rev().skip(1).any(|choice| *choice == Some(*days));
        let value = wanted.filter(is_offered).map(|days| days.to_string()).unwrap_or_default();
        self.retention.set_value(&value);
        set_text(&self.later, "");
    }
}

/// The dialog that asks whether to delete all recordings.
fn question_dialog() -> (HtmlDialogElement, Element) {
    let (dialog, _) = dialog("delete-recordings", list_texts::DELETE_ALL_RECORDINGS.get());
    let form: Element = create_element("form", "");
    set_attribute(&form, "method", "dialog");
    let text: Element = create_element("p", "");
    let keep = button(texts::CANCEL, "submit");
    let delete = button(list_texts::DELETE_RECORDING, "submit");
    delete.set_value("delete");
    delete.set_class_name("danger");
    append(&form, &[&text, &ends(&[&keep, &delete])]);
    append(&dialog, &[&form]);
    (dialog, text)
}
