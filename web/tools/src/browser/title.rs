//! The title of the page in the browser's tab: while a recording is made, its time.

use std::cell::Cell;

use transcription_common::{RecordingPhase, SAMPLE_RATE_HZ, clock, texts};
use transcription_dom::document;

use super::Host;

/// Before the time while a microphone or shared sound is captured.
const CAPTURING: &str = "● ";
/// Between the time and the page's own title.
const SEPARATOR: &str = " · ";

pub(super) struct TabTitle {
    /// The page's own title.
    plain: String,
    phase: Cell<RecordingPhase>,
    is_file: Cell<bool>,
    elapsed_s: Cell<u64>,
}

impl TabTitle {
    pub(super) fn new(host: &Host) -> Self {
        let samples = host.recordings().pop().map_or(0, |recording| recording.samples());
        let title = Self {
            plain: document().title(),
            phase: Cell::new(host.phase()),
            is_file: Cell::default(),
            elapsed_s: Cell::new(samples / u64::from(SAMPLE_RATE_HZ)),
        };
        title.draw();
        title
    }

    /// The recording, which may be of a file, has entered another phase.
    pub(super) fn phase_changed(&self, phase: RecordingPhase, is_file: bool) {
        self.phase.set(phase);
        self.is_file.set(is_file);
        self.draw();
    }

    /// The recording in progress has so many whole seconds of sound.
    pub(super) fn elapsed_changed(&self, seconds: u32) {
        self.elapsed_s.set(seconds.into());
        self.draw();
    }

    fn draw(&self) {
        use RecordingPhase::{Connecting, Idle, Reconnecting, Recording, Standby};
        let elapsed = clock(self.elapsed_s.get());
        let title = match self.phase.get() {
            Idle => self.plain.clone(),
            Connecting | Recording | Reconnecting | Standby if self.is_file.get() => {
                [texts::TRANSCRIBING.get(), " ", &elapsed, SEPARATOR, &self.plain].concat()
            }
            Connecting | Recording | Reconnecting | Standby => {
                [CAPTURING, &elapsed, SEPARATOR, &self.plain].concat()
            }
            _ => [&elapsed, SEPARATOR, &self.plain].concat(),
        };
        document().set_title(&title);
    }
}
