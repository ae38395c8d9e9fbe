use transcription_common::texts;

/// Loads the interface's texts if it is not in English: boot.js has fetched them into a global variable, because the
/// page's HTML needs them before any wasm is loaded.
pub fn load_interface_texts() {
    if let Some(texts) = crate::get(&crate::window(), "interfaceTexts").as_string() {
        texts::load_german(texts);
    }
}
