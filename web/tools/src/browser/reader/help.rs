use std::rc::Rc;

use transcription_common::texts;
use transcription_dom::{
    WarnOnError, append, create_element, create_text_element, find, set_attribute, storage,
};
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement};

use crate::browser::elements::{button, dialog, ends, on};
use crate::reader::keys::{SHORTCUTS, Shortcut};

/// The key of the setting in the browser's storage: [`OFF`], or absent.
const SINGLE_KEYS_KEY: &str = "single-keys";
const OFF: &str = "off";

/// The dialog with the shortcuts, and the setting whether single keys act.
pub(super) struct Help {
    dialog: HtmlDialogElement,
    single_keys: HtmlInputElement,
}

impl Help {
    pub(super) fn new() -> Rc<Self> {
        let (dialog, _) = dialog("keys", texts::SHORTCUTS.get());
        let single_keys: HtmlInputElement = create_element("input", "");
        single_keys.set_type("checkbox");
        single_keys.set_checked(storage::get(SINGLE_KEYS_KEY).as_deref() != Some(OFF));
        let label: Element = create_element("label", "");
        append(&label, &[&single_keys, &create_text_element("span", "", texts::SINGLE_KEYS.get())]);
        let everywhere: Element = create_element("dl", "");
        for (key, _, meaning) in SHORTCUTS {
            row(&everywhere, &[key], meaning.get());
        }
        let heading: Element = create_text_element("h3", "", texts::IN_THE_TRANSCRIPT.get());
        let in_transcript: Element = create_element("dl", "");
        let ends_keys = [texts::KEY_HOME.get(), texts::KEY_END.get(), texts::KEY_CONTROL.get()];
        let rows: [(&[&str], _); 6] = [
            (&["←", "→"], texts::KEY_WORDS),
            (&["↑", "↓"], texts::KEY_TURNS),
            (&ends_keys[..2], texts::KEY_ENDS),
            (&[texts::KEY_ENTER.get()], texts::KEY_PLAY),
            (&["E", "F2"], texts::KEY_EDIT),
            (&["Esc"], texts::KEY_LEAVE),
        ];
        for (keys, meaning) in rows {
            row(&in_transcript, keys, meaning.get());
        }
        let form: Element = create_element("form", "");
        set_attribute(&form, "method", "dialog");
        append(&form, &[&ends(&[&button(texts::SHORTCUTS_DONE, "submit")])]);
        append(&dialog, &[&everywhere, &label, &heading, &in_transcript, &form]);
        let help = Rc::new(Self { dialog, single_keys });
        let changed = help.clone();
        on(&help.single_keys, "change", move |_| {
            let is_on = changed.has_single_keys();
            let stored =
                if is_on { storage::remove(SINGLE_KEYS_KEY) } else { storage::set(SINGLE_KEYS_KEY, OFF) };
            stored.warn_on_error();
        });
        help
    }

    pub(super) fn show(&self) {
        self.dialog.show_modal().warn_on_error();
    }

    /// Whether single keys act (WCAG 2.2, 2.1.4).
    pub(super) fn has_single_keys(&self) -> bool {
        self.single_keys.checked()
    }
}

/// Performs a shortcut: presses its button.
pub(super) fn perform(shortcut: Shortcut) {
    let selector = match shortcut {
        Shortcut::Record => "#record",
        Shortcut::Pause => "#pause",
        Shortcut::EndTurn => "#end-turn",
        Shortcut::Play => "#playback:not([hidden]) > :is(#play, #pause-playback)",
        Shortcut::Marker => "#marker",
        Shortcut::OffRecord => "#off-record",
        Shortcut::Search => "#search",
        Shortcut::Captions => "#captions",
        Shortcut::Help => "#shortcuts",
    };
    // A hidden or disabled button has no action now, nor has one that the style sheet does not show, nor have the bars behind
    // the captions. But the keys can be read, and open captions closed, at any time.
    let is_covered = |button: &HtmlElement| {
        matches!(shortcut, Shortcut::Search | Shortcut::OffRecord)
            && button.closest("[inert]").is_ok_and(|covered| covered.is_some())
    };
    if let Some(button) = find(&[selector, ":not([hidden], :disabled)"].concat())
        && (button.get_client_rects().length() > 0
            || shortcut == Shortcut::Help
            || shortcut == Shortcut::Captions && find("#captions-view:not([hidden])").is_some())
        && !is_covered(&button)
    {
        button.click();
    }
}

fn row(list: &Element, keys: &[&str], meaning: &str) {
    let row: Element = create_element("div", "");
    let term: Element = create_element("dt", "");
    for key in keys {
        append(&term, &[&create_text_element("kbd", "", key)]);
    }
    append(&row, &[&term, &create_text_element("dd", "", meaning)]);
    append(list, &[&row]);
}
