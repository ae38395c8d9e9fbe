use assemblyai_protocol::{ClientMessage, PARAMETERS, StreamingParameters};
use serde_json::{Map, Value};
use transcription_common::STANDBY;

use super::{REGION, ServerConfig, UserSettings};

/// The parameters of the open session, including those changed since it was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveSession {
    parameters: StreamingParameters,
    region: Option<String>,
    /// After how many seconds without speech its connection is closed; 0: never.
    standby_after_s: u32,
}

/// How changed settings take effect while a session is open.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePlan {
    /// The message that changes the session; `None` if nothing can be changed.
    pub message: Option<String>,
    /// The fields whose change takes effect at once.
    pub now: Vec<&'static str>,
    /// The fields whose change takes effect at the next start.
    pub next: Vec<&'static str>,
    /// Those of `next` that could change at once, but not back to the service's default.
    pub cannot_be_taken_back: Vec<&'static str>,
    /// The session after the message.
    pub session: ActiveSession,
}

impl ActiveSession {
    /// The session that was opened with these settings.
    pub fn new(config: &ServerConfig, settings: &UserSettings) -> Self {
        Self {
            parameters: config.parameters(settings),
            region: settings.region().map(str::to_owned),
            standby_after_s: standby_after_s(config, settings),
        }
    }

    /// After how many seconds without speech its connection is closed; 0: never. With speaker labels it never is: they
    /// restart with each connection.
    pub fn standby_after_s(&self) -> u32 {
        if self.parameters.speaker_labels == Some(true) { 0 } else { self.standby_after_s }
    }

    /// Plans the change to other settings.
    pub fn plan(&self, config: &ServerConfig, settings: &UserSettings) -> ChangePlan {
        let wanted = config.parameters(settings);
        // The session keeps its model and all parameters that only a new session can change.
        let (mut possible, requested) = (object(&self.parameters), object(&wanted));
        for parameter in PARAMETERS.iter().filter(|parameter| parameter.changes_live) {
            match requested.get(parameter.name) {
                Some(value) => possible.insert(parameter.name.to_owned(), value.clone()),
                None => possible.remove(parameter.name),
            };
        }
        let update = self.parameters.update_to(&read(possible));
        let changes = serde_json::to_value(&update).unwrap_or_default();
        let changes = changes.as_object().cloned().unwrap_or_default();

        let mut in_effect = object(&self.parameters);
        for (name, value) in &changes {
            // A cleared parameter is as if it had never been set.
            let is_cleared = *value == "" || value.as_array().is_some_and(Vec::is_empty);
            if is_cleared {
                in_effect.remove(name)
            } else {
                in_effect.insert(name.clone(), value.clone())
            };
        }
        let session = Self {
            parameters: read(in_effect.clone()),
            region: self.region.clone(),
            standby_after_s: standby_after_s(config, settings),
        };
        let is_changed = |name: &str| changes.contains_key(name);
        // A parameter that only the other model does not accept is not a change by the user.
        let differs = |name: &str| in_effect.get(name) != requested.get(name);
        let others = session.parameters.changes_to(&wanted).map(|parameter| parameter.name);
        let mut next: Vec<&'static str> = others.filter(|name| differs(name)).collect();
        if self.region.as_deref() != settings.region() {
            next.push(REGION);
        }
        let can_change = |name: &str| PARAMETERS.iter().any(|it| it.name == name && it.changes_live);
        let is_reset = |name: &str| in_effect.contains_key(name) && !requested.contains_key(name);
        let mut now: Vec<&'static str> =
            PARAMETERS.iter().map(|parameter| parameter.name).filter(|name| is_changed(name)).collect();
        if session.standby_after_s != self.standby_after_s {
            now.push(STANDBY);
        }
        ChangePlan {
            message: (!changes.is_empty()).then(|| ClientMessage::UpdateConfiguration(update).to_json()),
            now,
            cannot_be_taken_back: next
                .iter()
                .copied()
                .filter(|name| can_change(name) && is_reset(name))
                .collect(),
            next,
            session,
        }
    }
}

/// After how many seconds without speech the page closes its connection with these settings; 0: never.
fn standby_after_s(config: &ServerConfig, settings: &UserSettings) -> u32 {
    settings.standby_after_s().unwrap_or_else(|| config.default_standby_s())
}

/// Parameters as JSON.
fn object(parameters: &StreamingParameters) -> Map<String, Value> {
    let value = serde_json::to_value(parameters).unwrap_or_default();
    value.as_object().cloned().unwrap_or_default()
}

/// The parameters from that JSON. This cannot fail: the values came from parameters.
fn read(object: Map<String, Value>) -> StreamingParameters {
    serde_json::from_value(Value::Object(object)).unwrap_or_default()
}
