use std::rc::Rc;

use transcription_common::texts;
use web_sys::{Element, HtmlDialogElement, HtmlInputElement, Storage};

use super::page::{add, button, dialog, find, make, on, set, text, window};
use crate::reader::keys::{SHORTCUTS, Shortcut};

/// Where the browser keeps whether single keys do something.
const KEPT_AS: &str = "single-keys";
const OFF: &str = "off";

/// The list of keys, and whether single ones do anything.
pub(super) struct Help {
    dialog: HtmlDialogElement,
    single_keys: HtmlInputElement,
}

impl Help {
    pub(super) fn new() -> Rc<Self> {
        let (dialog, _) = dialog("keys", texts::SHORTCUTS.get());
        let single_keys: HtmlInputElement = make("input", "");
        single_keys.set_type("checkbox");
        // A browser that keeps nothing for the page has them on.
        single_keys.set_checked(kept().as_deref() != Some(OFF));
        let label: Element = make("label", "");
        add(&label, &[&single_keys, &text("span", "", texts::SINGLE_KEYS.get())]);
        let everywhere: Element = make("dl", "");
        for (key, _, meaning) in SHORTCUTS {
            row(&everywhere, &[key], meaning.get());
        }
        let heading: Element = text("h3", "", texts::IN_THE_TRANSCRIPT.get());
        let in_transcript: Element = make("dl", "");
        let ends = [texts::KEY_HOME.get(), texts::KEY_END.get(), texts::KEY_CONTROL.get()];
        let rows: [(&[&str], _); 6] = [
            (&["←", "→"], texts::KEY_WORDS),
            (&["↑", "↓"], texts::KEY_TURNS),
            (&ends[..2], texts::KEY_ENDS),
            (&[texts::KEY_ENTER.get()], texts::KEY_PLAY),
            (&["E", "F2"], texts::KEY_EDIT),
            (&["Esc"], texts::KEY_LEAVE),
        ];
        for (keys, meaning) in rows {
            row(&in_transcript, keys, meaning.get());
        }
        let form: Element = make("form", "");
        set(&form, "method", "dialog");
        add(&form, &[&button(texts::SHORTCUTS_DONE, "submit")]);
        add(&dialog, &[&everywhere, &label, &heading, &in_transcript, &form]);
        let help = Rc::new(Self { dialog, single_keys });
        let changed = help.clone();
        on(&help.single_keys, "change", move |_| keep(changed.has_single_keys()));
        help
    }

    pub(super) fn show(&self) {
        // Throws only where it is open already.
        let _ = self.dialog.show_modal();
    }

    /// Whether single keys do something (WCAG 2.2, 2.1.4).
    pub(super) fn has_single_keys(&self) -> bool {
        self.single_keys.checked()
    }
}

/// Does what a single key does: it presses the button.
pub(super) fn perform(shortcut: Shortcut) {
    let selector = match shortcut {
        Shortcut::Record => "#record",
        Shortcut::Pause => "#pause",
        Shortcut::EndTurn => "#end-turn",
        Shortcut::Search => "#search",
        Shortcut::Help => "#shortcuts",
    };
    // What is not shown means nothing now.
    if let Some(button) = find(&[selector, ":not([hidden], :disabled)"].concat()) {
        button.click();
    }
}

fn row(list: &Element, keys: &[&str], meaning: &str) {
    let row: Element = make("div", "");
    let term: Element = make("dt", "");
    for key in keys {
        add(&term, &[&text("kbd", "", key)]);
    }
    add(&row, &[&term, &text("dd", "", meaning)]);
    add(list, &[&row]);
}

/// Throws where the user forbids the page to keep anything.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn kept() -> Option<String> {
    storage()?.get_item(KEPT_AS).ok().flatten()
}

fn keep(is_on: bool) {
    if let Some(storage) = storage() {
        let _ = if is_on { storage.remove_item(KEPT_AS) } else { storage.set_item(KEPT_AS, OFF) };
    }
}
