//! The settings in the browser's storage.

use transcription_common::{CONNECTION_KEY, SETTINGS_KEY, STANDBY, SavedConnection};
use transcription_dom::{WarnOnError, storage};
use wasm_bindgen::prelude::*;

use crate::browser::Host;
use crate::settings::{ServerConfig, UserSettings, field};

/// The key of a switch of earlier versions: `false` kept the connection open while nobody spoke.
const FORMER_STANDBY_KEY: &str = "standby";

/// The server's configuration: its answer, and what the answer says.
#[derive(Debug, Clone)]
pub(super) struct LoadedConfig {
    answer: String,
    pub(super) config: ServerConfig,
}

/// The configuration that the page has loaded; `None` if there is none yet, or it leaves the user no choice.
pub(super) fn loaded_config(host: &Host) -> Option<LoadedConfig> {
    let answer = host.config();
    ServerConfig::read(&answer).map(|config| LoadedConfig { answer, config })
}

/// Reads the user's settings.
pub(super) fn read(loaded: &LoadedConfig) -> UserSettings {
    UserSettings::read(&storage::get(SETTINGS_KEY).unwrap_or_default(), &loaded.config)
}

/// Takes the choice of an earlier version over, once, and returns the settings with it; `None` if there is
/// none, or a newer one. It stays for later where the server offers no choice.
pub(super) fn take_former_choice(loaded: &LoadedConfig) -> Result<Option<UserSettings>, JsValue> {
    let Some(choice) = storage::get(FORMER_STANDBY_KEY) else { return Ok(None) };
    let Some(field) = field(STANDBY).filter(|field| loaded.config.offers(field)) else { return Ok(None) };
    let mut settings = read(loaded);
    let is_new = choice == "false" && settings.get(field).is_none();
    if is_new {
        settings.set(field, Some(0.into()), &loaded.config);
        write(loaded, &settings)?;
    }
    storage::remove(FORMER_STANDBY_KEY)?;
    Ok(is_new.then_some(settings))
}

/// Stores the user's settings and the connection that they lead to.
pub(super) fn write(loaded: &LoadedConfig, settings: &UserSettings) -> Result<(), JsValue> {
    match settings.to_json() {
        None => {
            storage::remove(CONNECTION_KEY)?;
            storage::remove(SETTINGS_KEY)
        }
        // In this order: for settings without a connection it is worked out again, and a connection without settings is
        // ignored.
        Some(json) => {
            storage::remove(CONNECTION_KEY)?;
            storage::set(SETTINGS_KEY, &json)?;
            write_connection(loaded, settings)
        }
    }
}

/// Works out the connection again for the stored settings, if there are any.
pub(super) fn update_connection(loaded: &LoadedConfig) {
    if storage::get(SETTINGS_KEY).is_some() {
        write_connection(loaded, &read(loaded)).warn_on_error();
    }
}

fn write_connection(loaded: &LoadedConfig, settings: &UserSettings) -> Result<(), JsValue> {
    let saved = SavedConnection { config: loaded.answer.clone(), choice: loaded.config.connection(settings) };
    let json = serde_json::to_string(&saved).map_err(|error| error.to_string())?;
    storage::set(CONNECTION_KEY, &json)
}
