//! The tools: what recording does not need. They are a wasm module of their own, loaded on first use.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use assemblyai_session::{ShownTurn, TurnKey};
use js_sys::{Array, Int16Array, Promise};
use transcription_common::{
    RecordingPhase, export_class, import_class, page_interface, to_text, tools_interface,
};
use transcription_dom::{Listener, WarnOnError, closest, document};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, EventTarget, KeyboardEvent};

use super::store::RecordingInfo;
use super::{Browser, EventQueue, promise, spawn};
use crate::app::App;
use crate::event::Event as AppEvent;
use crate::recovery::RecoveryEvent;
use crate::session::{ConnectionId, Input, RecordingId, State};

tools_interface!(import_class);

#[wasm_bindgen]
extern "C" {
    /// Loads the tools and hands them the page: a promise of [`OpenTools`]. It is defined in boot.js.
    #[wasm_bindgen(js_name = openTools)]
    fn open_tools(host: Host) -> Promise;
}

/// Single keys whose action is in the tools: search, show the shortcuts. That for captions waits for the transcript, with
/// which the tools are loaded.
const KEYS: [&str; 2] = ["/", "?"];
/// Single keys whose action depends on the recording's phase: record, pause, end the turn, set a marker.
const PHASE_KEYS: [&str; 8] = ["r", "R", "p", "P", "t", "T", "m", "M"];
/// Keys that move the focus from the transcript to its words.
const WORD_KEYS: [&str; 3] = ["ArrowLeft", "ArrowRight", "Enter"];

/// Waits for the first use of a tool.
pub(crate) struct Tools {
    loader: Loader,
    _listeners: [Listener; 4],
}

/// Loads the tools, once. Clones share their state.
#[derive(Clone)]
pub(crate) struct Loader(Rc<LoaderState>);

struct LoaderState {
    queue: EventQueue,
    /// The promise of [`OpenTools`]: set by the first use, and unset if loading failed.
    opening: RefCell<Option<Promise>>,
    open: OnceCell<OpenTools>,
    phase: Cell<RecordingPhase>,
    /// The notice and the error that the page shows; an empty one is none.
    messages: RefCell<[String; 2]>,
    pending: RefCell<Option<PendingEvent>>,
}

/// What the user did before the tools were loaded.
struct PendingEvent {
    target: EventTarget,
    event: Event,
    /// The phase of the recording then.
    phase: RecordingPhase,
}

impl Tools {
    pub(crate) fn new(queue: &EventQueue) -> Self {
        let loader = Loader(Rc::new(LoaderState {
            queue: queue.clone(),
            opening: RefCell::default(),
            open: OnceCell::new(),
            phase: Cell::default(),
            messages: RefCell::default(),
            pending: RefCell::default(),
        }));
        let listeners = ["click", "keydown", "pointerover", "focusin"].map(|name| {
            let loader = loader.clone();
            Listener::new(&document(), name, move |event| {
                if loader.0.open.get().is_none() && is_for_tools(&event) {
                    loader.use_for(event);
                }
            })
        });
        Self { loader, _listeners: listeners }
    }

    pub(crate) fn loader(&self) -> Loader {
        self.loader.clone()
    }
}

/// Whether an event concerns the tools: their buttons, their keys, or a word of the transcript.
fn is_for_tools(event: &Event) -> bool {
    if let Some(press) = event.dyn_ref::<KeyboardEvent>() {
        let key = press.key();
        let is_single = KEYS.contains(&&*key) || PHASE_KEYS.contains(&&*key);
        let is_key = is_single && closest(event, "input, select, textarea").is_none()
            || WORD_KEYS.contains(&&*key) && closest(event, "#transcript").is_some();
        let is_for_tools = is_key && !press.ctrl_key() && !press.alt_key() && !press.meta_key();
        if is_for_tools {
            event.prevent_default();
        }
        return is_for_tools && !press.repeat();
    }
    closest(event, "#transcript p").is_some()
        || event.type_() == "click" && closest(event, "[data-tool]").is_some()
}

