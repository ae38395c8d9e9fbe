//! The markers of the recordings on the page: rows between the turns, stored with their recording as they are set.
//!
//! Reading order: this file, `row` (one marker on the page), `stored` (the database). Where a marker stands is decided in
//! `crate::markers`.

mod row;
mod stored;

use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts::recordings as list_texts;
use transcription_common::{RecordingPhase, SAMPLE_RATE_HZ, ShownTurn, clock};
use transcription_dom::{WarnOnError, append, create_element};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use self::row::{Request, Row};
use super::Host;
use super::elements::after;
use super::empty_text::note_words;
use super::status_line::StatusLine;
use super::words::{Key, turns};
use crate::markers::{Marker, Markers, Starts, TurnStart, tidy_name, turn_after};

/// How long a removal can be taken back, in ms.
const UNDO_MS: i32 = 10_000;

/// The markers of all recordings on the page.
pub(crate) struct PageMarkers {
    host: Host,
    status_line: StatusLine,
    transcript: HtmlElement,
    lists: RefCell<Vec<List>>,
    starts: RefCell<Starts<Key>>,
}

/// The markers of a recording.
struct List {
    /// When the recording began, in ms since 1970, which identifies it.
    began_ms: f64,
    first_connection: u32,
    markers: Markers,
    /// A row for each, and for those whose removal can be taken back; in order.
    rows: Vec<Rc<Row>>,
}

impl PageMarkers {
    pub(super) fn new(host: &Host, status_line: &StatusLine, transcript: &HtmlElement) -> Rc<Self> {
        Rc::new(Self {
            host: host.clone(),
            status_line: status_line.clone(),
            transcript: transcript.clone(),
            lists: RefCell::default(),
            starts: RefCell::default(),
        })
    }

    /// The markers of a recording in order.
    pub(crate) fn of(&self, began_ms: f64) -> Vec<Marker> {
        self.with(began_ms, |list| list.markers.all().to_vec()).unwrap_or_default()
    }

    fn with<T>(&self, began_ms: f64, call: impl FnOnce(&mut List) -> T) -> Option<T> {
        let mut lists = self.lists.borrow_mut();
        let list = lists.iter_mut().find(|list| list.began_ms.to_bits() == began_ms.to_bits())?;
        Some(call(list))
    }

    /// Sets a marker at a place in a recording, which its start in ms since 1970 identifies; without one, at the present
    /// moment of the recording that is being made.
    pub(super) fn set(self: &Rc<Self>, place: Option<(f64, u64)>) {
        self.follow_recordings();
        let Some((began_ms, at_ms)) = place.or_else(|| self.present()) else {
            return self.status_line.set(list_texts::NO_PLACE_TO_MARK.get());
        };
        let time = clock(at_ms / 1000);
        let marker = Marker { at_ms, name: String::new() };
        match self.with(began_ms, |list| list.markers.add(marker)) {
            Some(true) => {}
            Some(false) => return self.status_line.set(&list_texts::MARKER_IS_THERE.with(&[&time])),
            // The recording has left the page.
            None => return self.status_line.set(list_texts::NO_PLACE_TO_MARK.get()),
        }
        self.add_row(began_ms, at_ms, "");
        self.store(began_ms, at_ms);
        self.draw();
        self.status_line.set(&list_texts::MARKER_SET.with(&[&time]));
    }

    /// The recording that is being made, and its length so far in ms.
    fn present(&self) -> Option<(f64, u64)> {
        // While the microphone is opened there is nothing to mark yet.
        if matches!(self.host.phase(), RecordingPhase::Idle | RecordingPhase::Starting) {
            return None;
        }
        let recording = self.host.recordings().pop()?;
        Some((recording.began_ms(), recording.samples() * 1000 / u64::from(SAMPLE_RATE_HZ)))
    }

