//! What is kept of the settings, in this browser.

use web_sys::Storage;

use crate::settings::{Choices, Offer};

/// Where the choices are kept, as JSON.
pub(super) const SETTINGS: &str = "settings";
/// Where the page's own module finds what to connect with: behind this stands the answer of `GET /config` that it is for.
/// Both must match `web/src/browser/tokens.rs`.
const CONNECTION: &str = "connection for ";

/// What the server offers now: its answer, and what that says.
#[derive(Debug, Clone)]
pub(super) struct Offered {
    pub(super) answer: String,
    pub(super) offer: Offer,
}

/// The choices of now.
pub(super) fn choices(offered: &Offered) -> Choices {
    let kept = storage().and_then(|storage| storage.get_item(SETTINGS).ok().flatten());
    Choices::read(&kept.unwrap_or_default(), &offered.offer)
}

/// Keeps choices, and tells whether they are kept.
pub(super) fn keep(offered: &Offered, choices: &Choices) -> bool {
    let Some(storage) = storage() else { return false };
    // What other answers would lead to is worked out anew when they come.
    let keys =
        (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten());
    for key in keys.filter(|key| key.starts_with(CONNECTION)).collect::<Vec<_>>() {
        let _ = storage.remove_item(&key);
    }
    match choices.to_json() {
        None => storage.remove_item(SETTINGS).is_ok(),
        // In this order: settings without a connection have it worked out, and a connection without settings is none.
        Some(json) => storage.set_item(SETTINGS, &json).is_ok() && connect(&storage, offered, choices),
    }
}

/// Works out what the page connects with, where there are choices and that is not there yet.
pub(super) fn settle(offered: &Offered) {
    if let Some(storage) = storage()
        && storage.get_item(SETTINGS).ok().flatten().is_some()
    {
        connect(&storage, offered, &choices(offered));
    }
}

fn connect(storage: &Storage, offered: &Offered, choices: &Choices) -> bool {
    // An empty text is the server's own address, and better than none: that would be asked for again.
    let connection = offered.offer.connection(choices).unwrap_or_default();
    storage.set_item(&[CONNECTION, &offered.answer].concat(), &connection).is_ok()
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
