//! What is kept of recordings in the browser's database, and what was left there.
//!
//! Reading order: this file, `keeper` (a recording is written as it comes), `lock` (which tab has to do with it),
//! `samples` (what is heard again), `database`.

mod database;
mod keeper;
mod lock;
mod samples;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Date, Function, Int16Array, Promise};
use wasm_bindgen::prelude::*;

use super::tools::for_tools;
use super::view::RecoverySection;
use super::{Inbox, spawn};
use crate::ports::Store;
use crate::recovery::{ConnectionOffset, Recoverable, RecoveryEvent, resent_from};
use crate::session::{ConnectionId, ResumeState};
use assemblyai_session::{ShownTurn, TurnKey};
use database::{AUDIO, Database, RECORDINGS, TURNS};
use keeper::{Keeper, Status, keep};
use lock::Lock;
use transcription_common::{from_text, to_text};
use transcription_dom::Listener;

/// More recordings, or turns of one, than there can be.
const ALL: u32 = u32::MAX;

/// The recordings in the browser's database.
pub(crate) struct BrowserStore {
    shelf: Rc<Shelf>,
    keeper: Option<Rc<RefCell<Keeper>>>,
    /// Earlier recordings of this page: what is shown of them can be heard as long as the page is there.
    earlier: Vec<Rc<RefCell<Keeper>>>,
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

/// What the tasks of a store have in common.
struct Shelf {
    inbox: Inbox,
    database: RefCell<Option<Rc<Database>>>,
    offered: RefCell<Option<Left>>,
}

/// A recording that was left behind. This page has its lock.
struct Left {
    recording: f64,
    status: Status,
    lock: Lock,
    /// Where this page shows it already.
    here: Option<ConnectionOffset>,
}

impl BrowserStore {
    /// Looks at once for what was left behind.
    pub(crate) fn new(inbox: &Inbox, section: &RecoverySection) -> Self {
        let shelf = Rc::new(Shelf {
            inbox: inbox.clone(),
            database: RefCell::default(),
            offered: RefCell::default(),
        });
        look_around(&shelf);
        let listener = listen(inbox, section);
        Self { shelf, keeper: None, earlier: Vec::new(), _listener: listener }
    }

    /// `change` tells whether there was room for it.
    fn keep(&self, change: &mut dyn FnMut(&mut Keeper) -> bool) {
        if let Some(keeper) = &self.keeper {
            keep(&self.shelf, keeper, change);
        }
    }

    fn keep_text(&self, key: TurnKey, mut text: Option<String>) {
        // The user may change what was recorded earlier.
        let begun = self.all().filter(|keeper| keeper.borrow().here.first <= key.connection);
        if let Some(keeper) = begun.max_by_key(|keeper| keeper.borrow().here.first) {
            keep(&self.shelf, keeper, &mut |keeper| {
                let connection = ConnectionId(key.connection.0.saturating_sub(keeper.here.offset));
                keeper.backlog.push_turn(TurnKey { connection, ..key }, text.take());
                true
            });
        }
    }

    /// The recordings that this page has made, in order.
    fn all(&self) -> impl Iterator<Item = &Rc<RefCell<Keeper>>> {
        self.earlier.iter().chain(&self.keeper)
    }

    /// The recordings of this page in order.
    pub(crate) fn recordings(&self) -> Vec<RecordingInfo> {
        self.all().map(|keeper| keeper.borrow().info()).collect()
    }

    /// The unfinished recording that the page shows for recovery.
    pub(crate) fn recovered(&self) -> Option<RecordingInfo> {
        let offered = self.shelf.offered.borrow();
        offered.as_ref().map(|left| RecordingInfo {
            began_ms: left.recording,
            first: ConnectionId(0),
            samples: left.status.captured_samples,
        })
    }

    /// Samples of a recording, by its name: those from one position to before another that are kept.
    pub(crate) fn audio(&self, recording: f64, from: f64, to: f64) -> Promise {
        let kept = self.shelf.clone();
        promise(async move { samples::samples(&*kept.database().await?, recording, from, to).await })
    }

    /// The stored turns of a recording: a promise of an array of turns for the tools.
    pub(crate) fn stored_turns(&self, recording: f64) -> Promise {
        let kept = self.shelf.clone();
        promise(async move {
            let turns = turns(&*kept.database().await?, recording).await?;
            let turns = for_tools(turns.iter().map(|(key, turn)| (key, turn)));
            Ok(turns.into_iter().map(JsValue::from).collect::<Array>().into())
        })
    }

    /// Deletes a recording of this page, unless it is one that is offered.
    fn delete(&self, keeper: &RefCell<Keeper>) {
        let mut keeper = keeper.borrow_mut();
        keeper.give_up();
        if let Some(lock) = keeper.lock.take() {
            delete(&self.shelf, keeper.recording, Some(lock));
        }
    }
}

impl Store for BrowserStore {
    fn begin(&mut self, first: ConnectionId) {
        self.earlier.extend(self.keeper.take());
        self.keeper =
            Some(Keeper::new(Date::now(), ConnectionOffset { first, offset: 0 }, Status::default(), None));
    }

    fn resume(&mut self, here: ConnectionOffset) {
        if let Some(Left { recording, status, lock, .. }) = self.shelf.offered.take() {
            // This page may have made it.
            self.earlier.extend(self.keeper.take());
            self.earlier.retain(|earlier| earlier.borrow().recording.to_bits() != recording.to_bits());
            self.keeper = Some(Keeper::new(recording, here, status, Some(lock)));
        }
    }

