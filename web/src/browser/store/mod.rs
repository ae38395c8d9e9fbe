//! Recordings in the browser's database: the ones of this page, and those of pages that are gone.
//!
//! Reading order: this file, `writer` (stores a recording while it is captured), `found` (what becomes of the recordings
//! of earlier pages), `samples` (reads audio back). The database itself is in `transcription_dom`: the tools list it.

mod found;
mod samples;
mod writer;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Date, Promise};
use wasm_bindgen::prelude::*;
use web_sys::DomException;

use super::{EventQueue, promise, spawn};
use crate::ports::Store;
use crate::recovery::{ConnectionOffset, StorageError};
use crate::session::ConnectionId;
use assemblyai_session::{ShownTurn, TurnKey};
use found::{Found, Orphan, scan_recordings};
use transcription_common::to_text;
use transcription_dom::database::{Database, Lock, Status};
use writer::{RecordingWriter, update};

/// The recordings in the browser's database.
pub(crate) struct BrowserStore {
    context: Rc<StoreContext>,
    writer: Option<Rc<RefCell<RecordingWriter>>>,
    /// Earlier recordings of this page, which can be played as long as the page is open.
    earlier: Vec<Rc<RefCell<RecordingWriter>>>,
}

/// A recording of this page, or a recovered one.
pub(crate) struct RecordingInfo {
    /// The start in ms since 1970, which is also its key in the database.
    pub(crate) began_ms: f64,
    /// Its first connection on this page; 0 for a recovered recording.
    pub(crate) first: ConnectionId,
    /// The number of samples captured.
    pub(crate) samples: u64,
}

/// What the store's tasks share.
struct StoreContext {
    queue: EventQueue,
    database: RefCell<Option<Rc<Database>>>,
    found: Found,
}

impl BrowserStore {
    /// Opens the store and scans it for unfinished recordings.
    pub(crate) fn new(queue: &EventQueue) -> Self {
        let context = Rc::new(StoreContext {
            queue: queue.clone(),
            database: RefCell::default(),
            found: Found::default(),
        });
        scan_recordings(&context, true);
        Self { context, writer: None, earlier: Vec::new() }
    }

    /// Changes the current recording.
    fn update(&self, change: &mut dyn FnMut(&mut RecordingWriter)) {
        if let Some(writer) = &self.writer {
            update(&self.context, writer, change);
        }
    }

    fn store_text(&self, key: TurnKey, mut text: Option<String>, is_urgent: bool) {
        // The user may edit a turn of an earlier recording.
        let candidates = self.all().filter(|writer| writer.borrow().numbering.first <= key.connection);
        if let Some(writer) = candidates.max_by_key(|writer| writer.borrow().numbering.first) {
            writer.borrow_mut().status.is_exported = false;
            update(&self.context, writer, &mut |writer| {
                let connection = ConnectionId(key.connection.0.saturating_sub(writer.numbering.offset));
                writer.buffer.push_turn(TurnKey { connection, ..key }, text.take());
                if is_urgent {
                    writer.buffer.make_urgent();
                }
            });
        }
    }

    /// The writers of this page's recordings in order.
    fn all(&self) -> impl Iterator<Item = &Rc<RefCell<RecordingWriter>>> {
        self.earlier.iter().chain(&self.writer)
    }

    /// The recordings of this page in order.
    pub(crate) fn recordings(&self) -> Vec<RecordingInfo> {
        self.all().map(|writer| writer.borrow().info()).collect()
    }

    /// The unfinished recording that the page shows for recovery.
    pub(crate) fn recovered(&self) -> Option<RecordingInfo> {
        let recovered = self.context.found.recovered.borrow();
        recovered.as_ref().map(|orphan| RecordingInfo {
            began_ms: orphan.recording,
            first: ConnectionId(0),
            samples: orphan.status.captured_samples,
        })
    }

    /// The stored samples of a recording from one position to before another: a promise of an `Int16Array`.
    pub(crate) fn audio(&self, recording: f64, from: f64, to: f64) -> Promise {
        let context = self.context.clone();
        promise(async move { samples::samples(&*context.database().await?, recording, from, to).await })
    }

    /// Locks a finished recording that no page shows, so that this page can show it, and returns its turns; `None` if
    /// another tab has it, or there is none.
    pub(crate) fn open(
        &self,
        recording: f64,
    ) -> impl Future<Output = Result<Option<Vec<(TurnKey, ShownTurn)>>, JsValue>> + use<> {
        found::open(self.context.clone(), recording)
    }

    /// The transcript was exported: its recordings are not shown when the page is opened the next time.
    pub(crate) fn mark_exported(&self) {
        for writer in self.all() {
            writer.borrow_mut().status.is_exported = true;
            update(&self.context, writer, &mut |writer| {
                writer.buffer.has_new_status = true;
                writer.buffer.make_urgent();
            });
        }
    }

    /// Whether the browser stores all recordings of this page that were not exported; or, `only_exported`, whether all
    /// were exported.
    pub(crate) fn is_kept(&self, only_exported: bool) -> bool {
        let is_kept =
            |writer: &RecordingWriter| writer.status.is_exported || !only_exported && writer.is_kept();
        self.all().all(|writer| is_kept(&writer.borrow()))
    }

    /// Stores which recordings this page shows, for the next page of this tab.
    fn remember_shown(&self) {
        found::remember_shown(self.all().map(|writer| writer.borrow().recording));
    }

