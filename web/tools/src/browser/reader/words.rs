//! The words and names of the transcript, as what the keyboard goes through.
//!
//! The transcript itself is the one tab stop, and scrolls with the arrows as it does without this. Right, or Enter, leads
//! to a word, and from there the arrows lead on.

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use super::page::{number, set, unset, window};

pub(super) const TURN: &str = "#transcript p[data-turn]";
/// What can have the focus.
pub(super) const ITEM: &str = "#transcript :is([data-start], .speaker:not(:empty), .settled, .unsettled)";
pub(super) const WORD: &str = "#transcript [data-start]";

/// Names a turn on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) connection: u32,
    pub(super) turn: u64,
}

impl Key {
    pub(super) fn of(turn: &Element) -> Self {
        Self { connection: number(turn, "data-connection") as u32, turn: number(turn, "data-turn") }
    }

    pub(super) fn turn(self) -> Option<Element> {
        let Self { connection, turn } = self;
        super::page::find(&format!("#transcript p[data-connection=\"{connection}\"][data-turn=\"{turn}\"]"))
            .map(JsCast::unchecked_into)
    }
}

pub(super) fn turn_of(item: &Element) -> Option<Element> {
    item.closest(TURN).ok()?
}

/// Whether a turn is written from right to left.
pub(super) fn is_right_to_left(turn: &Element) -> bool {
    let style = window().get_computed_style(turn).ok().flatten();
    style.is_some_and(|style| style.get_property_value("direction").is_ok_and(|direction| direction == "rtl"))
}

/// The turn below or above.
pub(super) fn neighbour(turn: &Element, is_forward: bool) -> Option<Element> {
    let beside = |element: &Element| {
        if is_forward { element.next_element_sibling() } else { element.previous_element_sibling() }
    };
    let mut at = turn.clone();
    loop {
        let next = beside(&at).or_else(|| {
            // Turns lie in groups.
            let group = beside(&at.parent_element().filter(|parent| parent.id() != "transcript")?)?;
            if is_forward { group.first_element_child() } else { group.last_element_child() }
        })?;
        if next.has_attribute("data-turn") {
            return Some(next);
        }
        at = next;
    }
}

/// The first turn, or the last.
pub(super) fn end(is_last: bool) -> Option<Element> {
    let turns = super::page::document().query_selector_all(TURN).ok()?;
    let index = if is_last { turns.length().checked_sub(1)? } else { 0 };
    turns.item(index).map(JsCast::unchecked_into)
}

/// What can have the focus in a turn: the speaker's name, and each word, or else the text as a whole.
pub(super) fn items(turn: &Element) -> Vec<HtmlElement> {
    let list = |selector| {
        let found = turn.query_selector_all(selector).ok();
        let item = |index| found.as_ref()?.item(index).map(JsCast::unchecked_into);
        (0..found.as_ref().map_or(0, web_sys::NodeList::length))
            .filter_map(item)
            .collect::<Vec<HtmlElement>>()
    };
    let mut items = list(".speaker:not(:empty), [data-start]");
    if !items.iter().any(|item| item.has_attribute("data-start")) {
        items.extend(list(".settled:not(:empty), .unsettled:not(:empty)").into_iter().next());
    }
    items
}

/// The next word in the order of the transcript, in this turn or one of the next.
pub(super) fn next_word(word: &Element) -> Option<Element> {
    if let Some(next) = word.next_element_sibling().filter(|next| next.has_attribute("data-start")) {
        return Some(next);
    }
    let mut turn = turn_of(word)?;
    loop {
        turn = neighbour(&turn, true)?;
        if let Some(first) = turn.query_selector("[data-start]").ok().flatten() {
            return Some(first);
        }
    }
}

/// What has the focus: a turn, and which of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) key: Key,
    pub(super) index: usize,
}

impl Spot {
    pub(super) fn of(item: &Element) -> Option<Self> {
        let turn = turn_of(item)?;
        let index = items(&turn).iter().position(|other| other.is_same_node(Some(item)))?;
        Some(Self { key: Key::of(&turn), index })
    }

    /// The item there, or the last of the turn where it has fewer now.
    pub(super) fn item(self) -> Option<HtmlElement> {
        let mut items = items(&self.key.turn()?);
        items.truncate(self.index + 1);
        items.pop()
    }
}

/// Gives an item the focus. Only while it has it is it a button: 60 000 buttons help nobody.
pub(super) fn focus(item: &HtmlElement) {
    set(item, "tabindex", "-1");
    set(item, "role", "button");
    let _ = item.focus();
}

pub(super) fn blur(item: &Element) {
    for name in ["tabindex", "role", "aria-describedby"] {
        unset(item, name);
    }
}