    /// Reads the markers of recordings that are new on the page, and forgets those of recordings that are gone.
    fn follow_recordings(self: &Rc<Self>) {
        let recordings = self.host.recordings();
        let mut lists = self.lists.borrow_mut();
        let is_same = |list: &List, began_ms: f64| list.began_ms.to_bits() == began_ms.to_bits();
        lists.retain(|list| {
            let stays = recordings.iter().any(|recording| is_same(list, recording.began_ms()));
            for row in list.rows.iter().filter(|_| !stays) {
                take_out(&row.element);
            }
            stays
        });
        for recording in recordings {
            let (began_ms, first_connection) = (recording.began_ms(), recording.first_connection());
            if let Some(list) = lists.iter_mut().find(|list| is_same(list, began_ms)) {
                // A resumed recording is numbered again.
                list.first_connection = first_connection;
                continue;
            }
            lists.push(List { began_ms, first_connection, markers: Markers::default(), rows: Vec::new() });
            let page = self.clone();
            spawn_local(async move { page.read(began_ms).await });
        }
        lists.sort_by_key(|list| list.first_connection);
    }

    async fn read(self: &Rc<Self>, began_ms: f64) {
        // Fails where the browser stores nothing, which the page says.
        for (at_ms, name) in stored::read(began_ms).await.unwrap_or_default() {
            let marker = Marker { at_ms, name: name.clone() };
            if self.with(began_ms, |list| list.markers.add(marker)) == Some(true) {
                self.add_row(began_ms, at_ms, &name);
            }
        }
        self.draw();
    }

    fn add_row(self: &Rc<Self>, began_ms: f64, at_ms: u64, name: &str) {
        let page = Rc::downgrade(self);
        let row = Row::new(at_ms, name, move |request| {
            if let Some(page) = page.upgrade() {
                page.handle(began_ms, at_ms, request);
            }
        });
        self.with(began_ms, |list| {
            // The row of a marker that was removed here.
            list.rows.retain(|other| {
                let is_other = other.at_ms != at_ms;
                if !is_other {
                    take_out(&other.element);
                }
                is_other
            });
            list.rows.push(row);
            list.rows.sort_by_key(|row| row.at_ms);
        });
    }

    /// Does what the user asks of a marker.
    fn handle(self: &Rc<Self>, began_ms: f64, at_ms: u64, request: Request) {
        match request {
            Request::Name(typed) => {
                let name = tidy_name(&typed);
                let marker =
                    |list: &mut List| list.markers.get_mut(at_ms).map(|it| it.name.clone_from(&name));
                if self.with(began_ms, marker).flatten().is_some() {
                    self.store(began_ms, at_ms);
                }
                self.show(began_ms, at_ms, &name);
            }
            Request::Remove => {
                let removed = self.with(began_ms, |list| (list.markers.remove(at_ms), list.row(at_ms)));
                let Some((Some(_), Some(row))) = removed else { return };
                self.store(began_ms, at_ms);
                let number = row.show_removed();
                let page = self.clone();
                after(UNDO_MS, move || page.forget(began_ms, &row, number));
            }
            Request::Undo(name) => {
                self.with(began_ms, |list| list.markers.add(Marker { at_ms, name: name.clone() }));
                self.store(began_ms, at_ms);
                self.show(began_ms, at_ms, &name);
            }
            // It may have been kept in its place while it had the focus. Not at once: the focus leaves what is hidden or
            // moved while that is being done.
            Request::Left => {
                let page = self.clone();
                spawn_local(async move { page.draw() });
            }
        }
    }

    /// Removes the markers of a recording from one time to before another, without a way back, from the page; what is stored
    /// of them, the caller removes.
    pub(super) fn remove_between(&self, began_ms: f64, from_ms: u64, to_ms: u64) {
        let is_there = |at_ms: u64| (from_ms..to_ms).contains(&at_ms);
        let removed = self.with(began_ms, |list| {
            let markers: Vec<u64> = list.markers.all().iter().map(|marker| marker.at_ms).collect();
            markers.into_iter().filter(|at_ms| is_there(*at_ms)).for_each(|at_ms| {
                list.markers.remove(at_ms);
            });
            let rows = std::mem::take(&mut list.rows);
            let (removed, kept) = rows.into_iter().partition::<Vec<_>, _>(|row| is_there(row.at_ms));
            list.rows = kept;
            removed
        });
        for row in removed.unwrap_or_default() {
            // Its field may have the focus, which calls back: a marker that is gone takes no name.
            take_out(&row.element);
        }
    }

    /// Shows a marker with a name.
    fn show(&self, began_ms: f64, at_ms: u64, name: &str) {
        // Not in the closure: what is shown or hidden may move the focus, which calls back.
        if let Some(row) = self.with(began_ms, |list| list.row(at_ms)).flatten() {
            row.show(name);
        }
    }

