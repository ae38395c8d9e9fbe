//! The recordings in the browser's database (IndexedDB), for the page, which writes them, and the tools, which list them.

mod lock;
mod status;

use js_sys::{Array, Function, Int16Array, Promise};
use transcription_common::{ConnectionId, MAX_VALUE_SAMPLES, ShownTurn, TurnKey, from_text, touches};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbKeyRange, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode};

pub use self::lock::{Lock, take_lock};
pub use self::status::Status;
use crate::{Listener, WarnOnError, number_array, window};

const NAME: &str = "recordings";
/// No limit on the number of results of a query.
pub const ALL: u32 = u32::MAX;
/// The version of the schema. The browser refuses to open a database of a later version.
const VERSION: u32 = 1;

/// The status of each recording, by its key.
pub const RECORDINGS: &str = "recordings";
/// Chunks of samples, by the recording's key and their position in it.
pub const AUDIO: &str = "audio";
/// Turns, by the recording's key, connection and turn order; under [`title_key`] the title that a user gave it; and
/// under [`marker_key`] the names of markers.
pub const TURNS: &str = "turns";

/// The database of this site.
pub struct Database {
    database: IdbDatabase,
    _listener: Listener,
}

impl Database {
    /// Opens the database, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// If the browser stores nothing for this page, or the database is of a later version.
    pub async fn open() -> Result<Self, JsValue> {
        let factory = window().indexed_db()?;
        let request = factory.ok_or(JsValue::NULL)?.open_with_u32(NAME, VERSION)?;
        let upgraded = request.clone();
        let upgrade = Listener::new(&request, "upgradeneeded", move |_| make_stores(&upgraded));
        let database: IdbDatabase = answer(&request).await?.unchecked_into();
        drop(upgrade);
        let of_listener = database.clone();
        // A page of a later version cannot open the database until this one closes it.
        let listener = Listener::new(&database, "versionchange", move |_| of_listener.close());
        Ok(Self { database, _listener: listener })
    }

    /// Whether it can be used: browsers close databases at any time, for want of memory or when stored data is cleared.
    pub fn is_open(&self) -> bool {
        self.database.transaction_with_str(RECORDINGS).is_ok()
    }

    /// Begins a transaction; [`commit`] stores all of it or nothing.
    ///
    /// # Errors
    ///
    /// If the database was closed.
    pub fn write(&self) -> Result<IdbTransaction, JsValue> {
        let stores = Array::of3(&RECORDINGS.into(), &AUDIO.into(), &TURNS.into());
        self.database.transaction_with_str_sequence_and_mode(&stores, IdbTransactionMode::Readwrite)
    }

    /// The values or the keys of a store within a range, in the order of the keys.
    ///
    /// # Errors
    ///
    /// If the database was closed or cannot be read.
    pub async fn all(
        &self,
        name: &str,
        range: &JsValue,
        limit: u32,
        is_keys: bool,
    ) -> Result<Array, JsValue> {
        let store = self.database.transaction_with_str(name)?.object_store(name)?;
        let request = if is_keys {
            store.get_all_keys_with_key_and_limit(range, limit)?
        } else {
            store.get_all_with_key_and_limit(range, limit)?
        };
        Ok(answer(&request).await?.unchecked_into())
    }

    /// Deletes everything of a recording.
    ///
    /// # Errors
    ///
    /// If the database was closed or cannot be written.
    pub async fn delete(&self, recording: f64) -> Result<(), JsValue> {
        let transaction = self.write()?;
        transaction.object_store(RECORDINGS)?.delete(&recording.into())?;
        let range = all_of(recording, TITLE)?;
        transaction.object_store(AUDIO)?.delete(&range)?;
        transaction.object_store(TURNS)?.delete(&range)?;
        commit(&transaction).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.database.close();
    }
}

fn make_stores(request: &IdbOpenDbRequest) {
    // If one of these calls fails, so does the request.
    let Ok(database) = request.result().map(JsCast::unchecked_into::<IdbDatabase>) else { return };
    for name in [RECORDINGS, AUDIO, TURNS] {
        database.create_object_store(name).warn_on_error();
    }
}

