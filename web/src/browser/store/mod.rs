//! Recordings in the browser's database: the ones of this page, and unfinished ones of pages that are gone.
//!
//! Reading order: this file, `writer` (stores a recording while it is captured), `lock` (which tab a recording belongs
//! to), `samples` (reads audio back), `database`.

mod database;
mod lock;
mod samples;
mod writer;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Date, Int16Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::view::RecoverySection;
use super::{EventQueue, spawn};
use crate::ports::Store;
use crate::recovery::{ConnectionOffset, Recoverable, RecoveryEvent, resent_from};
use crate::session::{ConnectionId, ResumeState};
use assemblyai_session::{ShownTurn, TurnKey};
use database::{Database, RECORDINGS, TURNS};
use lock::Lock;
use transcription_common::{from_text, to_text};
use transcription_dom::Listener;
use writer::{RecordingWriter, Status, update};

/// No limit on the number of results of a query.
const ALL: u32 = u32::MAX;

/// The recordings in the browser's database.
pub(crate) struct BrowserStore {
    context: Rc<StoreContext>,
    writer: Option<Rc<RefCell<RecordingWriter>>>,
    /// Earlier recordings of this page, which can be played as long as the page is open.
    earlier: Vec<Rc<RefCell<RecordingWriter>>>,
    _listener: Listener,
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
    /// The recording that the page offers to recover.
    recovered: RefCell<Option<Orphan>>,
    /// Finished recordings of earlier pages that are about to be shown again.
    finished: RefCell<Vec<Orphan>>,
}

/// A recording without a page. This page holds its lock.
struct Orphan {
    recording: f64,
    status: Status,
    lock: Lock,
    /// The numbering under which this page already shows it, if this page recorded it.
    numbering: Option<ConnectionOffset>,
}

impl BrowserStore {
    /// Opens the store and scans it for unfinished recordings.
    pub(crate) fn new(queue: &EventQueue, section: &RecoverySection) -> Self {
        let context = Rc::new(StoreContext {
            queue: queue.clone(),
            database: RefCell::default(),
            recovered: RefCell::default(),
            finished: RefCell::default(),
        });
        scan_recordings(&context, true);
        let listener = listen(queue, section);
        Self { context, writer: None, earlier: Vec::new(), _listener: listener }
    }

    /// Changes the current recording; `change` returns whether the write buffer had room.
    fn update(&self, change: &mut dyn FnMut(&mut RecordingWriter) -> bool) {
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
                true
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
        let recovered = self.context.recovered.borrow();
        recovered.as_ref().map(|orphan| RecordingInfo {
            began_ms: orphan.recording,
            first: ConnectionId(0),
            samples: orphan.status.captured_samples,
        })
    }

    /// The stored samples of a recording from one position to before another: a promise of an `Int16Array`.
    pub(crate) fn audio(&self, recording: f64, from: f64, to: f64) -> Promise {
        let context = self.context.clone();
        future_to_promise(
            async move { samples::samples(&*context.database().await?, recording, from, to).await },
        )
    }

    /// The stored turns of a recording.
    pub(crate) fn stored_turns(
        &self,
        recording: f64,
    ) -> impl Future<Output = Result<Vec<(TurnKey, ShownTurn)>, JsValue>> + use<> {
        let context = self.context.clone();
        async move { turns(&*context.database().await?, recording).await }
    }

    /// The transcript was exported: its recordings are deleted when the page is opened again.
    pub(crate) fn mark_exported(&self) {
        for writer in self.all() {
            writer.borrow_mut().status.is_exported = true;
            update(&self.context, writer, &mut |writer| {
                writer.buffer.has_new_status = true;
                writer.buffer.make_urgent();
                true
            });
        }
    }

    /// Whether the browser stores all recordings of this page that were not exported.
    pub(crate) fn is_kept(&self) -> bool {
        self.all().all(|writer| writer.borrow().is_kept())
    }

    /// Deletes a recording of this page unless it is offered for recovery.
    fn delete(&self, writer: &RefCell<RecordingWriter>) {
        let mut writer = writer.borrow_mut();
        writer.stop_writing();
        if let Some(lock) = writer.lock.take() {
            delete(&self.context, writer.recording, Some(lock));
        }
    }
}

impl Store for BrowserStore {
    fn begin(&mut self, first: ConnectionId) {
        self.earlier.extend(self.writer.take());
        self.writer = Some(RecordingWriter::new(
            Date::now(),
            ConnectionOffset { first, offset: 0 },
            Status::default(),
            None,
        ));
    }

    fn resume(&mut self, numbering: ConnectionOffset) {
        if let Some(Orphan { recording, status, lock, .. }) = self.context.recovered.take() {
            // This page may have recorded it.
            self.earlier.extend(self.writer.take());
            self.earlier.retain(|earlier| earlier.borrow().recording.to_bits() != recording.to_bits());
            self.writer = Some(RecordingWriter::new(recording, numbering, status, Some(lock)));
        }
    }

