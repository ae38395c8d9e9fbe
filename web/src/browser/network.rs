use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::Inbox;
use super::clock::Interval;
use crate::session::Input;
use assemblyai_session::liveness::{SleepDetector, TICK_MS};
use transcription_dom::Listener;

/// Tells when an open connection may be dead without knowing.
pub(crate) struct Network {
    _listeners: [Listener; 2],
    _ticks: Interval,
}

/// The page's pulse, which audio keeps going too.
#[derive(Clone)]
pub(crate) struct Heart {
    inbox: Inbox,
    pulse: Rc<RefCell<SleepDetector>>,
}

impl Heart {
    pub(crate) fn new(inbox: &Inbox) -> Self {
        Self { inbox: inbox.clone(), pulse: Rc::default() }
    }

    /// The page's code runs.
    pub(crate) fn beat(&self) {
        let has_slept = self.pulse.borrow_mut().tick(js_sys::Date::now());
        if has_slept {
            self.inbox.put(Input::Online);
        }
    }
}

impl Network {
    pub(crate) fn new(inbox: &Inbox, heart: &Heart) -> Result<Self, JsError> {
        let window = web_sys::window().ok_or_else(|| JsError::new("there is no window"))?;
        let (online, offline, heart) = (inbox.clone(), inbox.clone(), heart.clone());
        Ok(Self {
            _listeners: [
                Listener::new(&window, "online", move |_| online.put(Input::Online)),
                Listener::new(&window, "offline", move |_| offline.put(Input::Offline)),
            ],
            _ticks: Interval::new(TICK_MS, move || heart.beat()),
        })
    }
}
