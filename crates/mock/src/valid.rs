//! Checks the numbers of planned faults: a mock that sends what no server may send tests nothing but the client's
//! WebSocket or HTTP library.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Deserialises the HTTP status of a final response: 200 to 599 (RFC 9110, section 15).
pub(crate) fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (200..=599).contains(&status) {
        return Ok(status);
    }
    Err(D::Error::custom(format!("{status} is not the HTTP status of a response, which is 200 to 599")))
}

/// Deserialises a code that a close frame may have (RFC 6455, section 7.4). 1005, 1006 and 1015 are what clients report
/// without such a frame; 1004 and 1016 to 2999 are reserved.
pub(crate) fn close_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let code = u16::deserialize(deserializer)?;
    if matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Ok(code);
    }
    let allowed = "1000 to 1003, 1007 to 1014, or 3000 to 4999";
    Err(D::Error::custom(format!("a close frame cannot have the code {code}; it can have {allowed}")))
}

#[cfg(test)]
mod tests {
    use crate::faults::{SocketFault, TokenFault};
    use crate::script::Fault;

    fn reads<F: serde::de::DeserializeOwned>(json: &str) -> Result<(), String> {
        serde_json::from_str::<F>(json).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_status_that_no_response_has_is_refused() {
        for (status, is_good) in
            [(200, true), (204, true), (599, true), (99, false), (100, false), (600, false)]
        {
            let token = [
                format!(r#"{{"status":{status}}}"#),
                format!(r#"{{"answer":{{"status":{status},"body":""}}}}"#),
            ];
            for fault in token {
                assert_eq!(reads::<TokenFault>(&fault).is_ok(), is_good, "{fault}");
            }
            assert_eq!(
                reads::<SocketFault>(&format!(r#"{{"refuse":{status}}}"#)).is_ok(),
                is_good,
                "{status}"
            );
        }
        let problem = reads::<TokenFault>(r#"{"status":1000}"#).expect_err("1000");
        assert!(problem.starts_with("1000 is not the HTTP status of a response"), "{problem}");
    }

    #[test]
    fn a_code_that_no_close_frame_has_is_refused() {
        for code in [1000, 1003, 1008, 1011, 1014, 3005, 4001, 4999] {
            for fault in faults(code) {
                assert!(fault.is_ok(), "{fault:?}");
            }
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
            for fault in faults(code) {
                let problem = fault.expect_err("no such frame");
                assert!(
                    problem.starts_with(&format!("a close frame cannot have the code {code};")),
                    "{problem}"
                );
            }
        }
    }

    /// All faults with a close code.
    fn faults(code: u16) -> [Result<(), String>; 5] {
        let text = |name: &str, text: &str| format!(r#"{{"{name}":{{"code":{code},"{text}":""}}}}"#);
        [
            reads::<Fault>(&text("error", "text")),
            reads::<Fault>(&text("error_without_type", "text")),
            reads::<Fault>(&text("close", "reason")),
            reads::<SocketFault>(&text("error", "text")),
            reads::<SocketFault>(&text("close", "reason")),
        ]
    }
}
