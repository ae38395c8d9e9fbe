//! What is kept of recordings in the browser's database, and what was left there.
//!
//! Reading order: this file, `keeper` (a recording is written as it comes), `download` (what is left can be taken
//! away), `lock` (which tab has to do with it), `database`.

mod database;
mod download;
mod keeper;
mod lock;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Date, Int16Array};
use wasm_bindgen::prelude::*;

use super::listener::Listener;
use super::offer::{OfferSection, local_time};
use super::{Inbox, spawn};
use crate::ports::Store;
use crate::recovery::{Event, Unfinished, from_text, resent_from, to_text};
use crate::session::{ConnectionId, Input, Kept, Run};
use crate::transcript::{ShownTurn, TurnKey};
use database::{AUDIO, Database, RECORDINGS, TURNS};
use keeper::{Keeper, Status, keep};
use lock::Lock;

/// More recordings, or turns of one, than there can be.
const ALL: u32 = u32::MAX;

/// The recordings in the browser's database.
pub(crate) struct BrowserStore {
    shelf: Rc<Shelf>,
    keeper: Option<Rc<RefCell<Keeper>>>,
    _listener: Listener,
}

/// What the tasks of a store have in common.
struct Shelf {
    inbox: Inbox,
    database: RefCell<Option<Rc<Database>>>,
    offered: RefCell<Option<Left>>,
    /// The address of the last file that was saved.
    saved: RefCell<Option<String>>,
}

/// A recording that was left behind. This page has its lock.
struct Left {
    recording: f64,
    status: Status,
    lock: Lock,
    /// What this page adds to the numbers of its connections, where it shows them already.
    shift: Option<u32>,
}

impl BrowserStore {
    /// Looks at once for what was left behind.
    pub(crate) fn new(inbox: &Inbox, section: &OfferSection) -> Self {
        let shelf = Rc::new(Shelf {
            inbox: inbox.clone(),
            database: RefCell::default(),
            offered: RefCell::default(),
            saved: RefCell::default(),
        });
        look_around(&shelf);
        let listener = download::listen(&shelf, section);
        Self { shelf, keeper: None, _listener: listener }
    }

    /// `change` tells whether there was room for it.
    fn keep(&self, change: &mut dyn FnMut(&mut Keeper) -> bool) {
        if let Some(keeper) = &self.keeper {
            keep(&self.shelf, keeper, change);
        }
    }

    fn keep_text(&self, key: TurnKey, mut text: Option<String>) {
        self.keep(&mut |keeper| {
            let connection = ConnectionId(key.connection.0.saturating_sub(keeper.shift));
            keeper.backlog.push_turn(TurnKey { connection, ..key }, text.take());
            true
        });
    }

    /// Deletes the recording of this page.
    fn delete(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            let mut keeper = keeper.borrow_mut();
            keeper.give_up();
            delete(&self.shelf, keeper.recording, keeper.lock.take());
        }
    }
}

impl Store for BrowserStore {
    fn begin(&mut self, _: Run) {
        if self.keeper.as_ref().is_some_and(|earlier| earlier.borrow().status.is_finished) {
            self.delete();
        }
        self.keeper = Some(Keeper::new(Date::now(), 0, Status::default(), None));
    }

    fn resume(&mut self, shift: u32) {
        if let Some(Left { recording, status, lock, .. }) = self.shelf.offered.take() {
            self.keeper = Some(Keeper::new(recording, shift, status, Some(lock)));
        }
    }

    fn keep_audio(&mut self, position: u64, samples: &[i16]) {
        self.keep(&mut |keeper| {
            keeper.status.captured_samples = position + samples.len() as u64;
            keeper.backlog.push_audio(position, samples)
        });
    }

    fn keep_turn(&mut self, key: TurnKey, turn: &ShownTurn) {
        self.keep_text(key, Some(to_text(turn)));
    }

    fn forget_turn(&mut self, key: TurnKey) {
        self.keep_text(key, None);
    }

    fn keep_confirmed(&mut self, position: u64) {
        self.keep(&mut |keeper| {
            keeper.status.confirmed_samples = position;
            keeper.backlog.has_news = true;
            true
        });
    }

    fn end(&mut self, is_complete: bool) {
        self.keep(&mut |keeper| {
            keeper.status.is_finished = is_complete;
            keeper.is_broken_off = !is_complete;
            keeper.backlog.has_news = true;
            // The page may be going away: there is no time to wait for what is being written.
            keeper.is_writing = false;
            true
        });
        // What could not be kept whole is of use only to who has nothing better.
        if is_complete && self.keeper.as_ref().is_some_and(|keeper| keeper.borrow().is_over()) {
            self.delete();
        }
    }

    fn discard(&mut self) {
        if let Some(left) = self.shelf.offered.take() {
            delete(&self.shelf, left.recording, Some(left.lock));
        }
    }
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
            offer(shelf, &database, Left { recording, status, lock, shift: None }).await?;
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
        shelf.inbox.put(Input::Recovery(Event::Found(unfinished)));
    }
    Ok(())
}

/// All turns, and the audio that may have to be sent again.
async fn read(database: &Database, left: &Left) -> Result<Unfinished, JsValue> {
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
    let kept = Kept { samples, first, confirmed, connection };
    Ok(Unfinished { began: local_time(left.recording), turns, kept, shift: left.shift })
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
