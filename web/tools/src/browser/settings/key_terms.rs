use super::active_session::Sessions;
use super::storage::{self, LoadedConfig};
use crate::browser::Host;
use crate::settings::UserSettings;
use transcription_dom::WarnOnError;

/// The terms that the service listens for, to which corrections can be added.
#[derive(Clone)]
pub(crate) struct KeyTerms {
    host: Host,
    sessions: Sessions,
}

impl KeyTerms {
    pub(super) fn new(host: &Host, sessions: &Sessions) -> Self {
        Self { host: host.clone(), sessions: sessions.clone() }
    }

    /// Whether a term can be added: the server and its model take some, and this one is not among them.
    pub(crate) fn can_add(&self, term: &str) -> bool {
        self.with(term).is_some()
    }

    /// Adds a term for the open session and later ones. Returns whether it is stored.
    pub(crate) fn add(&self, term: &str) -> bool {
        let Some((loaded, settings)) = self.with(term) else { return false };
        let is_stored = storage::write(&loaded, &settings).warn_on_error().is_some();
        if is_stored {
            self.sessions.apply(&loaded.config, &settings);
        }
        is_stored
    }

    /// The settings with this term too.
    fn with(&self, term: &str) -> Option<(LoadedConfig, UserSettings)> {
        let loaded = storage::loaded_config(&self.host)?;
        let settings = storage::read(&loaded).with_key_term(term, &loaded.config)?;
        Some((loaded, settings))
    }
}
