//! The browser: the only files that use `web_sys`. A first reader may skip them.

mod answer;
mod composition;
mod discard;
mod elements;
mod empty_text;
mod export;
mod file;
mod folder;
mod host;
mod icons;
mod leave;
mod level;
mod markers;
mod name_dialog;
mod reader;
mod recognition_speed;
mod recordings;
mod settings;
mod shared_sound;
mod status_line;
mod stored_again;
mod title;
mod words;
mod worker;

use std::rc::Rc;

use js_sys::Promise;
use transcription_common::texts::Language;
use transcription_common::{RecordingPhase, export_class, tools_interface};
use transcription_dom::{append, create_element, find, set_attribute};
use wasm_bindgen::prelude::*;
use web_sys::Element;

pub(crate) use host::{Host, Recording};

/// Smaller than the standard library's.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The loaded tools; their listeners end when the page drops this.
#[wasm_bindgen]
pub struct OpenTools {
    settings: settings::Settings,
    reader: Option<Rc<reader::Reader>>,
    recordings: Rc<recordings::Recordings>,
    _export: export::Export,
    file: file::FileButton,
    empty_text: empty_text::EmptyText,
    title: title::TabTitle,
    shared_sound: shared_sound::SharedSound,
    level: level::LevelCanvas,
    _leave_question: leave::LeaveQuestion,
    _recognition_speed: Option<recognition_speed::RecognitionSpeed>,
    host: Host,
    status_line: status_line::StatusLine,
}

tools_interface!(export_class);

impl OpenToolsMethods for OpenTools {
    fn phase_changed(&self, phase: RecordingPhase) {
        let is_file = self.file.phase_changed(phase);
        self.settings.phase_changed(phase);
        if let Some(reader) = &self.reader {
            reader.phase_changed(phase, is_file);
        }
        self.recordings.phase_changed(phase);
        self.shared_sound.phase_changed(phase);
        self.level.phase_changed(phase);
        self.empty_text.phase_changed(phase);
        self.title.phase_changed(phase, is_file);
    }

    fn elapsed_changed(&self, seconds: u32) {
        self.title.elapsed_changed(seconds);
    }

    fn transcript_changed(&self, element: &Element) {
        if let Some(reader) = &self.reader {
            reader.transcript_changed(element);
        }
    }

    fn message_changed(&self, is_error: bool, message: &str) {
        if let Some(reader) = &self.reader {
            reader.message_changed(is_error, message);
        }
    }

    fn stored_again(&self, first_connection: u32) {
        stored_again::report(&self.host, &self.status_line, first_connection);
    }

    fn update_connection(&self) {
        self.settings.update_connection();
    }

    fn share(&self, with_microphone: bool) -> Promise {
        self.shared_sound.share(with_microphone)
    }

    fn draw_level(&self, path: &str) -> bool {
        self.level.draw(path)
    }
}

/// Called by boot.js when a tool is used for the first time, with the addresses of worker.js and of the manifests in both
/// languages.
///
/// # Errors
///
/// If the document cannot create elements.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "wasm-bindgen exports only what is public")]
pub fn open(host: &Host, worker: &str, english: &str, german: &str) -> Result<OpenTools, JsValue> {
    transcription_dom::load_interface_texts();
    add_manifest(english, german)?;
    if let Some(hint) = find("#hint") {
        // It scrolls in low windows; not every browser lets keys scroll what cannot have the focus.
        set_attribute(&hint, "tabindex", "0");
    }
    composition::keep_keys_of_input_methods();
    discard::ask_before_discarding();
    let settings = settings::Settings::start(host);
    let status_line = status_line::StatusLine::new();
    let reader = reader::open(host, &status_line, &settings.key_terms());
    icons::draw();
    let worker = worker::WorkerScript::new(worker);
    let follower = reader.clone();
    let on_deleted = move || follower.iter().for_each(|reader| reader.recordings_changed());
    Ok(OpenTools {
        settings,
        reader: reader.clone(),
        recordings: recordings::Recordings::new(host, &status_line, on_deleted),
        _export: export::Export::new(host, reader.as_ref().map(|reader| reader.markers()))?,
        file: file::FileButton::new(host, &worker, reader.clone()),
        empty_text: empty_text::EmptyText::new(host.phase()),
        title: title::TabTitle::new(host),
        shared_sound: shared_sound::SharedSound::new(),
        level: level::LevelCanvas::new(&worker, host.phase()),
        _leave_question: leave::LeaveQuestion::new(host, reader),
        _recognition_speed: recognition_speed::RecognitionSpeed::new(host),
        host: host.clone(),
        status_line,
    })
}

/// Adds the manifest in the language of the interface, with which browsers offer to install the page.
fn add_manifest(english: &str, german: &str) -> Result<(), JsValue> {
    let manifest: Element = create_element("link", "");
    set_attribute(&manifest, "rel", "manifest");
    // It is asked for with the cookie of the login.
    set_attribute(&manifest, "crossorigin", "use-credentials");
    let address = match Language::now() {
        Language::English => english,
        Language::German => german,
    };
    set_attribute(&manifest, "href", address);
    let head: Element = find("head").ok_or(JsValue::UNDEFINED)?.into();
    append(&head, &[&manifest]);
    Ok(())
}
