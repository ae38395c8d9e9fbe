//! The waveform of the level, drawn by a worker: a frame costs the page more than all else that it does with the sound.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function};
use transcription_common::RecordingPhase;
use transcription_dom::{Listener, WarnOnError, create_element, find, get, object, window};
use wasm_bindgen::prelude::*;
use web_sys::{Element, EventTarget};

use super::worker::{Worker, WorkerScript};

/// How many drawings, of which there are five a second, have the same look: to ask for it costs as much as the rest of
/// a drawing, and it changes only when the window is resized. A change of the system's colours is heard of.
const LOOK_INTERVAL: u32 = 5;

/// The canvas in the meter while sound is captured. Clones share their state.
#[derive(Clone)]
pub(super) struct LevelCanvas(Rc<State>);

struct State {
    script: WorkerScript,
    is_capturing: Cell<bool>,
    /// Whether this browser lacks what it takes, or could not load the worker.
    is_unable: Cell<bool>,
    drawing: RefCell<Option<Drawing>>,
}

struct Drawing {
    // First, so that they are dropped before what they listen to.
    _listeners: Vec<Listener>,
    worker: Worker,
    canvas: Element,
    drawings: Rc<Cell<u32>>,
}

impl LevelCanvas {
    pub(super) fn new(script: &WorkerScript, phase: RecordingPhase) -> Self {
        Self(Rc::new(State {
            script: script.clone(),
            is_capturing: Cell::new(is_capturing(phase)),
            is_unable: Cell::default(),
            drawing: RefCell::default(),
        }))
    }

    /// Removes the canvas when nothing is captured.
    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        self.0.is_capturing.set(is_capturing(phase));
        if !is_capturing(phase) {
            self.0.drawing.take();
        }
    }

    /// Draws a waveform, an SVG path; returns whether it could.
    pub(super) fn draw(&self, path: &str) -> bool {
        if self.0.is_unable.get() || !self.0.is_capturing.get() {
            return false;
        }
        let mut drawing = self.0.drawing.borrow_mut();
        if drawing.is_none() {
            *drawing = self.start().warn_on_error().flatten();
        }
        let is_drawn = drawing.as_ref().and_then(|drawing| drawing.draw(path).warn_on_error()).is_some();
        if !is_drawn {
            drawing.take();
            self.0.is_unable.set(true);
        }
        is_drawn
    }

    /// Puts a canvas into the meter and hands it to a worker; `None` if the browser does not offer that.
    fn start(&self) -> Result<Option<Drawing>, JsValue> {
        let canvas: Element = create_element("canvas", "");
        let (Ok(transfer), Some(picture)) =
            (get(&canvas, "transferControlToOffscreen").dyn_into::<Function>(), find("#level svg"))
        else {
            return Ok(None);
        };
        let offscreen = transfer.call0(&canvas)?;
        let worker = self.0.script.start("level")?;
        let state = Rc::downgrade(&self.0);
        let on_error = Listener::new(&worker, "error", move |_| {
            if let Some(state) = state.upgrade() {
                state.is_unable.set(true);
                state.drawing.take();
            }
        });
        let drawings: Rc<Cell<u32>> = Rc::default();
        let mut listeners = vec![on_error];
        let window = window();
        let query = get(&window, "matchMedia").unchecked_into::<Function>();
        let colours: EventTarget =
            query.call1(&window, &"(prefers-color-scheme: dark)".into())?.unchecked_into();
        let repainted = drawings.clone();
        listeners.push(Listener::new(&colours, "change", move |_| repainted.set(0)));
        let drawing = Drawing { _listeners: listeners, worker, canvas, drawings };
        let message = object(&[("canvas", offscreen.clone())]);
        drawing.worker.post_message(&message, &Array::of1(&offscreen))?;
        picture.before_with_node_1(&drawing.canvas)?;
        Ok(Some(drawing))
    }
}

/// Whether the page captures sound and shows its level in this phase.
fn is_capturing(phase: RecordingPhase) -> bool {
    use RecordingPhase::{Connecting, Reconnecting, Recording, Standby};
    matches!(phase, Connecting | Recording | Standby | Reconnecting)
}

impl Drawing {
    fn draw(&self, path: &str) -> Result<(), JsValue> {
        let drawings = self.drawings.get();
        self.drawings.set(drawings.wrapping_add(1));
        let mut message = vec![("path", path.into())];
        if drawings.is_multiple_of(LOOK_INTERVAL) {
            message.push(("look", self.look()?));
        }
        self.worker.post_message(&object(&message), &Array::new())
    }

    /// The size and the colour of the canvas.
    fn look(&self) -> Result<JsValue, JsValue> {
        let window = window();
        let style = window.get_computed_style(&self.canvas)?.ok_or(JsValue::UNDEFINED)?;
        let scale = window.device_pixel_ratio();
        let pixels = |length: i32| JsValue::from((f64::from(length) * scale).round());
        let line_width = js_sys::parse_float(&style.get_property_value("stroke-width")?) * scale;
        let look = object(&[
            ("width", pixels(self.canvas.client_width())),
            ("height", pixels(self.canvas.client_height())),
            ("color", style.get_property_value("stroke")?.into()),
            ("lineWidth", line_width.into()),
        ]);
        Ok(look.into())
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        self.worker.terminate();
        self.canvas.remove();
    }
}
