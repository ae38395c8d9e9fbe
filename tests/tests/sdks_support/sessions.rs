//! Sessions that complete without an error.

use assemblyai_mock::{Profile, Script, SessionRecord, Strictness, Turn, ViolationKind};
use end_to_end_tests::audio::Recording;
use end_to_end_tests::limit::with_time_limit;
use serde_json::{Value, json};

use super::{Job, KEY, Report, Sdk, TEST_LIMIT_S, await_event, mock, send, step};
use test_result::TestResult;

/// Two turns in 6 s of audio.
fn two_turns() -> Script {
    Script::new()
        .turn(Turn::said("Book a table for two").from_ms(500).to_ms(1900))
        .turn(Turn::said("At eight, please").from_ms(3800).to_ms(4700))
}

/// Runs a session of 6 s with these parameters, which must violate no rule of the protocol.
async fn session(
    sdk: Sdk,
    script: Script,
    parameters: &[(&str, Value)],
) -> TestResult<(Report, SessionRecord)> {
    let mock = mock().script(script).start().await;
    let job = parameters.iter().fold(Job::of(sdk), |job, (name, value)| job.parameter(name, value.clone()));
    let report = job.then(send(6000)).then(step("terminate")).run(&mock).await?;
    Ok((report, mock.finish().await.sessions.remove(0)))
}

