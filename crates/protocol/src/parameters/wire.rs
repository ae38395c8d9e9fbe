//! Parameters as JSON, by hand and by the table: what serde derives for 39 fields makes the page 3 kB larger, packed.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::StreamingParameters;
use super::model::SpeechModel;
use super::rules::{PARAMETERS, Slot, Value};
use super::values::{Encoding, Mode, PiiSubstitution, VoiceFocus};

/// The name that `min_turn_silence` had until March 2026.
const OLD_MIN_TURN_SILENCE: &str = "min_end_of_turn_silence_when_confident";

impl Serialize for StreamingParameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (parameter, value) in PARAMETERS.iter().zip(self.values()) {
            match value {
                Some(Value::Switch(on)) => map.serialize_entry(parameter.name, &on)?,
                Some(Value::Whole(number)) => map.serialize_entry(parameter.name, &number)?,
                Some(Value::Fraction(number)) => map.serialize_entry(parameter.name, &number)?,
                Some(Value::Text(text)) => map.serialize_entry(parameter.name, text)?,
                Some(Value::Texts(texts)) => map.serialize_entry(parameter.name, texts)?,
                None => {}
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for StreamingParameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = StreamingParameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of parameters")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut parameters = StreamingParameters::default();
                while let Some(name) = map.next_key::<String>()? {
                    let name = if name == OLD_MIN_TURN_SILENCE { "min_turn_silence" } else { &name };
                    let mut slots = PARAMETERS.iter().zip(parameters.slots());
                    let Some((parameter, slot)) = slots.find(|(known, _)| known.name == name) else {
                        // What this version does not know is passed over.
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if !slot.put(map.next_value()?) {
                        return Err(A::Error::custom(format_args!(
                            "{} has a value of another kind",
                            parameter.name
                        )));
                    }
                }
                Ok(parameters)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A value of a field before its kind is known.
enum Given {
    Null,
    Switch(bool),
    Number(f64),
    Text(String),
    Texts(Vec<String>),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of a parameter")
            }

            fn visit_unit<E>(self) -> Result<Given, E> {
                Ok(Given::Null)
            }

            fn visit_bool<E>(self, on: bool) -> Result<Given, E> {
                Ok(Given::Switch(on))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Given, E> {
                Ok(Given::Number(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Given, E> {
                Ok(Given::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Given, E> {
                Ok(Given::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Given, E> {
                Ok(Given::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Given, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = items.next_element()? {
                    texts.push(text);
                }
                Ok(Given::Texts(texts))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Slot<'_> {
    /// Puts a value into its field; `false` where it is of another kind.
    fn put(self, given: Given) -> bool {
        let whole = |number: f64| {
            let fits = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
            fits.then_some(number as u32)
        };
        match (self, given) {
            (Slot::SpeechModel(field), Given::Text(name)) => set(field, Some(SpeechModel::named(name))),
            (Slot::SampleRate(field), Given::Number(number)) => set(field, whole(number)),
            (Slot::Encoding(field), Given::Text(name)) => set(field, Encoding::named(&name)),
            (Slot::SpeechModel(_) | Slot::SampleRate(_) | Slot::Encoding(_), _) => false,
            (Slot::Switch(field), Given::Null) => set(field, Some(None)),
            (Slot::Switch(field), Given::Switch(on)) => set(field, Some(Some(on))),
            (Slot::Whole(field), Given::Null) => set(field, Some(None)),
            (Slot::Whole(field), Given::Number(number)) => set(field, whole(number).map(Some)),
            (Slot::Fraction(field), Given::Null) => set(field, Some(None)),
            (Slot::Fraction(field), Given::Number(number)) => set(field, Some(Some(number))),
            (Slot::Text(field), Given::Null) => set(field, Some(None)),
            (Slot::Text(field), Given::Text(text)) => set(field, Some(Some(text))),
            (Slot::Texts(field), Given::Null) => set(field, Some(None)),
            (Slot::Texts(field), Given::Texts(texts)) => set(field, Some(Some(texts))),
            (Slot::Mode(field), Given::Null) => set(field, Some(None)),
            (Slot::Mode(field), Given::Text(name)) => set(field, Mode::named(&name).map(Some)),
            (Slot::VoiceFocus(field), Given::Null) => set(field, Some(None)),
            (Slot::VoiceFocus(field), Given::Text(name)) => set(field, VoiceFocus::named(&name).map(Some)),
            (Slot::PiiSubstitution(field), Given::Null) => set(field, Some(None)),
            (Slot::PiiSubstitution(field), Given::Text(name)) => {
                set(field, PiiSubstitution::named(&name).map(Some))
            }
            _ => false,
        }
    }
}

/// Sets a field where there is a value for it.
fn set<T>(field: &mut T, value: Option<T>) -> bool {
    value.map(|value| *field = value).is_some()
}
