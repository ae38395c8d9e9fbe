//! What is set in a group, for the line that heads it.

use serde_json::Value;

use super::{Control, Field, ServerConfig, UserSettings, label};

/// The values of these fields, the user's or else the server's, in a few words; empty if all are left to the service.
pub fn summary<'a>(
    fields: impl Iterator<Item = &'a Field>,
    config: &ServerConfig,
    settings: &UserSettings,
) -> String {
    let parts: Vec<String> = fields
        .filter_map(|field| {
            let value = settings.get(field).or_else(|| config.default_value(field))?;
            Some(part(field, &value))
        })
        .collect();
    parts.join(", ")
}

fn part(field: &Field, value: &Value) -> String {
    let named = |value: &str| [field.label.get(), ": ", value].concat();
    match field.control {
        // Their values say what they are of.
        Control::Choice(_) | Control::Region | Control::Line(_) => label(field, value),
        Control::Switch | Control::Number | Control::Words | Control::Standby => named(&label(field, value)),
        Control::Terms => named(&value.as_array().map_or(0, Vec::len).to_string()),
        Control::Lines => field.label.get().to_owned(),
    }
}
