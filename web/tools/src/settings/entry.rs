//! Values from the texts of controls, and back.

use assemblyai_protocol::{Allowed, LANGUAGE_CODES, SpeechModel, StreamingParameters};
use serde_json::{Value, json};
use transcription_common::texts::settings as t;

use super::fields::STANDBY_CHOICES_S;
use super::{Control, Field, ServerConfig};

/// Reads the text of a control; `None` if it is empty, for the server's own value.
///
/// # Errors
///
/// If the value is not valid: a sentence that says which are.
pub fn parse(field: &Field, text: &str, config: &ServerConfig) -> Result<Option<Value>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let items = |apart: fn(char) -> bool| -> Value {
        text.split(apart).map(str::trim).filter(|item| !item.is_empty()).collect()
    };
    let number = || {
        let number = plain_number(text);
        let whole = number.parse::<u32>().ok().map(Value::from);
        whole.or_else(|| number.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
    };
    let value = match field.control {
        Control::Switch => text.parse::<bool>().ok().map(Value::from),
        Control::Number => number(),
        Control::Choice(_) if field.name == "sample_rate" => number(),
        Control::Standby => number(),
        Control::Choice(_) | Control::Region | Control::Line(_) | Control::Lines => Some(Value::from(text)),
        Control::Terms => Some(items(|c| c == '\n')),
        Control::Words => Some(items(|c| matches!(c, ',' | '，' | '、' | '،') || c.is_whitespace())),
    };
    let good = value.filter(|value| is_valid(field, value, config));
    good.map(Some).ok_or_else(|| t::TAKES.with(&[&range(field)]))
}

/// The digits zero of keyboards and input methods whose digits are others: full-width, Arabic, Persian, Hindi, Bengali.
const ZEROS: [char; 5] = ['０', '٠', '۰', '०', '০'];

/// A number as Rust reads it. Many languages have a decimal comma.
fn plain_number(text: &str) -> String {
    let plain = |c: char| {
        let digit = ZEROS.into_iter().find_map(|zero| {
            let value = u32::from(c).checked_sub(u32::from(zero))?;
            char::from_digit(value, 10)
        });
        match c {
            ',' | '．' | '，' | '٫' => '.',
            '－' | '−' => '-',
            _ => digit.unwrap_or(c),
        }
    };
    text.chars().map(plain).collect()
}

/// Whether the service accepts a value, and uses it, in this field.
pub(super) fn is_valid(field: &Field, value: &Value, config: &ServerConfig) -> bool {
    let is_listed = match field.control {
        Control::Region => return config.regions().any(|region| value == region),
        Control::Standby => {
            return config.offers(field) && STANDBY_CHOICES_S.iter().any(|seconds| *value == *seconds);
        }
        Control::Choice(values) => {
            let given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            values.iter().any(|(name, _)| *name == given)
        }
        Control::Line(_) => value.as_str().is_some_and(|name| name.parse::<SpeechModel>().is_ok()),
        Control::Words if field.name == "redact_pii_policies" => {
            let is_name = |item: &Value| {
                item.as_str().is_some_and(|name| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'))
            };
            value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(is_name))
        }
        _ => !value.is_null(),
    };
    let parameters = serde_json::from_value::<StreamingParameters>(json!({ field.name: value }));
    is_listed && config.offers(field) && parameters.is_ok_and(|parameters| parameters.validate().is_ok())
}

/// A value as the text of its control.
pub fn control_text(field: &Field, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(if matches!(field.control, Control::Terms) { "\n" } else { ", " })
        }
        value => value.to_string(),
    }
}

/// A value as the user reads it.
pub fn label(field: &Field, value: &Value) -> String {
    let text = control_text(field, value);
    match field.control {
        Control::Switch if *value == true => t::ON.get().to_owned(),
        Control::Switch => t::OFF.get().to_owned(),
        Control::Choice(values) => {
            let named = values.iter().find(|(name, _)| *name == text);
            named.map_or(text, |(_, label)| label.get().to_owned())
        }
        Control::Standby if *value == 0 => t::STANDBY_NEVER.get().to_owned(),
        Control::Standby => t::STANDBY_AFTER.with(&[&text]),
        Control::Region => match text.as_str() {
            "global" => t::REGION_GLOBAL.get().to_owned(),
            "us" => t::REGION_US.get().to_owned(),
            "eu" => t::REGION_EU.get().to_owned(),
            _ => text,
        },
        _ => text,
    }
}

/// The valid values of a field, for a sentence that asks for one.
fn range(field: &Field) -> String {
    let Some(parameter) = field.parameter() else { return t::SOME_VALUE.get().to_owned() };
    let number = |number: &dyn ToString| number.to_string();
    match (&parameter.allowed, field.control) {
        (Allowed::Whole(range), Control::Number) => {
            t::WHOLE_NUMBER.with(&[&number(range.start()), &number(range.end())])
        }
        (Allowed::ZeroOr(range), _) => t::ZERO_OR.with(&[&number(range.start()), &number(range.end())]),
        (Allowed::Fraction, _) => t::FRACTION.get().to_owned(),
        (_, Control::Choice(values)) => {
            let values: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            t::ONE_OF.with(&[&values.join(", ")])
        }
        (Allowed::Text(characters), _) => t::TEXT_OF.with(&[&number(characters)]),
        (Allowed::Texts { items, characters }, _) => t::TEXTS_OF.with(&[&number(items), &number(characters)]),
        (Allowed::Languages(items), _) => t::LANGUAGES_OF.with(&[&number(items), &LANGUAGE_CODES.join(", ")]),
        (Allowed::Model, _) => t::MODEL_NAME.get().to_owned(),
        (_, Control::Words) => t::POLICY_NAMES.get().to_owned(),
        (_, Control::Number) => t::ANY_NUMBER.get().to_owned(),
        _ => t::SOME_VALUE.get().to_owned(),
    }
}
