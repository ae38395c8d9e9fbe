use transcription_common::{RecordingPhase, clock, texts};
use transcription_dom::{Listener, focus, remove_attribute, require, set_attribute, set_text, show};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use super::has_focus;
use crate::browser::EventQueue;
use crate::browser::tools::Loader;
use crate::event::Event;
use crate::session::{Input, Phase, data_state};

/// A second click within this time after the click that started is the second half of a double click, in ms. Systems
/// allow a double click 500 ms; this is less, so that a click to stop right after starting still counts.
const DOUBLE_CLICK_MS: f64 = 350.0;

/// The buttons of a recording, and its status.
pub(super) struct Controls {
    body: HtmlElement,
    record: HtmlElement,
    pause: Element,
    end_turn: Element,
    status: Element,
    time_left: Element,
    _listeners: [Listener; 4],
}

impl Controls {
    /// Finds the elements; the state of the recording is shown as an attribute of the body.
    pub(super) fn new(queue: &EventQueue, body: &HtmlElement, tools: &Loader) -> Result<Self, JsError> {
        let record: HtmlElement = require("#record")?;
        let (pause, end_turn): (Element, Element) = (require("#pause")?, require("#end-turn")?);
        let listeners = [
            on_record(queue, &record, tools),
            // A key that is held down would start and stop in turns.
            Listener::new(&record, "keydown", |event| {
                let key = event.unchecked_ref::<KeyboardEvent>();
                if key.repeat() && ["Enter", " "].contains(&key.key().as_str()) {
                    event.prevent_default();
                }
            }),
            {
                let queue = queue.clone();
                Listener::new(&pause, "click", move |_| queue.put(Event::TogglePause))
            },
            {
                let queue = queue.clone();
                Listener::new(&end_turn, "click", move |_| queue.put(Input::EndTurn))
            },
        ];
        Ok(Self {
            body: body.clone(),
            record,
            pause,
            end_turn,
            status: require("#status")?,
            time_left: require("#time-left")?,
            _listeners: listeners,
        })
    }

    /// The button that starts and stops: it takes the focus over from what is hidden.
    pub(super) fn record(&self) -> &HtmlElement {
        &self.record
    }

    pub(super) fn show_phase(&self, phase: Phase, recording_phase: RecordingPhase) {
        set_attribute(&self.body, "data-state", data_state(phase));
        // Disabled in index.html: before the page's code runs, a click would do nothing.
        remove_attribute(&self.record, "disabled");
        set_disabled(&self.record, phase == Phase::Stopping);
        set_text(&self.record, recording_phase.record_label().get());
        set_text(&self.status, recording_phase.status().get());
        // Beside the status, which screen readers read out: they should not read every second.
        let time_left = match phase {
            Phase::Sending(seconds) if seconds > 0 => texts::TO_GO.with(&[&clock(seconds)]),
            _ => String::new(),
        };
        set_text(&self.time_left, &time_left);
        let can_pause = matches!(
            phase,
            Phase::Connecting
                | Phase::Recording
                | Phase::Standby
                | Phase::Reconnecting
                | Phase::Paused
                | Phase::NoMicrophone
        );
        self.show_button(&self.pause, can_pause);
        let pause = match phase {
            Phase::Paused => texts::RESUME,
            Phase::NoMicrophone => texts::TRY_AGAIN,
            _ => texts::PAUSE,
        };
        set_text(&self.pause, pause.get());
        // Never hidden alone, so that the others keep their places.
        self.show_button(&self.end_turn, can_pause);
        set_disabled(&self.end_turn, phase != Phase::Recording);
    }

    /// Shows or hides a button; if it is hidden with the focus, the focus moves to Record.
    fn show_button(&self, button: &Element, is_shown: bool) {
        let had_focus = has_focus(button);
        show(button, is_shown);
        if had_focus && !is_shown {
            focus(&self.record);
        }
    }
}

/// Marks a button as without effect; unlike `disabled`, this leaves it the focus.
fn set_disabled(button: &Element, is_disabled: bool) {
    set_attribute(button, "aria-disabled", if is_disabled { "true" } else { "false" });
}

/// Starts or stops at a click. The second click of a double click would stop what the first has started: it is ignored.
fn on_record(queue: &EventQueue, record: &Element, tools: &Loader) -> Listener {
    let (queue, tools) = (queue.clone(), tools.clone());
    let mut started_ms = f64::NEG_INFINITY;
    Listener::new(record, "click", move |event| {
        let at_ms = event.time_stamp();
        let is_second_click = event.unchecked_into::<MouseEvent>().detail() > 1;
        if is_second_click && at_ms - started_ms <= DOUBLE_CLICK_MS {
            return;
        }
        if tools.is_idle() {
            started_ms = at_ms;
        }
        queue.put(Event::ToggleRecording);
    })
}
