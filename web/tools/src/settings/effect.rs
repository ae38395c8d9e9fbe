use assemblyai_protocol::{ClientMessage, PARAMETERS, StreamingParameters};
use serde_json::{Map, Value};

use super::{Choices, Offer, REGION};

/// What a session that is open was asked for, with all that has been changed since.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    parameters: StreamingParameters,
    region: Option<String>,
}

/// What becomes of choices while a session is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The message that tells the session; `None` where there is nothing to tell.
    pub message: Option<String>,
    /// The fields that change at once.
    pub now: Vec<&'static str>,
    /// The fields that change at the next start.
    pub next: Vec<&'static str>,
    /// Those among them that could change at once, but not back to the service's own choice.
    pub cannot_be_taken_back: Vec<&'static str>,
    /// The session once it has been told.
    pub running: Running,
}

impl Running {
    /// The session that these choices have opened.
    pub fn new(offer: &Offer, choices: &Choices) -> Self {
        Self { parameters: offer.parameters(choices), region: choices.region().map(str::to_owned) }
    }

    /// What becomes of other choices.
    pub fn effect(&self, offer: &Offer, choices: &Choices) -> Effect {
        let wanted = offer.parameters(choices);
        // The session keeps its model, and all that only a new one can have.
        let (mut possible, wishes) = (object(&self.parameters), object(&wanted));
        for parameter in PARAMETERS.iter().filter(|parameter| parameter.changes_live) {
            match wishes.get(parameter.name) {
                Some(wish) => possible.insert(parameter.name.to_owned(), wish.clone()),
                None => possible.remove(parameter.name),
            };
        }
        let update = self.parameters.update_to(&read(possible));
        let told = serde_json::to_value(&update).unwrap_or_default();
        let told = told.as_object().cloned().unwrap_or_default();

        let mut in_effect = object(&self.parameters);
        for (name, value) in &told {
            // What was cleared is as if it had never been.
            let is_cleared = *value == "" || value.as_array().is_some_and(Vec::is_empty);
            if is_cleared {
                in_effect.remove(name)
            } else {
                in_effect.insert(name.clone(), value.clone())
            };
        }
        let running = Self { parameters: read(in_effect.clone()), region: self.region.clone() };
        let is_told = |name: &str| told.contains_key(name);
        // What another model only takes no longer is no change that anybody has made.
        let differs = |name: &str| in_effect.get(name) != wishes.get(name);
        let others = running.parameters.changes_to(&wanted).map(|parameter| parameter.name);
        let mut next: Vec<&'static str> = others.filter(|name| differs(name)).collect();
        if self.region.as_deref() != choices.region() {
            next.push(REGION);
        }
        let could = |name: &str| PARAMETERS.iter().any(|it| it.name == name && it.changes_live);
        let is_left_alone = |name: &str| in_effect.contains_key(name) && !wishes.contains_key(name);
        Effect {
            message: (!told.is_empty()).then(|| ClientMessage::UpdateConfiguration(update).to_json()),
            now: PARAMETERS.iter().map(|parameter| parameter.name).filter(|name| is_told(name)).collect(),
            cannot_be_taken_back: next
                .iter()
                .copied()
                .filter(|name| could(name) && is_left_alone(name))
                .collect(),
            next,
            running,
        }
    }
}

/// Parameters as JSON.
fn object(parameters: &StreamingParameters) -> Map<String, Value> {
    let value = serde_json::to_value(parameters).unwrap_or_default();
    value.as_object().cloned().unwrap_or_default()
}

/// And back: they came from parameters, so they can be read.
fn read(object: Map<String, Value>) -> StreamingParameters {
    serde_json::from_value(Value::Object(object)).unwrap_or_default()
}
