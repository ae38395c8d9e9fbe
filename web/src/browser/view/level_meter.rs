use js_sys::Function;
use transcription_dom::{WarnOnError, document, get, now_ms, require, set_attribute, window};
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::browser::tools::Loader;
use crate::level::Level;

/// What index.html draws before there is a level: a line.
const NO_LEVEL: &str = "M0 0h47";

/// The meter of the microphone's level. It draws an SVG path, whose colours the style sheet sets, until the tools are there
/// to draw the waveform.
pub(super) struct LevelMeter {
    meter: Element,
    path: Element,
    level: Level,
    /// The media query (`MediaQueryList`) of users who prefer reduced motion.
    reduced_motion: JsValue,
    tools: Loader,
}

impl LevelMeter {
    pub(super) fn new(tools: Loader) -> Result<Self, JsError> {
        let window = window();
        let query = get(&window, "matchMedia");
        let query = query.unchecked_ref::<Function>();
        let reduced_motion = query.call1(&window, &"(prefers-reduced-motion: reduce)".into()).warn_on_error();
        Ok(Self {
            meter: require("#level")?,
            path: require("#level path")?,
            level: Level::default(),
            reduced_motion: reduced_motion.unwrap_or_default(),
            tools,
        })
    }

    /// Shows the level of a chunk, 0 to 1 of full scale.
    pub(super) fn show(&mut self, peak: f32) {
        let change = self.level.push(peak, now_ms() as u64, !document().hidden());
        if change.is_drawn {
            let is_reduced = get(&self.reduced_motion, "matches").is_truthy();
            let path = if is_reduced { self.level.bar() } else { self.level.waveform() };
            if is_reduced || !self.tools.draw_level(&path) {
                self.draw(&path);
            }
        }
        if let Some(value) = change.value {
            self.set_value(value);
        }
    }

    /// Shows no level.
    pub(super) fn clear(&mut self) {
        self.level = Level::default();
        self.draw(NO_LEVEL);
        self.set_value(0);
    }

    fn draw(&self, path: &str) {
        set_attribute(&self.path, "d", path);
    }

    fn set_value(&self, percent: u8) {
        set_attribute(&self.meter, "aria-valuenow", &percent.to_string());
    }
}
