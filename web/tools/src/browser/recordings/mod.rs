//! The list of finished recordings: open, rename, delete, search, and how long they are kept.
//!
//! Reading order: this file, `panel` (the dialogs), `row`, `stored` (the database), `retention`, `storage_space`.

mod panel;
mod retention;
mod row;
mod storage_space;
mod stored;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use transcription_common::RecordingPhase;
use transcription_common::texts::{self, recordings as list_texts};
use transcription_dom::database::{Database, take_lock};
use transcription_dom::{Listener, WarnOnError, closest, document, find, get, show, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{BroadcastChannel, Event};

use self::panel::Panel;
pub(crate) use self::retention::keeps_finished;
use self::row::{Deletion, Row, size};
use super::Host;
use super::answer::{is_too_late, returned_in_time};
use super::elements::{after, on};
use super::folder::{BrowserFolder, browser_folder};
use super::status_line::StatusLine;
use crate::recordings::{RecordingText, minutes_of_audio, read_failure, room};

/// How long a deletion can be taken back, in ms.
const UNDO_MS: i32 = 10_000;
/// How long the page takes at most to write the end of a recording, in ms.
const END_IS_WRITTEN_MS: i32 = 1_000;
/// With room for less sound than this, in minutes, users are warned: two long meetings.
const LOW_MINUTES: u64 = 180;
/// The channel on which the tabs of this page say that the list has changed.
const CHANNEL: &str = "recordings";

/// The list of recordings.
pub(crate) struct Recordings {
    host: Host,
    status_line: StatusLine,
    panel: Rc<Panel>,
    /// The latest first.
    rows: RefCell<Vec<Rc<Row>>>,
    folder: RefCell<BrowserFolder>,
    /// Counts the readings of the list: only the last one goes on.
    reading: Cell<u32>,
    /// The recording that is being renamed.
    renamed: RefCell<Option<Rc<Row>>>,
    phase: Cell<RecordingPhase>,
    has_asked_to_persist: Cell<bool>,
    /// `None` in browsers before 2022.
    channel: Option<BroadcastChannel>,
    listeners: RefCell<Vec<Listener>>,
    /// Called when a recording of this page is deleted.
    on_deleted: Box<dyn Fn()>,
}

impl Recordings {
    pub(crate) fn new(host: &Host, status_line: &StatusLine, on_deleted: impl Fn() + 'static) -> Rc<Self> {
        let recordings = Rc::new(Self {
            host: host.clone(),
            status_line: status_line.clone(),
            panel: Panel::new(),
            rows: RefCell::default(),
            folder: RefCell::new(browser_folder()),
            reading: Cell::default(),
            renamed: RefCell::default(),
            phase: Cell::default(),
            has_asked_to_persist: Cell::default(),
            channel: BroadcastChannel::new(CHANNEL).ok(),
            listeners: RefCell::default(),
            on_deleted: Box::new(on_deleted),
        });
        recordings.listen();
        recordings
    }

    fn listen(self: &Rc<Self>) {
        let panel = &self.panel;
        self.on(&panel.dialog, "click", Self::clicked);
        self.on(&panel.search, "input", |list, _| list.filter());
        self.on(&panel.dialog, "close", |list, _| list.delete_marked());
        let renaming = self.clone();
        panel.rename.on_answer(move |title| renaming.rename(title));
        self.on(&panel.question, "close", |list, _| list.delete_all());
        let (opened, leaving) = (self.clone(), self.clone());
        let mut listeners = vec![
            Listener::new(&document(), "click", move |event| {
                if closest(&event, "#recordings").is_some() {
                    opened.open();
                }
            }),
            Listener::new(&window(), "pagehide", move |_| leaving.delete_marked()),
        ];
        if let Some(channel) = &self.channel {
            let changed = self.clone();
            listeners.push(Listener::new(channel, "message", move |_| {
                if changed.panel.dialog.open() {
                    changed.read();
                }
            }));
        }
        self.listeners.replace(listeners);
    }

    fn on(
        self: &Rc<Self>,
        target: &web_sys::EventTarget,
        name: &str,
        handler: impl Fn(&Rc<Self>, &Event) + 'static,
    ) {
        let list = self.clone();
        on(target, name, move |event| handler(&list, &event));
    }

    /// The recording has entered another phase.
    pub(crate) fn phase_changed(self: &Rc<Self>, phase: RecordingPhase) {
        let was = self.phase.replace(phase);
        if phase == RecordingPhase::Idle && was != phase {
            if !self.has_asked_to_persist.replace(true) {
                storage_space::ask_to_persist();
            }
            let list = self.clone();
            after(END_IS_WRITTEN_MS, move || list.tell_other_tabs());
        } else if phase == RecordingPhase::Recording && was == RecordingPhase::Connecting {
            spawn_local(warn_of_low_space(self.status_line.clone()));
        }
    }

    fn open(self: &Rc<Self>) {
        self.panel.show_retention(&self.host);
        self.panel.search.set_value("");
        if !self.panel.dialog.open() {
            self.panel.dialog.show_modal().warn_on_error();
        }
        self.read();
    }

    /// Reads the list, and then the texts, which may take a while.
    fn read(self: &Rc<Self>) {
        let reading = self.reading.get().wrapping_add(1);
        self.reading.set(reading);
        let list = self.clone();
        spawn_local(async move {
            if let Err(error) = list.read_all(reading).await
                && list.reading.get() == reading
            {
                list.panel.set_status(&failure(&error));
            }
        });
    }

    async fn read_all(self: &Rc<Self>, reading: u32) -> Result<(), JsValue> {
        let is_current = || self.reading.get() == reading;
        if self.rows.borrow().is_empty() {
            self.panel.set_status(list_texts::READING_RECORDINGS.get());
        }
        let (database, finished) = returned_in_time(async {
            let database = Rc::new(Database::open().await?);
            let finished = stored::finished(&database).await?;
            Ok((database, finished))
        })
        .await?;
        if !is_current() {
            return Ok(());
        }
        let rows = self.show_rows(&finished);
        let on_page: Vec<f64> = self.host.recordings().iter().map(super::Recording::began_ms).collect();
        for row in &rows {
            row.set_on_page(on_page.contains(&row.began_ms));
        }
        self.filter();
        for row in &rows {
            let (database, recording) = (database.clone(), row.began_ms);
            let title = returned_in_time(async move { stored::title(&database, recording).await });
            row.set_own_title(title.await?);
        }
        for row in rows {
            let (database, recording) = (database.clone(), row.began_ms);
            let (texts, markers) = returned_in_time(async move {
                let texts = stored::texts(&database, recording).await?;
                Ok((texts, stored::marker_names(&database, recording).await?))
            })
            .await?;
            if !is_current() {
                return Ok(());
            }
            let mut folder = self.folder.borrow_mut();
            let text = RecordingText::new(texts.into_iter(), &mut folder);
            row.set_text(text.with_markers(markers.into_iter(), &mut folder));
        }
        self.filter();
        self.show_space().await;
        Ok(())
    }

    /// Shows a row for each recording, with the rows that there are already.
    fn show_rows(&self, finished: &[(f64, u64)]) -> Vec<Rc<Row>> {
        let mut rows = self.rows.borrow_mut();
        let known = std::mem::take(&mut *rows);
        let same = |row: &&Rc<Row>, began_ms: f64| row.began_ms.to_bits() == began_ms.to_bits();
        for &(began_ms, samples) in finished {
            let row = known.iter().find(|row| same(row, began_ms)).cloned();
            rows.push(row.unwrap_or_else(|| Rc::new(Row::new(began_ms, samples))));
        }
        // A row that stays is not moved: it would lose the focus.
        for gone in known.iter().filter(|row| !rows.iter().any(|other| Rc::ptr_eq(other, row))) {
            gone.item.remove();
        }
        let mut next = self.panel.list.first_element_child();
        for row in &*rows {
            if next.as_ref().is_some_and(|next| next.is_same_node(Some(&row.item))) {
                next = next.and_then(|next| next.next_element_sibling());
            } else {
                self.panel.list.insert_before(&row.item, next.as_deref()).warn_on_error();
            }
        }
        rows.clone()
    }

    /// Shows the rows that have what is looked for.
    fn filter(&self) {
        let wanted = self.panel.search.value();
        let rows = self.rows.borrow();
        let mut folder = self.folder.borrow_mut();
        let found = rows.iter().filter(|row| row.filter(&wanted, &mut folder)).count();
        show(&self.panel.delete_all, !rows.is_empty());
        let status = match (rows.len(), found) {
            (0, _) => list_texts::NO_RECORDINGS.get().to_owned(),
            (_, 0) if rows.iter().all(|row| row.has_text()) => {
                list_texts::NO_RECORDING_FOUND.get().to_owned()
            }
            (_, 0) => list_texts::READING_RECORDINGS.get().to_owned(),
            (all, found) if all > found => texts::FOUND.with(&[&found.to_string(), &all.to_string()]),
            _ => String::new(),
        };
        self.panel.set_status(&status);
    }

    async fn show_space(&self) {
        let Some(space) = storage_space::space().await else { return };
        self.panel.set_space(&list_texts::STORAGE.with(&[&size(space.used), &size(space.left)]));
        let minutes = minutes_of_audio(space.left);
        let oldest = self.oldest().filter(|_| minutes < LOW_MINUTES);
        let warning =
            oldest.map(|oldest| list_texts::STORAGE_IS_LOW.with(&[&room(minutes), &oldest.title()]));
        self.panel.set_low_space(warning.as_deref());
    }

    fn show_space_later(self: &Rc<Self>) {
        let list = self.clone();
        spawn_local(async move { list.show_space().await });
    }

    /// The oldest recording that is not marked as deleted.
    fn oldest(&self) -> Option<Rc<Row>> {
        self.rows.borrow().iter().rev().find(|row| !row.is_deleted()).cloned()
    }

    fn clicked(self: &Rc<Self>, event: &Event) {
        if closest(event, "button").is_some_and(|button| button == self.panel.delete_all) {
            let rows = self.rows.borrow().len();
            self.panel.ask_to_delete_all(rows).warn_on_error();
        } else if closest(event, "button").is_some_and(|button| button == self.panel.delete_oldest) {
            self.mark_deleted(self.oldest().into_iter().collect());
        }
        let Some(action) = closest(event, "[data-action]").and_then(|it| it.get_attribute("data-action"))
        else {
            return;
        };
        let Some(item) = closest(event, "li") else { return };
        let row = self.rows.borrow().iter().find(|row| row.item == item).cloned();
        let Some(row) = row else { return };
        match &*action {
            "open" => self.open_recording(row),
            "rename" => self.ask_for_title(row),
            "delete" => self.mark_deleted(vec![row]),
            "undo" => {
                row.undo();
                self.show_space_later();
            }
            _ => {}
        }
    }

    fn open_recording(self: &Rc<Self>, row: Rc<Row>) {
        if self.first_connection_on_page(&row).is_some() {
            return self.panel.dialog.close();
        }
        let refusal = if self.host.phase() != RecordingPhase::Idle {
            Some(list_texts::NOT_WHILE_RECORDING_IS_MADE)
        } else if find("#transcript .editor").is_some() {
            Some(list_texts::CORRECTION_IS_OPEN)
        } else if !self.host.is_kept(false) {
            Some(list_texts::PAGE_IS_NOT_STORED)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.panel.set_status(refusal.get());
        }
        let list = self.clone();
        spawn_local(async move {
            match JsFuture::from(list.host.open(row.began_ms)).await.warn_on_error() {
                Some(is_open) if is_open.is_truthy() => {
                    list.panel.dialog.close();
                    if let Some(transcript) = find("#transcript") {
                        transcript.set_scroll_top(0);
                        transcription_dom::focus(&transcript);
                    }
                }
                _ => list.panel.set_status(&list_texts::OPEN_ELSEWHERE.with(&[&row.title()])),
            }
        });
    }

    /// The number of the first connection of a recording that is on this page.
    fn first_connection_on_page(&self, row: &Row) -> Option<u32> {
        let recordings = self.host.recordings();
        let its = recordings.iter().find(|it| it.began_ms().to_bits() == row.began_ms.to_bits());
        its.map(super::Recording::first_connection)
    }

    fn ask_for_title(&self, row: Rc<Row>) {
        let own = row.own_title();
        let shown = if own.is_empty() { row.title() } else { own };
        self.renamed.replace(Some(row));
        self.panel.rename.ask(&list_texts::RENAME_TITLED.with(&[&shown]), &shown);
    }

    fn rename(self: &Rc<Self>, title: Option<String>) {
        let (Some(row), Some(title)) = (self.renamed.take(), title) else { return };
        let list = self.clone();
        spawn_local(async move {
            let (recording, to_store) = (row.began_ms, title.clone());
            let stored = returned_in_time(async move {
                let database = Database::open().await?;
                stored::rename(&database, recording, &to_store).await
            });
            if let Err(error) = stored.await {
                return list.panel.set_status(&failure(&error));
            }
            row.set_own_title(Some(title));
            list.filter();
            list.tell_other_tabs();
        });
    }

    /// Marks recordings as deleted; they are deleted once that can no longer be taken back.
    fn mark_deleted(self: &Rc<Self>, rows: Vec<Rc<Row>>) {
        let list = self.clone();
        spawn_local(async move {
            for row in rows {
                match list.mark(&row).await {
                    Ok(number) => {
                        let (list, row) = (list.clone(), row.clone());
                        after(UNDO_MS, move || {
                            if row.awaits(number) {
                                list.delete(vec![row]);
                            }
                        });
                    }
                    Err(refusal) => list.panel.set_status(&refusal),
                }
            }
            list.show_space().await;
        });
    }

    /// Takes what a recording is deleted with, and marks it. Returns the number of its deletion; the error is a sentence
    /// for the user.
    async fn mark(&self, row: &Row) -> Result<u32, String> {
        let is_here = self.first_connection_on_page(row).is_some();
        if is_here && self.host.phase() != RecordingPhase::Idle {
            return Err(list_texts::NOT_WHILE_RECORDING_IS_MADE.get().to_owned());
        }
        let lock = if is_here { None } else { take_lock(row.began_ms).await };
        if !is_here && lock.is_none() {
            return Err(list_texts::OPEN_ELSEWHERE.with(&[&row.title()]));
        }
        let database = returned_in_time(Database::open()).await.map_err(|error| failure(&error))?;
        Ok(row.mark_deleted(Deletion { database, _lock: lock }))
    }

    /// Deletes the recordings that are marked as deleted.
    fn delete_marked(self: &Rc<Self>) {
        let rows: Vec<_> = self.rows.borrow().iter().filter(|row| row.is_deleted()).cloned().collect();
        self.delete(rows);
    }

    fn delete_all(self: &Rc<Self>) {
        if self.panel.question.return_value() != "delete" {
            return;
        }
        let list = self.clone();
        spawn_local(async move {
            let rows = list.rows.borrow().clone();
            for row in rows {
                if !row.is_deleted()
                    && let Err(refusal) = list.mark(&row).await
                {
                    list.panel.set_status(&refusal);
                    continue;
                }
                list.delete(vec![row]);
            }
        });
    }

    /// Deletes recordings that are marked as deleted, and removes their rows.
    fn delete(self: &Rc<Self>, rows: Vec<Rc<Row>>) {
        for row in rows {
            let Some(deletion) = row.take_deletion() else { continue };
            let here = self.first_connection_on_page(&row);
            if here.is_some_and(|first| !self.host.delete(first)) {
                // A recording has been started meanwhile.
                row.undo();
                self.panel.set_status(list_texts::NOT_WHILE_RECORDING_IS_MADE.get());
                continue;
            }
            if here.is_some() {
                (self.on_deleted)();
            }
            let had_focus = document().active_element().is_some_and(|it| row.item.contains(Some(&it)));
            self.rows.borrow_mut().retain(|other| !Rc::ptr_eq(other, &row));
            row.item.remove();
            if had_focus {
                transcription_dom::focus(&self.panel.search);
            }
            self.filter();
            let list = self.clone();
            // It runs up to its first wait even while the page is being left.
            spawn_local(async move {
                if here.is_none() {
                    deletion.database.delete(row.began_ms).await.warn_on_error();
                }
                drop(deletion);
                list.tell_other_tabs();
                list.show_space().await;
            });
        }
    }

    fn tell_other_tabs(&self) {
        if let Some(channel) = &self.channel {
            channel.post_message(&JsValue::NULL).warn_on_error();
        }
    }
}

/// Why the stored recordings could not be read or changed.
fn failure(error: &JsValue) -> String {
    if is_too_late(error) {
        return texts::STORAGE_SILENT.get().to_owned();
    }
    read_failure(&get(error, "name").as_string().unwrap_or_default())
}

/// Says on the page that there is little room for sound.
async fn warn_of_low_space(status_line: StatusLine) {
    let minutes = storage_space::space().await.map(|space| minutes_of_audio(space.left));
    if let Some(minutes) = minutes.filter(|minutes| *minutes < LOW_MINUTES) {
        status_line.set(&list_texts::STORAGE_WILL_BE_FULL.with(&[&room(minutes)]));
    }
}
