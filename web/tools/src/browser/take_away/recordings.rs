use js_sys::Array;
use transcription_common::ConnectionId;
use wasm_bindgen::prelude::*;

use super::file::told;
use crate::browser::Host;
use crate::take_away::Recording;

/// The recordings that this page has made.
pub(super) fn recordings(host: &Host) -> Vec<Recording> {
    let of_one = |numbers: JsValue| {
        let number = numbers_of(numbers);
        recording(number(0), ConnectionId(number(1) as u32), number(2))
    };
    host.recordings().iter().map(of_one).collect()
}

/// The one that is offered because it was not finished.
pub(super) fn offered(host: &Host) -> Option<Recording> {
    let offered = host.offered();
    if offered.is_undefined() {
        return None;
    }
    let number = numbers_of(offered);
    Some(recording(number(0), ConnectionId(0), number(1)))
}

fn numbers_of(array: JsValue) -> impl Fn(u32) -> f64 {
    let numbers: Array = array.unchecked_into();
    move |index| numbers.get(index).as_f64().unwrap_or_default()
}

fn recording(began_ms: f64, first: ConnectionId, samples: f64) -> Recording {
    Recording { began_ms, began: told(began_ms), first, samples: samples as u64 }
}
