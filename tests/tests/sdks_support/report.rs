use assemblyai_mock::SessionRecord;
use serde_json::Value;

use super::Sdk;

/// What an SDK reported, in its order.
#[derive(Debug)]
pub(crate) struct Report {
    sdk: Sdk,
    lines: Vec<Value>,
}

impl Report {
    pub(crate) fn new(sdk: Sdk, output: &str) -> Self {
        let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Self { sdk, lines: lines.filter(|line| line["event"].is_string()).collect() }
    }

    /// The names of all events, but for the SDK's log.
    pub(crate) fn events(&self) -> Vec<&str> {
        let names = self.lines.iter().filter_map(|line| line["event"].as_str());
        names.filter(|name| *name != "Log").collect()
    }

    /// All events of a name.
    pub(crate) fn of(&self, event: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["event"] == event).collect()
    }

    /// The one event of a name.
    pub(crate) fn only(&self, event: &str) -> &Value {
        match self.of(event)[..] {
            [only] => only,
            _ => panic!("not one {event}: {self:#?}"),
        }
    }

    /// How `connect` failed, and why: node's throws, Python's returns and reports an error.
    pub(crate) fn refusal(&self) -> (&Value, &str) {
        let event = match self.sdk {
            Sdk::Node => "ConnectFailed",
            Sdk::Python => "Error",
        };
        let refusal = self.only(event);
        (&refusal["code"], refusal["message"].as_str().unwrap_or_default())
    }

    /// The SDK has reported each message of a type that the mock sent, in order and unchanged, and no other.
    ///
    /// # Panics
    /// Where it has not.
    pub(crate) fn assert_all_of(&self, kind: &str, session: &SessionRecord) {
        let (sent, reported) = (session.sent_of_type(kind), self.of(kind));
        assert_eq!(reported.len(), sent.len(), "{kind} in {:?}: {self:#?}\n{session}", self.sdk);
        for (reported, sent) in reported.into_iter().zip(&sent) {
            assert!(self.agrees(reported, sent), "{:?} made of\n{sent}\nthis:\n{reported}", self.sdk);
        }
    }

    /// Whether a value is as it was sent. Python's models have `null` for what was not sent and leave out fields
    /// that they do not know; node's messages are what was sent.
    fn agrees(&self, reported: &Value, sent: &Value) -> bool {
        match (reported, sent) {
            (Value::Object(reported), Value::Object(sent)) => {
                let known = |name: &str| self.sdk == Sdk::Python || reported.contains_key(name);
                sent.keys().all(|name| known(name))
                    && reported
                        .iter()
                        .filter(|(name, _)| *name != "event")
                        .all(|(name, value)| self.agrees(value, sent.get(name).unwrap_or(&Value::Null)))
            }
            (Value::Array(reported), Value::Array(sent)) => {
                reported.len() == sent.len()
                    && reported.iter().zip(sent).all(|(reported, sent)| self.agrees(reported, sent))
            }
            // 1 and 1.0 are the same number.
            (Value::Number(reported), Value::Number(sent)) => reported.as_f64() == sent.as_f64(),
            _ => reported == sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn agree(sdk: Sdk, reported: &Value, sent: &Value) -> bool {
        Report::new(sdk, "").agrees(reported, sent)
    }

    #[test]
    fn any_other_value_is_not_what_was_sent() {
        let sent = json!({"type": "Turn", "words": [{"text": "a", "start": 1}, {"text": "b", "start": 2}]});
        for sdk in Sdk::BOTH {
            assert!(agree(sdk, &sent, &sent));
            let cases = [
                json!({"type": "Turn", "words": [{"text": "a", "start": 1}]}),
                json!({"type": "Turn", "words": [{"text": "a", "start": 1}, {"text": "c", "start": 2}]}),
                json!({"type": "Turn", "words": [{"text": "b", "start": 2}, {"text": "a", "start": 1}]}),
                json!({"type": "Turn", "words": null}),
            ];
            for other in cases {
                assert!(!agree(sdk, &other, &sent), "{sdk:?}: {other}");
            }
        }
    }

    #[test]
    fn only_pythons_models_may_lack_fields_and_have_null_for_what_was_not_sent() {
        let sent = json!({"type": "Turn", "utterance": "", "turn_order": 1});
        let modelled = json!({"type": "Turn", "turn_order": 1.0, "speaker_label": null});
        assert!(agree(Sdk::Python, &modelled, &sent));
        assert!(!agree(Sdk::Node, &modelled, &sent));
    }
}
