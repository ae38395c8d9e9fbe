//! How much the browser can store for this page.

use transcription_dom::{WarnOnError, get, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::StorageManager;

/// What this site stores, and what it may still store, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space {
    pub(super) used: f64,
    pub(super) left: f64,
}

/// `navigator.storage`; pages without https have none.
fn manager() -> Option<StorageManager> {
    let manager = get(&window().navigator(), "storage");
    (!manager.is_undefined()).then(|| manager.unchecked_into())
}

/// Asks the browser for the space; `None` if it does not say.
pub(super) async fn space() -> Option<Space> {
    let estimate = JsFuture::from(manager()?.estimate().ok()?).await.ok()?;
    let number = |name| get(&estimate, name).as_f64();
    let used = number("usage")?;
    Some(Space { used, left: (number("quota")? - used).max(0.0) })
}

/// Asks the browser not to delete what this site stores when the disk fills up. Some browsers ask the user.
pub(super) fn ask_to_persist() {
    if let Some(asked) = manager().and_then(|manager| manager.persist().warn_on_error()) {
        spawn_local(async move {
            // Nothing depends on the answer.
            JsFuture::from(asked).await.ok();
        });
    }
}
