use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Date, Int16Array};
use wasm_bindgen::prelude::*;

use super::{StoreContext, samples};
use crate::browser::spawn;
use crate::recovery::{ConnectionOffset, Recoverable, RecoveryEvent, resent_from};
use crate::session::{ConnectionId, ResumeState};
use assemblyai_session::{ShownTurn, TurnKey};
use transcription_common::is_expired;
use transcription_dom::database::{ALL, Database, Lock, RECORDINGS, Status, take_lock, turns};
use transcription_dom::{WarnOnError, storage};

/// The key, in the storage of this tab, of the recordings that its page shows: the name of each, with a comma behind it.
const SHOWN_KEY: &str = "shown recordings";

/// The recordings of earlier pages that this page has found.
#[derive(Default)]
pub(super) struct Found {
    /// The one that the page offers to recover.
    pub(super) recovered: RefCell<Option<Orphan>>,
    /// Finished ones, the latest first, once all are found and until it is known how long they are kept.
    finished: RefCell<Option<Vec<f64>>>,
    /// For how many days finished ones are kept; `None`: until they are deleted.
    retention_days: Cell<Option<u32>>,
    is_retention_known: Cell<bool>,
    /// Those that are about to be shown again.
    to_show: RefCell<Vec<Orphan>>,
}

/// A recording without a page. This page holds its lock.
pub(super) struct Orphan {
    pub(super) recording: f64,
    pub(super) status: Status,
    pub(super) lock: Lock,
    /// The numbering under which this page already shows it, if this page recorded it.
    pub(super) numbering: Option<ConnectionOffset>,
}

impl Found {
    /// Whether this recording is offered to be recovered.
    pub(super) fn offers(&self, recording: f64) -> bool {
        let recovered = self.recovered.borrow();
        recovered.as_ref().is_some_and(|orphan| orphan.recording.to_bits() == recording.to_bits())
    }

    /// Takes the recording that is about to be shown again.
    pub(super) fn take_to_show(&self, recording: f64) -> Option<Orphan> {
        let mut to_show = self.to_show.borrow_mut();
        let at = to_show.iter().position(|orphan| orphan.recording.to_bits() == recording.to_bits())?;
        Some(to_show.swap_remove(at))
    }
}

/// A recording's key as text. The key is a whole number: formatting a float takes 12 kB of code.
fn name(recording: f64) -> String {
    (recording as u64).to_string()
}

/// Stores which recordings the page of this tab shows.
pub(super) fn remember_shown(recordings: impl Iterator<Item = f64>) {
    let mut names = String::new();
    for recording in recordings {
        names += &name(recording);
        names += ",";
    }
    storage::set_for_tab(SHOWN_KEY, &names).warn_on_error();
}

/// Offers the latest unfinished recording that no other tab holds; deletes empty ones. A new page also looks after the
/// finished ones, once it is known how long they are kept.
pub(super) fn scan_recordings(context: &Rc<StoreContext>, is_new_page: bool) {
    let context = context.clone();
    spawn(async move {
        // Fails if storage is disabled. Then there is nothing to offer, and the next recording reports it.
        scan(&context, is_new_page).await.ok();
    });
}

async fn scan(context: &StoreContext, is_new_page: bool) -> Result<(), JsValue> {
    let database = context.database().await?;
    let mut finished = Vec::new();
    let recordings = database.all(RECORDINGS, &JsValue::UNDEFINED, ALL, true).await?;
    while let Some(recording) = recordings.pop().as_f64() {
        // Looked at before it is locked: another part of the page, or another tab, may want to open or delete it.
        let status = database.all(RECORDINGS, &recording.into(), 1, false).await?.pop();
        let is_finished = |status| {
            let status = Status::from_value(status);
            status.is_finished && status.captured_samples > 0
        };
        if !status.is_undefined() && is_finished(status) {
            finished.push(recording);
        } else if let Some(orphan) = lock_stored(&database, recording).await? {
            offer(context, &database, orphan).await?;
        }
    }
    if is_new_page {
        context.found.finished.replace(Some(finished));
        sort_finished(context).await?;
    }
    Ok(())
}

