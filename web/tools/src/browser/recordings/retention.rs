//! How long finished recordings are kept: the user's choice, and the operator's limit.

use serde_json::Value;
use transcription_common::{RETENTION_KEY, retention_days};
use transcription_dom::{WarnOnError, storage};

use crate::browser::Host;

/// For how many days the operator of the server lets the browser keep recordings; `None`: for as long as the user likes.
pub(super) fn allowed_days(host: &Host) -> Option<u32> {
    let config: Value = serde_json::from_str(&host.config()).ok()?;
    config.get("retention_days")?.as_u64()?.try_into().ok()
}

/// The user's choice in days; `None`: until they are deleted.
pub(super) fn wanted_days() -> Option<u32> {
    storage::get(RETENTION_KEY)?.parse().ok()
}

/// Stores the user's choice.
pub(super) fn choose(days: Option<u32>) {
    let stored = match days {
        Some(days) => storage::set(RETENTION_KEY, &days.to_string()),
        None => storage::remove(RETENTION_KEY),
    };
    stored.warn_on_error();
}

/// Whether finished recordings are kept at all after their page is closed.
pub(crate) fn keeps_finished(host: &Host) -> bool {
    retention_days(wanted_days(), allowed_days(host)) != Some(0)
}
