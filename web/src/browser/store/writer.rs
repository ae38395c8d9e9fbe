use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Int16Array;
use transcription_dom::database::{self, AUDIO, Database, Lock, RECORDINGS, Status, TURNS, take_lock};
use transcription_dom::{Timeout, number_array};
use wasm_bindgen::prelude::*;
use web_sys::IdbTransaction;

use super::found::{Orphan, offer};
use super::{RecordingInfo, StoreContext};
use crate::browser::spawn;
use crate::recovery::{ConnectionOffset, RecoveryEvent, StorageError, WriteBuffer};

/// The longest that anything waits to be written, in ms.
const MAX_WAIT_MS: u32 = 1_000;
/// This many failed writes in a row are reported: browsers close databases at any time, and a server of theirs that has
/// crashed is back in a second.
const REPORTED_FAILURES: u32 = 7;
/// The wait before a write is tried again, in ms.
const RETRY_MS: u32 = 1_000;

/// Stores one recording while it is captured. One write runs at a time; what arrives meanwhile goes into the next one.
/// A write starts once there is a second of audio, when something is urgent, or after [`MAX_WAIT_MS`]. One that fails is
/// tried again until it succeeds, with what has become due meanwhile: the user may make room.
pub(super) struct RecordingWriter {
    /// When it began, in ms since 1970, which is also its key in the database.
    pub(super) recording: f64,
    /// How this page numbers its connections.
    pub(super) numbering: ConnectionOffset,
    pub(super) status: Status,
    pub(super) buffer: WriteBuffer,
    /// What is being written, or was not. Each write writes all of it.
    pub(super) unwritten: WriteBuffer,
    /// The number of writes so far.
    writes: u32,
    /// The writes that have failed since the last that did not: [`REPORTED_FAILURES`] of them are reported.
    failures: u32,
    pub(super) lock: Option<Lock>,
    pub(super) is_writing: bool,
    /// Starts the write of what is not due otherwise. Where a browser slows timers down because the page is hidden, the
    /// audio starts it.
    timeout: Option<Timeout>,
    /// Whether nothing more is written, because the browser refuses or because it is deleted or complete.
    has_stopped: bool,
    /// Whether it was interrupted: once all of it is written, it is offered for recovery.
    pub(super) is_interrupted: bool,
}

impl RecordingWriter {
    /// Without a lock it takes the recording's lock before the first write.
    pub(super) fn new(
        recording: f64,
        numbering: ConnectionOffset,
        status: Status,
        lock: Option<Lock>,
    ) -> Rc<RefCell<Self>> {
        let mut buffer = WriteBuffer::default();
        // The first write opens the database and takes the lock: the later ones can then start at once, even while the
        // page is closing.
        buffer.make_urgent();
        Rc::new(RefCell::new(Self {
            recording,
            numbering,
            status,
            buffer,
            unwritten: WriteBuffer::default(),
            writes: 0,
            failures: 0,
            lock,
            is_writing: false,
            timeout: None,
            has_stopped: false,
            is_interrupted: false,
        }))
    }

    /// Whether it is stored.
    pub(super) fn is_kept(&self) -> bool {
        !self.is_failing() && (!self.has_stopped || self.is_interrupted)
    }

    /// Whether it is reported that writes fail.
    fn is_failing(&self) -> bool {
        self.failures >= REPORTED_FAILURES
    }

    /// What the tools get to know of it.
    pub(super) fn info(&self) -> RecordingInfo {
        RecordingInfo {
            began_ms: self.recording,
            first: self.numbering.first,
            samples: self.status.captured_samples,
        }
    }

    /// Stops writing and drops what is buffered.
    pub(super) fn stop_writing(&mut self) {
        self.has_stopped = true;
        self.timeout = None;
        self.buffer = WriteBuffer::default();
        self.unwritten = WriteBuffer::default();
    }

    /// Writes what is due and what was not written before in a transaction; `None` if there is nothing.
    fn begin_write(&mut self, database: &Database) -> Result<Option<IdbTransaction>, JsValue> {
        // While writes fail, what comes later stays in the buffer, which is bounded.
        if (self.unwritten.is_empty() || !self.is_failing())
            && let Some(batch) = self.buffer.take_if_due()
        {
            self.unwritten.append(batch);
        }
        self.is_writing = !self.unwritten.is_empty();
        if !self.is_writing {
            return Ok(None);
        }
        self.writes += 1;
        let recording = self.recording;
        let transaction = database.write()?;
        let audio = transaction.object_store(AUDIO)?;
        for (at_sample, samples) in &self.unwritten.audio {
            // In the processor's byte order: little-endian, as in WAV, on all processors that browsers run on.
            let key = number_array(&[recording, *at_sample as f64]);
            audio.put_with_key(&Int16Array::from(&samples[..]), &key)?;
        }
        let turns = transaction.object_store(TURNS)?;
        for (turn, text) in &self.unwritten.turns {
            let key = number_array(&[recording, f64::from(turn.connection.0), turn.turn_order as f64]);
            match text {
                Some(text) => turns.put_with_key(&text.into(), &key)?,
                None => turns.delete(&key)?,
            };
        }
        let mut status = self.status;
        // Not before the audio that it covers.
        status.is_finished &= self.buffer.audio.is_empty();
        transaction.object_store(RECORDINGS)?.put_with_key(&status.to_value(), &recording.into())?;
        Ok(Some(transaction))
    }

