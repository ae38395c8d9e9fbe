use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Int16Array;
use transcription_dom::database::{self, AUDIO, Database, Lock, RECORDINGS, Status, TURNS, take_lock};
use transcription_dom::{Timeout, number_array};
use wasm_bindgen::prelude::*;

use super::found::{Orphan, offer};
use super::{RecordingInfo, StoreContext};
use crate::browser::spawn;
use crate::recovery::{ConnectionOffset, RecoveryEvent, StorageError, WriteBuffer};

/// The longest that anything waits to be written, in ms.
const MAX_WAIT_MS: u32 = 1_000;

/// Stores one recording while it is captured. One write runs at a time; what arrives meanwhile goes into the next one.
/// A write starts once there is a second of audio, when something is urgent, or after [`MAX_WAIT_MS`].
pub(super) struct RecordingWriter {
    /// When it began, in ms since 1970, which is also its key in the database.
    pub(super) recording: f64,
    /// How this page numbers its connections.
    pub(super) numbering: ConnectionOffset,
    pub(super) status: Status,
    pub(super) buffer: WriteBuffer,
    pub(super) lock: Option<Lock>,
    pub(super) is_writing: bool,
    /// Starts the write of what is not due otherwise. Where a browser slows timers down because the page is hidden, the
    /// audio starts it.
    timeout: Option<Timeout>,
    /// Whether nothing more is written, after a failure or because it is deleted or complete.
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
            lock,
            is_writing: false,
            timeout: None,
            has_stopped: false,
            is_interrupted: false,
        }))
    }

    /// Whether it is stored.
    pub(super) fn is_kept(&self) -> bool {
        !self.has_stopped || self.is_interrupted
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
    }

    /// Takes what is to be written now.
    fn next(&mut self) -> Option<(WriteBuffer, Status)> {
        let batch = self.buffer.take_if_due();
        self.is_writing = batch.is_some();
        Some((batch?, self.status))
    }

    /// Hands the recording over for recovery if it was interrupted. Call it when all of it is written.
    fn take_orphan(&mut self) -> Option<Orphan> {
        let lock = self.lock.take_if(|_| self.is_interrupted)?;
        self.has_stopped = true;
        Some(Orphan { recording: self.recording, status: self.status, lock, numbering: Some(self.numbering) })
    }
}

/// Changes a recording and starts a write if one is due; `change` returns whether the buffer had room.
pub(super) fn update(
    context: &Rc<StoreContext>,
    writer: &Rc<RefCell<RecordingWriter>>,
    change: &mut dyn FnMut(&mut RecordingWriter) -> bool,
) {
    // One that is offered for recovery is over, but may be corrected.
    if writer.borrow().has_stopped && !context.found.offers(writer.borrow().recording) {
        return;
    }
    let has_room = change(&mut writer.borrow_mut());
    if has_room {
        start_write(context, writer);
    } else {
        fail(context, writer, StorageError::TooSlow);
    }
}

/// Starts a write if one is due, and otherwise the timeout after which one is; does nothing while one is running.
fn start_write(context: &Rc<StoreContext>, writer: &Rc<RefCell<RecordingWriter>>) {
    let mut state = writer.borrow_mut();
    if state.is_writing {
        return;
    }
    let (context, writer) = (context.clone(), writer.clone());
    if state.buffer.is_due() {
        state.timeout = None;
        state.is_writing = true;
        spawn(async move {
            match write_out(&context, &writer).await {
                Ok(()) => start_write(&context, &writer),
                Err(error) => {
                    // The database may have been closed during the write; the next recording opens it again.
                    context.database.take();
                    fail(&context, &writer, error.into());
                }
            }
        });
    } else if !state.buffer.is_empty() && state.timeout.is_none() {
        state.timeout = Some(Timeout::new(MAX_WAIT_MS, move || {
            writer.borrow_mut().buffer.make_urgent();
            start_write(&context, &writer);
        }));
    }
}

/// Stops writing and reports it. The writer must not be borrowed: the event may call the store.
fn fail(context: &StoreContext, writer: &RefCell<RecordingWriter>, refusal: StorageError) {
    let was_over = writer.borrow().has_stopped;
    writer.borrow_mut().stop_writing();
    if !was_over {
        context.queue.put(RecoveryEvent::StorageFailed(refusal));
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
        let next = writer.borrow_mut().next();
        let Some((batch, status)) = next else { break };
        write(&database, recording, batch, status).await?;
    }
    let orphan = writer.borrow_mut().take_orphan();
    if let Some(orphan) = orphan {
        offer(context, &database, orphan).await?;
    }
    Ok(())
}

async fn write(
    database: &Database,
    recording: f64,
    batch: WriteBuffer,
    status: Status,
) -> Result<(), JsValue> {
    let transaction = database.write()?;
    let audio = transaction.object_store(AUDIO)?;
    for (at_sample, samples) in &batch.audio {
        // In the processor's byte order: little-endian, as in WAV, on all processors that browsers run on.
        audio
            .put_with_key(&Int16Array::from(&samples[..]), &number_array(&[recording, *at_sample as f64]))?;
    }
    let turns = transaction.object_store(TURNS)?;
    for (turn, text) in &batch.turns {
        let key = number_array(&[recording, f64::from(turn.connection.0), turn.turn_order as f64]);
        match text {
            Some(text) => turns.put_with_key(&text.into(), &key)?,
            None => turns.delete(&key)?,
        };
    }
    transaction.object_store(RECORDINGS)?.put_with_key(&status.to_value(), &recording.into())?;
    database::commit(&transaction).await
}
