//! `GET /v3/token` over HTTP.

use std::time::{Duration, Instant};

use crate::common::{get_token as get, head};
use assemblyai_mock::{MockAssemblyAi, Script, TokenFault, ViolationKind};
use serde_json::{Value, json};
use test_result::TestResult;

fn parsed(body: &str) -> TestResult<Value> {
    Ok(serde_json::from_str(body)?)
}

#[tokio::test]
async fn a_valid_request_gets_a_long_token_and_its_expiry() -> TestResult {
    let mock = MockAssemblyAi::builder().api_key("good").start().await;
    for key in ["good", "Bearer good"] {
        let (status, body) =
            get(&mock, "expires_in_seconds=60&max_session_duration_seconds=600", Some(key)).await?;
        assert_eq!(status, 200);
        let body = parsed(&body)?;
        assert!(body["token"].as_str().is_some_and(|token| token.len() >= 2500), "{body}");
        assert_eq!(body["expires_in_seconds"], 60);
    }
    let seen = mock.finish().await;
    assert_eq!(seen.token_requests.len(), 2);
    assert_eq!(seen.token_requests[0].authorization.as_deref(), Some("good"));
    assert_eq!(seen.token_requests[0].status, Some(200));
    assert_eq!(seen.token_requests[0].parameters[0], ("expires_in_seconds".to_owned(), "60".to_owned()));
    Ok(())
}

#[tokio::test]
async fn errors_have_the_formats_of_the_service() -> TestResult {
    let mock = MockAssemblyAi::builder().api_key("good").allow(ViolationKind::TokenRequest).start().await;
    let (status, body) = get(&mock, "expires_in_seconds=0", Some("good")).await?;
    assert_eq!(
        (status, parsed(&body)?),
        (
            422,
            json!({"detail":[{"type":"greater_than_equal","loc":["query","expires_in_seconds"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}]})
        )
    );
    let (status, body) = get(&mock, "expires_in_seconds=601", Some("good")).await?;
    assert_eq!((status, &parsed(&body)?["detail"][0]["ctx"]), (422, &json!({"le": 600})));
    let (status, body) =
        get(&mock, "expires_in_seconds=60&max_session_duration_seconds=59", Some("good")).await?;
    assert_eq!(
        (status, &parsed(&body)?["detail"][0]["loc"]),
        (422, &json!(["query", "max_session_duration_seconds"]))
    );
    let (status, body) = get(&mock, "", Some("good")).await?;
    assert_eq!((status, &parsed(&body)?["detail"][0]["type"]), (422, &json!("missing")));
    let (status, body) = get(&mock, "expires_in_seconds=abc", None).await?;
    let details = parsed(&body)?["detail"].clone();
    assert_eq!(
        (status, &details[0]["type"], &details[1]["loc"], details.as_array().map(Vec::len)),
        (422, &json!("int_parsing"), &json!(["header", "authorization"]), Some(2))
    );
    let (status, body) = get(&mock, "expires_in_seconds=60", Some("bad")).await?;
    assert_eq!((status, parsed(&body)?), (401, json!({"error": "Invalid API key"})));
    Ok(())
}

#[tokio::test]
async fn each_fault_applies_as_often_as_planned_and_is_not_a_violation() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let good = "expires_in_seconds=60";
    mock.token_faults().next_n(2, TokenFault::Status(429));
    for status in [401, 402, 403, 500, 503] {
        mock.token_faults().next(TokenFault::Status(status));
    }
    for expected in [429, 429, 401, 402, 403, 500, 503] {
        let (status, body) = get(&mock, good, Some("k")).await?;
        assert_eq!(status, expected);
        assert!(parsed(&body)?["error"].is_string(), "{body}");
    }
    mock.token_faults().next(TokenFault::Status(422));
    let (status, body) = get(&mock, good, Some("k")).await?;
    assert!(status == 422 && parsed(&body)?["detail"].is_array(), "{body}");
    mock.token_faults().next(TokenFault::NotJson);
    let (status, body) = get(&mock, good, Some("k")).await?;
    assert!(status == 200 && serde_json::from_str::<Value>(&body).is_err(), "{body}");
    mock.token_faults().next(TokenFault::Answer { status: 502, body: "Bad Gateway".to_owned() });
    assert_eq!(get(&mock, good, Some("k")).await?, (502, "Bad Gateway".to_owned()));
    assert_eq!(get(&mock, good, Some("k")).await?.0, 200, "and then it is well again");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_status_without_content_has_no_body_and_no_length() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    for status in [204, 304] {
        mock.token_faults().next(TokenFault::Status(status));
        mock.token_faults().next(TokenFault::Answer { status, body: "content".to_owned() });
        for _ in 0..2 {
            let (head, body) = head(mock.address(), "GET /v3/token?expires_in_seconds=60").await?;
            assert!(head.starts_with(&format!("http/1.1 {status}")) && body.is_empty(), "{head}: {body}");
            assert!(!head.contains("content-length") && !head.contains("content-type"), "{head}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_response_can_be_late_or_missing() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().next(TokenFault::Late(Duration::from_millis(150)));
    let asked = Instant::now();
    assert_eq!(get(&mock, "expires_in_seconds=60", Some("k")).await?.0, 200);
    assert!(asked.elapsed() >= Duration::from_millis(150));

    mock.token_faults().always(TokenFault::Hang);
    let asked = get(&mock, "expires_in_seconds=60", Some("k"));
    assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_err());
    mock.token_faults().clear();
    assert_eq!(get(&mock, "expires_in_seconds=60", Some("k")).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_probe_with_head_is_no_request_for_a_token() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().next(TokenFault::Status(429));
    let (answer, _) = head(mock.address(), "HEAD /v3/token").await?;
    assert!(answer.starts_with("http/1.1 405") && answer.contains("allow: get\r\n"), "{answer}");
    assert_eq!(get(&mock, "expires_in_seconds=60", Some("k")).await?.0, 429, "the fault is still planned");
    assert_eq!(mock.finish().await.token_requests.len(), 1);
    Ok(())
}
