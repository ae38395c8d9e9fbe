use assemblyai_mock::SessionRecord;
use serde_json::Value;

use super::Sdk;

/// The events that an SDK reported, in order.
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

    /// The names of all events except the SDK's log.
    pub(crate) fn events(&self) -> Vec<&str> {
        let names = self.lines.iter().filter_map(|line| line["event"].as_str());
        names.filter(|name| *name != "Log").collect()
    }

    /// All events with this name.
    pub(crate) fn of(&self, event: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["event"] == event).collect()
    }

    /// The only event with this name.
    #[track_caller]
    pub(crate) fn only(&self, event: &str) -> &Value {
        let found = self.of(event);
        assert_eq!(found.len(), 1, "{event} in {self:#?}");
        found[0]
    }

    /// The code and message with which `connect` failed: node's throws, Python's returns and reports an error.
    pub(crate) fn refusal(&self) -> (&Value, &str) {
        let event = match self.sdk {
            Sdk::Node => "ConnectFailed",
            Sdk::Python => "Error",
        };
        let refusal = self.only(event);
        (&refusal["code"], refusal["message"].as_str().unwrap_or_default())
    }

    /// Asserts that the SDK has reported exactly the messages of a type that the mock sent, in order and unchanged.
    pub(crate) fn assert_all_of(&self, kind: &str, session: &SessionRecord) {
        let (sent, reported) = (session.sent_of_type(kind), self.of(kind));
        assert_eq!(reported.len(), sent.len(), "{kind} in {:?}: {self:#?}\n{session}", self.sdk);
        for (reported, sent) in reported.into_iter().zip(&sent) {
            assert!(self.agrees(reported, sent), "{:?} received\n{sent}\nand reported\n{reported}", self.sdk);
        }
    }

    /// Whether a value is as it was sent. Python's models have `null` for fields that were not sent and leave out
    /// fields that they do not know; node reports messages unchanged.
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
    fn a_changed_value_does_not_agree() {
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
    fn only_python_may_drop_fields_and_add_nulls() {
        let sent = json!({"type": "Turn", "utterance": "", "turn_order": 1});
        let modelled = json!({"type": "Turn", "turn_order": 1.0, "speaker_label": null});
        assert!(agree(Sdk::Python, &modelled, &sent));
        assert!(!agree(Sdk::Node, &modelled, &sent));
    }
}
