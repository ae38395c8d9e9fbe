use transcription_dom::{WarnOnError, window};
use wasm_bindgen::prelude::*;
use web_sys::{Event, KeyboardEvent};

/// The code of a key that an input method has handled (UI Events, 7.3.1). Safari reports the key that confirms a word
/// only by it: the composition is over then.
const HANDLED_BY_INPUT_METHOD: u32 = 229;

/// Stops key events that have no key, which browsers send when they fill in a field, and keys that an input method
/// handles, as for Japanese or Chinese: there Enter confirms a word and Escape drops it.
pub(crate) fn keep_keys_of_input_methods() {
    let callback = Closure::<dyn FnMut(Event)>::new(|event: Event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            event.stop_immediate_propagation();
            return;
        };
        if event.is_composing() || event.key_code() == HANDLED_BY_INPUT_METHOD {
            event.stop_propagation();
            if event.key() == "Enter" {
                // It would submit a form.
                event.prevent_default();
            }
        }
    });
    // JavaScript owns the callback for as long as the page exists. The window comes first, before all other listeners.
    let callback = callback.into_js_value();
    window()
        .add_event_listener_with_callback_and_bool("keydown", callback.unchecked_ref(), true)
        .warn_on_error();
}
