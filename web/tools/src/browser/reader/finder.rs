use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use js_sys::{Function, JsString, Reflect, Set};
use transcription_common::texts;
use wasm_bindgen::prelude::*;
use web_sys::{
    Element, HtmlElement, HtmlInputElement, KeyboardEvent, Node, NodeList, Range, ScrollLogicalPosition,
};

use super::page::{add, button, document, find, make, on, scroll_to, set, text, unset, window};
use super::words::{Spot, TURN, focus, turn_of};
use crate::reader::search::{Folder, Hit, Index, Place, step};

/// So many hits before and behind the one of now are marked: to mark all of a letter's 30 000 takes seconds.
const MARKED: usize = 500;

/// Typing rests when nothing was typed for so long, in ms: then screen readers are told what was found.
const REST_MS: i32 = 500;

#[wasm_bindgen]
extern "C" {
    /// CSS Custom Highlight API, 3.1.
    type Highlight;
    #[wasm_bindgen(constructor)]
    fn new() -> Highlight;
    #[wasm_bindgen(method)]
    fn add(this: &Highlight, range: &Range);

    /// CSS Custom Highlight API, 3.2.
    type HighlightRegistry;
    #[wasm_bindgen(method)]
    fn set(this: &HighlightRegistry, name: &str, highlight: &Highlight);
    #[wasm_bindgen(method)]
    fn delete(this: &HighlightRegistry, name: &str);
}

/// Searches what is on the page, and goes on while turns come.
pub(super) struct Finder {
    form: HtmlElement,
    field: HtmlInputElement,
    /// What was found, for the eyes: at once.
    count: Element,
    /// The same for screen readers, which would read out each letter's.
    told: Element,
    /// Tells it, once that is due.
    tell: OnceCell<Function>,
    due: Cell<Option<i32>>,
    /// `None` in browsers that cannot mark text without changing it (Firefox before 140).
    highlights: Option<HighlightRegistry>,
    state: RefCell<State>,
    is_scheduled: Cell<bool>,
}

struct State {
    turns: Vec<Element>,
    index: Index,
    folder: Folder<fn(char) -> String>,
    hits: Vec<Hit>,
    now: usize,
    /// Turns whose texts have changed since they were read, each once.
    changed: Set,
}

impl Finder {
    pub(super) fn new(tools: &Element) -> Rc<Self> {
        let form: HtmlElement = make("form", "");
        form.set_id("finder");
        let field: HtmlInputElement = make("input", "");
        for (element, name, value) in [
            (form.as_ref(), "role", "search"),
            (form.as_ref(), "hidden", ""),
            (field.as_ref(), "type", "search"),
            (field.as_ref(), "dir", "auto"),
            (field.as_ref(), "aria-label", texts::SEARCH_TRANSCRIPT.get()),
            (field.as_ref(), "placeholder", texts::SEARCH_TRANSCRIPT.get()),
            (field.as_ref(), "autocomplete", "off"),
        ] {
            set(element, name, value);
        }
        let (count, told): (Element, Element) = (text("span", "count", ""), text("span", "unseen", ""));
        set(&count, "aria-hidden", "true");
        set(&told, "role", "status");
        let [previous, next, end] =
            [(texts::PREVIOUS_HIT, "previous"), (texts::NEXT_HIT, "next"), (texts::END_SEARCH, "end")].map(
                |(label, name)| {
                    let button = button(label, if name == "next" { "submit" } else { "button" });
                    set(&button, "name", name);
                    button
                },
            );
        add(&form, &[&field, &count, &told, &previous, &next, &end]);
        let _ = tools.after_with_node_1(&form);
        let finder = Rc::new(Self {
            form,
            field,
            count,
            told,
            tell: OnceCell::new(),
            due: Cell::default(),
            highlights: registry(),
            state: RefCell::new(State::new()),
            is_scheduled: Cell::default(),
        });
        let telling = finder.clone();
        let tell = Closure::<dyn FnMut()>::new(move || {
            telling.due.take();
            telling.told.set_text_content(telling.count.text_content().as_deref());
        });
        // JavaScript owns the callback for as long as the page is there.
        let _ = finder.tell.set(tell.into_js_value().unchecked_into());
        finder.listen();
        finder
    }