    /// Removes the row of a removed marker: its removal can no longer be taken back.
    fn forget(&self, began_ms: f64, row: &Rc<Row>, removal: u32) {
        if row.is_removed(removal) {
            if row.has_focus() {
                transcription_dom::focus(&self.transcript);
            }
            take_out(&row.element);
            self.with(began_ms, |list| list.rows.retain(|other| !Rc::ptr_eq(other, row)));
            note_words(self.host.phase());
        }
    }

    /// Stores a marker as it is then, or that it is gone.
    fn store(self: &Rc<Self>, began_ms: f64, at_ms: u64) {
        let page = self.clone();
        spawn_local(async move {
            let now =
                || page.with(began_ms, |list| list.markers.get_mut(at_ms).map(|marker| marker.name.clone()));
            if stored::write(began_ms, at_ms, now).await.is_err() {
                page.status_line.set(list_texts::MARKER_NOT_STORED.get());
            }
        });
    }

    /// The page has drawn a turn again: its start may be another.
    pub(super) fn turn_changed(&self, turn: Key) {
        self.starts.borrow_mut().forget(turn);
    }

    /// Puts each row where it belongs. Call it when turns were added or removed.
    pub(super) fn draw(self: &Rc<Self>) {
        self.follow_recordings();
        self.place_rows();
        note_words(self.host.phase());
    }

    fn place_rows(&self) {
        let lists = self.lists.borrow();
        if lists.iter().all(|list| list.rows.is_empty()) {
            return;
        }
        let paragraphs = turns();
        let keys: Vec<Key> = paragraphs.iter().map(Key::of).collect();
        let read = |key: Key| self.host.shown_turn(key.connection, key.turn).and_then(|turn| start(&turn));
        let starts = self.starts.borrow_mut().of(&keys, read);
        let places = keys.iter().zip(starts).map(|(key, start_ms)| {
            let later = lists.iter().position(|list| list.first_connection > key.connection);
            let recording = later.unwrap_or(lists.len()).saturating_sub(1);
            TurnStart { recording, start_ms }
        });
        let places: Vec<TurnStart> = places.collect();
        let mut below: Option<(Option<usize>, Element)> = None;
        for (recording, list) in lists.iter().enumerate().rev() {
            for row in list.rows.iter().rev() {
                let turn = turn_after(&places, recording, row.at_ms);
                let next = match &below {
                    Some((of, element)) if *of == turn => Some(element.clone()),
                    _ => turn.and_then(|turn| paragraphs.get(turn).cloned()),
                };
                // One in which the user types stays.
                if !row.has_focus() || !row.element.is_connected() {
                    self.place(&row.element, next.as_ref());
                }
                below = Some((turn, row.element.clone().unchecked_into()));
            }
        }
    }

    fn place(&self, row: &HtmlElement, next: Option<&Element>) {
        let is_next = |element: Option<Element>| match (&element, next) {
            (Some(element), Some(next)) => element.is_same_node(Some(next)),
            (None, None) => true,
            _ => false,
        };
        if let Some(next) = next {
            if !is_next(row.next_element_sibling()) {
                next.before_with_node_1(row).warn_on_error();
            }
            return;
        }
        // The page looks for groups of turns in the transcript, and for nothing else.
        let group = self.transcript.last_element_child().unwrap_or_else(|| {
            let group = create_element("div", "");
            append(&self.transcript, &[&group]);
            group
        });
        if group.last_element_child().is_none_or(|last| !last.is_same_node(Some(row))) {
            append(&group, &[row]);
        }
    }
}

impl List {
    fn row(&self, at_ms: u64) -> Option<Rc<Row>> {
        self.rows.iter().find(|row| row.at_ms == at_ms).cloned()
    }
}

/// Removes a row, and its group of turns if that is empty then, as the page does with a turn.
fn take_out(row: &HtmlElement) {
    let group = row.parent_element();
    row.remove();
    if let Some(group) = group.filter(|group| group.child_element_count() == 0) {
        group.remove();
    }
}

/// The start of a turn in ms.
fn start(turn: &ShownTurn) -> Option<u64> {
    turn.words.first().map(|word| word.start_ms).or(turn.from_ms)
}
