//! Transcribes a file: the user picks one or drops it on the page, the browser decodes it, and the page records it as if
//! it came from the microphone.

mod decode;
mod progress;
mod ticks;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Int16Array, Reflect};
use transcription_common::RecordingPhase;
use transcription_common::texts::{self, Text};
use transcription_dom::{
    Listener, WarnOnError, closest, create_element, document, find, focus, get, now_ms, set_text, show,
    toggle_attribute, window,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlInputElement};

use super::Host;
use super::reader::Reader;
use super::worker::WorkerScript;
use crate::file::{FileLimit, MOST_BYTES, MOST_BYTES_OF_UNKNOWN_LENGTH, MOST_MINUTES, Pace, Speed};
use decode::{Failure, Sound};
use progress::Progress;
use ticks::Ticks;

/// Where boot.js puts dropped files before it presses the button.
const DROPPED: &str = "dropped";

/// The button that transcribes a file.
pub(crate) struct FileButton {
    files: Rc<Files>,
    _listener: Listener,
}

struct Files {
    host: Host,
    progress: Progress,
    picker: HtmlInputElement,
    /// Counts the files that were read: only the last one goes on. A browser may never end reading one.
    reading: Cell<u32>,
    /// Whether the recording in progress is of a file.
    is_transcribing: Cell<bool>,
    playing: RefCell<Option<Playing>>,
    listeners: RefCell<Vec<Listener>>,
    worker: WorkerScript,
    reader: Option<Rc<Reader>>,
}

/// A file that is transcribed.
struct Playing {
    recording: u32,
    /// The sentence that says what is transcribed.
    what: String,
    sound: Sound,
    pace: Pace,
    _ticks: Ticks,
}

impl FileButton {
    pub(crate) fn new(host: &Host, worker: &WorkerScript, reader: Option<Rc<Reader>>) -> Self {
        let picker: HtmlInputElement = create_element("input", "");
        picker.set_type("file");
        // iOS takes "audio/*" for "video/*" and greys out the rest.
        picker.set_accept("audio/*,video/*,.m4a,.mp3,.wav,.aac,.flac,.ogg,.opus,.webm");
        let files = Rc::new(Files {
            host: host.clone(),
            progress: Progress::new(),
            picker,
            reading: Cell::default(),
            is_transcribing: Cell::default(),
            playing: RefCell::default(),
            listeners: RefCell::default(),
            worker: worker.clone(),
            reader,
        });
        let weak = Rc::downgrade(&files);
        let chosen = Listener::new(&files.picker, "change", move |_| {
            let Some(files) = weak.upgrade() else { return };
            let file = files.picker.files().and_then(|files| files.get(0));
            // The same file can be picked again.
            files.picker.set_value("");
            if let Some(file) = file {
                files.transcribe(file, false);
            }
        });
        let weak = Rc::downgrade(&files);
        let cancelled = Listener::new(&files.progress.cancel, "click", move |_| {
            weak.upgrade().into_iter().for_each(|files| files.cancel_reading());
        });
        files.listeners.replace(vec![chosen, cancelled]);
        let pressed = files.clone();
        let listener = Listener::new(&document(), "click", move |event| {
            if closest(&event, "#file").is_some() {
                let dropped = take_dropped();
                match dropped.first() {
                    Some(file) => pressed.transcribe(file.clone(), dropped.len() > 1),
                    None => pressed.picker.click(),
                }
            }
        });
        Self { files, _listener: listener }
    }

    /// The recording has entered another phase: of a file the page says so, and shows no microphone. Returns whether it is
    /// of a file.
    pub(crate) fn phase_changed(&self, phase: RecordingPhase) -> bool {
        if phase == RecordingPhase::Idle {
            self.files.is_transcribing.set(false);
        }
        let is_file = self.files.is_transcribing.get();
        mark_page(is_file);
        // The page says the rest itself.
        if is_file && phase.file_status() != phase.status() {
            show_status(phase.file_status());
        }
        is_file
    }
}

/// Marks the page as one that reads or transcribes a file.
fn mark_page(is_file: bool) {
    if let Some(body) = document().body() {
        toggle_attribute(&body, "data-file", is_file);
    }
}

fn show_status(text: Text) {
    if let Some(status) = find("#status") {
        set_text(&status, text.get());
    }
}

/// The files that were dropped on the page, if any were.
fn take_dropped() -> Vec<File> {
    let dropped = get(&window(), DROPPED);
    if dropped.is_undefined() {
        return vec![];
    }
    Reflect::set(&window(), &DROPPED.into(), &JsValue::UNDEFINED).warn_on_error();
    Array::from(&dropped).iter().filter_map(|file| file.dyn_into().ok()).collect()
}

