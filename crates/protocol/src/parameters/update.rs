//! What changes between two sets of parameters while a session runs.

use super::rules::Parameter;
use super::table::{Configuration, PARAMETERS, StreamingParameters};

impl StreamingParameters {
    /// The parameters whose values differ in `new`, as far as the models take them.
    pub fn changes_to<'a>(&'a self, new: &'a Self) -> impl Iterator<Item = &'static Parameter> + 'a {
        let pairs = PARAMETERS.iter().zip(self.values().into_iter().zip(new.values()));
        pairs
            .filter(|(parameter, (old_value, new_value))| {
                let (was_sent, is_sent) = (self.sends(parameter), new.sends(parameter));
                old_value.filter(|_| was_sent) != new_value.filter(|_| is_sent)
            })
            .map(|(parameter, _)| parameter)
    }

    /// The message that changes a running session to the parameters `new`, as far as that is possible; the other
    /// [changes](Self::changes_to) need a new session.
    ///
    /// A list or a text that is no longer set is cleared. Any other value that is no longer set stays, because no
    /// message returns it to the service's default.
    pub fn update_to(&self, new: &Self) -> Configuration {
        let changed: Vec<&str> = self
            .changes_to(new)
            .filter(|parameter| parameter.changes_live)
            .map(|parameter| parameter.name)
            .collect();
        Configuration::of(new, |name| changed.contains(&name))
    }
}

impl From<StreamingParameters> for Configuration {
    fn from(parameters: StreamingParameters) -> Self {
        Self::of(&parameters, |name| parameters.value(name).is_some())
    }
}

/// The new value of a parameter that changed; `None`, which leaves it as it is, where there is none.
pub(super) fn or_unchanged<T: Clone>(has_changed: bool, value: Option<&T>) -> Option<T> {
    value.filter(|_| has_changed).cloned()
}

/// The new value of a parameter that changed; an empty one, which clears it, where there is none.
pub(super) fn or_cleared<T: Clone + Default>(has_changed: bool, value: Option<&T>) -> Option<T> {
    has_changed.then(|| value.cloned().unwrap_or_default())
}