    fn store_audio(&mut self, position: u64, samples: &[i16]) {
        if let Some(writer) = &self.writer {
            // Counted even if nothing is stored: an export states how much audio is missing.
            writer.borrow_mut().status.captured_samples = position + samples.len() as u64;
        }
        self.update(&mut |writer| writer.buffer.push_audio(position, samples));
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
            true
        });
    }

    fn flush(&mut self) {
        self.update(&mut |writer| {
            writer.buffer.make_urgent();
            true
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
            true
        });
        // A recording that is not stored completely is worth keeping only if it was interrupted.
        if let Some(writer) =
            self.writer.as_ref().filter(|writer| is_complete && writer.borrow().has_stopped())
        {
            self.delete(writer);
        }
    }

    fn show_again(&mut self, began_ms: f64, numbering: ConnectionOffset) {
        let mut finished = self.context.finished.borrow_mut();
        let found = finished.iter().position(|orphan| orphan.recording.to_bits() == began_ms.to_bits());
        if let Some(Orphan { recording, status, lock, .. }) = found.map(|at| finished.swap_remove(at)) {
            self.earlier.push(RecordingWriter::new(recording, numbering, status, Some(lock)));
        }
    }

    fn discard(&mut self) {
        if let Some(orphan) = self.context.recovered.take() {
            delete(&self.context, orphan.recording, Some(orphan.lock));
        }
    }

    fn clear(&mut self) {
        self.earlier.extend(self.writer.take());
        for writer in std::mem::take(&mut self.earlier) {
            self.delete(&writer);
        }
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
        if let Some(database) = open {
            return Ok(database);
        }
        let database = Rc::new(Database::open().await?);
        self.database.replace(Some(database.clone()));
        Ok(database)
    }
}

/// Listens for the buttons that resume or discard the recovered recording. The tools handle those that export it.
fn listen(queue: &EventQueue, offer: &RecoverySection) -> Listener {
    let queue = queue.clone();
    offer.on_click(move |button| match button {
        "continue" => queue.put(RecoveryEvent::ContinuePressed),
        "discard" => queue.put(RecoveryEvent::DiscardPressed),
        _ => {}
    })
}

/// Offers the latest unfinished recording that no other tab holds; deletes exported and empty ones. `shows_finished`
/// shows the finished ones again, which only a new page does.
fn scan_recordings(context: &Rc<StoreContext>, shows_finished: bool) {
    let context = context.clone();
    spawn(async move {
        // Fails if storage is disabled. Then there is nothing to offer, and the next recording reports it.
        scan(&context, shows_finished).await.ok();
    });
}

async fn scan(context: &StoreContext, shows_finished: bool) -> Result<(), JsValue> {
    let database = context.database().await?;
    let mut finished = Vec::new();
    let recordings = database.all(RECORDINGS, &JsValue::UNDEFINED, ALL, true).await?;
    while let Some(recording) = recordings.pop().as_f64() {
        let Some(lock) = lock::take(recording).await else { continue };
        // Read again under the lock: from now on no other tab changes it.
        let status = database.all(RECORDINGS, &recording.into(), 1, false).await?.pop();
        if !status.is_undefined() {
            let orphan = Orphan { recording, status: Status::from_value(status), lock, numbering: None };
            if orphan.status.is_finished && !orphan.status.is_exported {
                finished.push(orphan);
            } else {
                offer(context, &database, orphan).await?;
            }
        }
    }
    // The earliest first. The others stay locked until they are shown.
    for orphan in finished.into_iter().rev().filter(|_| shows_finished) {
        let turns = turns(&database, orphan.recording).await?;
        if turns.is_empty() {
            database.delete(orphan.recording).await?;
        } else {
            let found = RecoveryEvent::FoundFinished(orphan.recording, turns);
            context.finished.borrow_mut().push(orphan);
            context.queue.put(found);
        }
    }
    Ok(())
}

/// Offers a recording unless it is empty or another one is offered already.
async fn offer(context: &StoreContext, database: &Database, orphan: Orphan) -> Result<(), JsValue> {
    if orphan.status.is_finished || orphan.status.captured_samples == 0 {
        return database.delete(orphan.recording).await;
    }
    if context.recovered.borrow().is_none() {
        let unfinished = read(database, &orphan).await?;
        context.recovered.replace(Some(orphan));
        context.queue.put(RecoveryEvent::Found(unfinished));
    }
    Ok(())
}

/// Reads all turns, and the audio that may have to be sent again.
async fn read(database: &Database, orphan: &Orphan) -> Result<Recoverable, JsValue> {
    let Status { captured_samples: captured, confirmed_samples: confirmed, .. } = orphan.status;
    let from = resent_from(captured, confirmed) as f64;
    let samples = samples::samples(database, orphan.recording, from, captured as f64).await?;
    let samples = samples.unchecked_into::<Int16Array>().to_vec();
    let turns = turns(database, orphan.recording).await?;
    // Chunks are written in order and without a gap.
    let first = captured.saturating_sub(samples.len() as u64);
    let connection = turns.last().map_or(ConnectionId(0), |(key, _)| key.connection);
    let resume_state = ResumeState { samples, first, confirmed, connection };
    Ok(Recoverable { began_ms: orphan.recording, turns, resume_state, shown_as: orphan.numbering })
}

async fn turns(database: &Database, recording: f64) -> Result<Vec<(TurnKey, ShownTurn)>, JsValue> {
    let range = database::all_of(recording, 0.0)?;
    let keys = database.all(TURNS, &range, ALL, true).await?;
    let texts = database.all(TURNS, &range, ALL, false).await?;
    let mut turns = Vec::new();
    for index in 0..keys.length() {
        let key: Array = keys.get(index).unchecked_into();
        let part = |index| key.get(index).as_f64().unwrap_or_default();
        let key = TurnKey { connection: ConnectionId(part(1) as u32), turn_order: part(2) as u64 };
        let turn = texts.get(index).as_string().and_then(|text| from_text(&text));
        turns.extend(turn.map(|turn| (key, turn)));
    }
    Ok(turns)
}
