//! The words and speakers' names of the transcript as items that the keyboard can focus.
//!
//! The transcript is the only tab stop, and the arrows scroll it. Right or Enter moves the focus to a word; from there the
//! arrows move from item to item.

use transcription_common::TurnKey;
use transcription_dom::{document, find, remove_attribute, set_attribute, window};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::browser::elements::number;

pub(crate) const TURN: &str = "#transcript p[data-turn]";
/// The items that can have the focus.
pub(super) const ITEM: &str = "#transcript :is([data-start], .speaker:not(:empty), .settled, .unsettled)";
pub(super) const WORD: &str = "#transcript [data-start]";

/// Identifies a turn on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) connection: u32,
    pub(crate) turn: u64,
}

impl From<TurnKey> for Key {
    fn from(key: TurnKey) -> Self {
        Self { connection: key.connection.0, turn: key.turn_order }
    }
}

impl Key {
    pub(crate) fn of(turn: &Element) -> Self {
        Self { connection: number(turn, "data-connection") as u32, turn: number(turn, "data-turn") }
    }

    /// That of the turn which an item is in.
    pub(super) fn around(item: &Element) -> Option<Self> {
        turn_of(item).map(|turn| Self::of(&turn))
    }

    pub(super) fn turn(self) -> Option<Element> {
        let Self { connection, turn } = self;
        find(&format!("#transcript p[data-connection=\"{connection}\"][data-turn=\"{turn}\"]"))
            .map(JsCast::unchecked_into)
    }
}

pub(super) fn turn_of(item: &Element) -> Option<Element> {
    item.closest(TURN).ok()?
}

/// The turns on the page.
pub(super) fn turns() -> Vec<Element> {
    let found = document().query_selector_all(TURN).ok();
    let length = found.as_ref().map_or(0, web_sys::NodeList::length);
    (0..length).filter_map(|index| found.as_ref()?.item(index)).map(JsCast::unchecked_into).collect()
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
            // The page puts turns into groups.
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
    let turns = document().query_selector_all(TURN).ok()?;
    let index = if is_last { turns.length().checked_sub(1)? } else { 0 };
    turns.item(index).map(JsCast::unchecked_into)
}

/// The items of a turn: the speaker's name, and each word or else the whole text.
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

/// The place of an item: a turn, and the index of the item in it.
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

    /// The item at this place; the last of the turn if there are fewer now.
    pub(super) fn item(self) -> Option<HtmlElement> {
        let mut items = items(&self.key.turn()?);
        items.truncate(self.index + 1);
        items.pop()
    }
}

/// Focuses an item. It is a button only while it has the focus: screen readers would list 60 000 buttons.
pub(super) fn focus_item(item: &HtmlElement) {
    set_attribute(item, "tabindex", "-1");
    set_attribute(item, "role", "button");
    transcription_dom::focus(item);
}

/// Focuses an item, or the transcript if the item is gone.
pub(super) fn focus_item_or_transcript(item: Option<&HtmlElement>) {
    if let Some(item) = item {
        focus_item(item);
    } else if let Some(transcript) = find("#transcript") {
        transcription_dom::focus(&transcript);
    }
}

pub(super) fn blur(item: &Element) {
    for name in ["tabindex", "role", "aria-describedby"] {
        remove_attribute(item, name);
    }
}