    fn store_audio(&mut self, position: u64, samples: &[i16]) {
        if let Some(keeper) = &self.keeper {
            // Also where nothing is kept: what is saved says how much of it is missing.
            keeper.borrow_mut().status.captured_samples = position + samples.len() as u64;
        }
        self.keep(&mut |keeper| keeper.backlog.push_audio(position, samples));
    }

    fn store_turn(&mut self, key: TurnKey, turn: &ShownTurn) {
        self.keep_text(key, Some(to_text(turn)));
    }

    fn delete_turn(&mut self, key: TurnKey) {
        self.keep_text(key, None);
    }

    fn store_confirmed(&mut self, position: u64) {
        self.keep(&mut |keeper| {
            keeper.status.confirmed_samples = position;
            keeper.backlog.has_new_status = true;
            true
        });
    }

    fn end(&mut self, is_complete: bool) {
        self.keep(&mut |keeper| {
            keeper.status.is_finished = is_complete;
            keeper.is_broken_off = !is_complete;
            keeper.backlog.has_new_status = true;
            // The page may be going away: there is no time to wait for what is being written.
            keeper.is_writing = false;
            true
        });
        // What could not be kept whole is of use only to who has nothing better.
        if let Some(keeper) = self.keeper.as_ref().filter(|keeper| is_complete && keeper.borrow().is_over()) {
            self.delete(keeper);
        }
    }

    fn discard(&mut self) {
        if let Some(left) = self.shelf.offered.take() {
            delete(&self.shelf, left.recording, Some(left.lock));
        }
    }

    fn clear(&mut self) {
        self.earlier.extend(self.keeper.take());
        for keeper in std::mem::take(&mut self.earlier) {
            self.delete(&keeper);
        }
    }
}

/// What comes of a task, for JavaScript.
fn promise(task: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let mut task = Some(task);
    Promise::new(&mut |resolve: Function, reject: Function| {
        let Some(task) = task.take() else { return };
        spawn(async move {
            let (tell, value) = match task.await {
                Ok(value) => (resolve, value),
                Err(error) => (reject, error),
            };
            // The promise's own functions do not fail.
            let _ = tell.call1(&JsValue::UNDEFINED, &value);
        });
    })
}

/// Deletes a recording, of which this page has the lock, and looks what else there is.
fn delete(shelf: &Rc<Shelf>, recording: f64, lock: Option<Lock>) {
    let shelf = shelf.clone();
    spawn(async move {
        if let Ok(database) = shelf.database().await {
            // What cannot be deleted is found again: as finished, and then it goes, or else it is offered again.
            let _ = database.delete(recording).await;
        }
        drop(lock);
        look_around(&shelf);
    });
}

impl Shelf {
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

/// Hears the buttons of what is offered; those that save it are the tools'.
fn listen(inbox: &Inbox, offer: &RecoverySection) -> Listener {
    let inbox = inbox.clone();
    offer.on_click(move |button| match button {
        "continue" => inbox.put(RecoveryEvent::ContinuePressed),
        "discard" => inbox.put(RecoveryEvent::DiscardPressed),
        _ => {}
    })
}

/// Offers the last recording that was not finished, and that no other tab has to do with; deletes what nobody
/// needs.
fn look_around(shelf: &Rc<Shelf>) {
    let shelf = shelf.clone();
    spawn(async move {
        // A browser that keeps nothing has nothing to offer; that it does not, the next recording says.
        let _ = look(&shelf).await;
    });
}

async fn look(shelf: &Shelf) -> Result<(), JsValue> {
    let database = shelf.database().await?;
    let recordings = database.all(RECORDINGS, &JsValue::UNDEFINED, ALL, true).await?;
    while let Some(recording) = recordings.pop().as_f64() {
        let Some(lock) = lock::take(recording).await else { continue };
        // Only now does nobody change it any more.
        let status = database.all(RECORDINGS, &recording.into(), 1, false).await?.pop();
        if !status.is_undefined() {
            let status = Status::from_value(status);
            offer(shelf, &database, Left { recording, status, lock, here: None }).await?;
        }
    }
    Ok(())
}

/// Offers a recording, unless there is nothing in it, or another one is offered.
async fn offer(shelf: &Shelf, database: &Database, left: Left) -> Result<(), JsValue> {
    if left.status.is_finished || left.status.captured_samples == 0 {
        return database.delete(left.recording).await;
    }
    if shelf.offered.borrow().is_none() {
        let unfinished = read(database, &left).await?;
        shelf.offered.replace(Some(left));
        shelf.inbox.put(RecoveryEvent::Found(unfinished));
    }
    Ok(())
}

/// All turns, and the audio that may have to be sent again.
async fn read(database: &Database, left: &Left) -> Result<Recoverable, JsValue> {
    let Status { captured_samples: captured, confirmed_samples: confirmed, .. } = left.status;
    let range = database::all_of(left.recording, resent_from(captured, confirmed) as f64)?;
    let mut samples = Vec::new();
    let pieces = database.all(AUDIO, &range, ALL, false).await?;
    for index in 0..pieces.length() {
        samples.append(&mut pieces.get(index).unchecked_into::<Int16Array>().to_vec());
    }
    let turns = turns(database, left.recording).await?;
    // Pieces are written in order and without a gap.
    let first = captured.saturating_sub(samples.len() as u64);
    let connection = turns.last().map_or(ConnectionId(0), |(key, _)| key.connection);
    let resume_state = ResumeState { samples, first, confirmed, connection };
    Ok(Recoverable { began_ms: left.recording, turns, resume_state, shown_as: left.here })
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
