use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Int16Array};
use wasm_bindgen::prelude::*;

use super::database::{self, AUDIO, Database, RECORDINGS, TURNS};
use super::lock::{self, Lock};
use super::{Left, RecordingInfo, Shelf, offer};
use crate::browser::spawn;
use crate::recovery::{ConnectionOffset, RecoveryEvent, StorageError, WriteBuffer};

/// Keeps one recording while it is made. One write is on its way at a time; what comes meanwhile goes with the next.
pub(super) struct Keeper {
    /// When it began, in ms since 1970: no two begin at once.
    pub(super) recording: f64,
    /// Where this page shows it.
    pub(super) here: ConnectionOffset,
    pub(super) status: Status,
    pub(super) backlog: WriteBuffer,
    pub(super) lock: Option<Lock>,
    pub(super) is_writing: bool,
    /// The browser has refused, or is not to be asked any more.
    is_over: bool,
    /// What is written is all that there will be: it is offered.
    pub(super) is_broken_off: bool,
}

/// What there is of a recording.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Status {
    pub(super) captured_samples: u64,
    pub(super) confirmed_samples: u64,
    pub(super) is_finished: bool,
}

impl Keeper {
    /// The lock of a new recording is still to be taken.
    pub(super) fn new(
        recording: f64,
        here: ConnectionOffset,
        status: Status,
        lock: Option<Lock>,
    ) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            recording,
            here,
            status,
            backlog: WriteBuffer::default(),
            lock,
            is_writing: false,
            is_over: false,
            is_broken_off: false,
        }))
    }

    /// Whether nothing more is written.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What others know it by.
    pub(super) fn info(&self) -> RecordingInfo {
        RecordingInfo {
            began_ms: self.recording,
            first: self.here.first,
            samples: self.status.captured_samples,
        }
    }

    /// Writes nothing more.
    pub(super) fn give_up(&mut self) {
        self.is_over = true;
        self.backlog = WriteBuffer::default();
    }

    /// What is to be written next.
    fn next(&mut self) -> Option<(WriteBuffer, Status)> {
        let batch = self.backlog.take();
        self.is_writing = batch.is_some();
        Some((batch?, self.status))
    }

    /// The recording as it is left behind, once all of it is written.
    fn broken_off(&mut self) -> Option<Left> {
        let lock = self.lock.take_if(|_| self.is_broken_off)?;
        self.is_over = true;
        Some(Left { recording: self.recording, status: self.status, lock, here: Some(self.here) })
    }
}

/// Changes what is kept, and sees that it is written; `change` tells whether there was room for it.
pub(super) fn keep(
    shelf: &Rc<Shelf>,
    keeper: &Rc<RefCell<Keeper>>,
    change: &mut dyn FnMut(&mut Keeper) -> bool,
) {
    if keeper.borrow().is_over {
        return;
    }
    let has_room = change(&mut keeper.borrow_mut());
    if !has_room {
        fail(shelf, keeper, StorageError::TooSlow);
    } else if !std::mem::replace(&mut keeper.borrow_mut().is_writing, true) {
        let (shelf, keeper) = (shelf.clone(), keeper.clone());
        spawn(async move {
            if let Err(error) = write_out(&shelf, &keeper).await {
                // It may have been closed; the next recording opens it anew.
                shelf.database.take();
                fail(&shelf, &keeper, error.into());
            }
        });
    }
}

/// Nothing is borrowed when it is told: what follows from that may come back to the store.
fn fail(shelf: &Shelf, keeper: &RefCell<Keeper>, refusal: StorageError) {
    let was_over = keeper.borrow().is_over;
    keeper.borrow_mut().give_up();
    if !was_over {
        shelf.inbox.put(RecoveryEvent::StorageFailed(refusal));
    }
}

async fn write_out(shelf: &Shelf, keeper: &RefCell<Keeper>) -> Result<(), JsValue> {
    let recording = keeper.borrow().recording;
    let database = shelf.database().await?;
    if keeper.borrow().lock.is_none() {
        // Before anything is there that another tab could take for left behind.
        let lock = lock::take(recording).await;
        keeper.borrow_mut().lock = lock;
    }
    loop {
        let next = keeper.borrow_mut().next();
        let Some((batch, status)) = next else { break };
        write(&database, recording, batch, status).await?;
    }
    let broken_off = keeper.borrow_mut().broken_off();
    if let Some(left) = broken_off {
        offer(shelf, &database, left).await?;
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
        // In the processor's order of bytes, which for every browser's processor is the wire's and WAV's.
        audio.put_with_key(
            &Int16Array::from(&samples[..]),
            &database::numbers(&[recording, *at_sample as f64]),
        )?;
    }
    let turns = transaction.object_store(TURNS)?;
    for (turn, text) in &batch.turns {
        let key = database::numbers(&[recording, f64::from(turn.connection.0), turn.turn_order as f64]);
        match text {
            Some(text) => turns.put_with_key(&text.into(), &key)?,
            None => turns.delete(&key)?,
        };
    }
    transaction.object_store(RECORDINGS)?.put_with_key(&status.to_value(), &recording.into())?;
    database::commit(&transaction).await
}

impl Status {
    fn to_value(self) -> JsValue {
        let Self { captured_samples, confirmed_samples, is_finished } = self;
        database::numbers(&[captured_samples as f64, confirmed_samples as f64, f64::from(is_finished)])
    }

    /// Reads what [`Self::to_value`] wrote.
    pub(super) fn from_value(value: JsValue) -> Self {
        let numbers: Array = value.unchecked_into();
        let number = |index| numbers.get(index).as_f64().unwrap_or_default();
        Self {
            captured_samples: number(0) as u64,
            confirmed_samples: number(1) as u64,
            is_finished: number(2) > 0.0,
        }
    }
}