/// Takes the lock of a recording and reads its status; `None` if another tab has it, or there is none.
async fn lock_stored(database: &Database, recording: f64) -> Result<Option<Orphan>, JsValue> {
    let Some(lock) = take_lock(recording).await else { return Ok(None) };
    // Read under the lock: from now on no other tab changes it.
    let status = database.all(RECORDINGS, &recording.into(), 1, false).await?.pop();
    let orphan = || Orphan { recording, status: Status::from_value(status.clone()), lock, numbering: None };
    Ok((!status.is_undefined()).then(orphan))
}

/// Finished recordings are kept for this many days, or until they are deleted.
pub(super) fn keep_finished_for(context: &Rc<StoreContext>, days: Option<u32>) {
    context.found.retention_days.set(days);
    context.found.is_retention_known.set(true);
    let context = context.clone();
    spawn(async move {
        // If it fails, the next page does it.
        sort_finished(&context).await.ok();
    });
}

/// Deletes the finished recordings that are no longer kept, and shows those again that the page of this tab showed before,
/// or in a new tab the latest one unless it was exported. Does nothing until they are found and it is known how long they
/// are kept.
async fn sort_finished(context: &StoreContext) -> Result<(), JsValue> {
    let found = &context.found;
    if !found.is_retention_known.get() {
        return Ok(());
    }
    let Some(finished) = found.finished.take() else { return Ok(()) };
    let database = context.database().await?;
    let shown = storage::get_for_tab(SHOWN_KEY);
    let mut to_show = Vec::new();
    for (index, recording) in finished.into_iter().enumerate() {
        let is_expired = is_expired(recording, Date::now(), found.retention_days.get());
        let is_shown = match &shown {
            Some(names) => names.split([',']).any(|shown| shown == name(recording)),
            None => index == 0,
        };
        if !is_expired && !is_shown {
            continue;
        }
        let Some(orphan) = lock_stored(&database, recording).await? else { continue };
        if is_expired {
            database.delete(recording).await?;
        } else if shown.is_some() || !orphan.status.is_exported {
            to_show.push(orphan);
        }
    }
    // The earliest first. The others stay locked until they are shown.
    for orphan in to_show.into_iter().rev() {
        let turns = turns(&database, orphan.recording).await?;
        let event = RecoveryEvent::FoundFinished(orphan.recording, turns);
        found.to_show.borrow_mut().push(orphan);
        context.queue.put(event);
    }
    Ok(())
}

/// Locks a finished recording that no page shows and returns its turns; `None` if another tab has it, or there is none.
pub(super) async fn open(
    context: Rc<StoreContext>,
    recording: f64,
) -> Result<Option<Vec<(TurnKey, ShownTurn)>>, JsValue> {
    let database = context.database().await?;
    let Some(orphan) = lock_stored(&database, recording).await? else { return Ok(None) };
    let turns = turns(&database, recording).await?;
    context.found.to_show.borrow_mut().push(orphan);
    Ok(Some(turns))
}

/// Offers a recording unless it is empty or another one is offered already.
pub(super) async fn offer(
    context: &StoreContext,
    database: &Database,
    orphan: Orphan,
) -> Result<(), JsValue> {
    if orphan.status.is_finished || orphan.status.captured_samples == 0 {
        return database.delete(orphan.recording).await;
    }
    if context.found.recovered.borrow().is_none() {
        let unfinished = read(database, &orphan).await?;
        context.found.recovered.replace(Some(orphan));
        context.queue.put(RecoveryEvent::Found(unfinished));
    }
    Ok(())
}

/// Reads all turns, and the audio that may have to be sent again.
async fn read(database: &Database, orphan: &Orphan) -> Result<Recoverable, JsValue> {
    let Status { captured_samples: captured, confirmed_samples: confirmed, .. } = orphan.status;
    let first = resent_from(captured, confirmed);
    let samples = samples::samples(database, orphan.recording, first as f64, captured as f64).await?;
    let samples = samples.unchecked_into::<Int16Array>().to_vec();
    let turns = turns(database, orphan.recording).await?;
    let connection = turns.last().map_or(ConnectionId(0), |(key, _)| key.connection);
    let resume_state = ResumeState { samples, first, confirmed, connection };
    Ok(Recoverable {
        began_ms: orphan.recording,
        turns,
        resume_state,
        shown_as: orphan.numbering,
        is_file: orphan.status.is_file,
    })
}
