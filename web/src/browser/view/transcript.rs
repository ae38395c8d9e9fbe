use std::cell::Cell;
use std::rc::Rc;

use assemblyai_session::{Place, ShownTurn, SortedVecMap, TurnKey};
use transcription_dom::{Listener, WarnOnError, append, create_element, focus, require, show};
use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::turn::TurnNode;
use crate::browser::tools::Loader;

/// Turns per group. To lay out one turn, a browser visits all of its siblings but skips groups that are out of sight:
/// of 5 000 turns it visits 100 groups and the turns of one.
const GROUP: u32 = 50;

/// Less than this far from the end, in px, counts as at the end: about a line.
const END_MARGIN_PX: i32 = 40;

/// A scroll position below any transcript, in px: the browser stops at the end. Asking where the end is would force a
/// layout.
const THE_END: i32 = i32::MAX;

/// The turns on the page, and whether the view follows them.
pub(super) struct Transcript {
    element: Element,
    turns: SortedVecMap<TurnKey, TurnNode>,
    /// Whether the view is at the end, and stays there as the transcript grows.
    follows: Rc<Cell<bool>>,
    to_the_end: Element,
    tools: Loader,
    _listeners: [Listener; 2],
}

impl Transcript {
    pub(super) fn new(tools: Loader) -> Result<Self, JsError> {
        let (element, to_the_end): (Element, Element) = (require("#transcript")?, require("#to-the-end")?);
        let follows = Rc::new(Cell::new(true));
        let listeners =
            [on_scroll(&element, &to_the_end, &follows), on_to_the_end(&element, &to_the_end, &follows)];
        let turns = SortedVecMap::default();
        Ok(Self { element, turns, follows, to_the_end, tools, _listeners: listeners })
    }

    /// Draws a turn; returns whether it is new.
    pub(super) fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place) -> bool {
        let is_new = self.turns.get(key).is_none();
        if is_new {
            self.insert(key, place);
        }
        if let Some(node) = self.turns.get(key) {
            node.draw(turn);
            self.tools.transcript_changed(&node.paragraph);
        }
        self.scroll_to_end_if_following();
        is_new
    }

    fn insert(&mut self, key: TurnKey, place: Place) {
        let node = TurnNode::new(key);
        let next = match place {
            Place::Before(next) => self.turns.get(next),
            Place::Same | Place::Last => None,
        };
        match next {
            Some(next) => {
                next.paragraph.before_with_node_1(&node.paragraph).warn_on_error();
            }
            None => append(&self.last_group(), &[&node.paragraph]),
        }
        self.turns.insert(key, node);
    }

    /// The group that the next turn goes to.
    fn last_group(&self) -> Element {
        let last = self.element.last_element_child();
        last.filter(|last| last.child_element_count() < GROUP).unwrap_or_else(|| {
            let group = create_element("div", "");
            append(&self.element, &[&group]);
            group
        })
    }

    pub(super) fn remove(&mut self, key: TurnKey) {
        if let Some(node) = self.turns.remove(key) {
            let group = node.paragraph.parent_element();
            node.paragraph.remove();
            if let Some(group) = group.filter(|group| group.child_element_count() == 0) {
                group.remove();
            }
            self.tools.transcript_changed(&node.paragraph);
        }
    }

    pub(super) fn clear(&mut self) {
        self.turns.clear();
        self.element.set_text_content(None);
        self.tools.transcript_changed(&self.element);
        self.follows.set(true);
        show(&self.to_the_end, false);
    }

    pub(super) fn scroll_to_end_if_following(&self) {
        if self.follows.get() {
            self.element.set_scroll_top(THE_END);
        }
    }
}

/// Follows the transcript while the user is at its end, and stops when the user scrolls up.
fn on_scroll(transcript: &Element, to_the_end: &Element, follows: &Rc<Cell<bool>>) -> Listener {
    let (element, button, follows) = (transcript.clone(), to_the_end.clone(), follows.clone());
    let mut last_top = 0;
    Listener::new(transcript, "scroll", move |_| {
        let top = element.scroll_top();
        let is_at_end = element.scroll_height() - top - element.client_height() < END_MARGIN_PX;
        if is_at_end || top < last_top {
            follows.set(is_at_end);
            show(&button, !is_at_end);
        } else if follows.get() {
            // The browser had underestimated the height of what was out of sight: the end is further down.
            element.set_scroll_top(THE_END);
        }
        last_top = top;
    })
}

fn on_to_the_end(transcript: &Element, to_the_end: &Element, follows: &Rc<Cell<bool>>) -> Listener {
    let (element, button, follows) = (transcript.clone(), to_the_end.clone(), follows.clone());
    Listener::new(to_the_end, "click", move |_| {
        follows.set(true);
        show(&button, false);
        element.set_scroll_top(THE_END);
        // The button with the focus is hidden now.
        focus(&element);
    })
}
