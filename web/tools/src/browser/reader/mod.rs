//! What the reader does with the transcript on the page.
//!
//! Reading order: this file (who hears what), `words` (what the keyboard goes through), `figure`, `player`, `editor`,
//! `rename`, `finder`, `help`, `anew`. None of them changes the nodes that the page draws, but for attributes.

mod anew;
mod editor;
mod figure;
mod finder;
mod help;
mod note;
mod page;
mod player;
mod rename;
mod words;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Element, Event, HtmlElement, KeyboardEvent, MutationObserver, MutationObserverInit, MutationRecord,
};

use super::Host;
use crate::reader::keys::Step;
use page::{closest, document, find, on, press, window};
use words::{ITEM, Spot, TURN, WORD, blur, end, focus, is_right_to_left, items, neighbour, turn_of};

/// All that the reader can do.
struct Reader {
    transcript: HtmlElement,
    popover: figure::Popover,
    player: Rc<player::Player>,
    editor: Rc<editor::Editor>,
    rename: Rc<rename::Rename>,
    finder: Rc<finder::Finder>,
    help: Rc<help::Help>,
    anew: Rc<anew::Anew>,
    /// What has the focus, or had it last.
    focused: RefCell<Option<HtmlElement>>,
    spot: Cell<Option<Spot>>,
}

/// Hears what is done in the transcript and with its tools. Nothing is done on a page without them.
pub(super) fn open(host: &Host) {
    let (Some(tools), Some(transcript), Some(main)) = (find("#tools"), find("#transcript"), find("main"))
    else {
        return;
    };
    let note = note::Note::new(&tools);
    let reader = Rc::new(Reader {
        transcript,
        popover: figure::Popover::new(),
        player: player::Player::new(host, &note, &tools),
        editor: editor::Editor::new(host, &note, &main),
        rename: rename::Rename::new(host),
        finder: finder::Finder::new(&tools),
        help: help::Help::new(),
        anew: anew::Anew::new(host, &note),
        focused: RefCell::default(),
        spot: Cell::default(),
    });
    reader.listen();
    reader.watch();
}

impl Reader {
    fn hears(self: &Rc<Self>, target: &web_sys::EventTarget, name: &str, hear: fn(&Self, &Event)) {
        let reader = self.clone();
        on(target, name, move |event| hear(&reader, &event));
    }

    fn listen(self: &Rc<Self>) {
        let document = document();
        self.hears(&document, "click", Self::clicked);
        self.hears(&document, "keydown", Self::pressed);
        self.hears(&document, "pointerover", Self::pointed);
        self.hears(&self.transcript, "focusin", Self::got_focus);
        let left = self.clone();
        on(&self.transcript, "focusout", move |event| {
            // A word that is drawn anew loses it too, in some browsers before it goes.
            if let Some(item) = closest(&event, ITEM) {
                let reader = left.clone();
                spawn_local(async move { reader.lost_focus(&item) });
            }
        });
        self.hears(&self.transcript, "scroll", |reader, _| {
            reader.editor.point(None);
            reader.show_focused();
        });
    }

    /// What changes by itself.
    fn watch(self: &Rc<Self>) {
        let observe =
            |target: &HtmlElement, options: &MutationObserverInit, changed: Closure<dyn FnMut(Array)>| {
                // JavaScript owns the callback for as long as the element is there.
                if let Ok(observer) = MutationObserver::new(changed.into_js_value().unchecked_ref()) {
                    let _ = observer.observe_with_options(target, options);
                }
            };
        let (of_state, of_turns) = (self.clone(), self.clone());
        if let Some(body) = find("body") {
            let options = MutationObserverInit::new();
            options.set_attribute_filter(&Array::of1(&"data-state".into()));
            observe(&body, &options, Closure::new(move |_| of_state.player.state_changed()));
        }
        let options = MutationObserverInit::new();
        options.set_child_list(true);
        options.set_subtree(true);
        options.set_character_data(true);
        let redrawn = Closure::new(move |records: Array| {
            for record in records.iter() {
                if let Some(target) = record.unchecked_into::<MutationRecord>().target() {
                    of_turns.finder.changed(&target);
                }
            }
            of_turns.keep_focus();
        });
        observe(&self.transcript, &options, redrawn);
    }

    /// A word that had the focus may have been drawn anew.
    fn keep_focus(&self) {
        let is_gone = self.focused.borrow().as_ref().is_some_and(|focused| !focused.is_connected());
        let is_nowhere = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if is_gone && is_nowhere {
            self.focused.take();
            if let Some(item) = self.spot.get().and_then(Spot::item) {
                focus(&item);
            }
        }
    }

    fn clicked(&self, event: &Event) {
        self.player.forget_note();
        if let Some(tool) = closest(event, "#tools [data-tool]") {
            match tool.id().as_str() {
                "search" => self.finder.open(),
                "new" => self.anew.ask(),
                "shortcuts" => self.help.show(),
                _ => {}
            }
        } else if let Some(item) = closest(event, ITEM) {
            // Who marks a text does not want to hear it.
            let is_marking =
                window().get_selection().ok().flatten().is_some_and(|marked| !marked.is_collapsed());
            if !is_marking {
                self.act(&item);
            }
        }
    }

