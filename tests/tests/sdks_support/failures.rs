//! Sessions that break.

use std::time::Duration;

use assemblyai_mock::{Ending, Fault, Finished, MockAssemblyAi, Script, ViolationKind};
use end_to_end_tests::limit::with_time_limit;
use serde_json::{Value, json};

use super::{Job, Report, Sdk, TEST_LIMIT_S, await_event, mock, send, step};
use test_result::TestResult;

/// The last event that an SDK reports when the service ends a session: node reports a `Close`, after an `Error`
/// where the service sent one; Python reports one `Error` in either case.
fn last_event(sdk: Sdk) -> Value {
    await_event(if sdk == Sdk::Node { "Close" } else { "Error" })
}

/// Runs a session that sends this until it breaks.
async fn run_until_broken(mock: &MockAssemblyAi, sdk: Sdk, send: Value) -> TestResult<Report> {
    Job::of(sdk).then(send).then(last_event(sdk)).then(step("terminate")).run(mock).await
}

/// Asserts how an `Error` message followed by a close is reported: in node as two events, in Python as one.
fn assert_error_reported(sdk: Sdk, report: &Report, code: u16, text: &str) {
    let error = report.only("Error");
    assert_eq!((&error["code"], &error["message"]), (&json!(code), &json!(text)), "{sdk:?}");
    let closes: Vec<(&Value, &Value)> =
        report.of("Close").into_iter().map(|close| (&close["code"], &close["reason"])).collect();
    match sdk {
        Sdk::Node => assert_eq!(closes, [(&json!(code), &json!("See Error message for details"))]),
        Sdk::Python => assert!(closes.is_empty(), "{report:#?}"),
    }
    assert_eq!(report.of("Termination").len(), 0, "{sdk:?}");
}

/// Waits until the session has ended. The reaction of the client may be a violation.
async fn wait_for_end(mock: &MockAssemblyAi) -> TestResult<Finished> {
    mock.wait_for_end(0, Duration::from_secs(10)).await?;
    Ok(mock.finish().await)
}

