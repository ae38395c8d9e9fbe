//! Sessions that never begin, and refused tokens.
//!
//! Node's `connect` throws after three attempts: it retries after every code except 4000 to 4003 and 4101, though
//! the service no longer sends any of these. Python's `connect` returns, and the error is reported to its listener.

use assemblyai_mock::{Builder, MockAssemblyAi, SocketFault, TokenFault};
use end_to_end_tests::limit::with_time_limit;
use serde_json::{Value, json};

use super::{Job, KEY, Sdk, TEST_LIMIT_S, await_event, mock, step};
use test_result::TestResult;

/// Runs a job and asserts that the SDK reports this refusal, after its usual number of attempts.
async fn assert_refused(
    mock: &MockAssemblyAi,
    sdk: Sdk,
    job: Job,
    code: impl Into<Value>,
    text: &str,
) -> TestResult {
    let report = job.then(await_event("Error")).run(mock).await?;
    assert_eq!(report.refusal(), (&code.into(), text), "{sdk:?}");
    assert!(report.of("Begin").is_empty(), "{report:#?}");
    let retries = report.of("Log").iter().filter(|line| line.to_string().contains("retrying")).count();
    assert_eq!(retries, sdk.attempts() - 1, "{sdk:?}");
    Ok(())
}

/// The same for both SDKs, each with its own mock, whose error message they must report.
async fn assert_both_refused(
    builder: Builder,
    change: impl Fn(Job) -> Job,
    code: u16,
    text: &str,
) -> TestResult {
    for sdk in Sdk::BOTH {
        let mock = builder.clone().start().await;
        assert_refused(&mock, sdk, change(Job::of(sdk)), code, text).await?;
        let sessions = mock.sessions();
        assert_eq!(sessions.len(), sdk.attempts(), "{sdk:?}");
        for session in sessions {
            assert_eq!(session.sent_of_type("Error")[0]["error_code"], code);
            let end = session.end.and_then(|end| end.server).ok_or("no close frame")?;
            assert_eq!((end.code, &*end.reason), (code, "See Error message for details"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_bad_key_is_1008_with_the_services_message() -> TestResult {
    let words = "Unauthorized Connection: Invalid API key";
    let limited = assert_both_refused(mock(), |job| job.field("api_key", "a-bad-key"), 1008, words);
    with_time_limit(TEST_LIMIT_S, limited).await
}

#[tokio::test]
async fn an_expired_token_is_1008_with_the_services_message() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().start().await;
            let token = mock.issue_token(1, None);
            // The mock emits no event when the token expires after 1 s.
            tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
            let job = Job::of(sdk).field("api_key", Value::Null).field("token", token);
            assert_refused(&mock, sdk, job, 1008, "Unauthorized Connection: Signature has expired").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_model_that_the_service_does_not_know_is_3006_with_the_names_it_knows() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().start().await;
            // Both SDKs still know this deprecated name and warn; Python's accepts no arbitrary name.
            let job = Job::of(sdk).parameter("speech_model", "u3-pro").then(await_event("Error"));
            let report = job.run(&mock).await?;
            let (code, text) = report.refusal();
            assert_eq!(*code, 3006, "{sdk:?}");
            let start = "User Input Validation Error: Invalid 'speech_model': Input should be";
            assert!(text.starts_with(start) && text.contains("universal-3-6-pro"), "{sdk:?}: {text}");
            assert!(
                report.of("Log").iter().any(|line| line.to_string().contains("u3-rt-pro")),
                "{report:#?}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_missing_model_is_3006_under_the_documented_rules() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().strictness(assemblyai_mock::Strictness::Strict).start().await;
            let job = Job::of(sdk).field("parameters", json!({"sample_rate": 16_000}));
            let report = job.then(await_event("Error")).run(&mock).await?;
            let (code, text) = report.refusal();
            assert_eq!(*code, 3006, "{sdk:?}");
            assert!(text.contains("speech_model"), "{sdk:?}: {text}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bad_sample_rate_is_3006() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().start().await;
            let job = Job::of(sdk).parameter("sample_rate", 4000).then(await_event("Error"));
            let report = job.run(&mock).await?;
            let (code, text) = report.refusal();
            assert_eq!(*code, 3006, "{sdk:?}");
            assert!(
                text.starts_with("User Input Validation Error: Invalid 'sample_rate'"),
                "{sdk:?}: {text}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn too_many_sessions_are_1008_as_seen_and_3009_as_documented() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let words = "Unauthorized Connection: Too many concurrent sessions";
        assert_both_refused(mock().max_sessions(0), |job| job, 1008, words).await?;
        for sdk in Sdk::BOTH {
            let mock = mock().start().await;
            let text = "Too many concurrent sessions: 5 of 5";
            mock.socket_faults().always(SocketFault::error(3009, text));
            assert_refused(&mock, sdk, Job::of(sdk), 3009, text).await?;
            assert_eq!(mock.finish().await.sessions.len(), sdk.attempts());
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_close_frame_instead_of_begin_is_reported_by_its_reason_or_the_sdks_table() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // Code, reason, the text that node reports, the text that Python reports.
        let cases = [
            (1008, "Missing Authorization header", None, None),
            (3009, "five are open", None, Some("Too many concurrent sessions")),
            (3005, "", Some("Server error"), Some("Server error")),
            (
                1011,
                "",
                Some("Streaming connection closed (code=1011)"),
                Some("Connection closed (code=1011)"),
            ),
        ];
        for sdk in Sdk::BOTH {
            for (code, reason, node, python) in cases {
                let mock = mock().start().await;
                mock.socket_faults().always(SocketFault::Close { code, reason: reason.to_owned() });
                let reported = match sdk {
                    Sdk::Node => node,
                    Sdk::Python => python,
                };
                assert_refused(&mock, sdk, Job::of(sdk), code, reported.unwrap_or(reason)).await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_handshake_refused_with_401_is_reported_with_its_status() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().start().await;
            mock.socket_faults().always(SocketFault::Refuse(401));
            let (code, text) = match sdk {
                Sdk::Node => (Value::Null, "Unexpected server response: 401"),
                Sdk::Python => (json!(401), "WebSocket handshake rejected (HTTP 401)"),
            };
            assert_refused(&mock, sdk, Job::of(sdk), code, text).await?;
            assert!(mock.finish().await.sessions.is_empty());
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_that_ends_before_begin_is_1006() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().start().await;
            mock.socket_faults().always(SocketFault::Drop);
            let text = match sdk {
                Sdk::Node => "Streaming connection closed (code=1006)",
                Sdk::Python => "Connection closed (code=1006)",
            };
            assert_refused(&mock, sdk, Job::of(sdk), 1006, text).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn without_begin_node_gives_up_after_three_seconds_and_python_waits() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock_of_node = mock().start().await;
        mock_of_node.socket_faults().always(SocketFault::NoBegin);
        // Tests the SDK's default time limit.
        let job = Job::of(Sdk::Node).field("connect_timeout_ms", Value::Null);
        let text = "Streaming connection timed out after 1000ms";
        assert_refused(&mock_of_node, Sdk::Node, job, Value::Null, text).await?;

        let mock = mock().start().await;
        mock.socket_faults().always(SocketFault::NoBegin);
        let report = Job::of(Sdk::Python).then(step("close")).run(&mock).await?;
        assert_eq!(report.events(), ["Closed", "Done"]);
        assert_eq!(mock.finish().await.sessions.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn node_retries_a_session_that_begins_late() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = mock().start().await;
        mock.socket_faults().next(SocketFault::BeginLate(std::time::Duration::from_secs(3)));
        let job = Job::of(Sdk::Node).field("connect_timeout_ms", 2000);
        let report = job.then(step("terminate")).run(&mock).await?;
        assert_eq!(report.events(), ["Begin", "Closed", "Done"]);
        assert_eq!(mock.sessions().len(), 2);
        assert_eq!(report.only("Begin")["id"], *mock.sessions()[1].id);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refused_token_is_reported_by_its_text_or_its_status() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let answer = |status, body: &str| Some(TokenFault::Answer { status, body: body.to_owned() });
        let range = r#""loc":["query","expires_in_seconds"]"#;
        // Key, seconds, fault, status, a part of the message that node reports.
        let cases = [
            ("a-bad-key", 60, None, 401, "Invalid API key"),
            (KEY, 0, None, 422, range),
            (KEY, 601, None, 422, range),
            (KEY, 60, answer(402, r#"{"error":"no money"}"#), 402, "no money"),
            (KEY, 60, answer(429, r#"{"error":"not so fast"}"#), 429, "not so fast"),
            (KEY, 60, answer(500, "<h1>oops</h1>"), 500, "<h1>oops</h1>"),
        ];
        for sdk in Sdk::BOTH {
            for (key, seconds, fault, status, text) in cases.clone() {
                let mock = mock().start().await;
                if let Some(fault) = fault {
                    mock.token_faults().next(fault);
                }
                let request = json!({"expires_in_seconds": seconds});
                let report =
                    Job::of(sdk).field("api_key", key).field("token_request", request).run(&mock).await?;
                let failed = report.only("TokenFailed");
                let message = failed["message"].as_str().unwrap_or_default();
                match sdk {
                    Sdk::Node => assert!(message.contains(text), "{message}"),
                    Sdk::Python => assert_eq!(
                        (&failed["kind"], &failed["code"]),
                        (&json!("HTTPStatusError"), &json!(status))
                    ),
                }
                assert_eq!(mock.token_requests()[0].status, Some(status), "{sdk:?}");
            }
        }
        Ok(())
    })
    .await
}