    /// Hands the recording over for recovery if it was interrupted. Call it when all of it is written.
    fn take_orphan(&mut self) -> Option<Orphan> {
        let lock = self.lock.take_if(|_| self.is_interrupted)?;
        self.has_stopped = true;
        Some(Orphan { recording: self.recording, status: self.status, lock, numbering: Some(self.numbering) })
    }
}

/// Changes a recording and starts a write if one is due.
pub(super) fn update(
    context: &Rc<StoreContext>,
    writer: &Rc<RefCell<RecordingWriter>>,
    change: &mut dyn FnMut(&mut RecordingWriter),
) {
    // One that is offered for recovery is over, but may be corrected.
    if writer.borrow().has_stopped && !context.found.offers(writer.borrow().recording) {
        return;
    }
    change(&mut writer.borrow_mut());
    start_write(context, writer);
    if writer.borrow().buffer.is_late() {
        count_failures(context, writer, StorageError::TooSlow, REPORTED_FAILURES);
    }
}

/// Starts a write if one is due, and otherwise the timeout after which one is; does nothing while one is running.
fn start_write(context: &Rc<StoreContext>, writer: &Rc<RefCell<RecordingWriter>>) {
    let mut state = writer.borrow_mut();
    if state.is_writing {
        return;
    }
    if state.buffer.is_due() || !state.unwritten.is_empty() {
        state.timeout = None;
        state.is_writing = true;
        let (context, writer) = (context.clone(), writer.clone());
        spawn(async move {
            match write_out(&context, &writer).await {
                Ok(()) => start_write(&context, &writer),
                Err(error) => {
                    // The database may have been closed during the write; the next one opens it again.
                    context.database.take();
                    retry(&context, &writer, error.into());
                }
            }
        });
    } else if !state.buffer.is_empty() && state.timeout.is_none() {
        write_after(MAX_WAIT_MS, &mut state, context, writer);
    }
}

/// Starts a write after a wait.
fn write_after(
    wait_ms: u32,
    state: &mut RecordingWriter,
    context: &Rc<StoreContext>,
    writer: &Rc<RefCell<RecordingWriter>>,
) {
    let (context, writer) = (context.clone(), writer.clone());
    state.timeout = Some(Timeout::new(wait_ms, move || {
        let mut state = writer.borrow_mut();
        state.buffer.make_urgent();
        state.is_writing = false;
        drop(state);
        start_write(&context, &writer);
    }));
}

/// Starts the write again after a wait, unless it cannot succeed.
fn retry(context: &Rc<StoreContext>, writer: &Rc<RefCell<RecordingWriter>>, error: StorageError) {
    let mut state = writer.borrow_mut();
    // If the database cannot even be opened for the first write. An aborted transaction may have no reason.
    let is_refused = state.lock.is_none() && matches!(error, StorageError::Forbidden | StorageError::Newer);
    // One that is offered for recovery is over, but a correction of it is written.
    if state.has_stopped && !context.found.offers(state.recording) {
        return;
    }
    if is_refused {
        state.stop_writing();
    } else {
        write_after(RETRY_MS, &mut state, context, writer);
    }
    drop(state);
    count_failures(context, writer, error, if is_refused { REPORTED_FAILURES } else { 1 });
}

/// Counts failures, and reports once that there are [`REPORTED_FAILURES`]. The writer must not be borrowed: the event
/// may call the store.
fn count_failures(context: &StoreContext, writer: &RefCell<RecordingWriter>, error: StorageError, by: u32) {
    let mut state = writer.borrow_mut();
    let was_failing = state.is_failing();
    state.failures += by;
    let (has_failed, first) = (state.is_failing() && !was_failing, state.numbering.first);
    drop(state);
    if has_failed {
        context.queue.put(RecoveryEvent::StorageFailed(first, error));
    }
}

async fn write_out(context: &StoreContext, writer: &RefCell<RecordingWriter>) -> Result<(), JsValue> {
    let recording = writer.borrow().recording;
    let database = context.database().await?;
    if writer.borrow().lock.is_none() && !context.found.offers(recording) {
        // Before the first write: another tab would take a recording without a lock for an orphan.
        let lock = take_lock(recording).await;
        writer.borrow_mut().lock = lock;
    }
    loop {
        let Some(transaction) = writer.borrow_mut().begin_write(&database)? else { break };
        let number = writer.borrow().writes;
        let result = database::commit(&transaction).await;
        let mut state = writer.borrow_mut();
        // A later write has begun meanwhile and contains all of this one.
        if state.writes != number {
            return Ok(());
        }
        result?;
        state.unwritten = WriteBuffer::default();
    }
    // All is written, also what waited meanwhile.
    let (was_failing, first, orphan) = {
        let mut state = writer.borrow_mut();
        let was_failing = state.is_failing();
        state.failures = 0;
        (was_failing, state.numbering.first, state.take_orphan())
    };
    if was_failing {
        context.queue.put(RecoveryEvent::StoredAgain(first));
    }
    if let Some(orphan) = orphan {
        offer(context, &database, orphan).await?;
    }
    Ok(())
}
