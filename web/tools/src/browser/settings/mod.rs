//! The settings dialog, which the button in the header opens.

mod active_session;
mod dialog;
mod key_terms;
mod rows;
mod storage;

use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::{RecordingPhase, SETTINGS_KEY};
use transcription_dom::{Listener, WarnOnError, closest, document, window};
use wasm_bindgen::prelude::*;
use web_sys::StorageEvent;

use super::Host;
use active_session::Sessions;
use dialog::Dialog;
pub(super) use key_terms::KeyTerms;

/// The settings of the page.
pub(super) struct Settings {
    host: Host,
    sessions: Sessions,
    _listeners: [Listener; 2],
}

impl Settings {
    /// Works out where the page connects, and handles the button that opens the dialog.
    pub(super) fn start(host: &Host) -> Self {
        let sessions = Sessions::new(host);
        update_connection(host);
        take_former_choice(host, &sessions);
        let (opener, other_page) = (Opener::new(host, &sessions), host.clone());
        let listeners = [
            Listener::new(&document(), "click", move |event| {
                if closest(&event, "#settings").is_some() {
                    opener.open();
                }
            }),
            // Another page of this server has changed the settings.
            Listener::new(&window(), "storage", move |event| {
                let key = event.unchecked_into::<StorageEvent>().key();
                if key.is_none_or(|key| key == SETTINGS_KEY) {
                    update_connection(&other_page);
                }
            }),
        ];
        Self { host: host.clone(), sessions, _listeners: listeners }
    }

    /// The key terms, for other tools.
    pub(super) fn key_terms(&self) -> KeyTerms {
        KeyTerms::new(&self.host, &self.sessions)
    }

    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        self.sessions.phase_changed(phase);
    }

    /// Works out again where the stored settings lead.
    pub(super) fn update_connection(&self) {
        update_connection(&self.host);
    }
}

/// Opens the dialog and drops it when it is closed.
struct Opener {
    host: Host,
    sessions: Sessions,
    dialog: Rc<RefCell<Option<Dialog>>>,
}

impl Opener {
    fn new(host: &Host, sessions: &Sessions) -> Self {
        Self { host: host.clone(), sessions: sessions.clone(), dialog: Rc::default() }
    }

    fn open(&self) {
        take_former_choice(&self.host, &self.sessions);
        let Some(loaded) = storage::loaded_config(&self.host) else { return };
        let closed = self.dialog.clone();
        let dialog = Dialog::open(loaded, &self.sessions, move || {
            closed.take();
        });
        self.dialog.replace(dialog.warn_on_error());
    }
}

/// Takes over what the user chose in an earlier version; it holds at once.
fn take_former_choice(host: &Host, sessions: &Sessions) {
    if let Some(loaded) = storage::loaded_config(host)
        && let Some(settings) = storage::take_former_choice(&loaded).warn_on_error().flatten()
    {
        sessions.apply(&loaded.config, &settings);
    }
}

fn update_connection(host: &Host) {
    if let Some(loaded) = storage::loaded_config(host) {
        storage::update_connection(&loaded);
    }
}
