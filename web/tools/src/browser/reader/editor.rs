use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use super::note::Note;
use super::page::{add, button, find, make, on, set, text, unset};
use super::words::{Key, Spot, focus, is_right_to_left};
use crate::browser::Host;
use crate::reader::edit::tidy;

/// Corrects turns in place: a form behind the turn, so that whatever comes for the turn meanwhile changes the turn and
/// not what is being written.
pub(super) struct Editor {
    host: Host,
    note: Note,
    /// Goes to the turn that the pointer is on.
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
    complaint: Element,
    /// What stood there when it began.
    before: String,
}

impl Editor {
    pub(super) fn new(host: &Host, note: &Note, main: &Element) -> Rc<Self> {
        let button = button(texts::EDIT, "button");
        button.set_id("edit-turn");
        // The keyboard has its own way, from each word.
        button.set_tab_index(-1);
        set(&button, "hidden", "");
        add(main, &[&button]);
        let (host, note) = (host.clone(), note.clone());
        let (pointed, open) = (RefCell::default(), RefCell::default());
        let editor = Rc::new(Self { host, note, button, pointed, open });
        let pressed = editor.clone();
        on(&editor.button, "click", move |_| {
            if let Some(turn) = pressed.pointed.take() {
                pressed.edit(&turn);
            }
        });
        editor
    }

    /// The pointer is on a turn, or on none.
    pub(super) fn point(&self, turn: Option<Element>) {
        let turn =
            turn.filter(|turn| turn.has_attribute("data-final") && !turn.has_attribute("data-editing"));
        match (&turn, find("main")) {
            (Some(turn), Some(main)) => {
                let (at, around) = (turn.get_bounding_client_rect(), main.get_bounding_client_rect());
                let style = self.button.style();
                let _ = style.set_property("top", &format!("{}px", (at.top() - around.top()).round() as i32));
                set(&self.button, "data-side", if is_right_to_left(turn) { "left" } else { "right" });
                unset(&self.button, "hidden");
            }
            _ => set(&self.button, "hidden", ""),
        }
        self.pointed.replace(turn);
    }

    /// Opens a turn for correction; one that is open is saved.
    pub(super) fn edit(self: &Rc<Self>, turn: &Element) {
        if !turn.has_attribute("data-final") {
            if !turn.has_attribute("data-gap") {
                self.note.say(texts::NOT_YET_OVER.get());
            }
            return;
        }
        let is_here = self.open.borrow().as_ref().is_some_and(|open| open.turn.is_same_node(Some(turn)));
        if is_here || !self.save() {
            // It, or what it complains of, is what the user wants to see.
            if let Some(open) = &*self.open.borrow() {
                let _ = open.field.focus();
            }
            return;
        }
        self.point(None);
        let edit = Edit::open(turn);
        self.listen(&edit);
        let _ = edit.field.focus();
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
            // In the midst of a Japanese or Chinese word, both keys are the input method's.
            if key.is_composing() {
                return;
            }
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
            // What is typed is no shortcut.
            event.stop_propagation();
        });
        let clicked = self.clone();
        on(&edit.form, "click", move |event| {
            match super::page::closest(&event, "button")
                .and_then(|button| button.get_attribute("name"))
                .as_deref()
            {
                Some("drop") => clicked.close(),
                Some("original") => clicked.original(),
                _ => {}
            }
        });
    }

    /// Saves what is open; tells whether nothing is open any more.
    fn save(&self) -> bool {
        let Some(edit) = self.open.borrow().clone() else { return true };
        if !edit.form.is_connected() {
            // It has gone with the transcript.
            self.open.take();
            return true;
        }
        let Some(text) = tidy(&edit.field.value()) else {
            edit.complain(texts::NO_WORD_LEFT.get());
            return false;
        };
        // Nothing was changed: then what has come meanwhile stays.
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
            edit.complain(texts::TURN_IS_GONE.get());
            return false;
        }
        let key = Key::of(&edit.turn);
        self.host.edit(key.connection, key.turn as f64, text);
        true
    }

    fn close(&self) {
        let Some(Edit { turn, form, .. }) = self.open.take() else { return };
        unset(&turn, "data-editing");
        form.remove();
        // What had the focus is gone.
        let first_word = Spot { key: Key::of(&turn), index: usize::from(has_name(&turn)) };
        match first_word.item() {
            Some(item) => focus(&item),
            None => {
                if let Some(transcript) = find("#transcript") {
                    let _ = transcript.focus();
                }
            }
        }
    }
}

fn has_name(turn: &Element) -> bool {
    turn.query_selector(".speaker:not(:empty)").ok().flatten().is_some()
}

impl Edit {
    fn open(turn: &Element) -> Self {
        let settled = turn.query_selector(".settled").ok().flatten();
        let before = settled.and_then(|settled| settled.text_content()).unwrap_or_default();
        let before = tidy(&before).unwrap_or_default();
        let form: HtmlElement = make("form", "editor");
        let field: HtmlTextAreaElement = make("textarea", "");
        field.set_value(&before);
        field.set_rows(2);
        for (name, value) in
            [("dir", "auto"), ("aria-label", texts::EDIT_TURN.get()), ("aria-describedby", "edit-complaint")]
        {
            set(&field, name, value);
        }
        let complaint: Element = text("p", "", "");
        complaint.set_id("edit-complaint");
        set(&complaint, "role", "alert");
        let save = button(texts::SAVE_TURN, "submit");
        let drop = button(texts::DROP_EDIT, "button");
        let original = button(texts::ORIGINAL, "button");
        set(&drop, "name", "drop");
        set(&original, "name", "original");
        add(&form, &[&field, &complaint, &save, &drop]);
        if turn.has_attribute("data-edited") {
            add(&form, &[&original]);
        }
        set(turn, "data-editing", "");
        let _ = turn.after_with_node_1(&form);
        Self { turn: turn.clone(), form, field, complaint, before }
    }

    fn complain(&self, sentence: &str) {
        self.complaint.set_text_content(Some(sentence));
        set(&self.field, "aria-invalid", "true");
        let _ = self.field.focus();
    }
}
