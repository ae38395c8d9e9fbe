//! The title of the page in the browser's tab: while a recording is made, its time.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use transcription_common::RecordingPhase;
use transcription_dom::{WarnOnError, document, find};
use wasm_bindgen::prelude::*;
use web_sys::{MutationObserver, MutationObserverInit};

/// Before the time while sound is captured.
const CAPTURING: &str = "● ";
/// Between the time and the page's own title.
const SEPARATOR: &str = " · ";

pub(super) struct TabTitle(Rc<State>);

struct State {
    /// The page's own title.
    plain: String,
    phase: Cell<RecordingPhase>,
}

impl TabTitle {
    pub(super) fn new(phase: RecordingPhase) -> Self {
        let state = Rc::new(State { plain: document().title(), phase: Cell::new(phase) });
        if let Some(elapsed) = find("#elapsed") {
            let changed = state.clone();
            // The page changes the time once a second. JavaScript owns the callback for as long as the page exists.
            let callback = Closure::<dyn Fn()>::new(move || changed.draw()).into_js_value();
            let options = MutationObserverInit::new();
            options.set_child_list(true);
            MutationObserver::new(callback.unchecked_ref::<Function>())
                .and_then(|observer| observer.observe_with_options(&elapsed, &options))
                .warn_on_error();
        }
        state.draw();
        Self(state)
    }

    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        self.0.phase.set(phase);
        self.0.draw();
    }
}

impl State {
    fn draw(&self) {
        use RecordingPhase::{Connecting, Idle, Reconnecting, Recording, Standby};
        let elapsed = find("#elapsed").and_then(|elapsed| elapsed.text_content()).unwrap_or_default();
        let title = match self.phase.get() {
            Idle => self.plain.clone(),
            Connecting | Recording | Reconnecting | Standby => {
                [CAPTURING, &elapsed, SEPARATOR, &self.plain].concat()
            }
            _ => [&elapsed, SEPARATOR, &self.plain].concat(),
        };
        document().set_title(&title);
    }
}