    fn act(&self, item: &Element) {
        if rename::is_name(item) {
            self.rename.ask(item);
        } else if item.has_attribute("data-start") || item.class_list().contains("settled") {
            self.player.toggle(item);
        }
    }

    fn pointed(&self, event: &Event) {
        if closest(event, "#word-figure, #edit-turn").is_some() {
            return;
        }
        match closest(event, WORD) {
            Some(word) => self.popover.show(&word),
            None => self.show_focused(),
        }
        self.editor.point(closest(event, TURN).map(JsCast::unchecked_into));
    }

    /// Shows the figure of what has the focus, or none.
    fn show_focused(&self) {
        match &*self.focused.borrow() {
            Some(word) if word.has_attribute("data-start") && word.has_attribute("tabindex") => {
                self.popover.show(word);
            }
            _ => self.popover.hide(),
        }
    }

    fn got_focus(&self, event: &Event) {
        if let Some(item) = closest(event, ITEM) {
            self.spot.set(Spot::of(&item));
            self.focused.replace(Some(item));
            self.show_focused();
        }
    }

    fn lost_focus(&self, item: &HtmlElement) {
        if item.is_connected() && document().active_element().as_ref() != Some(item.as_ref()) {
            blur(item);
            if self.focused.borrow_mut().take_if(|focused| focused == item).is_some() {
                self.popover.hide();
            }
        }
    }

    fn pressed(&self, event: &Event) {
        // With a click beside an open dialog, the page behind it has the focus.
        if closest(event, "input, select, textarea").is_some() || find("dialog[open]").is_some() {
            return;
        }
        let key = event.unchecked_ref::<KeyboardEvent>();
        if key.is_composing() {
            return;
        }
        let name = key.key();
        let item = closest(event, ITEM);
        let is_right_to_left =
            item.as_ref().and_then(|item| turn_of(item)).is_some_and(|turn| is_right_to_left(&turn));
        let step = press(key, &name).step(is_right_to_left);
        let is_done = match (item, step) {
            (Some(item), Some(step)) => self.take(step, &item),
            (None, Some(Step::Next | Step::Previous | Step::Act))
                if closest(event, "#transcript").is_some() =>
            {
                self.enter()
            }
            (None, Some(Step::Leave)) => {
                self.popover.hide();
                self.player.stop()
            }
            _ => false,
        };
        if is_done {
            event.prevent_default();
        } else if let Some(shortcut) =
            press(key, &name).shortcut().filter(|_| self.help.has_single_keys() && !key.repeat())
        {
            event.prevent_default();
            help::perform(shortcut);
        }
    }

    /// Goes to where the reader was, or to the first word in sight.
    fn enter(&self) -> bool {
        let was = self.spot.get().and_then(Spot::item);
        let at = self.transcript.get_bounding_client_rect();
        let item = was.or_else(|| {
            let mut turn = end(false)?;
            // Those above are many, and all in groups that are not laid out: from the bottom up it is a few.
            let mut last = end(true)?;
            while last.get_bounding_client_rect().top() > at.top() {
                turn = last;
                last = neighbour(&turn, false)?;
            }
            items(&turn).into_iter().next()
        });
        let item = item.or_else(|| items(&end(false)?).into_iter().next());
        item.inspect(focus).is_some()
    }

    /// Does what a key means on a word; tells whether it means anything.
    fn take(&self, step: Step, item: &HtmlElement) -> bool {
        let Some(turn) = turn_of(item) else { return false };
        let all = items(&turn);
        let at = all.iter().position(|other| other == item).unwrap_or_default();
        let of_turn = |turn: Option<Element>, last: bool| {
            let mut items = items(&turn?);
            if last { items.pop() } else { (!items.is_empty()).then(|| items.swap_remove(0)) }
        };
        let to = match step {
            Step::Next => all.get(at + 1).cloned().or_else(|| of_turn(neighbour(&turn, true), false)),
            Step::Previous if at > 0 => all.get(at - 1).cloned(),
            Step::Previous => of_turn(neighbour(&turn, false), true),
            Step::NextTurn => of_turn(neighbour(&turn, true), false),
            Step::PreviousTurn => of_turn(neighbour(&turn, false), false),
            Step::FirstOfTurn => all.first().cloned(),
            Step::LastOfTurn => all.last().cloned(),
            Step::First => of_turn(end(false), false),
            Step::Last => of_turn(end(true), true),
            Step::Act => {
                self.act(item);
                None
            }
            Step::Edit => {
                self.editor.edit(&turn);
                None
            }
            Step::Leave => {
                if !self.player.stop() {
                    let _ = self.transcript.focus();
                }
                self.popover.hide();
                None
            }
        };
        if let Some(to) = to {
            focus(&to);
        }
        true
    }
}