fn finals(report: &Report) -> Vec<(u64, &str)> {
    let finals = report.of("Turn").into_iter().filter(|turn| turn["end_of_turn"] == true);
    finals
        .map(|turn| {
            (turn["turn_order"].as_u64().unwrap_or(99), turn["transcript"].as_str().unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn a_key_opens_a_session_for_each_sdk() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let (report, seen) = session(sdk, Script::new(), &[]).await?;
            assert_eq!(seen.header("authorization"), Some(KEY));
            assert_eq!(seen.parameter("token"), None);
            assert_eq!(seen.header("sec-websocket-protocol"), None);
            let offered = seen.header("sec-websocket-extensions").unwrap_or_default();
            assert!(offered.starts_with("permessage-deflate"), "{sdk:?}: {offered}");
            let user_agent = seen.header("user-agent");
            match sdk {
                Sdk::Node => assert_eq!((user_agent, seen.header("assemblyai-version")), (None, None)),
                Sdk::Python => {
                    assert!(user_agent.is_some_and(|agent| agent.starts_with("AssemblyAI/1.0 (sdk=Python/")));
                    assert_eq!(seen.header("assemblyai-version"), Some("2025-05-12"));
                }
            }
            assert_eq!(seen.frames.iter().map(|frame| frame.bytes).collect::<Vec<_>>(), [3200; 60]);
            assert_eq!(report.only("Begin")["id"], *seen.id);
            // Python parses the time; node reports the number.
            assert_eq!(report.only("Begin")["expires_at"].is_number(), sdk == Sdk::Node);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_session_ends_with_termination_and_close_1000() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let (report, seen) = session(sdk, Script::new(), &[]).await?;
            assert_eq!(seen.received_of_type("Terminate").len(), 1);
            let end = seen.end.ok_or("the session has not ended")?;
            assert_eq!(end.server.map(|close| close.code), Some(1000), "{sdk:?}");
            // Both close after Termination; node waits for it but does not report it.
            match sdk {
                Sdk::Node => assert_eq!(report.events(), ["Begin", "Closed", "Done"]),
                Sdk::Python => {
                    assert_eq!(report.events(), ["Begin", "Termination", "Closed", "Done"]);
                    assert_eq!(report.only("Termination")["audio_duration_seconds"], 6);
                }
            }
            assert!(
                report.only("Closed")["ms"].as_u64() < Some(4000),
                "{sdk:?} did not see the end: {report:?}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_of_each_sdk_opens_one_session_under_the_documented_rules() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().strictness(Strictness::Strict).start().await;
            let request = json!({"expires_in_seconds": 60, "max_session_duration_seconds": 120});
            let report = Job::of(sdk)
                .field("token_request", request)
                .then(send(500))
                .then(step("terminate"))
                .run(&mock)
                .await?;
            let token = report.only("Token")["token"].as_str().ok_or("no token")?.to_owned();

            let seen = mock.finish().await;
            let asked = &seen.token_requests[0];
            assert_eq!(asked.authorization.as_deref(), Some(KEY));
            let parameters: Vec<(&str, &str)> =
                asked.parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
            assert_eq!(
                parameters,
                [("expires_in_seconds", "60"), ("max_session_duration_seconds", "120")],
                "{sdk:?}"
            );
            // Node sends a token in the query and no header, Python the other way round.
            let session = &seen.sessions[0];
            let sent = (session.parameter("token"), session.header("authorization"));
            match sdk {
                Sdk::Node => assert_eq!(sent, (Some(&*token), None)),
                Sdk::Python => assert_eq!(sent, (None, Some(&*token))),
            }
            assert_eq!(session.audio_ms, 500);

            let again = Job::of(sdk)
                .field("api_key", Value::Null)
                .field("token", token)
                .then(await_event("Error"))
                .run(&mock)
                .await?;
            let words = "Unauthorized Connection: Token has already been used";
            assert_eq!(again.refusal(), (&json!(1008), words), "{sdk:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn speech_in_real_time_arrives_sample_by_sample_and_becomes_turns() -> TestResult {
    const MS: u64 = 5000;
    let pcm = Recording::speech()?.first_ms(MS).wire_pcm();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("speech.pcm");
    let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(&file, bytes)?;
    let send = json!({"do": "send", "file": file, "ms": MS, "paced": true});
    let speech = |sdk: Sdk| {
        let (send, pcm) = (send.clone(), &pcm);
        async move {
            let mock = mock().script(Script::paced_by_speech("one two three four five six")).start().await;
            let report = Job::of(sdk).then(send).then(step("terminate")).run(&mock).await?;
            let seen = mock.finish().await.sessions.remove(0);
            assert_eq!(seen.pcm_i16(), *pcm, "{sdk:?}");
            report.assert_all_of("Turn", &seen);
            let turns = report.of("Turn");
            assert!(turns.iter().any(|turn| turn["end_of_turn"] == false), "{sdk:?} saw no partial");
            assert!(
                finals(&report).iter().any(|(_, text)| text.starts_with("one two")),
                "{sdk:?}: {report:?}"
            );
            TestResult::Ok(())
        }
    };
    with_time_limit(TEST_LIMIT_S, async { tokio::try_join!(speech(Sdk::Node), speech(Sdk::Python)) }).await?;
    std::fs::remove_file(file)?;
    Ok(())
}

/// Runs two turns with a profile and a model, and asserts that both SDKs report the messages as they were sent.
async fn turns(
    profile: Profile,
    model: &str,
    more: &[(&str, Value)],
    expected: &[(u64, &str)],
) -> TestResult {
    for sdk in Sdk::BOTH {
        let parameters = [&[("speech_model", json!(model))], more].concat();
        let (report, seen) = session(sdk, two_turns().profile(profile), &parameters).await?;
        for kind in ["Turn", "SpeechStarted", "SpeakerRevision"] {
            report.assert_all_of(kind, &seen);
        }
        assert_eq!(finals(&report), expected, "{sdk:?}");
        let turns = report.of("Turn");
        assert!(turns.iter().any(|turn| turn["end_of_turn"] == false), "{sdk:?} saw no partial");
        assert!(turns.iter().all(|turn| turn["words"].as_array().is_some_and(|words| !words.is_empty())));
        // Python logs a warning for an unknown message.
        assert!(report.of("Log").is_empty(), "{report:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn raw_turns_are_reported_as_they_were_sent() -> TestResult {
    let expected = [(0, "book a table for two"), (1, "at eight please")];
    let limited = turns(Profile::UniversalRaw, "universal-streaming-english", &[], &expected);
    with_time_limit(TEST_LIMIT_S, limited).await
}

#[tokio::test]
async fn turns_with_two_finals_are_reported_as_they_were_sent() -> TestResult {
    let expected = [
        (0, "book a table for two"),
        (0, "Book a table for two."),
        (1, "at eight please"),
        (1, "At eight, please."),
    ];
    let format = [("format_turns", json!(true))];
    let limited = turns(Profile::UniversalTwoFinals, "universal-streaming-multilingual", &format, &expected);
    with_time_limit(TEST_LIMIT_S, limited).await
}

const FORMATTED: [(u64, &str); 2] = [(0, "Book a table for two."), (1, "At eight, please.")];

#[tokio::test]
async fn turns_formatted_in_the_model_are_reported_as_they_were_sent() -> TestResult {
    let format = [("format_turns", json!(true))];
    let limited = turns(Profile::UniversalInModel, "universal-streaming-english", &format, &FORMATTED);
    with_time_limit(TEST_LIMIT_S, limited).await
}

#[tokio::test]
async fn turns_of_whisper_are_reported_as_they_were_sent() -> TestResult {
    let limited = turns(Profile::UniversalInModel, "whisper-rt", &[], &FORMATTED);
    with_time_limit(TEST_LIMIT_S, limited).await
}

#[tokio::test]
async fn turns_of_the_pro_models_are_reported_as_they_were_sent() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        turns(Profile::Pro, "u3-rt-pro", &[], &FORMATTED).await?;
        turns(Profile::ProDocs, "universal-3-6-pro", &[], &FORMATTED).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn speakers_and_their_revision_are_reported_as_they_were_sent() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new()
            .turn(Turn::said("Book a table for two").from_ms(500).to_ms(1900).speaker("A"))
            .turn(
                Turn::said("At eight").from_ms(3800).to_ms(4700).speaker("B").first_attributed_to("PENDING"),
            );
        for sdk in Sdk::BOTH {
            let parameters = [("speech_model", json!("universal-3-6-pro")), ("speaker_labels", json!(true))];
            let (report, seen) = session(sdk, script.clone(), &parameters).await?;
            for kind in ["Turn", "SpeechStarted", "SpeakerRevision"] {
                report.assert_all_of(kind, &seen);
            }
            let revision = &report.only("SpeakerRevision")["revisions"][0];
            assert_eq!((&revision["turn_order"], &revision["speaker_label"]), (&json!(1), &json!("B")));
            assert_eq!(finals(&report), [(0, "Book a table for two."), (1, "At eight.")], "{sdk:?}");
            assert!(report.of("Log").is_empty(), "{report:#?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn heartbeats_and_silence_are_reported_as_they_were_sent() -> TestResult {
    let run_silence = |sdk: Sdk| async move {
        let mock = mock().start().await;
        let report = Job::of(sdk)
            .parameter("speech_model", "universal-3-6-pro")
            .parameter("session_heartbeat", true)
            .parameter("acknowledge_silence", true)
            .then(send(3000))
            .then(await_event("Heartbeat"))
            .then(step("terminate"))
            .run(&mock)
            .await?;
        let seen = mock.finish().await.sessions.remove(0);
        report.assert_all_of("Silence", &seen);
        report.assert_all_of("Heartbeat", &seen);
        assert_eq!(report.of("Silence").len(), 3, "{sdk:?}");
        assert_eq!(report.of("Heartbeat")[0]["total_audio_received_ms"], 3000, "{sdk:?}");
        TestResult::Ok(())
    };
    let both = async { tokio::try_join!(run_silence(Sdk::Node), run_silence(Sdk::Python)) };
    with_time_limit(TEST_LIMIT_S, both).await?;
    Ok(())
}

#[tokio::test]
async fn update_force_endpoint_and_keep_alive_work_between_audio_frames() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // The silence after this turn is too short to end it.
        let script = Script::new().turn(Turn::said("Book a table for two").from_ms(500).to_ms(1900));
        for sdk in Sdk::BOTH {
            let mock = mock().script(script.clone()).start().await;
            let change =
                json!({"min_turn_silence": 5000, "max_turn_silence": 9000, "keyterms_prompt": ["Turing"]});
            let report = Job::of(sdk)
                .then(json!({"do": "update", "configuration": change}))
                .then(json!({"do": "update", "configuration": {}}))
                .then(send(3000))
                .then(step("keep_alive"))
                .then(step("force_endpoint"))
                .then(json!({"do": "await", "event": "Turn", "with": {"end_of_turn": true}}))
                .then(step("force_endpoint")) // With no turn open.
                .then(send(500))
                .then(step("terminate"))
                .run(&mock)
                .await?;
            assert_eq!(finals(&report), [(0, "book a table for two")], "{sdk:?}");

            let seen = mock.finish().await.sessions.remove(0);
            assert_eq!(seen.audio_ms, 3500);
            let received: Vec<Value> = seen.received.iter().map(assemblyai_mock::Message::json).collect();
            let kinds: Vec<&str> = received.iter().filter_map(|message| message["type"].as_str()).collect();
            let expected = [
                "UpdateConfiguration",
                "UpdateConfiguration",
                "KeepAlive",
                "ForceEndpoint",
                "ForceEndpoint",
                "Terminate",
            ];
            assert_eq!(kinds, expected, "{sdk:?}");
            for (name, value) in change.as_object().ok_or("no object")? {
                assert_eq!(received[0][name], *value, "{sdk:?}");
            }
            assert_eq!(received[1], json!({"type": "UpdateConfiguration"}), "{sdk:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn keep_alive_holds_off_the_inactivity_timeout() -> TestResult {
    let idle = |sdk: Sdk| async move {
        let mock = mock().start().await;
        let pause = json!({"do": "pause", "ms": 3000});
        let report = Job::of(sdk)
            .parameter("inactivity_timeout", 5)
            .then(pause.clone())
            .then(step("keep_alive"))
            .then(pause)
            .then(step("terminate"))
            .run(&mock)
            .await?;
        assert!(report.of("Error").is_empty(), "{report:#?}");
        assert_eq!(mock.finish().await.sessions[0].received_of_type("KeepAlive").len(), 1);
        TestResult::Ok(())
    };
    with_time_limit(TEST_LIMIT_S, async { tokio::try_join!(idle(Sdk::Node), idle(Sdk::Python)) }).await?;
    Ok(())
}

#[tokio::test]
async fn every_parameter_is_accepted_as_each_sdk_writes_it() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let parameters = [
                ("speech_model", json!("universal-3-6-pro")),
                ("encoding", json!("pcm_s16le")),
                ("min_turn_silence", json!(200)),
                ("max_turn_silence", json!(2000)),
                ("vad_threshold", json!(0.4)),
                ("language_detection", json!(true)),
                ("language_codes", json!(["en", "es"])),
                ("keyterms_prompt", json!(["Turing", "Ada Lovelace"])),
                ("filter_profanity", json!(true)),
                ("inactivity_timeout", json!(60)),
                ("speaker_labels", json!(true)),
                ("max_speakers", json!(2)),
                ("continuous_partials", json!(true)),
                ("interruption_delay", json!(300)),
                ("include_partial_turns", json!(false)),
                ("mode", json!("balanced")),
                ("voice_focus", json!("near-field")),
                ("voice_focus_threshold", json!(0.5)),
                ("session_heartbeat", json!(false)),
                ("redact_pii", json!(true)),
                ("redact_pii_policies", json!(["person_name"])),
                ("redact_pii_sub", json!("hash")),
            ];
            let (report, seen) = session(sdk, Script::new(), &parameters).await?;
            for (name, _) in &parameters {
                assert!(seen.parameter(name).is_some(), "{sdk:?} did not send {name}");
            }
            let (yes, list) = match sdk {
                Sdk::Node => ("true", r#"["Turing","Ada Lovelace"]"#),
                Sdk::Python => ("True", r#"["Turing", "Ada Lovelace"]"#),
            };
            assert_eq!(seen.parameter("speaker_labels"), Some(yes));
            assert_eq!(seen.parameter("keyterms_prompt"), Some(list));
            assert_eq!(report.only("Begin")["configuration"]["model"], "universal-3-6-pro", "{sdk:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn two_channels_of_node_arrive_mixed_with_an_accepted_short_last_frame() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = mock().script(two_turns()).allow(ViolationKind::ShortFrame).start().await;
        let channels = json!([{"name": "microphone"}, {"name": "system"}]);
        let report = Job::of(Sdk::Node)
            .parameter("channels", channels)
            .then(json!({"do": "send", "ms": 2020, "channels": ["microphone", "system"]}))
            .then(step("terminate"))
            .run(&mock)
            .await?;
        assert_eq!(finals(&report), [(0, "book a table for two")]);
        // Node attributes words by their times.
        assert_eq!(report.of("Turn")[0]["words"][0]["channel"], "unknown");
        let session = mock.finish().await.sessions.remove(0);
        let mut bytes = vec![6400; 10];
        bytes.push(640);
        assert_eq!(session.frames.iter().map(|frame| frame.bytes).collect::<Vec<_>>(), bytes);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_short_last_frame_is_accepted() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for sdk in Sdk::BOTH {
            let mock = mock().script(two_turns()).allow(ViolationKind::ShortFrame).start().await;
            let report = Job::of(sdk).then(send(2020)).then(step("terminate")).run(&mock).await?;
            assert!(report.of("Error").is_empty(), "{report:#?}");
            // The open turn is finished and reported before Termination.
            assert_eq!(finals(&report), [(0, "book a table for two")], "{sdk:?}");
            let session = mock.finish().await.sessions.remove(0);
            assert_eq!(session.audio_ms, 2020);
            assert_eq!(session.violations.len(), 1, "{session}");
        }
        Ok(())
    })
    .await
}
