//! The reader: what the user can do with the transcript on the page.
//!
//! Reading order: this file (events and their handlers), `browser::words` (what can have the focus), `word_tooltip`,
//! `player` and its `playback_bar`, `editor`, `rename`, `review`, `off_record`, `finder`, `captions`, `help`,
//! `clear_dialog`. Of the nodes that the page draws they change only attributes; `word_spans` draws the words where they
//! are written differently than the text.

mod captions;
mod clear_dialog;
mod editor;
mod finder;
mod help;
mod off_record;
mod playback_bar;
mod player;
mod rename;
mod review;
mod word_spans;
mod word_tooltip;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use transcription_common::RecordingPhase;
use transcription_common::texts::recordings as list_texts;
use transcription_dom::{WarnOnError, closest, document, find, set_attribute, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, EventTarget, HtmlElement, KeyboardEvent};

use super::Host;
use super::elements::{button, on, press};
use super::markers::PageMarkers;
use super::settings::KeyTerms;
use super::status_line::StatusLine;
use super::words::{
    ITEM, Key, Spot, TURN, WORD, blur, end, focus_item, is_right_to_left, items, neighbour, turn_of, turns,
};
use crate::reader::keys::{Step, latin};

/// The parts of the reader.
pub(crate) struct Reader {
    host: Host,
    transcript: HtmlElement,
    word_tooltip: word_tooltip::WordTooltip,
    player: Rc<player::Player>,
    editor: Rc<editor::Editor>,
    rename: Rc<rename::Rename>,
    review: Rc<review::Review>,
    finder: Rc<finder::Finder>,
    captions: Rc<captions::Captions>,
    help: Rc<help::Help>,
    clear_dialog: Rc<clear_dialog::ClearDialog>,
    markers: Rc<PageMarkers>,
    off_record: Rc<off_record::OffRecord>,
    /// The item that has the focus, or had it last.
    focused: RefCell<Option<HtmlElement>>,
    spot: Cell<Option<Spot>>,
    /// What the page has drawn since the reader last followed it.
    changed: RefCell<Vec<Element>>,
    /// The [`TURN_FLAGS`] of each turn when the reader last followed it.
    flags: RefCell<BTreeMap<Key, [bool; 2]>>,
}

/// What the page notes on the paragraph of a turn that has ended, and of one that the service has revised since.
const TURN_FLAGS: [&str; 2] = ["data-final", "data-revised"];

/// Handles the events of the transcript and its tools; `None` on a page without them.
pub(crate) fn open(host: &Host, status_line: &StatusLine, key_terms: &KeyTerms) -> Option<Rc<Reader>> {
    let (tools, transcript, main) = (find("#tools")?, find("#transcript")?, find("main")?);
    add_marker_button(&tools);
    let player = player::Player::new(host, status_line, &tools);
    let editor = editor::Editor::new(host, status_line, &main);
    let review = review::Review::new(host, &player, key_terms, &tools);
    let markers = PageMarkers::new(host, status_line, &transcript);
    let views = off_record::Views {
        player: player.clone(),
        editor: editor.clone(),
        review: review.clone(),
        markers: markers.clone(),
    };
    let reader = Rc::new(Reader {
        host: host.clone(),
        markers,
        captions: captions::Captions::new(host.phase()),
        transcript,
        word_tooltip: word_tooltip::WordTooltip::new(),
        review,
        off_record: off_record::OffRecord::new(host, status_line, &tools, views),
        player,
        editor,
        rename: rename::Rename::new(host),
        finder: finder::Finder::new(&tools),
        help: help::Help::new(),
        clear_dialog: clear_dialog::ClearDialog::new(host, status_line),
        focused: RefCell::default(),
        spot: Cell::default(),
        changed: RefCell::default(),
        flags: RefCell::default(),
    });
    reader.listen();
    reader.follow_turns(turns());
    reader.recordings_changed();
    Some(reader)
}

/// Adds the button that sets a marker before the one that empties the page.
fn add_marker_button(tools: &Element) {
    let marker = button(list_texts::MARKER, "button");
    marker.set_id("marker");
    set_attribute(&marker, "data-tool", "");
    set_attribute(&marker, "aria-label", list_texts::SET_MARKER.get());
    tools.insert_before(&marker, find("#tools > #new").as_deref().map(AsRef::as_ref)).warn_on_error();
}