/// Whether an event is a click or a key, rather than a move of the pointer or the focus.
fn is_action(event: &Event) -> bool {
    ["click", "keydown"].contains(&&*event.type_())
}

impl PendingEvent {
    /// Whether the event still has the same meaning in this phase.
    fn is_valid_in(&self, phase: RecordingPhase) -> bool {
        let key = self.event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
        self.phase == phase || key.is_none_or(|key| !PHASE_KEYS.contains(&&*key))
    }
}

impl Loader {
    /// Loads the tools unless they are loaded or being loaded. Returns whether they are loaded then, and logs why not.
    async fn load(&self) -> bool {
        let loaded = self.try_load().await;
        if let Err(error) = &loaded {
            web_sys::console::error_1(error);
        }
        loaded.is_ok()
    }

    async fn try_load(&self) -> Result<(), JsValue> {
        let state = &self.0;
        let open = || open_tools(Host { queue: state.queue.clone(), loader: self.clone() });
        let opening = state.opening.borrow_mut().get_or_insert_with(open).clone();
        let tools = JsFuture::from(opening).await.inspect_err(|_| drop(state.opening.take()))?;
        let tools: OpenTools = tools.unchecked_into();
        for (index, message) in state.messages.borrow().iter().enumerate() {
            tools.message_changed(index > 0, message);
        }
        state.open.get_or_init(|| tools);
        Ok(())
    }

    /// Asks the user for the sound of a tab or of the computer, and for a microphone beside it: an array of a stream
    /// (`MediaStream`) with all their tracks, and behind it a stream for each of them.
    pub(crate) async fn share(&self, with_microphone: bool) -> Result<Array, JsValue> {
        self.try_load().await?;
        // It is loaded.
        let open = self.0.open.get().ok_or(JsValue::UNDEFINED)?;
        Ok(JsFuture::from(open.share(with_microphone)).await?.unchecked_into())
    }

    /// Has the tools work out where the user's settings lead, and loads them for it. Returns whether they are loaded.
    pub(crate) async fn update_connection(&self) -> bool {
        let is_loaded = self.load().await;
        if let Some(open) = self.0.open.get() {
            open.update_connection();
        }
        is_loaded
    }

    /// Loads the tools for an event, and then dispatches again what the user did meanwhile: the last click or key, since
    /// people press again while they wait, or else the first move.
    fn use_for(&self, event: Event) {
        let Some(target) = event.target() else { return };
        let mut pending = self.0.pending.borrow_mut();
        let is_first = pending.is_none();
        if is_first || is_action(&event) {
            *pending = Some(PendingEvent { target, event, phase: self.0.phase.get() });
        }
        if !is_first {
            return;
        }
        let loader = self.clone();
        spawn(async move {
            let is_loaded = loader.load().await;
            let pending = loader.0.pending.take();
            if !is_loaded {
                loader.0.queue.put(AppEvent::ToolsNotLoaded);
            } else if let Some(pending) = pending.filter(|pending| pending.is_valid_in(loader.0.phase.get()))
            {
                // Throws if the event is being dispatched already.
                pending.target.dispatch_event(&pending.event).warn_on_error();
            }
        });
    }

    /// Loads the tools before they are needed: what stands between users and their transcript must be here when the
    /// server is gone or has another version. If it fails, the next phase or the first use tries again.
    pub(crate) fn load_early(&self) {
        if self.0.open.get().is_none() {
            let loader = self.clone();
            spawn(async move {
                // Fails in Firefox where the page is being left, too.
                loader.try_load().await.ok();
            });
        }
    }

    /// Has the tools draw a waveform of the level, an SVG path; returns whether they did.
    pub(crate) fn draw_level(&self, path: &str) -> bool {
        self.0.open.get().is_some_and(|open| open.draw_level(path))
    }