    fn listen(self: &Rc<Self>) {
        let [typed, submitted, pressed, clicked] = std::array::from_fn(|_| self.clone());
        on(&self.field, "input", move |_| typed.search());
        on(&self.form, "submit", move |event| {
            event.prevent_default();
            submitted.step(true);
        });
        on(&self.form, "keydown", move |event| {
            let key = event.unchecked_ref::<KeyboardEvent>();
            if key.is_composing() {
                return;
            }
            match key.key().as_str() {
                "Escape" => pressed.close(),
                "Enter" if key.shift_key() => pressed.step(false),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        });
        on(&self.form, "click", move |event| {
            let button = super::page::closest(&event, "button[type=button]");
            match button.and_then(|button| button.get_attribute("name")).as_deref() {
                Some("previous") => clicked.step(false),
                Some("end") => clicked.close(),
                _ => {}
            }
        });
    }

    pub(super) fn open(&self) {
        unset(&self.form, "hidden");
        self.field.select();
        self.search();
    }

    fn is_open(&self) -> bool {
        !self.form.has_attribute("hidden")
    }

    fn close(&self) {
        let found = self.state.borrow().element_now();
        set(&self.form, "hidden", "");
        self.unmark();
        self.tell_in_time();
        *self.state.borrow_mut() = State::new();
        // Who has found something reads on there.
        let item = found.and_then(|found| Spot::of(&found)).and_then(Spot::item);
        match (item, find("#transcript")) {
            (Some(item), _) => focus(&item),
            (None, Some(transcript)) => {
                let _ = transcript.focus();
            }
            (None, None) => {}
        }
    }

    /// Searches for what is typed now, from what the reader sees on.
    fn search(&self) {
        {
            let state = &mut *self.state.borrow_mut();
            state.read();
            let from = match state.hits.get(state.now) {
                Some(hit) => hit.from,
                None => Place { turn: state.seen(), unit: 0 },
            };
            state.find(&self.field.value(), from);
        }
        self.show(true);
    }

    fn step(&self, is_forward: bool) {
        {
            let state = &mut *self.state.borrow_mut();
            state.now = step(state.now, state.hits.len(), is_forward);
        }
        self.show(true);
    }

    /// The transcript has changed there.
    pub(super) fn changed(self: &Rc<Self>, target: &Node) {
        if !self.is_open() || self.field.value().is_empty() {
            return;
        }
        let element = target.dyn_ref::<Element>().cloned().or_else(|| target.parent_element());
        // A name, a time and a mark are not searched.
        let Some(element) = element.filter(|it| it.closest(".label").is_ok_and(|label| label.is_none()))
        else {
            return;
        };
        if let Some(turn) = turn_of(&element) {
            self.state.borrow().changed.add(&turn);
        }
        if self.is_scheduled.replace(true) {
            return;
        }
        // Once a frame, however many messages come in it.
        let finder = self.clone();
        let frame = Closure::once_into_js(move || {
            finder.is_scheduled.set(false);
            if finder.is_open() {
                {
                    let state = &mut *finder.state.borrow_mut();
                    state.read();
                    let from = state.hits.get(state.now).map_or(Place { turn: 0, unit: 0 }, |hit| hit.from);
                    state.find(&finder.field.value(), from);
                }
                finder.show(false);
            }
        });
        // Throws only where this is no function.
        let _ = window().request_animation_frame(frame.unchecked_ref());
    }

    fn show(&self, scrolls: bool) {
        let state = self.state.borrow();
        let count = match state.hits.len() {
            _ if self.field.value().trim().is_empty() => String::new(),
            0 => texts::FOUND_NOTHING.get().to_owned(),
            count => texts::FOUND.with(&[&(state.now + 1).to_string(), &count.to_string()]),
        };
        if self.count.text_content().as_deref() != Some(&count) {
            self.count.set_text_content(Some(&count));
        }
        // Who has neither typed nor stepped is not told what others say.
        if scrolls {
            self.tell_in_time();
        }
        self.unmark();
        let Some(element) = state.element_now() else { return };
        if let Some(highlights) = &self.highlights {
            let (all, now) = (Highlight::new(), Highlight::new());
            for (at, hit) in
                state.hits.iter().enumerate().skip(state.now.saturating_sub(MARKED)).take(2 * MARKED)
            {
                for range in state.ranges(*hit) {
                    if at == state.now { &now } else { &all }.add(&range);
                }
            }
            highlights.set("found", &all);
            highlights.set("found-now", &now);
        } else {
            set(&element, "data-found", "");
        }
        if scrolls {
            scroll_to(&element, ScrollLogicalPosition::Center);
        }
    }

    /// Tells screen readers what was found, as soon as typing rests.
    fn tell_in_time(&self) {
        if let Some(due) = self.due.take() {
            window().clear_timeout_with_handle(due);
        }
        if let (true, Some(tell)) = (self.is_open(), self.tell.get()) {
            let due = window().set_timeout_with_callback_and_timeout_and_arguments_0(tell, REST_MS);
            // Throws only where this is no function.
            self.due.set(due.ok());
        } else {
            self.told.set_text_content(None);
        }
    }

    fn unmark(&self) {
        if let Some(highlights) = &self.highlights {
            highlights.delete("found");
            highlights.delete("found-now");
        } else if let Some(element) = find("[data-found]") {
            unset(&element, "data-found");
        }
    }
}

impl State {
    fn new() -> Self {
        Self {
            turns: Vec::new(),
            index: Index::default(),
            folder: Folder::new(decompose as fn(char) -> String),
            hits: Vec::new(),
            now: 0,
            changed: Set::new(&JsValue::UNDEFINED),
        }
    }

