use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Int16Array;
use transcription_dom::database::{self, AUDIO, Database, Lock, RECORDINGS, Status, TURNS, take_lock};
use transcription_dom::number_array;
use wasm_bindgen::prelude::*;

use super::found::{Orphan, offer};
use super::{RecordingInfo, StoreContext};
use crate::browser::spawn;
use crate::recovery::{ConnectionOffset, RecoveryEvent, StorageError, WriteBuffer};

/// Stores one recording while it is captured. One write runs at a time; what arrives meanwhile goes into the next one.
pub(super) struct RecordingWriter {
    /// When it began, in ms since 1970, which is also its key in the database.
    pub(super) recording: f64,
    /// How this page numbers its connections.
    pub(super) numbering: ConnectionOffset,
    pub(super) status: Status,
    pub(super) buffer: WriteBuffer,
    pub(super) lock: Option<Lock>,
    pub(super) is_writing: bool,
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
        Rc::new(RefCell::new(Self {
            recording,
            numbering,
            status,
            buffer: WriteBuffer::default(),
            lock,
            is_writing: false,
            has_stopped: false,
            is_interrupted: false,
        }))
    }

    /// Whether nothing more is written.
    pub(super) fn has_stopped(&self) -> bool {
        self.has_stopped
    }

    /// Whether it is stored, or was exported.
    pub(super) fn is_kept(&self) -> bool {
        !self.has_stopped || self.is_interrupted || self.status.is_exported
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
        self.buffer = WriteBuffer::default();
    }

    /// Takes what is to be written next.
    fn next(&mut self) -> Option<(WriteBuffer, Status)> {
        let batch = self.buffer.take();
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

/// Changes a recording and starts a write unless one is running; `change` returns whether the buffer had room.
pub(super) fn update(
    context: &Rc<StoreContext>,
    writer: &Rc<RefCell<RecordingWriter>>,
    change: &mut dyn FnMut(&mut RecordingWriter) -> bool,
) {
    if writer.borrow().has_stopped {
        return;
    }
    let has_room = change(&mut writer.borrow_mut());
    if !has_room {
        fail(context, writer, StorageError::TooSlow);
    } else if !std::mem::replace(&mut writer.borrow_mut().is_writing, true) {
        let (context, writer) = (context.clone(), writer.clone());
        spawn(async move {
            if let Err(error) = write_out(&context, &writer).await {
                // The database may have been closed; the next recording opens it again.
                context.database.take();
                fail(&context, &writer, error.into());
            }
        });
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
    if writer.borrow().lock.is_none() {
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