    /// Passes the length of the recording on to the tools, in whole seconds.
    pub(crate) fn elapsed_changed(&self, seconds: u32) {
        if let Some(open) = self.0.open.get() {
            open.elapsed_changed(seconds);
        }
    }

    /// Passes on to the tools the paragraph of a turn that was drawn or removed, or the transcript once it is empty.
    pub(crate) fn transcript_changed(&self, element: &Element) {
        if let Some(open) = self.0.open.get() {
            open.transcript_changed(element);
        }
    }

    /// Passes the error that the page shows, or else its notice, on to the tools; an empty one is none.
    pub(crate) fn message_changed(&self, is_error: bool, message: &str) {
        message.clone_into(&mut self.0.messages.borrow_mut()[usize::from(is_error)]);
        if let Some(open) = self.0.open.get() {
            open.message_changed(is_error, message);
        }
    }

    /// Has the tools say that the recording with this first connection is stored again.
    pub(crate) fn report_stored_again(&self, first: ConnectionId) {
        if let Some(open) = self.0.open.get() {
            open.stored_again(first.0);
        }
    }

    /// Whether there is no recording.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.phase.get() == RecordingPhase::Idle
    }

    /// Passes the phase of the recording on to the tools.
    pub(crate) fn phase_changed(&self, phase: RecordingPhase) {
        if self.0.phase.replace(phase) == phase {
            return;
        }
        // Nothing of a recording that is still connecting is delayed.
        if !matches!(phase, RecordingPhase::Starting | RecordingPhase::Connecting) {
            self.load_early();
        }
        if let Some(open) = self.0.open.get().cloned() {
            // Not at once: the app is handling an event, and the tools may call it.
            spawn(async move { open.phase_changed(phase) });
        }
    }
}

/// The page as the tools see it.
#[wasm_bindgen]
pub struct Host {
    queue: EventQueue,
    loader: Loader,
}

/// A recording of this page.
#[wasm_bindgen]
pub struct Recording(RecordingInfo);

/// A turn of the transcript as it was when the tools asked.
#[wasm_bindgen]
pub struct Turn(TurnKey, ShownTurn);

page_interface!(export_class);

impl Host {
    /// Calls the app; `None` while it is handling an event. Tools that it calls then ask in a task of their own.
    fn with<T>(&self, call: impl FnOnce(&mut App<Browser>) -> T) -> Option<T> {
        self.queue.0.app.try_borrow_mut().ok()?.as_mut().map(call)
    }

    fn promise(&self, call: impl FnOnce(&mut App<Browser>) -> Promise) -> Promise {
        self.with(call).unwrap_or_else(|| Promise::reject(&JsValue::UNDEFINED))
    }
}

impl HostMethods for Host {
    fn turns(&self) -> Vec<Turn> {
        let turn = |(key, turn): (&TurnKey, &ShownTurn)| Turn(*key, turn.clone());
        self.with(|app| app.transcript().turns().map(turn).collect()).unwrap_or_default()
    }

    fn turn(&self, connection: u32, turn_order: u64) -> Option<Turn> {
        let key = TurnKey { connection: ConnectionId(connection), turn_order };
        self.with(|app| Some(Turn(key, app.transcript().turn(key)?.clone()))).flatten()
    }

    fn recordings(&self) -> Vec<Recording> {
        let recordings = self.with(|app| app.ports().store.recordings()).unwrap_or_default();
        recordings.into_iter().map(Recording).collect()
    }

    fn recovered(&self) -> Option<Recording> {
        self.with(|app| app.ports().store.recovered()).flatten().map(Recording)
    }

    fn audio(&self, began_ms: f64, from: f64, to: f64) -> Promise {
        self.promise(|app| app.ports().store.audio(began_ms, from, to))
    }

