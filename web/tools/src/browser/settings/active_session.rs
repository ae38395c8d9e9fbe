//! The parameters of the open session.

use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::{RecordingPhase, STANDBY};

use super::storage;
use crate::browser::Host;
use crate::settings::{ActiveSession, ChangePlan, ServerConfig, UserSettings};

/// Follows the recording from start to end. Clones share their state.
#[derive(Clone)]
pub(super) struct Sessions(Rc<State>);

struct State {
    host: Host,
    active: RefCell<Option<ActiveSession>>,
}

impl Sessions {
    pub(super) fn new(host: &Host) -> Self {
        let sessions = Self(Rc::new(State { host: host.clone(), active: RefCell::default() }));
        sessions.phase_changed(host.phase());
        sessions
    }

    /// The session that is open or being opened.
    pub(super) fn active(&self) -> Option<ActiveSession> {
        self.0.active.borrow().clone()
    }

    /// Changes what these settings change in the open session; `None` if there is none.
    pub(super) fn apply(&self, config: &ServerConfig, settings: &UserSettings) -> Option<ChangePlan> {
        let plan = self.active()?.plan(config, settings);
        if let Some(message) = &plan.message {
            self.0.host.send_message(message.clone());
        }
        if plan.now.contains(&STANDBY) {
            self.0.host.set_standby(plan.session.standby_after_s());
        }
        self.0.active.replace(Some(plan.session.clone()));
        Some(plan)
    }

    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        match (phase, self.active()) {
            (RecordingPhase::Idle, _) => {
                self.0.active.take();
            }
            // A new connection has all settings that are stored by now.
            (RecordingPhase::Reconnecting, _) | (_, None) => {
                let loaded = storage::loaded_config(&self.0.host);
                let active = loaded.map(|it| ActiveSession::new(&it.config, &storage::read(&it)));
                self.0.active.replace(active);
            }
            _ => {}
        }
    }
}
