//! Parameters as a query string and as JSON.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::MAX_QUERY_BYTES;
use super::model::SpeechModel;
use super::query::Query;
use super::rules::Parameter;
use super::table::{Configuration, PARAMETERS, StreamingParameters};
use super::values::{Encoding, Mode, PiiSubstitution, VoiceFocus};
use crate::client::ClientMessage;

/// The value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Switch(bool),
    Whole(u32),
    Fraction(f64),
    Text(&'a str),
    Texts(&'a [String]),
}

impl StreamingParameters {
    /// The query string, without the question mark, of the parameters that the model takes.
    pub fn to_query(&self, token: Option<&str>) -> String {
        let mut query = Query::default();
        for (parameter, value) in PARAMETERS.iter().zip(self.values()) {
            match value.filter(|_| self.sends(parameter)) {
                Some(Value::Text(text)) => query.pair(parameter.name, text),
                // As JSON. That is also how the service wants lists: it refuses repeated names and commas.
                Some(value) => {
                    query.pair(parameter.name, &serde_json::to_string(&value).unwrap_or_default());
                }
                None => {}
            }
        }
        if let Some(token) = token {
            query.pair("token", token);
        }
        query.0
    }

    /// The query string, as of [`Self::to_query`] without a token, of at most [`MAX_QUERY_BYTES`] if that is possible:
    /// long lists and texts are behind it, after a `#`, as the message that sets them once the session is open.
    ///
    /// A WebSocket's address has no such part (RFC 6455, 3): who opens the socket takes it off with
    /// [`split_message`].
    pub fn to_short_query(&self) -> String {
        let (mut rest, mut late) = (self.clone(), Configuration::default());
        let mut query = rest.to_query(None);
        let mut sent =
            PARAMETERS.iter().filter(|parameter| self.sends(parameter)).map(|parameter| parameter.name);
        while query.len() > MAX_QUERY_BYTES
            && let Some(name) = sent.next()
        {
            match name {
                "keyterms_prompt" => late.keyterms_prompt = rest.keyterms_prompt.take(),
                "prompt" => late.prompt = rest.prompt.take(),
                "agent_context" => late.agent_context = rest.agent_context.take(),
                _ => continue,
            }
            query = rest.to_query(None);
        }
        if late != Configuration::default() {
            query.push('#');
            query += &ClientMessage::UpdateConfiguration(late).to_json();
        }
        query
    }

    /// Whether the model takes a parameter, and the parameter that it needs is on.
    pub(super) fn sends(&self, parameter: &Parameter) -> bool {
        let is_on = |name| self.value(name).is_some_and(|value| value != Value::Switch(false));
        parameter.needs.is_none_or(is_on) && parameter.models.include(&self.speech_model)
    }
}

impl StreamingParameters {
    /// The value of the parameter `name`, if it is set.
    pub(super) fn value(&self, name: &str) -> Option<Value<'_>> {
        let (_, value) =
            PARAMETERS.iter().zip(self.values()).find(|(parameter, _)| parameter.name == name)?;
        value
    }
}

/// The address of a socket, and the text message to send once the session is open, if there is one: see
/// [`StreamingParameters::to_short_query`].
pub fn split_message(url: &str) -> (&str, Option<&str>) {
    url.split_once(['#']).map_or((url, None), |(url, message)| (url, Some(message)))
}

impl Serialize for StreamingParameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let set = PARAMETERS.iter().zip(self.values());
        serializer.collect_map(set.filter_map(|(parameter, value)| Some((parameter.name, value?))))
    }
}

// Not derived, because derived errors do not name the parameter.
impl<'de> Deserialize<'de> for StreamingParameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut parameters = Self::default();
        for (name, value) in serde_json::Map::deserialize(deserializer)? {
            parameters
                .read_value(&name, as_integer(value))
                .map_err(|error| D::Error::custom(format_args!("{name}: {error}")))?;
        }
        Ok(parameters)
    }
}

/// A whole number that is written with a fraction, such as `300.0`, as an integer; any other value as it is.
fn as_integer(value: Json) -> Json {
    let fits = |number: &f64| number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number);
    value.as_f64().filter(fits).map_or(value, |number| Json::from(number as u32))
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Switch(on) => on.serialize(serializer),
            Self::Whole(number) => number.serialize(serializer),
            Self::Fraction(number) => number.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
            Self::Texts(texts) => texts.serialize(serializer),
        }
    }
}

impl From<&bool> for Value<'_> {
    fn from(on: &bool) -> Self {
        Self::Switch(*on)
    }
}

impl From<&u32> for Value<'_> {
    fn from(number: &u32) -> Self {
        Self::Whole(*number)
    }
}

impl From<&f64> for Value<'_> {
    fn from(number: &f64) -> Self {
        Self::Fraction(*number)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Vec<String>> for Value<'a> {
    fn from(texts: &'a Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl<'a> From<&'a SpeechModel> for Value<'a> {
    fn from(model: &'a SpeechModel) -> Self {
        Self::Text(model.as_str())
    }
}

impl From<&Encoding> for Value<'_> {
    fn from(encoding: &Encoding) -> Self {
        Self::Text(encoding.as_str())
    }
}

impl From<&Mode> for Value<'_> {
    fn from(mode: &Mode) -> Self {
        Self::Text(mode.as_str())
    }
}

impl From<&VoiceFocus> for Value<'_> {
    fn from(focus: &VoiceFocus) -> Self {
        Self::Text(focus.as_str())
    }
}

impl From<&PiiSubstitution> for Value<'_> {
    fn from(substitution: &PiiSubstitution) -> Self {
        Self::Text(substitution.as_str())
    }
}
