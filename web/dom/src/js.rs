use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

/// A plain JavaScript object with these fields.
pub fn object(fields: &[(&str, JsValue)]) -> Object {
    let entries: Array = fields.iter().map(|(name, value)| Array::of2(&(*name).into(), value)).collect();
    // Throws only where an entry is no pair.
    Object::from_entries(&entries).unwrap_throw()
}

/// A property of a JavaScript value; `undefined` if the value has none of this name or cannot have any.
pub fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or_default()
}

/// A JavaScript array of numbers.
pub fn number_array(numbers: &[f64]) -> Array {
    numbers.iter().map(|&number| JsValue::from(number)).collect()
}
