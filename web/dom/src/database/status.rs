use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::number_array;

/// The state of a stored recording.
#[derive(Debug, Clone, Copy, Default)]
pub struct Status {
    /// The number of samples captured, at 16 kHz.
    pub captured_samples: u64,
    /// The recording position up to which the transcript is complete.
    pub confirmed_samples: u64,
    /// Whether it ended with all its words.
    pub is_finished: bool,
    /// Whether the transcript was exported since its last change.
    pub is_exported: bool,
    /// Whether it is of a file.
    pub is_file: bool,
}

impl Status {
    /// As an array of numbers, to whose end a later version may add some.
    pub fn to_value(self) -> JsValue {
        let Self { captured_samples, confirmed_samples, is_finished, is_exported, is_file } = self;
        let flags = [is_finished, is_exported, is_file].map(f64::from);
        number_array(&[captured_samples as f64, confirmed_samples as f64, flags[0], flags[1], flags[2]])
            .into()
    }

    /// Reads the form of [`Self::to_value`]; a number that is missing counts as 0.
    pub fn from_value(value: JsValue) -> Self {
        let numbers: Array = value.unchecked_into();
        let number = |index| numbers.get(index).as_f64().unwrap_or_default();
        Self {
            captured_samples: number(0) as u64,
            confirmed_samples: number(1) as u64,
            is_finished: number(2) > 0.0,
            is_exported: number(3) > 0.0,
            is_file: number(4) > 0.0,
        }
    }
}