#[tokio::test]
async fn a_server_error_in_mid_session_is_reported_once() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let text = "Server Error: An unexpected error occurred";
        let script = Script::new().fault_at_ms(500, Fault::error(3005, text));
        for sdk in Sdk::BOTH {
            let mock = mock().script(script.clone()).start().await;
            let report = run_until_broken(&mock, sdk, send(500)).await?;
            assert_error_reported(sdk, &report, 3005, text);
            assert_eq!(wait_for_end(&mock).await?.audio_ms, 500);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_frame_over_1000_ms_is_3007() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let text =
            "Input Duration Error: Input Duration Violation: 1200.0 ms. Expected between 50 and 1000 ms";
        for sdk in Sdk::BOTH {
            let mock = mock().allow(ViolationKind::LongFrame).start().await;
            let long = json!({"do": "send", "ms": 1200, "frame_ms": 1200});
            assert_error_reported(sdk, &run_until_broken(&mock, sdk, long).await?, 3007, text);
            assert_eq!(wait_for_end(&mock).await?.sessions[0].violations.len(), 1, "{sdk:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn frames_under_50_ms_are_3007_after_a_second_of_them() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let text = "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms";
        for sdk in Sdk::BOTH {
            let mock = mock().allow(ViolationKind::ShortFrame).start().await;
            let short = json!({"do": "send", "ms": 980, "frame_ms": 20});
            assert_error_reported(sdk, &run_until_broken(&mock, sdk, short).await?, 3007, text);
            assert_eq!(wait_for_end(&mock).await?.sessions[0].violations.len(), 49, "{sdk:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_session_over_its_maximum_duration_is_3008() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().max_session_s(1).start().await;
            let report = run_until_broken(&mock, sdk, send(100)).await?;
            let session = wait_for_end(&mock).await?.sessions.remove(0);
            let sent = session.sent_of_type("Error");
            assert_eq!(sent[0]["error_code"], 3008);
            assert_error_reported(sdk, &report, 3008, sent[0]["error"].as_str().ok_or("no text")?);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_inactive_session_ends_with_the_reason() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().allow(ViolationKind::Inactive).start().await;
            let report = Job::of(sdk)
                .parameter("inactivity_timeout", 5)
                .then(last_event(sdk))
                .then(step("terminate"))
                .run(&mock)
                .await?;
            let text = "Session terminated due to inactivity: No messages received for 5 seconds";
            assert_error_reported(sdk, &report, 3006, text);
            assert_eq!(wait_for_end(&mock).await?.sessions[0].violations.len(), 1, "{sdk:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_without_a_type_is_an_error_too() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let fault = Fault::ErrorWithoutType { code: 3005, text: "no type".to_owned() };
        for sdk in Sdk::BOTH {
            let mock = mock().script(Script::new().fault_at_ms(500, fault.clone())).start().await;
            assert_error_reported(sdk, &run_until_broken(&mock, sdk, send(500)).await?, 3005, "no type");
            wait_for_end(&mock).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_close_frame_in_mid_session_is_reported_by_its_reason_or_pythons_table() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for (code, reason, python) in [(1008, "no more", "no more"), (3005, "no more", "Server error")] {
            for sdk in Sdk::BOTH {
                let mock =
                    mock().script(Script::new().fault_at_ms(500, Fault::close(code, reason))).start().await;
                let report = run_until_broken(&mock, sdk, send(500)).await?;
                let (event, text, reported) = match sdk {
                    Sdk::Node => ("Close", "reason", reason),
                    Sdk::Python => ("Error", "message", python),
                };
                let over = report.only(event);
                assert_eq!((&over["code"], &over[text]), (&json!(code), &json!(reported)), "{sdk:?}");
                wait_for_end(&mock).await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_that_breaks_is_1006() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().script(Script::new().fault_at_ms(500, Fault::Drop)).start().await;
            let report = run_until_broken(&mock, sdk, send(500)).await?;
            let over = report.only(if sdk == Sdk::Node { "Close" } else { "Error" });
            assert_eq!(over["code"], 1006, "{sdk:?}: {report:#?}");
            assert_eq!(
                wait_for_end(&mock).await?.sessions[0].end.as_ref().and_then(|end| end.server.clone()),
                None
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_unknown_message_changes_nothing() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().script(Script::new().fault_at_ms(500, Fault::UnknownMessage)).start().await;
            let report = Job::of(sdk).then(send(1000)).then(step("terminate")).run(&mock).await?;
            assert!(report.of("Error").is_empty(), "{report:#?}");
            // Python logs it.
            assert_eq!(report.of("Log").len(), usize::from(sdk == Sdk::Python), "{report:#?}");
            assert_eq!(mock.finish().await.audio_ms, 1000);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn invalid_json_crashes_node_and_is_logged_by_python() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new().fault_at_ms(500, Fault::MalformedJson);
        let of_node = mock().script(script.clone()).allow(ViolationKind::NotTerminated).start().await;
        let job = Job::of(Sdk::Node).then(send(500)).then(await_event("Crash"));
        let crash = job.run_to_crash(&of_node).await?;
        assert!(crash.contains("SyntaxError"), "{crash}");

        let mock = mock().script(script).start().await;
        let report = Job::of(Sdk::Python).then(send(1000)).then(step("terminate")).run(&mock).await?;
        assert_eq!(report.of("Log").len(), 1, "{report:#?}");
        assert_eq!(report.events(), ["Begin", "Termination", "Closed", "Done"]);
        mock.finish().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_turn_without_words_crashes_pythons_reader() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let turn = json!({
            "type": "Turn", "turn_order": 0, "turn_is_formatted": false, "end_of_turn": false,
            "transcript": "", "end_of_turn_confidence": 0.1,
        });
        let script = Script::new().message_at_ms(500, &turn);
        let mock = mock().script(script).allow(ViolationKind::NotTerminated).start().await;
        let job = Job::of(Sdk::Python).then(send(500)).then(await_event("Crash"));
        let crash = job.run_to_crash(&mock).await?;
        assert!(crash.contains("ValidationError") && crash.contains("words"), "{crash}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_incomplete_ending_holds_no_sdk_longer_than_five_seconds() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // How it ends, whether node and Python wait their five seconds, how many Terminations Python reports.
        let cases = [
            (Ending::Ignored, true, 0),
            (Ending::NoTermination, true, 0),
            (Ending::CloseWithoutTermination, false, 0),
            (Ending::NoClose, false, 1),
        ];
        let endings = |sdk: Sdk| async move {
            for (ending, waits, terminations) in cases {
                let mock = mock().script(Script::new().ending(ending)).start().await;
                let report = Job::of(sdk).then(send(500)).then(step("terminate")).run(&mock).await?;
                let waited_ms = report.only("Closed")["ms"].as_u64().unwrap_or_default();
                assert_eq!((4900..9000).contains(&waited_ms), waits, "{sdk:?}, {ending:?}: {waited_ms} ms");
                if sdk == Sdk::Python {
                    assert_eq!(report.of("Termination").len(), terminations, "{ending:?}");
                }
                assert!(report.of("Error").is_empty(), "{report:#?}");
                mock.finish().await;
            }
            TestResult::Ok(())
        };
        tokio::try_join!(endings(Sdk::Node), endings(Sdk::Python))?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn closing_at_once_sends_terminate_in_node_and_nothing_in_python() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().allow(ViolationKind::NotTerminated).start().await;
            Job::of(sdk).then(send(500)).then(step("close")).run(&mock).await?;
            let session = mock.finish().await.sessions.remove(0);
            let (terminates, violations) = if sdk == Sdk::Node { (1, 0) } else { (0, 1) };
            assert_eq!(session.received_of_type("Terminate").len(), terminates, "{session}");
            assert_eq!(session.violations.len(), violations, "{session}");
        }
        Ok(())
    })
    .await
}
