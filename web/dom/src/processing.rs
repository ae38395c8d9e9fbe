use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::{is_checked, object};

/// What a browser can do to the sound (Media Capture and Streams, 4.3.8).
pub const PROCESSING: [&str; 3] = ["echoCancellation", "noiseSuppression", "autoGainControl"];

/// Whether the user wants this processing. By default none: it is made for calls between people, and removes quiet speech
/// as noise.
pub fn is_processing_wanted(name: &str) -> bool {
    is_checked(&["[data-processing=", name, "]"].concat())
}

/// Constraints of a sound (`MediaTrackConstraints`): the processing that the user wants, and perhaps another constraint.
pub fn sound_constraints(other: Option<(&str, JsValue)>) -> Object {
    let processing = PROCESSING.map(|name| (name, is_processing_wanted(name).into()));
    let fields: Vec<_> = processing.into_iter().chain(other).collect();
    object(&fields)
}