impl Reader {
    fn on(self: &Rc<Self>, target: &EventTarget, name: &str, handler: fn(&Self, &Event)) {
        let reader = self.clone();
        on(target, name, move |event| handler(&reader, &event));
    }

    fn listen(self: &Rc<Self>) {
        let document = document();
        self.on(&document, "click", Self::clicked);
        self.on(&document, "keydown", Self::pressed);
        self.on(&document, "pointerover", Self::pointed);
        self.on(&self.transcript, "focusin", Self::got_focus);
        let left = self.clone();
        on(&self.transcript, "focusout", move |event| {
            // A word that is drawn again loses the focus too, in some browsers before it is removed.
            if let Some(item) = closest(&event, ITEM) {
                let reader = left.clone();
                spawn_local(async move { reader.lost_focus(&item) });
            }
        });
        for (target, name) in
            [(self.transcript.unchecked_ref::<EventTarget>(), "scroll"), (&window(), "resize")]
        {
            self.on(target, name, |reader, _| {
                // The words have moved.
                reader.editor.point(None);
                reader.show_focused();
            });
        }
    }

    /// The recording, which may be of a file, has entered another phase.
    pub(crate) fn phase_changed(&self, phase: RecordingPhase, is_file: bool) {
        self.player.phase_changed(phase);
        self.captions.phase_changed(phase, is_file);
        self.markers.draw();
        self.off_record.phase_changed(phase);
    }

    /// The page shows another error, or else another notice; an empty one is none.
    pub(crate) fn message_changed(&self, is_error: bool, message: &str) {
        self.captions.message_changed(is_error, message);
    }

    /// The markers of the recordings on the page.
    pub(crate) fn markers(&self) -> Rc<PageMarkers> {
        self.markers.clone()
    }

    /// Sets a marker where the recording is played, or at the present moment, or where it was played last or the focus
    /// is.
    fn mark(&self) {
        let place = self.player.position();
        let is_idle = self.host.phase() == RecordingPhase::Idle;
        self.markers.set(place.or_else(|| {
            // The button that was clicked has taken the focus, and a window in the background gets no events of it.
            let active = || document().active_element().filter(|it| it.matches(ITEM).unwrap_or_default());
            let last = || self.spot.get().and_then(Spot::item).map(JsCast::unchecked_into);
            let of_focus = || active().or_else(last).and_then(|item| self.player.place_of(&item));
            is_idle.then(|| self.player.last_position().or_else(of_focus)).flatten()
        }));
    }

    /// Whether a correction is open that changes its turn.
    pub(crate) fn has_open_correction(&self) -> bool {
        self.editor.has_changes()
    }

    /// The page has drawn the paragraph of a turn or removed it; or, of the transcript itself, removed all turns.
    pub(crate) fn transcript_changed(self: &Rc<Self>, element: &Element) {
        let is_first = {
            let mut changed = self.changed.borrow_mut();
            changed.push(element.clone());
            changed.len() == 1
        };
        if is_first {
            let reader = self.clone();
            // Once for all that the page draws at a time; and while it draws, it cannot be asked for the turns.
            spawn_local(async move {
                let changed = reader.changed.take();
                if reader.follow_turns(changed) {
                    reader.recordings_changed();
                }
                reader.captions.draw();
                reader.keep_focus();
            });
        }
    }

    /// Follows the turns as the page draws them. Returns whether one was added or removed, or has ended.
    fn follow_turns(&self, changed: Vec<Element>) -> bool {
        let mut have_moved = false;
        for element in changed {
            self.finder.changed(&element);
            if !element.has_attribute("data-turn") {
                self.flags.borrow_mut().clear();
                have_moved = true;
                continue;
            }
            let key = Key::of(&element);
            self.markers.turn_changed(key);
            let flags = element.is_connected().then(|| TURN_FLAGS.map(|name| element.has_attribute(name)));
            let mut all = self.flags.borrow_mut();
            let was = match flags {
                Some(flags) => all.insert(key, flags),
                None => all.remove(&key),
            };
            drop(all);
            have_moved |= flags != was;
            if flags.is_some() {
                word_spans::draw(&self.host, &element, flags != was);
            }
        }
        have_moved
    }

    /// Other recordings are on the page, or other turns: follows them with the markers and the playback bar.
    pub(crate) fn recordings_changed(&self) {
        self.markers.draw();
        self.player.refresh();
    }

