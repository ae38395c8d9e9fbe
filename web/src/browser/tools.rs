//! The tools: what is not needed for recording, loaded when it is first used.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Promise};
use transcription_common::{FIELD, to_text};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, EventTarget, KeyboardEvent};

use super::store::numbers;
use super::{Browser, Inbox, spawn};
use crate::app::App;
use crate::session::{ConnectionId, Input};
use assemblyai_session::{ShownTurn, TurnKey};
use transcription_dom::Listener;

#[wasm_bindgen]
extern "C" {
    /// Loads them and hands them what they may ask the page for; boot.js has it.
    #[wasm_bindgen(js_name = openTools)]
    fn open_tools(host: Host) -> Promise;
}

/// Single keys that do something on the page, in the tools: search, show the keys.
const KEYS: [&str; 2] = ["/", "?"];
/// And those that mean what the recording's state makes of them: record, pause, end the turn.
const KEYS_OF_A_STATE: [&str; 6] = ["r", "R", "p", "P", "t", "T"];
/// Keys that lead from the transcript to its words.
const KEYS_TO_WORDS: [&str; 3] = ["ArrowLeft", "ArrowRight", "Enter"];

/// Waits for the first use of a tool.
pub(crate) struct Tools {
    loader: Loader,
    _listeners: [Listener; 4],
}

/// Loads the tools, once; clones are the same.
#[derive(Clone)]
pub(crate) struct Loader(Rc<Waiting>);

/// How far the tools are, and what has been done on the page that they take once they are here.
struct Waiting {
    inbox: Inbox,
    /// From the first use on, unless that failed.
    opened: RefCell<Option<Promise>>,
    are_here: Cell<bool>,
    missed: RefCell<Option<Missed>>,
}

/// What somebody has done before the tools were here.
struct Missed {
    target: EventTarget,
    event: Event,
    /// Where the recording stood then.
    state: Option<String>,
}

impl Tools {
    pub(crate) fn new(inbox: &Inbox) -> Result<Self, JsError> {
        let document = web_sys::window().and_then(|window| window.document());
        let document = document.ok_or_else(|| JsError::new("there is no document"))?;
        let (are_here, missed) = (Cell::new(false), RefCell::default());
        let waiting = Waiting { inbox: inbox.clone(), opened: RefCell::default(), are_here, missed };
        let loader = Loader(Rc::new(waiting));
        let listeners = ["click", "keydown", "pointerover", "focusin"].map(|name| {
            let loader = loader.clone();
            Listener::new(&document, name, move |event| {
                if !loader.0.are_here.get() && is_for_tools(&event) {
                    loader.use_for(event);
                }
            })
        });
        Ok(Self { loader, _listeners: listeners })
    }

    pub(crate) fn loader(&self) -> Loader {
        self.loader.clone()
    }
}

/// Whether a tool has to do with it: its button, a word that somebody reads, wants to hear or to correct, or its key.
fn is_for_tools(event: &Event) -> bool {
    if let Some(press) = event.dyn_ref::<KeyboardEvent>() {
        let key = press.key();
        let is_single = KEYS.contains(&&*key) || KEYS_OF_A_STATE.contains(&&*key);
        let is_key = is_single && within(event, "input, select, textarea").is_none()
            || KEYS_TO_WORDS.contains(&&*key) && within(event, "#transcript").is_some();
        let is_for_tools = is_key && !press.ctrl_key() && !press.alt_key() && !press.meta_key();
        if is_for_tools {
            event.prevent_default();
        }
        return is_for_tools && !press.repeat();
    }
    within(event, "#transcript p").is_some()
        || event.type_() == "click" && within(event, "[data-tool]").is_some()
}

