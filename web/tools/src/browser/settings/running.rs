//! What the open session was asked for.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Document, HtmlElement, MutationObserver, MutationObserverInit};

use super::super::Host;
use super::{kept, offered};
use crate::settings::Running;

/// Follows the recording from start to end; clones are the same.
#[derive(Clone)]
pub(super) struct Sessions(Rc<Watch>);

struct Watch {
    host: Host,
    body: HtmlElement,
    running: RefCell<Option<Running>>,
    observer: RefCell<Option<Observer>>,
}

/// An observer and what it calls.
type Observer = (MutationObserver, Closure<dyn FnMut()>);

impl Sessions {
    pub(super) fn new(document: &Document, host: &Host) -> Option<Self> {
        let body = document.body()?;
        let watch =
            Watch { host: host.clone(), body, running: RefCell::default(), observer: RefCell::default() };
        let sessions = Self(Rc::new(watch));
        sessions.follow();
        let following = sessions.clone();
        let callback = Closure::<dyn FnMut()>::new(move || following.follow());
        let observer = MutationObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        let state = MutationObserverInit::new();
        state.set_attribute_filter(&js_sys::Array::of1(&"data-state".into()));
        observer.observe_with_options(&sessions.0.body, &state).ok()?;
        sessions.0.observer.replace(Some((observer, callback)));
        Some(sessions)
    }

    /// The session that is open, or about to be.
    pub(super) fn running(&self) -> Option<Running> {
        self.0.running.borrow().clone()
    }

    /// It was told of changes.
    pub(super) fn was_told(&self, running: Running) {
        self.0.running.replace(Some(running));
    }

    fn follow(&self) {
        let state = self.0.body.get_attribute("data-state").unwrap_or_default();
        match (&*state, self.running()) {
            ("idle", _) => {
                self.0.running.take();
            }
            // A new connection has all that is kept by now.
            ("reconnecting", _) | (_, None) => {
                let offered = offered(&self.0.host);
                let running = offered.map(|it| Running::new(&it.offer, &kept::choices(&it)));
                self.0.running.replace(running);
            }
            _ => {}
        }
    }
}
