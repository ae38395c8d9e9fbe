use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Reflect, Set};
use transcription_common::texts;
use transcription_dom::{
    WarnOnError, append, closest, create_element, create_text_element, document, find, remove_attribute,
    set_attribute, window,
};
use wasm_bindgen::prelude::*;
use web_sys::{
    Element, HtmlElement, HtmlInputElement, KeyboardEvent, Node, NodeList, Range, ScrollLogicalPosition,
};

use crate::browser::elements::{button, on, scroll_to};
use crate::browser::folder::{BrowserFolder, browser_folder};
use crate::browser::words::{Spot, TURN, focus_item_or_transcript, turn_of};
use crate::reader::search::{Hit, Index, TextPosition, step};

/// The number of hits marked before and after the current one: marking all 30 000 hits of a letter takes seconds.
const MARKED: usize = 500;

/// The pause after the last key, in ms, before the result is announced to screen readers.
const PAUSE_MS: i32 = 500;

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

/// Searches the transcript, and updates the hits while turns arrive.
pub(super) struct Finder {
    form: HtmlElement,
    field: HtmlInputElement,
    /// The result for the eyes, updated at once.
    count: Element,
    /// The same for screen readers, which would read out the result of each letter.
    announced: Element,
    /// Updates `announced`.
    announce: OnceCell<Function>,
    /// The timer that calls `announce`.
    timer: Cell<Option<i32>>,
    /// `None` in browsers without CSS highlights (Firefox before 140).
    highlights: Option<HighlightRegistry>,
    state: RefCell<State>,
    is_scheduled: Cell<bool>,
}

struct State {
    turns: Vec<Element>,
    index: Index,
    folder: BrowserFolder,
    hits: Vec<Hit>,
    now: usize,
    /// The turns whose texts have changed since they were indexed.
    changed: Set,
}

