//! The adapters to the browser: the only files of the page that use `web_sys`. A first reader may skip them.

mod devices;
mod json;
mod microphone;
mod network;
mod socket;
mod store;
mod timers;
mod tokens;
mod tools;
mod view;
mod wake_lock;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use transcription_dom::{load_interface_texts, now_ms};

use crate::app::App;
use crate::event::Event;
use crate::ports::{Clock, Microphone, Ports, Sockets, Store, Timers, Tokens, View, WakeLock};

/// Smaller than the standard library's: 2 kB less to load.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The queue of events from the adapters to the app.
///
/// An event that arrives while another is being handled waits until that is done.
#[derive(Clone)]
pub(crate) struct EventQueue(Rc<QueueState>);

#[derive(Default)]
struct QueueState {
    app: RefCell<Option<App<Browser>>>,
    waiting: RefCell<VecDeque<Event>>,
}

impl EventQueue {
    pub(crate) fn put(&self, event: impl Into<Event>) {
        self.put_event(event.into());
    }

    fn put_event(&self, event: Event) {
        self.0.waiting.borrow_mut().push_back(event);
        // Already borrowed: the borrower handles this event next.
        let Ok(mut app) = self.0.app.try_borrow_mut() else { return };
        let Some(app) = app.as_mut() else { return };
        while let Some(event) = self.take() {
            app.handle(event);
        }
    }

    fn take(&self) -> Option<Event> {
        self.0.waiting.borrow_mut().pop_front()
    }
}

/// Runs a task to its end. It is boxed, so that the executor's code is in the wasm once and not once for each task.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Pin<Box<dyn Future<Output = ()>>>) {
        spawn_local(task);
    }
    boxed(Box::pin(task));
}

/// Runs a task to its end: a promise of what it returns. Boxed as in [`spawn`].
pub(crate) fn promise(task: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    fn boxed(task: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
        future_to_promise(task)
    }
    boxed(Box::pin(task))
}

/// All adapters.
struct Browser {
    microphone: microphone::BrowserMicrophone,
    tokens: tokens::BrowserTokens,
    sockets: socket::BrowserSockets,
    timers: timers::BrowserTimers,
    clock: BrowserClock,
    wake_lock: wake_lock::BrowserWakeLock,
    store: store::BrowserStore,
    view: view::Page,
    network: network::Network,
    _tools: tools::Tools,
}

struct BrowserClock;

impl Clock for BrowserClock {
    fn now_ms(&self) -> u64 {
        now_ms() as u64
    }
}

impl Ports for Browser {
    fn microphone(&mut self) -> &mut dyn Microphone {
        &mut self.microphone
    }
    fn tokens(&mut self) -> &mut dyn Tokens {
        &mut self.tokens
    }
    fn sockets(&mut self) -> &mut dyn Sockets {
        &mut self.sockets
    }
    fn timers(&mut self) -> &mut dyn Timers {
        &mut self.timers
    }
    fn clock(&self) -> &dyn Clock {
        &self.clock
    }
    fn wake_lock(&mut self) -> &mut dyn WakeLock {
        &mut self.wake_lock
    }
    fn store(&mut self) -> &mut dyn Store {
        &mut self.store
    }
    fn view(&mut self) -> &mut dyn View {
        &mut self.view
    }
}

/// Called by the browser when the page's code is loaded.
#[wasm_bindgen(start)]
fn start() -> Result<(), JsError> {
    load_interface_texts();
    let queue = EventQueue(Rc::default());
    let tools = tools::Tools::new(&queue);
    let page = view::Page::new(&queue, tools.loader())?;
    let tokens = tokens::BrowserTokens::new(&queue, page.server_info(), tools.loader());
    let sleep_monitor = network::SleepMonitor::new(&queue);
    let browser = Browser {
        microphone: microphone::BrowserMicrophone::new(&queue, &sleep_monitor, tools.loader())?,
        tokens,
        sockets: socket::BrowserSockets::new(&queue),
        timers: timers::BrowserTimers::new(&queue),
        clock: BrowserClock,
        wake_lock: wake_lock::BrowserWakeLock::new(),
        store: store::BrowserStore::new(&queue),
        view: page,
        network: network::Network::new(&queue, sleep_monitor),
        _tools: tools,
    };
    // Different on each page: the first 32 bits of a random number.
    let seed = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    *queue.0.app.borrow_mut() = Some(App::new(browser, seed));
    Ok(())
}
