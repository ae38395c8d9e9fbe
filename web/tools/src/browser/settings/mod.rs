//! The settings panel: a dialog behind the button in the header.

mod dialog;
mod kept;
mod rows;
mod running;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, StorageEvent};

use super::Host;
use super::listener::Listener;
use crate::settings::Offer;
use dialog::Dialog;
use kept::Offered;
use running::Sessions;

/// What the panel is made of; clones are the same.
#[derive(Clone)]
pub(super) struct Settings(Rc<Parts>);

struct Parts {
    host: Host,
    document: Document,
    sessions: Sessions,
    dialog: RefCell<Option<Dialog>>,
    listeners: RefCell<Vec<Listener>>,
}

impl Settings {
    /// Works out what the page connects with, and listens for the panel's button.
    pub(super) fn start(host: &Host) -> Option<Self> {
        let window = web_sys::window()?;
        let document = window.document()?;
        let sessions = Sessions::new(&document, host)?;
        let parts = Parts {
            host: host.clone(),
            document,
            sessions,
            dialog: RefCell::default(),
            listeners: RefCell::default(),
        };
        let settings = Self(Rc::new(parts));
        settings.settle();
        let (open, other_page) = (settings.clone(), settings.clone());
        let listeners = vec![
            Listener::new(&settings.0.document, "click", move |event| {
                let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                if clicked.is_some_and(|it| it.closest("#settings").ok().flatten().is_some()) {
                    open.open();
                }
            }),
            // Another page of this server has changed what was kept.
            Listener::new(&window, "storage", move |event| {
                let key = event.unchecked_into::<StorageEvent>().key();
                if key.is_none_or(|key| key == kept::SETTINGS) {
                    other_page.settle();
                }
            }),
        ];
        settings.0.listeners.replace(listeners);
        Some(settings)
    }

    fn settle(&self) {
        if let Some(offered) = offered(&self.0.host) {
            kept::settle(&offered);
        }
    }

    fn open(&self) {
        let Some(offered) = offered(&self.0.host) else { return };
        let parts = self.0.clone();
        let dialog = Dialog::open(&self.0.document, offered, &self.0.host, &self.0.sessions, move || {
            parts.dialog.take();
        });
        // Fails only where the document cannot make elements of ordinary names.
        self.0.dialog.replace(dialog.ok());
    }
}

/// What the server offers, as the page knows it.
fn offered(host: &Host) -> Option<Offered> {
    let answer = host.config();
    Offer::read(&answer).map(|offer| Offered { answer, offer })
}
