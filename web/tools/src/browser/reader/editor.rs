use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts;
use transcription_dom::{
    WarnOnError, append, closest, create_element, create_text_element, find, remove_attribute, set_attribute,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use crate::browser::Host;
use crate::browser::elements::{button, on};
use crate::browser::status_line::StatusLine;
use crate::browser::words::{Key, Spot, focus_item_or_transcript, is_right_to_left};
use crate::reader::edit::tidy;

/// Corrects turns in place: in a form after the turn, so that messages for the turn meanwhile change the turn and not the
/// text being written.
pub(super) struct Editor {
    host: Host,
    status_line: StatusLine,
    /// The button at the turn under the pointer.
    button: HtmlButtonElement,
    pointed: RefCell<Option<Element>>,
    open: RefCell<Option<Edit>>,
}

/// An edit in progress.
#[derive(Clone)]
struct Edit {
    turn: Element,
    form: HtmlElement,
    field: HtmlTextAreaElement,
    error: Element,
    /// The text when the edit began.
    before: String,
}

impl Editor {
    pub(super) fn new(host: &Host, status_line: &StatusLine, main: &Element) -> Rc<Self> {
        let button = button(texts::EDIT, "button");
        button.set_id("edit-turn");
        // With the keyboard, each word has a key for it.
        button.set_tab_index(-1);
        set_attribute(&button, "hidden", "");
        append(main, &[&button]);
        let (host, status_line) = (host.clone(), status_line.clone());
        let (pointed, open) = (RefCell::default(), RefCell::default());
        let editor = Rc::new(Self { host, status_line, button, pointed, open });
        let pressed = editor.clone();
        on(&editor.button, "click", move |_| {
            if let Some(turn) = pressed.pointed.take() {
                pressed.edit(&turn);
            }
        });
        editor
    }

    /// Moves the button to the turn under the pointer; `None` hides it.
    pub(super) fn point(&self, turn: Option<Element>) {
        let turn =
            turn.filter(|turn| turn.has_attribute("data-final") && !turn.has_attribute("data-editing"));
        match (&turn, find("main")) {
            (Some(turn), Some(main)) => {
                let (at, around) = (turn.get_bounding_client_rect(), main.get_bounding_client_rect());
                let style = self.button.style();
                style
                    .set_property("top", &format!("{}px", (at.top() - around.top()).round() as i32))
                    .warn_on_error();
                set_attribute(
                    &self.button,
                    "data-side",
                    if is_right_to_left(turn) { "left" } else { "right" },
                );
                remove_attribute(&self.button, "hidden");
            }
            _ => set_attribute(&self.button, "hidden", ""),
        }
        self.pointed.replace(turn);
    }

    /// Opens the form for a turn; an open form is saved.
    pub(super) fn edit(self: &Rc<Self>, turn: &Element) {
        if !turn.has_attribute("data-final") {
            if !turn.has_attribute("data-gap") {
                self.status_line.set(texts::NOT_YET_OVER.get());
            }
            return;
        }
        let is_here = self.open.borrow().as_ref().is_some_and(|open| open.turn.is_same_node(Some(turn)));
        if is_here || !self.save() {
            // The user needs the open form, or its error.
            if let Some(open) = &*self.open.borrow() {
                transcription_dom::focus(&open.field);
            }
            return;
        }
        self.point(None);
        let key = Key::of(turn);
        let Some(stored) = self.host.shown_turn(key.connection, key.turn) else { return };
        let edit = Edit::open(turn, &stored.edited.unwrap_or(stored.settled));
        self.listen(&edit);
        transcription_dom::focus(&edit.field);
        self.open.replace(Some(edit));
    }

    fn listen(self: &Rc<Self>, edit: &Edit) {
        let (submitted, pressed) = (self.clone(), self.clone());
        on(&edit.form, "submit", move |event| {
            event.prevent_default();
            submitted.save();
        });
        on(&edit.form, "keydown", move |event| {
            let key = event.unchecked_ref::<KeyboardEvent>();
            let is_in_field =
                key.target().is_some_and(|target| target.is_instance_of::<HtmlTextAreaElement>());
            match key.key().as_str() {
                "Enter" if is_in_field => {
                    event.prevent_default();
                    pressed.save();
                }
                "Escape" => {
                    event.prevent_default();
                    pressed.close();
                }
                _ => {}
            }
            // Typed text must not trigger shortcuts.
            event.stop_propagation();
        });
        let clicked = self.clone();
        on(&edit.form, "click", move |event| {
            match closest(&event, "button").and_then(|button| button.get_attribute("name")).as_deref() {
                Some("drop") => clicked.close(),
                Some("original") => clicked.original(),
                _ => {}
            }
        });
    }

    /// Whether a form is open whose text differs from its turn's.
    pub(super) fn has_changes(&self) -> bool {
        let open = self.open.borrow();
        let open = open.as_ref().filter(|open| open.form.is_connected());
        open.is_some_and(|open| tidy(&open.field.value()).as_ref() != Some(&open.before))
    }

    /// Saves the open form. Returns whether no form is open any more.
    fn save(&self) -> bool {
        let Some(edit) = self.open.borrow().clone() else { return true };
        if !edit.form.is_connected() {
            // It was removed with the transcript.
            self.open.take();
            return true;
        }
        let Some(text) = tidy(&edit.field.value()) else {
            edit.show_error(texts::NO_WORD_LEFT.get());
            return false;
        };
        // An unchanged text must not overwrite what has arrived meanwhile.
        if text != edit.before && !self.change(&edit, Some(text)) {
            return false;
        }
        self.close();
        true
    }

    fn original(&self) {
        let Some(edit) = self.open.borrow().clone() else { return };
        if self.change(&edit, None) {
            self.close();
        }
    }

    fn change(&self, edit: &Edit, text: Option<String>) -> bool {
        if !edit.turn.is_connected() {
            edit.show_error(texts::TURN_IS_GONE.get());
            return false;
        }
        let key = Key::of(&edit.turn);
        self.host.edit(key.connection, key.turn, text);
        true
    }

    /// Closes the open form unless its turn is to stay as it is.
    pub(super) fn close_unless(&self, stays: impl FnOnce(&Key) -> bool) {
        let key = self.open.borrow().as_ref().map(|edit| Key::of(&edit.turn));
        if key.is_some_and(|key| !stays(&key)) {
            self.close();
        }
    }

    /// Closes the open form, if there is one, and drops what is written in it.
    pub(super) fn close(&self) {
        let Some(Edit { turn, form, .. }) = self.open.take() else { return };
        remove_attribute(&turn, "data-editing");
        form.remove();
        // The focused element is gone.
        let first_word = Spot { key: Key::of(&turn), index: usize::from(has_name(&turn)) };
        focus_item_or_transcript(first_word.item().as_ref());
    }
}

fn has_name(turn: &Element) -> bool {
    turn.query_selector(".speaker:not(:empty)").ok().flatten().is_some()
}

impl Edit {
    /// Opens the form for a turn with this text. The text on the page may be the browser's translation.
    fn open(turn: &Element, text: &str) -> Self {
        let before = tidy(text).unwrap_or_default();
        let form: HtmlElement = create_element("form", "editor");
        let field: HtmlTextAreaElement = create_element("textarea", "");
        field.set_value(&before);
        field.set_rows(2);
        for (name, value) in
            [("dir", "auto"), ("aria-label", texts::EDIT_TURN.get()), ("aria-describedby", "edit-error")]
        {
            set_attribute(&field, name, value);
        }
        let error: Element = create_text_element("p", "", "");
        error.set_id("edit-error");
        set_attribute(&error, "role", "alert");
        let save = button(texts::SAVE_TURN, "submit");
        let drop = button(texts::DROP_EDIT, "button");
        let original = button(texts::ORIGINAL, "button");
        set_attribute(&drop, "name", "drop");
        set_attribute(&original, "name", "original");
        append(&form, &[&field, &error, &save, &drop]);
        if turn.has_attribute("data-edited") {
            append(&form, &[&original]);
        }
        set_attribute(turn, "data-editing", "");
        turn.after_with_node_1(&form).warn_on_error();
        Self { turn: turn.clone(), form, field, error, before }
    }

    fn show_error(&self, sentence: &str) {
        self.error.set_text_content(Some(sentence));
        set_attribute(&self.field, "aria-invalid", "true");
        transcription_dom::focus(&self.field);
    }
}
