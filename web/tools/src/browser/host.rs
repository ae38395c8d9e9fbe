use js_sys::{Int16Array, Promise};
use transcription_common::{RecordingPhase, import_class, page_interface};
use wasm_bindgen::prelude::*;

page_interface!(import_class);
