//! From one set of parameters to another while a session runs.

use super::{PARAMETERS, Parameter, StreamingParameters};
use crate::client::Configuration;

impl StreamingParameters {
    /// What differs from other parameters, as far as the model takes it.
    pub fn changes_to<'a>(&'a self, new: &'a Self) -> impl Iterator<Item = &'static Parameter> + 'a {
        let pairs = PARAMETERS.iter().zip(self.values().into_iter().zip(new.values()));
        pairs
            .filter(|(parameter, (old, new_value))| {
                let (was, is) = (self.sends(parameter), new.sends(parameter));
                old.filter(|_| was) != new_value.filter(|_| is)
            })
            .map(|(parameter, _)| parameter)
    }

    /// The message that makes a session with these parameters one with others, as far as that can be done while it
    /// runs; the other [changes](Self::changes_to) wait for the next session.
    ///
    /// A list or a text that is gone is cleared; what else is gone cannot be taken back to the service's own choice and
    /// stays as it is.
    pub fn update_to(&self, new: &Self) -> Configuration {
        let changed: Vec<&str> = self
            .changes_to(new)
            .filter(|parameter| parameter.changes_live)
            .map(|parameter| parameter.name)
            .collect();
        let is = |name: &str| changed.contains(&name);
        Configuration {
            format_turns: pick(is("format_turns"), new.format_turns.as_ref()),
            end_of_turn_confidence_threshold: pick(
                is("end_of_turn_confidence_threshold"),
                new.end_of_turn_confidence_threshold.as_ref(),
            ),
            min_turn_silence_ms: pick(is("min_turn_silence"), new.min_turn_silence_ms.as_ref()),
            max_turn_silence_ms: pick(is("max_turn_silence"), new.max_turn_silence_ms.as_ref()),
            mode: pick(is("mode"), new.mode.as_ref()),
            vad_threshold: pick(is("vad_threshold"), new.vad_threshold.as_ref()),
            interruption_delay_ms: pick(is("interruption_delay"), new.interruption_delay_ms.as_ref()),
            continuous_partials: pick(is("continuous_partials"), new.continuous_partials.as_ref()),
            turn_left_pad_ms: pick(is("turn_left_pad_ms"), new.turn_left_pad_ms.as_ref()),
            keyterms_prompt: or_cleared(is("keyterms_prompt"), new.keyterms_prompt.as_ref()),
            prompt: or_cleared(is("prompt"), new.prompt.as_ref()),
            agent_context: pick(is("agent_context"), new.agent_context.as_ref()),
            language_codes: or_cleared(is("language_codes"), new.language_codes.as_ref()),
            filter_profanity: pick(is("filter_profanity"), new.filter_profanity.as_ref()),
            session_heartbeat: pick(is("session_heartbeat"), new.session_heartbeat.as_ref()),
            acknowledge_silence: pick(is("acknowledge_silence"), new.acknowledge_silence.as_ref()),
        }
    }
}

/// The new value of what changed; `None` where it is gone, for nothing says so on the wire.
fn pick<T: Clone>(changed: bool, value: Option<&T>) -> Option<T> {
    value.filter(|_| changed).cloned()
}

/// The new value of what changed; an empty one where it is gone.
fn or_cleared<T: Clone + Default>(changed: bool, value: Option<&T>) -> Option<T> {
    changed.then(|| value.cloned().unwrap_or_default())
}
