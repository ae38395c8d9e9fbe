//! The browser's local storage: a few texts for this site. Users can disable it.

use wasm_bindgen::prelude::*;
use web_sys::Storage;

use crate::window;

/// The value of a key; `None` also where storage is disabled.
pub fn get(key: &str) -> Option<String> {
    local().ok()?.get_item(key).ok()?
}

/// Stores a value under a key.
///
/// # Errors
///
/// If storage is disabled or full.
pub fn set(key: &str, value: &str) -> Result<(), JsValue> {
    local()?.set_item(key, value)
}

/// The value of a key in the storage of this tab, which outlives a reload but not the tab; `None` also where storage is
/// disabled.
pub fn get_for_tab(key: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(key).ok()?
}

/// Stores a value under a key in the storage of this tab.
///
/// # Errors
///
/// If storage is disabled or full.
pub fn set_for_tab(key: &str, value: &str) -> Result<(), JsValue> {
    window().session_storage()?.map_or(Ok(()), |storage| storage.set_item(key, value))
}

/// Removes a key and its value.
///
/// # Errors
///
/// If storage is disabled.
pub fn remove(key: &str) -> Result<(), JsValue> {
    local()?.remove_item(key)
}

/// All keys, in no particular order.
pub fn keys() -> Vec<String> {
    let Ok(storage) = local() else { return Vec::new() };
    let length = storage.length().unwrap_or_default();
    (0..length).filter_map(|index| storage.key(index).ok()?).collect()
}

fn local() -> Result<Storage, JsValue> {
    window().local_storage()?.ok_or_else(|| "local storage is disabled".into())
}