/// In place of a connection's number in the key of a title. No turn has it, so a page that knows no titles never reads one.
const TITLE: f64 = -1.0;

/// The key of a recording's title among [`TURNS`].
pub fn title_key(recording: f64) -> JsValue {
    number_array(&[recording, TITLE]).into()
}

/// The key of a recording's marker among [`TURNS`]. It begins as the title's: what deletes a title deletes markers too.
pub fn marker_key(recording: f64, at_ms: u64) -> JsValue {
    number_array(&[recording, TITLE, at_ms as f64]).into()
}

/// The markers of a recording in order: the place of each in ms, and its name.
///
/// # Errors
///
/// If the database was closed or cannot be read.
pub async fn markers(database: &Database, recording: f64) -> Result<Vec<(u64, String)>, JsValue> {
    let first = number_array(&[recording, TITLE, 0.0]);
    // In the order of keys an array comes after every number.
    let end = Array::of3(&recording.into(), &TITLE.into(), &Array::new());
    let range = IdbKeyRange::bound(&first, &end)?.into();
    let keys = database.all(TURNS, &range, ALL, true).await?;
    let names = database.all(TURNS, &range, ALL, false).await?;
    let mut markers = Vec::new();
    for index in 0..keys.length() {
        let at_ms = keys.get(index).unchecked_into::<Array>().get(2).as_f64().unwrap_or_default();
        markers.push((at_ms as u64, names.get(index).as_string().unwrap_or_default()));
    }
    Ok(markers)
}

/// The range of a recording's keys whose second part is `from` or more.
///
/// # Errors
///
/// Never: the keys are valid.
pub fn all_of(recording: f64, from: f64) -> Result<JsValue, JsValue> {
    // In the order of keys an array comes after every number.
    let end = Array::of2(&recording.into(), &Array::new());
    Ok(IdbKeyRange::bound(&number_array(&[recording, from]), &end)?.into())
}

/// The range of a recording's keys whose second part is `from` or more and less than `to`.
///
/// # Errors
///
/// If `to` is less than `from`.
pub fn between(recording: f64, from: f64, to: f64) -> Result<JsValue, JsValue> {
    let (from, to) = (number_array(&[recording, from]), number_array(&[recording, to]));
    Ok(IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, false, true)?.into())
}

/// The turns of a recording in their order, with the keys under which they are stored.
///
/// # Errors
///
/// If the database was closed or cannot be read.
pub async fn turns(database: &Database, recording: f64) -> Result<Vec<(TurnKey, ShownTurn)>, JsValue> {
    let range = all_of(recording, 0.0)?;
    let keys = database.all(TURNS, &range, ALL, true).await?;
    let texts = database.all(TURNS, &range, ALL, false).await?;
    let mut turns = Vec::new();
    for index in 0..keys.length() {
        let key = turn_key(&keys.get(index));
        let turn = texts.get(index).as_string().and_then(|text| from_text(&text));
        turns.extend(turn.map(|turn| (key, turn)));
    }
    Ok(turns)
}

/// The turn's part of a key in the database.
fn turn_key(key: &JsValue) -> TurnKey {
    let part = |index| key.unchecked_ref::<Array>().get(index).as_f64().unwrap_or_default();
    TurnKey { connection: ConnectionId(part(1) as u32), turn_order: part(2) as u64 }
}