    /// Deletes a recording of this page unless it is offered for recovery.
    fn delete_stored(&self, writer: &RefCell<RecordingWriter>) {
        let mut writer = writer.borrow_mut();
        writer.stop_writing();
        if let Some(lock) = writer.lock.take() {
            delete(&self.context, writer.recording, Some(lock));
        }
    }
}

impl Store for BrowserStore {
    fn begin(&mut self, first: ConnectionId, is_file: bool) {
        self.earlier.extend(self.writer.take());
        self.writer = Some(RecordingWriter::new(
            Date::now(),
            ConnectionOffset { first, offset: 0 },
            Status { is_file, ..Status::default() },
            None,
        ));
        self.remember_shown();
    }

    fn resume(&mut self, numbering: ConnectionOffset) {
        if let Some(Orphan { recording, status, lock, .. }) = self.context.found.recovered.take() {
            // This page may have recorded it.
            self.earlier.extend(self.writer.take());
            self.earlier.retain(|earlier| earlier.borrow().recording.to_bits() != recording.to_bits());
            self.writer = Some(RecordingWriter::new(recording, numbering, status, Some(lock)));
            self.remember_shown();
        }
    }

    fn store_audio(&mut self, position: u64, samples: &[i16]) {
        if let Some(writer) = &self.writer {
            // Counted even if nothing is stored: an export states how much audio is missing.
            writer.borrow_mut().status.captured_samples = position + samples.len() as u64;
        }
        self.update(&mut |writer| writer.buffer.push_audio(position, samples));
    }

    fn silence(&mut self, from: u64, to: u64) {
        self.update(&mut |writer| {
            writer.buffer.silence(from, to);
            writer.unwritten.silence(from, to);
            writer.buffer.make_urgent();
            // The tools write next: what changes now must be on its way before, and not wait for a write in progress. The
            // first write takes the lock, and nothing is stored before it.
            writer.is_writing &= writer.lock.is_none();
        });
    }

    fn store_turn(&mut self, key: TurnKey, turn: &ShownTurn) {
        self.store_text(key, Some(to_text(turn)), turn.is_final);
    }

    fn delete_turn(&mut self, key: TurnKey) {
        self.store_text(key, None, true);
    }

    fn store_confirmed(&mut self, position: u64) {
        self.update(&mut |writer| {
            writer.status.confirmed_samples = position;
            writer.buffer.has_new_status = true;
        });
    }

    fn flush(&mut self) {
        self.update(&mut |writer| {
            writer.buffer.make_urgent();
        });
    }

    fn end(&mut self, is_complete: bool) {
        self.update(&mut |writer| {
            writer.status.is_finished = is_complete;
            writer.is_interrupted = !is_complete;
            writer.buffer.has_new_status = true;
            writer.buffer.make_urgent();
            // The page may be closing: this must not wait for a write in progress.
            writer.is_writing = false;
        });
    }

    fn keep_finished_for(&mut self, days: Option<u32>) {
        found::keep_finished_for(&self.context, days);
    }

    fn show_again(&mut self, began_ms: f64, numbering: ConnectionOffset) {
        if let Some(Orphan { recording, status, lock, .. }) = self.context.found.take_to_show(began_ms) {
            self.earlier.push(RecordingWriter::new(recording, numbering, status, Some(lock)));
            self.remember_shown();
        }
    }

    fn discard(&mut self) {
        if let Some(orphan) = self.context.found.recovered.take() {
            delete(&self.context, orphan.recording, Some(orphan.lock));
        }
    }

    fn delete(&mut self, first: ConnectionId) {
        self.earlier.extend(self.writer.take());
        let is_it = |writer: &Rc<RefCell<RecordingWriter>>| writer.borrow().numbering.first == first;
        if let Some(at) = self.earlier.iter().position(is_it) {
            let writer = self.earlier.remove(at);
            self.delete_stored(&writer);
            self.remember_shown();
        }
    }

    fn release(&mut self, began_ms: f64) {
        drop(self.context.found.take_to_show(began_ms));
    }

    fn put_away(&mut self) {
        // What they still write they hold themselves.
        self.earlier.clear();
        self.writer = None;
        self.remember_shown();
    }

    fn clear(&mut self) {
        self.earlier.extend(self.writer.take());
        for writer in std::mem::take(&mut self.earlier) {
            self.delete_stored(&writer);
        }
        self.remember_shown();
    }
}

/// Deletes a recording whose lock this page holds, then scans for other unfinished ones.
fn delete(context: &Rc<StoreContext>, recording: f64, lock: Option<Lock>) {
    let context = context.clone();
    spawn(async move {
        if let Ok(database) = context.database().await {
            // If this fails, the next scan finds it again.
            database.delete(recording).await.ok();
        }
        drop(lock);
        scan_recordings(&context, false);
    });
}

impl StoreContext {
    async fn database(&self) -> Result<Rc<Database>, JsValue> {
        let open = self.database.borrow().clone();
        if let Some(database) = open.filter(|database| database.is_open()) {
            return Ok(database);
        }
        let database = Rc::new(Database::open().await?);
        self.database.replace(Some(database.clone()));
        Ok(database)
    }
}

impl From<JsValue> for StorageError {
    fn from(error: JsValue) -> Self {
        match error.dyn_into::<DomException>() {
            Ok(exception) => Self::from_exception(&exception.name(), &exception.message()),
            // No answer in time.
            Err(error) if error.is_undefined() => Self::TooSlow,
            Err(_) => Self::Forbidden,
        }
    }
}