    /// Restores the focus if its word was drawn again.
    fn keep_focus(&self) {
        let is_gone = self.focused.borrow().as_ref().is_some_and(|focused| !focused.is_connected());
        let is_nowhere = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if is_gone && is_nowhere {
            self.focused.take();
            if let Some(item) = self.spot.get().and_then(Spot::item) {
                focus_item(&item);
            }
        }
    }

    fn clicked(&self, event: &Event) {
        self.player.clear_status();
        if let Some(tool) = closest(event, "#tools [data-tool]") {
            match tool.id().as_str() {
                "search" => self.finder.open(),
                "review" => self.review.open(),
                "captions" => self.captions.toggle(),
                "marker" => self.mark(),
                "new" => self.clear_dialog.ask(),
                "shortcuts" => self.help.show(),
                _ => {}
            }
        } else if let Some(item) = closest(event, ITEM) {
            // A click that selects text does not play it.
            let is_selecting =
                window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed());
            if !is_selecting {
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
        if closest(event, "#word-tooltip, #edit-turn").is_some() {
            return;
        }
        self.editor.point(closest(event, TURN).map(JsCast::unchecked_into));
        // Beside the button at the turn.
        match closest(event, WORD) {
            Some(word) => self.word_tooltip.show(&word),
            None => self.show_focused(),
        }
    }

    /// Shows the tooltip of the focused word, or none.
    fn show_focused(&self) {
        match &*self.focused.borrow() {
            Some(word) if word.has_attribute("data-start") && word.has_attribute("tabindex") => {
                self.word_tooltip.show(word);
            }
            _ => self.word_tooltip.hide(),
        }
    }

    fn got_focus(&self, event: &Event) {
        if let Some(item) = closest(event, ITEM) {
            self.player.forget_last_position();
            self.spot.set(Spot::of(&item));
            self.focused.replace(Some(item));
            self.show_focused();
        }
    }

    fn lost_focus(&self, item: &HtmlElement) {
        if item.is_connected() && document().active_element().as_ref() != Some(item.as_ref()) {
            blur(item);
            if self.focused.borrow_mut().take_if(|focused| focused == item).is_some() {
                self.word_tooltip.hide();
            }
        }
    }

    fn pressed(&self, event: &Event) {
        // After a click beside an open dialog, the page behind it has the focus.
        if closest(event, "input:not([type=range]), select, textarea").is_some()
            || find("dialog[open]").is_some()
        {
            return;
        }
        let key = event.unchecked_ref::<KeyboardEvent>();
        let (name, code) = (key.key(), key.code());
        let name = latin(&name, &code);
        let item = closest(event, ITEM);
        let is_right_to_left =
            item.as_ref().and_then(|item| turn_of(item)).is_some_and(|turn| is_right_to_left(&turn));
        // The buttons of a marker are no words.
        let is_in_marker = closest(event, ".marker").is_some();
        let step = press(key, name).step(is_right_to_left).filter(|_| !is_in_marker);
        let is_done = match (item, step) {
            (Some(item), Some(step)) => self.take(step, &item),
            (None, Some(Step::Next | Step::Previous | Step::Act))
                if closest(event, "#transcript").is_some() =>
            {
                self.enter()
            }
            (None, Some(Step::Leave)) => {
                self.word_tooltip.hide();
                self.player.stop()
            }
            _ => false,
        };
        if is_done {
            event.prevent_default();
        } else if let Some(shortcut) =
            press(key, name).shortcut().filter(|_| self.help.has_single_keys() && !key.repeat())
        {
            event.prevent_default();
            help::perform(shortcut);
        }
    }

    /// Focuses the last focused item, or the first visible word.
    fn enter(&self) -> bool {
        let was = self.spot.get().and_then(Spot::item);
        let at = self.transcript.get_bounding_client_rect();
        let item = was.or_else(|| {
            let mut turn = end(false)?;
            // From the bottom up there are few turns; those above are many, in groups that are not laid out.
            let mut last = end(true)?;
            while last.get_bounding_client_rect().top() > at.top() {
                turn = last;
                last = neighbour(&turn, false)?;
            }
            items(&turn).into_iter().next()
        });
        let item = item.or_else(|| items(&end(false)?).into_iter().next());
        item.inspect(focus_item).is_some()
    }

    /// Performs the action of a key on a word. Returns whether there is one.
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
                    transcription_dom::focus(&self.transcript);
                }
                self.word_tooltip.hide();
                None
            }
        };
        if let Some(to) = to {
            focus_item(&to);
        }
        true
    }
}