/// Removes a span of a recording: its samples, given by their positions, become silence, and its markers and the turns with
/// words in its time, in ms, are deleted. What the page has begun to write is in the database by then. If the page has
/// stopped writing, a stored turn may still have words without times from the span: it is deleted unless `shown`, the turn
/// as the page shows it, has the same text.
///
/// # Errors
///
/// If the database was closed or cannot be written: then nothing is changed.
pub async fn take_off_record(
    database: &Database,
    recording: f64,
    (from, to): (u32, u32),
    (from_ms, to_ms): (u64, u64),
    shown: impl Fn(TurnKey) -> Option<ShownTurn>,
) -> Result<(), JsValue> {
    let transaction = database.write()?;
    let (audio, turns) = (transaction.object_store(AUDIO)?, transaction.object_store(TURNS)?);
    let [first, end] = [from_ms, to_ms].map(|at_ms| marker_key(recording, at_ms));
    let markers = IdbKeyRange::bound_with_lower_open_and_upper_open(&first, &end, false, true)?;
    turns.delete(&markers.into())?;
    let of_recording = all_of(recording, 0.0)?;
    let (turn_keys, texts) =
        (turns.get_all_keys_with_key(&of_recording)?, turns.get_all_with_key(&of_recording)?);
    // The first of them may be in a chunk that begins earlier.
    let (from, to) = (f64::from(from), f64::from(to));
    let range = between(recording, from - MAX_VALUE_SAMPLES as f64, to)?;
    let (keys, chunks) = (audio.get_all_keys_with_key(&range)?, audio.get_all_with_key(&range)?);
    // Requests are answered in order, this one last.
    let chunks: Array = answer(&chunks).await?.unchecked_into();
    let keys: Array = keys.result()?.unchecked_into();
    for index in 0..keys.length() {
        let at = keys.get(index).unchecked_into::<Array>().get(1).as_f64().unwrap_or_default();
        let chunk: Int16Array = chunks.get(index).unchecked_into();
        let length = f64::from(chunk.length());
        let (begin, end) = ((from - at).clamp(0.0, length), (to - at).clamp(0.0, length));
        if begin < end {
            chunk.fill(0, begin as u32, end as u32);
            audio.put_with_key(&chunk, &keys.get(index))?;
        }
    }
    // Only where the page has stopped writing.
    let is_off = |key: TurnKey, turn: &ShownTurn| {
        let is_untimed = !turn.unsettled.is_empty() || turn.words.is_empty();
        let is_as_shown = || {
            shown(key).is_some_and(|shown| {
                (shown.settled, shown.unsettled) == (turn.settled.clone(), turn.unsettled.clone())
            })
        };
        let mut words = turn.words.iter();
        !turn.is_gap()
            && (words.any(|word| touches((from_ms, to_ms), word.start_ms, word.end_ms))
                || is_untimed && !is_as_shown())
    };
    let (turn_keys, texts): (Array, Array) =
        (turn_keys.result()?.unchecked_into(), texts.result()?.unchecked_into());
    for index in 0..turn_keys.length() {
        let turn = texts.get(index).as_string().and_then(|text| from_text(&text));
        if turn.is_some_and(|turn| is_off(turn_key(&turn_keys.get(index)), &turn)) {
            turns.delete(&turn_keys.get(index))?;
        }
    }
    commit(&transaction).await
}

/// The longest that a transaction may take, in ms. WebKit never answers one whose connection it has closed.
const COMMIT_LIMIT_MS: i32 = 10_000;

/// Commits a transaction. It then survives a killed browser but not a crash of the system: flushing to the disk each
/// second would wear it.
///
/// # Errors
///
/// If the transaction was aborted, for example because the disk is full: then nothing of it is stored. Or `undefined` if
/// there is no answer: then all of it may be stored.
pub async fn commit(transaction: &IdbTransaction) -> Result<(), JsValue> {
    let waiting = Promise::new(&mut |resolve: Function, reject: Function| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
        window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&reject, COMMIT_LIMIT_MS)
            .warn_on_error();
    });
    // Without it the browser waits for further requests, and a tab that is killed meanwhile loses the transaction.
    // Safari 14 does not have it.
    #[expect(
        deprecated,
        reason = "web-sys takes it for Mozilla's own; Indexed Database API 3.0, 4.9, has it"
    )]
    transaction.commit().warn_on_error();
    let failed = |event: JsValue| if event.is_undefined() { event } else { transaction.error().into() };
    JsFuture::from(waiting).await.map_err(failed)?;
    Ok(())
}

async fn answer(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let waiting = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(waiting).await {
        Ok(_) => request.result(),
        Err(_) => Err(request.error()?.into()),
    }
}