/// The element that an event has gone to, or the nearest around it, with this selector.
fn within(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// Whether it is a click or a key, by which somebody wants something.
fn is_wish(event: &Event) -> bool {
    ["click", "keydown"].contains(&&*event.type_())
}

/// Where the recording stands, as the page tells.
fn state() -> Option<String> {
    web_sys::window()?.document()?.body()?.get_attribute("data-state")
}

impl Missed {
    /// Whether it still means what it meant.
    fn holds(&self) -> bool {
        let key = self.event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
        self.state == state() || key.is_none_or(|key| !KEYS_OF_A_STATE.contains(&&*key))
    }
}

impl Loader {
    /// Loads the tools, unless they are here or on their way, and tells whether they are here then.
    pub(crate) async fn load(&self) -> bool {
        let waiting = &self.0;
        let open = || open_tools(Host(waiting.inbox.clone()));
        let opened = waiting.opened.borrow_mut().get_or_insert_with(open).clone();
        let opened = JsFuture::from(opened).await;
        waiting.are_here.set(opened.is_ok());
        if let Err(error) = opened {
            web_sys::console::error_1(&error);
            waiting.opened.take();
        }
        waiting.are_here.get()
    }

    /// Loads the tools for an event, and then repeats what they have missed: the last click or key, because who waits
    /// presses again, or else where the pointer was.
    fn use_for(&self, event: Event) {
        let Some(target) = event.target() else { return };
        let mut missed = self.0.missed.borrow_mut();
        let is_first = missed.is_none();
        if is_first || is_wish(&event) {
            *missed = Some(Missed { target, event, state: state() });
        }
        if !is_first {
            return;
        }
        let loader = self.clone();
        spawn(async move {
            let are_here = loader.load().await;
            let missed = loader.0.missed.take();
            if !are_here {
                loader.0.inbox.put(crate::event::Event::ToolsNotLoaded);
                return;
            }
            if let Some(missed) = missed.filter(Missed::holds) {
                // Throws only where it is on its way already.
                let _ = missed.target.dispatch_event(&missed.event);
            }
        });
    }
}

/// What the page does for the tools.
#[wasm_bindgen]
pub struct Host(Inbox);

impl Host {
    /// `None` only where the page is at work itself, which no event can meet.
    fn with<T>(&self, ask: impl FnOnce(&mut App<Browser>) -> T) -> Option<T> {
        self.0.0.app.try_borrow_mut().ok()?.as_mut().map(ask)
    }

    fn promise(&self, ask: impl FnOnce(&mut App<Browser>) -> Promise) -> Promise {
        self.with(ask).unwrap_or_else(|| Promise::reject(&JsValue::UNDEFINED))
    }
}

#[wasm_bindgen]
impl Host {
    /// All turns in the order in which they are shown, a line each: connection, turn order, and the turn as text.
    pub fn turns(&self) -> String {
        self.with(|app| lines(app.transcript().turns())).unwrap_or_default()
    }

    /// The recordings since the page was loaded, in order: of each when it began, in ms since 1970, its first
    /// connection, and how many samples were captured.
    pub fn recordings(&self) -> Array {
        let array = Array::new();
        for made in self.with(|app| app.ports().store.made()).unwrap_or_default() {
            array.push(&numbers(&[made.began_ms, f64::from(made.first.0), made.samples as f64]));
        }
        array
    }

    /// The recording that is offered because it was not finished: when it began, in ms since 1970, and how many
    /// samples there are of it; `undefined` where none is.
    pub fn offered(&self) -> JsValue {
        let offered = self.with(|app| app.ports().store.offered()).flatten();
        offered.map_or(JsValue::UNDEFINED, |(began_ms, samples)| numbers(&[began_ms, samples as f64]))
    }

    /// The turns that are kept of a recording, named by when it began: a promise of what [`Self::turns`] gives.
    pub fn kept_turns(&self, began_ms: f64) -> Promise {
        self.promise(|app| app.ports().store.kept_turns(began_ms))
    }

    /// Samples of a recording, named by when it began: an `Int16Array` of those from one position to before another
    /// that are kept, or an error where the browser keeps none.
    pub fn audio(&self, began_ms: f64, from: f64, to: f64) -> Promise {
        self.promise(|app| app.ports().store.audio(began_ms, from, to))
    }

    /// Gives a turn another text, or with none its own again.
    pub fn edit(&self, connection: u32, turn_order: f64, text: Option<String>) {
        let key = TurnKey { connection: ConnectionId(connection), turn_order: turn_order as u64 };
        self.with(|app| app.edit(key, text));
    }

    /// Gives a speaker of a connection another name, or with an empty one the service's label again.
    pub fn rename(&self, connection: u32, label: &str, name: &str) {
        self.with(|app| app.rename(ConnectionId(connection), label, name));
    }

    /// The answer of `GET /config`, or an empty text where there is none yet.
    pub fn config(&self) -> String {
        self.with(|app| app.ports().tokens.config()).unwrap_or_default()
    }

    /// Sends a text message, such as `UpdateConfiguration`, over the open connection; tells whether a recording
    /// goes on that hears of it.
    pub fn send_message(&self, message: String) -> bool {
        self.0.put(Input::ConfigChanged(message));
        self.with(|app| app.state() != crate::session::State::Idle).unwrap_or_default()
    }

    /// Takes away all turns, and what is kept of their audio; not while recording. Tells whether it did.
    pub fn clear(&self) -> bool {
        self.with(App::clear).unwrap_or_default()
    }
}

/// Turns a line each: connection, turn order, and the turn as text.
pub(super) fn lines<'a>(turns: impl Iterator<Item = (&'a TurnKey, &'a ShownTurn)>) -> String {
    let mut lines = String::new();
    for (key, turn) in turns {
        for part in [&*key.connection.0.to_string(), &*key.turn_order.to_string()] {
            lines.push_str(part);
            lines.push(FIELD);
        }
        // A line has no break in it.
        lines.extend(to_text(turn).chars().map(|c| if c == '\n' { ' ' } else { c }));
        lines.push('\n');
    }
    lines
}