impl Files {
    /// Shows a sentence where the page shows errors.
    fn show_error(&self, sentence: &str) {
        if let (Some(error), Some(text)) = (find("#error"), find("#error p")) {
            set_text(&text, sentence);
            show(&error, true);
            error.scroll_into_view();
        }
        if let Some(reader) = &self.reader {
            reader.message_changed(true, sentence);
        }
    }

    /// Transcribes a file, the first of several that were dropped together or the only one.
    fn transcribe(self: &Rc<Self>, file: File, is_first_of_several: bool) {
        if self.host.phase() != RecordingPhase::Idle {
            return self.show_error(texts::FILE_BUSY.get());
        }
        let reading = self.reading.get().wrapping_add(1);
        self.reading.set(reading);
        let name = file.name();
        let speed = if self.host.is_local() { Speed::AsConfirmed } else { Speed::RealTime };
        let what = match speed {
            _ if is_first_of_several => texts::ONE_FILE_AT_A_TIME,
            Speed::RealTime => texts::TRANSCRIBING_FILE,
            Speed::AsConfirmed => texts::TRANSCRIBING_FILE_HERE,
        };
        self.progress.show_reading(&name);
        mark_page(true);
        show_status(texts::READING);
        let files = self.clone();
        spawn_local(async move {
            let decoded = Sound::decode(&file).await;
            match decoded {
                _ if files.reading.get() != reading => {}
                Ok(sound) => files.start(what.with(&[&name]), sound, speed),
                Err(failure) => {
                    files.end_reading();
                    files.show_error(&sentence(&failure, &name));
                }
            }
        });
    }

    /// Reads no file any more. What the browser still reads of one is dropped.
    fn cancel_reading(&self) {
        self.reading.set(self.reading.get().wrapping_add(1));
        self.end_reading();
        if let Some(file) = find("#file") {
            // The button that was pressed is hidden now.
            focus(&file);
        }
    }

    fn end_reading(&self) {
        self.progress.hide();
        // Otherwise the page has begun to record something else, and says that.
        if self.host.phase() == RecordingPhase::Idle {
            mark_page(false);
            show_status(RecordingPhase::Idle.status());
        }
    }

    fn start(self: &Rc<Self>, what: String, sound: Sound, speed: Speed) {
        // Before the page shows the first phase.
        self.is_transcribing.set(self.host.phase() == RecordingPhase::Idle);
        let Some(recording) = self.host.record_file() else {
            self.progress.hide();
            self.show_error(texts::FILE_BUSY.get());
            return;
        };
        if let Some(record) = find("#record") {
            // The button that was pressed is hidden now.
            focus(&record);
        }
        let files = Rc::downgrade(self);
        let ticks =
            Ticks::new(&self.worker, move || files.upgrade().into_iter().for_each(|files| files.tick()));
        let pace = Pace::new(speed, sound.samples(), now_ms());
        self.playing.replace(Some(Playing { recording, what, sound, pace, _ticks: ticks }));
        self.tick();
    }

    /// Hands over what is due.
    fn tick(&self) {
        // Taken out, because the page may call the tools meanwhile.
        let Some(mut playing) = self.playing.take() else { return };
        let goes_on = playing.hand_over(&self.host);
        if goes_on && !playing.pace.is_over() {
            self.progress.show_transcribing(&playing.what, &playing.pace);
            self.playing.replace(Some(playing));
            return;
        }
        self.progress.hide();
        if goes_on {
            self.host.finish_file(playing.recording);
        }
        // Not while its callback runs.
        spawn_local(async move { drop(playing) });
    }
}

impl Playing {
    /// Hands over what is due; returns whether the recording goes on.
    fn hand_over(&mut self, host: &Host) -> bool {
        self.pace.advance(now_ms());
        while let Some(due) = self.pace.due() {
            let samples = Int16Array::from(self.sound.read(due.from, due.to).as_slice());
            let taken = host.add_file_audio(self.recording, samples, due.most_unconfirmed_s);
            let Some(taken) = taken else { return false };
            self.pace.taken(due, u64::from(taken));
            if taken == 0 {
                return true;
            }
        }
        true
    }
}

fn sentence(failure: &Failure, name: &str) -> String {
    match failure {
        Failure::Refused(FileLimit::TooLarge) => texts::FILE_TOO_LARGE.with(&[name, &megabytes(MOST_BYTES)]),
        Failure::Refused(FileLimit::TooLargeWithoutLength) => {
            texts::FILE_TOO_LARGE_WITHOUT_LENGTH.with(&[name, &megabytes(MOST_BYTES_OF_UNKNOWN_LENGTH)])
        }
        Failure::Refused(FileLimit::TooLong) => {
            texts::FILE_TOO_LONG.with(&[name, &(MOST_MINUTES as u64).to_string()])
        }
        Failure::Missing => texts::FILE_MISSING.with(&[name]),
        Failure::Unreadable => texts::FILE_UNREADABLE.with(&[name]),
    }
}

fn megabytes(bytes: f64) -> String {
    (bytes as u64 / 1_000_000).to_string()
}
