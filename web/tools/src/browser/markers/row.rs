use std::cell::{Cell, RefCell};
use std::rc::Rc;

use transcription_common::clock;
use transcription_common::texts::{self, recordings as list_texts};
use transcription_dom::{
    append, closest, create_element, create_text_element, document, set_attribute, set_text, show,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::browser::elements::{button, on};
use crate::markers::MAX_NAME;

/// What the user asks of a marker.
pub(super) enum Request {
    /// Give it the name that was typed.
    Name(String),
    /// Remove it.
    Remove,
    /// Take its removal back: it has this name.
    Undo(String),
    /// The focus has left it.
    Left,
}

/// A marker on the page.
pub(super) struct Row {
    pub(super) at_ms: u64,
    pub(super) element: HtmlElement,
    name: RefCell<String>,
    /// While a name is typed.
    is_named: Cell<bool>,
    is_removed: Cell<bool>,
    /// The number of removals, those that were taken back too.
    removals: Cell<u32>,
    label: HtmlElement,
    field: HtmlInputElement,
    remove: HtmlElement,
    removed: Element,
    undo: HtmlElement,
}

impl Row {
    pub(super) fn new(at_ms: u64, name: &str, handler: impl Fn(Request) + 'static) -> Rc<Self> {
        let time = clock(at_ms / 1000);
        let element: HtmlElement = create_element("aside", "marker");
        set_attribute(&element, "role", "group");
        set_attribute(&element, "aria-label", &list_texts::MARKER_AT.with(&[&time]));
        let field: HtmlInputElement = create_element("input", "");
        for (name, value) in [
            ("type", "text"),
            ("maxlength", &*MAX_NAME.to_string()),
            ("dir", "auto"),
            ("autocomplete", "off"),
            ("aria-label", &*list_texts::MARKER_NAME.with(&[&time])),
        ] {
            set_attribute(&field, name, value);
        }
        let action = |label, name: &str| -> HtmlElement {
            let button = button(label, "button");
            set_attribute(&button, "data-action", name);
            button.unchecked_into()
        };
        let row = Rc::new(Self {
            at_ms,
            name: RefCell::default(),
            is_named: Cell::default(),
            is_removed: Cell::default(),
            removals: Cell::default(),
            label: action(list_texts::NAME_MARKER, "name"),
            field,
            remove: action(list_texts::REMOVE_MARKER, "remove"),
            removed: create_text_element("span", "", list_texts::MARKER_REMOVED.get()),
            undo: action(list_texts::UNDO, "undo"),
            element,
        });
        set_attribute(&row.label, "dir", "auto");
        set_attribute(&row.field, "placeholder", texts::SPEAKER_NAME.get());
        set_attribute(&row.remove, "aria-label", &list_texts::REMOVE_MARKER_AT.with(&[&time]));
        set_attribute(&row.undo, "aria-label", &list_texts::UNDO_REMOVAL.with(&[&time]));
        let time: Element = create_text_element("time", "", &time);
        append(&row.element, &[&time, &row.label, &row.field, &row.remove, &row.removed, &row.undo]);
        row.listen(Rc::new(handler));
        row.show(name);
        row
    }

    fn listen(self: &Rc<Self>, handler: Rc<dyn Fn(Request)>) {
        let (row, handle) = (self.clone(), handler.clone());
        on(&self.element, "click", move |event| {
            match closest(&event, "button").and_then(|button| button.get_attribute("data-action")).as_deref()
            {
                Some("name") => row.ask(),
                Some("remove") => handle(Request::Remove),
                Some("undo") => {
                    // Not borrowed during the call, which shows the marker again.
                    let name = row.name.borrow().clone();
                    handle(Request::Undo(name));
                }
                _ => {}
            }
        });
        let (row, handle) = (self.clone(), handler.clone());
        on(&self.field, "keydown", move |event| {
            let key = event.unchecked_ref::<KeyboardEvent>().key();
            if key == "Enter" && row.is_named.take() {
                event.prevent_default();
                handle(Request::Name(row.field.value()));
                transcription_dom::focus(&row.label);
            } else if key == "Escape" {
                event.prevent_default();
                row.is_named.set(false);
                row.draw();
                transcription_dom::focus(&row.label);
            }
            // Typed text must not trigger shortcuts.
            event.stop_propagation();
        });
        let row = self.clone();
        on(&self.element, "focusout", move |event| {
            // What was typed is the name, also for those who go on without Enter. The button that opened the field has lost
            // the focus too.
            if closest(&event, "input").is_some() && row.is_named.take() {
                handler(Request::Name(row.field.value()));
            }
            handler(Request::Left);
        });
    }

    /// Opens the field for the name.
    fn ask(&self) {
        self.field.set_value(&self.name.borrow());
        self.is_named.set(true);
        self.draw();
        transcription_dom::focus(&self.field);
        self.field.select();
    }

    /// Shows the marker with a name.
    pub(super) fn show(&self, name: &str) {
        let was_removed = self.is_removed.replace(false);
        self.name.replace(name.to_owned());
        let had_focus = self.has_focus();
        self.draw();
        if was_removed && had_focus {
            transcription_dom::focus(&self.remove);
        }
    }

    /// Shows that the marker is removed. Returns the number of this removal.
    pub(super) fn show_removed(&self) -> u32 {
        let had_focus = self.has_focus();
        self.is_removed.set(true);
        self.removals.set(self.removals.get() + 1);
        self.draw();
        if had_focus {
            transcription_dom::focus(&self.undo);
        }
        self.removals.get()
    }

    /// Whether it is still this removal that can be taken back.
    pub(super) fn is_removed(&self, removal: u32) -> bool {
        self.is_removed.get() && self.removals.get() == removal
    }

    /// Whether one of its buttons or its field has the focus.
    pub(super) fn has_focus(&self) -> bool {
        document().active_element().is_some_and(|active| self.element.contains(Some(&active)))
    }

    fn draw(&self) {
        // A copy: what is hidden here may lose the focus, which calls back.
        let (name, time) = (self.name.borrow().clone(), clock(self.at_ms / 1000));
        let (is_removed, is_named) = (self.is_removed.get(), self.is_named.get());
        let text = if name.is_empty() { list_texts::NAME_MARKER.get() } else { &name };
        set_text(&self.label, text);
        let label = if name.is_empty() {
            list_texts::NAME_MARKER_AT.with(&[&time])
        } else {
            list_texts::RENAME_MARKER.with(&[&name, &time])
        };
        set_attribute(&self.label, "aria-label", &label);
        transcription_dom::toggle_attribute(&self.element, "data-named", !name.is_empty());
        transcription_dom::toggle_attribute(&self.element, "data-removed", is_removed);
        show(&self.label, !is_removed && !is_named);
        show(&self.field, !is_removed && is_named);
        show(&self.remove, !is_removed);
        show(&self.removed, is_removed);
        show(&self.undo, is_removed);
    }
}