impl Finder {
    pub(super) fn new(tools: &Element) -> Rc<Self> {
        let form: HtmlElement = create_element("form", "");
        form.set_id("finder");
        let field: HtmlInputElement = create_element("input", "");
        for (element, name, value) in [
            (form.as_ref(), "role", "search"),
            (form.as_ref(), "hidden", ""),
            (field.as_ref(), "type", "search"),
            (field.as_ref(), "dir", "auto"),
            (field.as_ref(), "aria-label", texts::SEARCH_TRANSCRIPT.get()),
            (field.as_ref(), "placeholder", texts::SEARCH_TRANSCRIPT.get()),
            (field.as_ref(), "autocomplete", "off"),
        ] {
            set_attribute(element, name, value);
        }
        let (count, announced): (Element, Element) =
            (create_text_element("span", "count", ""), create_text_element("span", "unseen", ""));
        set_attribute(&count, "aria-hidden", "true");
        set_attribute(&announced, "role", "status");
        let [previous, next, end] =
            [(texts::PREVIOUS_HIT, "previous"), (texts::NEXT_HIT, "next"), (texts::END_SEARCH, "end")].map(
                |(label, name)| {
                    let button = button(label, if name == "next" { "submit" } else { "button" });
                    set_attribute(&button, "name", name);
                    button
                },
            );
        append(&form, &[&field, &count, &announced, &previous, &next, &end]);
        tools.after_with_node_1(&form).warn_on_error();
        let finder = Rc::new(Self {
            form,
            field,
            count,
            announced,
            announce: OnceCell::new(),
            timer: Cell::default(),
            highlights: registry(),
            state: RefCell::new(State::new()),
            is_scheduled: Cell::default(),
        });
        let announcing = finder.clone();
        let announce = Closure::<dyn FnMut()>::new(move || {
            announcing.timer.take();
            announcing.announced.set_text_content(announcing.count.text_content().as_deref());
        });
        // JavaScript owns the callback for as long as the page exists.
        finder.announce.get_or_init(|| announce.into_js_value().unchecked_into());
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
            match key.key().as_str() {
                "Escape" => pressed.close(),
                "Enter" if key.shift_key() => pressed.step(false),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        });
        on(&self.form, "click", move |event| {
            let button = closest(&event, "button[type=button]");
            match button.and_then(|button| button.get_attribute("name")).as_deref() {
                Some("previous") => clicked.step(false),
                Some("end") => clicked.close(),
                _ => {}
            }
        });
    }

    pub(super) fn open(&self) {
        remove_attribute(&self.form, "hidden");
        self.field.select();
        self.search();
    }

    fn is_open(&self) -> bool {
        !self.form.has_attribute("hidden")
    }

    fn close(&self) {
        let found = self.state.borrow().element_now();
        set_attribute(&self.form, "hidden", "");
        self.unmark();
        self.announce_later();
        *self.state.borrow_mut() = State::new();
        // The focus goes to the hit.
        let item = found.and_then(|found| Spot::of(&found)).and_then(Spot::item);
        focus_item_or_transcript(item.as_ref());
    }

    /// Searches for the text in the field, from the first visible turn on.
    fn search(&self) {
        {
            let state = &mut *self.state.borrow_mut();
            state.read();
            let from = match state.hits.get(state.now) {
                Some(hit) => hit.from,
                None => TextPosition { turn: state.seen(), unit: 0 },
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

    /// A turn was drawn or removed; or, of the transcript itself, all were removed.
    pub(super) fn changed(self: &Rc<Self>, element: &Element) {
        if !self.is_open() || self.field.value().is_empty() {
            return;
        }
        self.state.borrow().changed.add(element);
        if self.is_scheduled.replace(true) {
            return;
        }
        // Once a frame, however many messages arrive in it.
        let finder = self.clone();
        let frame = Closure::once_into_js(move || {
            finder.is_scheduled.set(false);
            if finder.is_open() {
                {
                    let state = &mut *finder.state.borrow_mut();
                    state.read();
                    let from =
                        state.hits.get(state.now).map_or(TextPosition { turn: 0, unit: 0 }, |hit| hit.from);
                    state.find(&finder.field.value(), from);
                }
                finder.show(false);
            }
        });
        window().request_animation_frame(frame.unchecked_ref()).warn_on_error();
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
        // An update by new turns alone is not announced.
        if scrolls {
            self.announce_later();
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
            set_attribute(&element, "data-found", "");
        }
        if scrolls {
            scroll_to(&element, ScrollLogicalPosition::Center);
        }
    }

    /// Announces the result to screen readers after a pause.
    fn announce_later(&self) {
        if let Some(timer) = self.timer.take() {
            window().clear_timeout_with_handle(timer);
        }
        if let (true, Some(announce)) = (self.is_open(), self.announce.get()) {
            let timer = window().set_timeout_with_callback_and_timeout_and_arguments_0(announce, PAUSE_MS);
            self.timer.set(timer.warn_on_error());
        } else {
            self.announced.set_text_content(None);
        }
    }

    fn unmark(&self) {
        if let Some(highlights) = &self.highlights {
            highlights.delete("found");
            highlights.delete("found-now");
        } else if let Some(element) = find("[data-found]") {
            remove_attribute(&element, "data-found");
        }
    }
}

impl State {
    fn new() -> Self {
        Self {
            turns: Vec::new(),
            index: Index::default(),
            folder: browser_folder(),
            hits: Vec::new(),
            now: 0,
            changed: Set::new(&JsValue::UNDEFINED),
        }
    }

    /// Indexes the turns that have changed: all at first, later mostly the last.
    fn read(&mut self) {
        let turns = document().query_selector_all(TURN).ok();
        let turns = list(turns.as_ref());
        let same = self.turns.iter().zip(&turns).take_while(|(old, new)| old == new).count();
        self.index.truncate(same);
        for (at, turn) in turns.iter().enumerate() {
            if at >= same || self.changed.has(turn) {
                self.index.put(
                    at,
                    &parts(turn).iter().map(text_content).collect::<String>(),
                    &mut self.folder,
                );
            }
        }
        self.changed.clear();
        self.turns = turns;
    }

    /// Finds a text, and selects the first hit at or after a place.
    fn find(&mut self, wanted: &str, from: TextPosition) {
        self.hits = self.index.find(wanted, &mut self.folder);
        let at = self.hits.partition_point(|hit| hit.from < from);
        self.now = if at < self.hits.len() { at } else { 0 };
    }

    /// The first visible turn.
    fn seen(&self) -> usize {
        let Some(transcript) = find("#transcript") else { return 0 };
        let at = transcript.get_bounding_client_rect();
        let point = document().element_from_point((at.left() + 30.0) as f32, (at.top() + 30.0) as f32);
        let turn = point.and_then(|point| turn_of(&point));
        turn.and_then(|turn| self.turns.iter().position(|other| *other == turn)).unwrap_or_default()
    }

    /// The word in which the current hit starts, or else the text.
    fn element_now(&self) -> Option<Element> {
        let hit = self.hits.get(self.now)?;
        let (node, _) = locate(self.turns.get(hit.from.turn)?, hit.from.unit)?;
        node.parent_element()
    }

    /// The parts of a hit, one in each turn.
    fn ranges(&self, hit: Hit) -> Vec<Range> {
        let range = |at: usize| {
            let turn = self.turns.get(at)?;
            let from = if at == hit.from.turn { hit.from.unit } else { 0 };
            let to = if at == hit.to.turn { hit.to.unit } else { u32::MAX };
            let (start, end) = (locate(turn, from)?, locate(turn, to.saturating_sub(1))?);
            let range = Range::new().ok()?;
            range.set_start(&start.0, start.1).ok()?;
            // After its last unit.
            let length = text_content(&end.0).encode_utf16().count() as u32;
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

/// The searched parts of a turn.
fn parts(turn: &Element) -> Vec<Node> {
    let parts = turn.query_selector_all(".settled, .unsettled").ok();
    list(parts.as_ref()).into_iter().map(JsCast::unchecked_into).collect()
}

fn text_content(node: &Node) -> String {
    node.text_content().unwrap_or_default()
}

/// The text node with a UTF-16 unit of a turn's text, and the unit's index in it; the last unit if there are fewer.
fn locate(turn: &Element, unit: u32) -> Option<(Node, u32)> {
    let mut left = unit;
    let mut last = None;
    let mut nodes: Vec<Node> = parts(turn);
    nodes.reverse();
    while let Some(node) = nodes.pop() {
        if node.node_type() == Node::TEXT_NODE {
            let length = text_content(&node).encode_utf16().count() as u32;
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

fn registry() -> Option<HighlightRegistry> {
    let css = Reflect::get(&window(), &"CSS".into()).ok()?;
    let registry = Reflect::get(&css, &"highlights".into()).ok()?;
    (!registry.is_undefined()).then(|| registry.unchecked_into())
}