    fn edit(&self, connection: u32, turn_order: u64, text: Option<String>) {
        let key = TurnKey { connection: ConnectionId(connection), turn_order };
        self.with(|app| app.edit(key, text));
    }

    fn accept_words(&self, connection: u32, turn_order: u64, from: usize, to: usize) {
        let key = TurnKey { connection: ConnectionId(connection), turn_order };
        self.with(|app| app.accept_words(key, from..to));
    }

    fn rename(&self, connection: u32, label: String, name: String) {
        self.with(|app| app.rename(ConnectionId(connection), &label, &name));
    }

    fn mark_exported(&self) {
        self.with(|app| app.ports().store.mark_exported());
    }

    fn is_kept(&self, only_exported: bool) -> bool {
        self.with(|app| app.ports().store.is_kept(only_exported)).unwrap_or(true)
    }

    fn config(&self) -> String {
        self.with(|app| app.ports().tokens.config()).unwrap_or_default()
    }

    fn phase(&self) -> RecordingPhase {
        self.loader.0.phase.get()
    }

    fn send_message(&self, message: String) -> bool {
        self.queue.put(Input::ConfigChanged(message));
        self.with(|app| app.state() != State::Idle).unwrap_or_default()
    }

    fn set_standby(&self, after_s: u32) {
        self.with(|app| app.set_standby_after_s(after_s));
    }

    fn record_file(&self) -> Option<u32> {
        if self.with(|app| app.state()) != Some(State::Idle) {
            return None;
        }
        self.queue.put(AppEvent::FileChosen);
        self.with(|app| app.recording().0)
    }

    fn add_file_audio(&self, recording: u32, samples: Int16Array, most_unconfirmed_s: u32) -> Option<u32> {
        let samples = samples.to_vec();
        let recording = RecordingId(recording);
        let position = || self.with(|app| app.file_position(recording)).flatten();
        let before = position()?;
        let is_held = self.with(|app| {
            app.ports().network.monitor.beat();
            app.holds_file(most_unconfirmed_s)
        });
        if is_held == Some(true) {
            return Some(0);
        }
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
        // Through the queue, which then handles what the adapters answer.
        self.queue.put(Input::AudioCaptured(recording, samples, f32::from(peak) / 32_768.0));
        position().map(|after| (after - before) as u32)
    }

    fn finish_file(&self, recording: u32) {
        if self.with(|app| app.file_position(RecordingId(recording))).flatten().is_some() {
            self.queue.put(Input::Stop);
        }
    }

    fn take_off_record(&self, seconds: u32) -> Option<u32> {
        self.with(|app| app.take_off_record(seconds)).flatten().map(|to| to as u32)
    }

    fn clear(&self) -> bool {
        self.with(App::clear).unwrap_or_default()
    }

    fn put_away(&self) -> bool {
        self.with(App::put_away).unwrap_or_default()
    }

    fn delete(&self, first_connection: u32) -> bool {
        self.with(|app| app.delete(ConnectionId(first_connection))).unwrap_or_default()
    }

    fn open(&self, began_ms: f64) -> Promise {
        let queue = self.queue.clone();
        self.promise(|app| {
            let opening = app.ports().store.open(began_ms);
            promise(async move {
                let turns = opening.await?;
                let is_found = turns.is_some();
                if let Some(turns) = turns {
                    queue.put(RecoveryEvent::Opened(began_ms, turns));
                }
                Ok(is_found.into())
            })
        })
    }
}

impl RecordingMethods for Recording {
    fn began_ms(&self) -> f64 {
        self.0.began_ms
    }

    fn first_connection(&self) -> u32 {
        self.0.first.0
    }

    fn samples(&self) -> u64 {
        self.0.samples
    }
}

impl TurnMethods for Turn {
    fn connection(&self) -> u32 {
        self.0.connection.0
    }

    fn turn_order(&self) -> u64 {
        self.0.turn_order
    }

    fn record(&self) -> String {
        to_text(&self.1)
    }
}