    /// Reads what has changed: all turns at first, and then mostly the last.
    fn read(&mut self) {
        let turns = document().query_selector_all(TURN).ok();
        let turns = list(turns.as_ref());
        let same = self.turns.iter().zip(&turns).take_while(|(old, new)| old == new).count();
        self.index.truncate(same);
        for (at, turn) in turns.iter().enumerate() {
            if at >= same || self.changed.has(turn) {
                self.index.put(at, &parts(turn).iter().map(text_of).collect::<String>(), &mut self.folder);
            }
        }
        self.changed.clear();
        self.turns = turns;
    }

    /// Finds a text, and goes to the hit at a place or behind it.
    fn find(&mut self, wanted: &str, from: Place) {
        self.hits = self.index.find(wanted, &mut self.folder);
        let at = self.hits.partition_point(|hit| hit.from < from);
        self.now = if at < self.hits.len() { at } else { 0 };
    }

    /// The first turn that the reader sees.
    fn seen(&self) -> usize {
        let Some(transcript) = find("#transcript") else { return 0 };
        let at = transcript.get_bounding_client_rect();
        let point = document().element_from_point((at.left() + 30.0) as f32, (at.top() + 30.0) as f32);
        let turn = point.and_then(|point| turn_of(&point));
        turn.and_then(|turn| self.turns.iter().position(|other| *other == turn)).unwrap_or_default()
    }

    /// The word in which the hit of now begins, or else the text.
    fn element_now(&self) -> Option<Element> {
        let hit = self.hits.get(self.now)?;
        let (node, _) = locate(self.turns.get(hit.from.turn)?, hit.from.unit)?;
        node.parent_element()
    }

    /// A hit in each of its turns, without what stands between them.
    fn ranges(&self, hit: Hit) -> Vec<Range> {
        let range = |at: usize| {
            let turn = self.turns.get(at)?;
            let from = if at == hit.from.turn { hit.from.unit } else { 0 };
            let to = if at == hit.to.turn { hit.to.unit } else { u32::MAX };
            let (start, end) = (locate(turn, from)?, locate(turn, to.saturating_sub(1))?);
            let range = Range::new().ok()?;
            range.set_start(&start.0, start.1).ok()?;
            // Behind the last unit that belongs to it.
            let length = text_of(&end.0).encode_utf16().count() as u32;
            range.set_end(&end.0, (end.1 + 1).min(length)).ok()?;
            Some(range)
        };
        (hit.from.turn..=hit.to.turn).filter_map(range).collect()
    }
}

fn list(found: Option<&NodeList>) -> Vec<Element> {
    let item = |index| found?.item(index).map(JsCast::unchecked_into);
    (0..found.map_or(0, NodeList::length)).filter_map(item).collect()
}

/// What of a turn is searched.
fn parts(turn: &Element) -> Vec<Node> {
    let parts = turn.query_selector_all(".settled, .unsettled").ok();
    list(parts.as_ref()).into_iter().map(JsCast::unchecked_into).collect()
}

fn text_of(node: &Node) -> String {
    node.text_content().unwrap_or_default()
}

/// The text node that holds a UTF-16 unit of a turn's text, and where in it that is; the last where there are fewer.
fn locate(turn: &Element, unit: u32) -> Option<(Node, u32)> {
    let mut left = unit;
    let mut last = None;
    let mut nodes: Vec<Node> = parts(turn);
    nodes.reverse();
    while let Some(node) = nodes.pop() {
        if node.node_type() == Node::TEXT_NODE {
            let length = text_of(&node).encode_utf16().count() as u32;
            if left < length {
                return Some((node, left));
            }
            left -= length;
            last = Some((node, length.saturating_sub(1)));
        } else {
            let children = node.child_nodes();
            nodes.extend((0..children.length()).rev().filter_map(|index| children.item(index)));
        }
    }
    last
}

/// Unicode's compatibility decomposition of a character, as the browser has it.
fn decompose(c: char) -> String {
    JsString::from(c.to_string()).normalize("NFKD").into()
}

fn registry() -> Option<HighlightRegistry> {
    let css = Reflect::get(&window(), &"CSS".into()).ok()?;
    let registry = Reflect::get(&css, &"highlights".into()).ok()?;
    (!registry.is_undefined()).then(|| registry.unchecked_into())
}
