//! Sessions over a real socket.

use std::time::{Duration, Instant};

use crate::common::{Client, FRAME, LIMIT, Received, kinds, request};
use assemblyai_mock::{
    Builder, Ending, Fault, MockAssemblyAi, Script, SocketFault, Strictness, Turn, ViolationKind,
};
use serde_json::{Value, json};
use test_result::TestResult;
use tokio_tungstenite::tungstenite::Error;

const QUERY: &str = "speech_model=u3-rt-pro&sample_rate=16000";

fn encoded(token: &str) -> String {
    form_urlencoded::byte_serialize(token.as_bytes()).collect()
}

async fn with_token(mock: &MockAssemblyAi, token: &str) -> TestResult<Client> {
    let query = format!("{QUERY}&token={}", encoded(token));
    Ok(Client::dial(request(mock, &query)?).await??)
}

fn error_text(received: &[Received]) -> String {
    received
        .iter()
        .find_map(|message| match message {
            Received::Json(json) => json["error"].as_str().map(str::to_owned),
            _ => None,
        })
        .unwrap_or_default()
}

#[tokio::test]
async fn a_session_is_recorded_completely() -> TestResult {
    let script = Script::new().turn(Turn::said("Book a table for two").from_ms(0).to_ms(1500));
    let mock = MockAssemblyAi::start(script).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    let frames: Vec<Vec<u8>> = (0..30_u8).map(|n| FRAME.iter().map(|_| n).collect()).collect();
    for frame in &frames {
        client.audio(frame).await;
    }
    client.say("Terminate").await;
    let rest = client.rest().await?;
    let finals: Vec<&str> = rest
        .iter()
        .filter_map(|message| match message {
            Received::Json(json) if json["end_of_turn"] == true => json["transcript"].as_str(),
            _ => None,
        })
        .collect();
    assert_eq!(finals, ["Book a table for two."]);
    assert_eq!(rest[rest.len() - 2].kind(), "Termination");
    assert_eq!(rest[rest.len() - 1], Received::Close(1000, "Session Ended".to_owned()));

    let seen = mock.finish().await;
    let [session] = &seen.sessions[..] else { return Err(format!("{:?}", seen.sessions).into()) };
    assert_eq!((seen.audio_ms, session.audio_ms), (3000, 3000));
    assert_eq!(session.parameter("speech_model"), Some("u3-rt-pro"));
    assert_eq!(session.header("authorization"), Some("a-key"));
    assert_eq!(session.frames.len(), 30);
    assert!(session.frames.iter().all(|frame| frame.bytes == 3200 && !frame.after_terminate));
    assert!(session.frames.is_sorted_by_key(|frame| frame.at));
    assert_eq!(session.audio, frames.concat());
    assert_eq!(session.pcm_i16()[1600], 0x0101);
    assert_eq!(session.received_of_type("Terminate").len(), 1);
    assert_eq!(
        session.sent_of_type("Termination"),
        [json!({"type": "Termination", "audio_duration_seconds": 3, "session_duration_seconds": 0})]
    );
    let end = session.end.as_ref().ok_or("it has not ended")?;
    assert_eq!(end.server.as_ref().map(|close| close.code), Some(1000));
    assert_eq!(end.client.as_ref().map(|close| close.code), Some(1000), "the client's answer");
    Ok(())
}

#[tokio::test]
async fn type_is_last_in_turns_and_numbers_are_whole() -> TestResult {
    let mock =
        MockAssemblyAi::start(Script::new().turn(Turn::said("Book a table").from_ms(333).to_ms(1234))).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(30).await;
    client.say("Terminate").await;
    client.rest().await?;
    let seen = mock.finish().await;
    let mut turns = 0;
    for message in &seen.sessions[0].sent {
        let json = message.json();
        assert!(json.is_object(), "{}", message.text);
        assert!(json.get("error").is_none());
        assert!(
            !message.text.contains("null") || json["type"] == "Begin",
            "left out, not null: {}",
            message.text
        );
        if json["type"] == "Turn" {
            turns += 1;
            assert!(message.text.ends_with(r#""type":"Turn"}"#), "{}", message.text);
            for field in [
                "turn_order",
                "turn_is_formatted",
                "end_of_turn",
                "transcript",
                "end_of_turn_confidence",
                "words",
                "utterance",
            ] {
                assert!(json.get(field).is_some(), "{field} in {}", message.text);
            }
            for word in json["words"].as_array().ok_or("no words")? {
                assert!(word["start"].is_u64() && word["end"].is_u64(), "{word}");
                assert!(word["confidence"].is_number() && word["word_is_final"].is_boolean(), "{word}");
            }
        }
    }
    assert!(turns >= 2);
    Ok(())
}

#[tokio::test]
async fn keys_and_tokens_are_accepted_in_header_and_query() -> TestResult {
    let mock = MockAssemblyAi::builder().api_key("good").start().await;
    let token = mock.issue_token(60, Some(600));
    let in_header = |value: &str| -> TestResult<_> {
        let mut request = request(&mock, QUERY)?;
        request.headers_mut().insert("authorization", value.parse()?);
        Ok(request)
    };
    let mut clients = vec![
        with_token(&mock, &token).await?,
        Client::dial(in_header("good")?).await??,
        Client::dial(in_header(&token)?).await??,
    ];
    for client in &mut clients {
        let begin = client.next().await?;
        assert_eq!(begin.kind(), "Begin");
        client.say("Terminate").await;
        client.rest().await?;
    }
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn invalid_credentials_are_rejected_after_the_handshake() -> TestResult {
    let mock = MockAssemblyAi::builder().api_key("good").allow(ViolationKind::Credential).start().await;
    let spent = mock.issue_token(60, None).replace('+', " ");
    let mut none = Client::dial(request(&mock, QUERY)?).await??;
    let story = none.rest().await?;
    assert_eq!(error_text(&story), "Unauthorized Connection: Missing Authorization header");
    assert_eq!(story.last(), Some(&Received::Close(1008, "See Error message for details".to_owned())));
    for mut client in [
        Client::connect(&mock, QUERY).await?,
        with_token(&mock, "garbage").await?,
        with_token(&mock, &spent).await?,
        {
            let mut request = request(&mock, QUERY)?;
            request.headers_mut().insert("authorization", "Bearer good".parse()?);
            Client::dial(request).await??
        },
    ] {
        assert_eq!(error_text(&client.rest().await?), "Unauthorized Connection: Invalid API key");
    }
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_token_is_reusable_unless_the_rules_are_strict() -> TestResult {
    let live = MockAssemblyAi::start(Script::new()).await;
    let token = live.issue_token(60, None);
    for _ in 0..2 {
        let mut client = with_token(&live, &token).await?;
        assert_eq!(client.next().await?.kind(), "Begin");
        client.say("Terminate").await;
        client.rest().await?;
    }
    live.finish().await;

    let strict = MockAssemblyAi::builder()
        .strictness(Strictness::Strict)
        .allow(ViolationKind::Credential)
        .start()
        .await;
    let token = strict.issue_token(60, None);
    let mut client = with_token(&strict, &token).await?;
    assert_eq!(client.next().await?.kind(), "Begin");
    client.say("Terminate").await;
    client.rest().await?;
    let story = with_token(&strict, &token).await?.rest().await?;
    assert_eq!(error_text(&story), "Unauthorized Connection: Token has already been used");
    strict.finish().await;
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_rejected() -> TestResult {
    let mock = MockAssemblyAi::builder().allow(ViolationKind::Credential).start().await;
    let token = mock.issue_token(1, None);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let story = with_token(&mock, &token).await?.rest().await?;
    assert_eq!(error_text(&story), "Unauthorized Connection: Signature has expired");
    Ok(())
}

#[tokio::test]
async fn an_invalid_parameter_is_rejected_after_the_handshake() -> TestResult {
    let mock = MockAssemblyAi::builder().allow(ViolationKind::InvalidParameter).start().await;
    let mut client = Client::connect(&mock, "speech_model=u3-rt-pro&sample_rate=4000").await?;
    let story = client.rest().await?;
    assert_eq!(
        error_text(&story),
        "User Input Validation Error: Invalid 'sample_rate': Value error, sample_rate must be at least 8,000 Hz"
    );
    assert_eq!(story.last(), Some(&Received::Close(3006, "See Error message for details".to_owned())));
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn an_unknown_parameter_is_ignored_and_is_a_violation() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, &format!("{QUERY}&formatted_finals=true")).await?;
    client.say("Terminate").await;
    client.rest().await?;
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert_eq!(kinds(&session), ["UnknownParameter"]);
    assert_eq!(mock.violations()[0].to_string(), "session 0: UnknownParameter: formatted_finals");
    Ok(())
}

#[tokio::test]
async fn a_long_message_ends_the_session_at_once() -> TestResult {
    let mock = MockAssemblyAi::builder().allow(ViolationKind::LongFrame).start().await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.audio(&vec![0; 38_400]).await;
    let story = client.rest().await?;
    assert_eq!(
        error_text(&story),
        "Input Duration Error: Input Duration Violation: 1200.0 ms. Expected between 50 and 1000 ms"
    );
    assert_eq!(story.len(), 2, "no Termination: {story:?}");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn short_messages_end_the_session_after_about_a_second_of_them() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    for _ in 0..60 {
        client.audio(&FRAME[..640]).await;
    }
    let story = client.rest().await?;
    assert!(error_text(&story).contains("20.0 ms"), "{story:?}");
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert_eq!(session.audio_ms, 980);
    Ok(())
}

#[tokio::test]
async fn a_short_message_before_terminate_is_tolerated_and_recorded() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(2).await;
    client.audio(&FRAME[..640]).await;
    client.say("Terminate").await;
    assert_eq!(client.story().await?, ["Termination", "close 1000 Session Ended"]);
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert_eq!(kinds(&session), ["ShortFrame"]);
    Ok(())
}

#[tokio::test]
async fn strict_rules_reject_the_first_short_message() -> TestResult {
    let mock = MockAssemblyAi::builder()
        .strictness(Strictness::Strict)
        .allow(ViolationKind::ShortFrame)
        .start()
        .await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.audio(&FRAME[..640]).await;
    assert_eq!(client.story().await?, ["Error", "close 3007 See Error message for details"]);
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn messages_over_128_kb_are_refused_with_1009() -> TestResult {
    let mock = MockAssemblyAi::builder()
        .allow(ViolationKind::TooLarge)
        .allow(ViolationKind::LongFrame)
        .start()
        .await;
    // The session rejects the first, the WebSocket layer the second: it accepts at most 512 kB.
    for bytes in [130_000, 140_000, 600_000] {
        let mut client = Client::begin(&mock, "speech_model=u3-rt-pro&sample_rate=96000").await?;
        client.audio(&vec![0; bytes]).await;
        match bytes {
            130_000 => {
                client.say("Terminate").await;
                assert_eq!(client.story().await?, ["Termination", "close 1000 Session Ended"]);
            }
            140_000 => assert_eq!(client.story().await?, ["close 1009"]),
            // The rest of the message is in flight when the mock closes, so the close frame can be lost.
            _ => assert!(["close 1009", "dropped"].contains(&client.story().await?[0].as_str())),
        }
    }
    let seen = mock.finish().await;
    assert_eq!(kinds(&seen.sessions[2]), ["TooLarge"]);
    Ok(())
}

#[tokio::test]
async fn audio_five_minutes_ahead_of_real_time_is_rejected() -> TestResult {
    let mock = MockAssemblyAi::builder().allow(ViolationKind::TooFast).start().await;
    let mut client =
        Client::begin(&mock, "speech_model=u3-rt-pro&sample_rate=8000&encoding=pcm_mulaw").await?;
    for _ in 0..310 {
        client.audio(&[0xFF; 8000]).await;
    }
    let story = client.rest().await?;
    assert!(error_text(&story).starts_with("Audio Transmission Rate Exceeded: Received 30"), "{story:?}");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn messages_after_terminate_are_violations_and_the_session_still_ends() -> TestResult {
    let mock = MockAssemblyAi::builder().ending_delay(Duration::from_millis(100)).start().await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(5).await;
    client.say("Terminate").await;
    client.frames(1).await;
    client.say("KeepAlive").await;
    assert_eq!(client.story().await?, ["Termination", "close 1000 Session Ended"]);
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert_eq!(kinds(&session), ["AfterTerminate", "AfterTerminate"]);
    assert_eq!((session.audio_ms, session.audio.len()), (500, 16_000));
    assert!(session.frames[5].after_terminate);
    Ok(())
}

#[tokio::test]
async fn invalid_messages_are_rejected_with_the_observed_texts() -> TestResult {
    for (bad, text) in [
        (
            "{not json",
            "User Input Validation Error: Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        (r#"{"type":"Bogus"}"#, "User Input Validation Error: Invalid Message Type: Bogus"),
        ("[]", "User Input Validation Error: Invalid Message: []"),
    ] {
        let mock = MockAssemblyAi::builder().allow(ViolationKind::InvalidMessage).start().await;
        let mut client = Client::begin(&mock, QUERY).await?;
        client.text(bad).await;
        let story = client.rest().await?;
        assert_eq!(error_text(&story), text);
        assert_eq!(story.last(), Some(&Received::Close(3006, "See Error message for details".to_owned())));
        mock.finish().await;
    }
    Ok(())
}

#[tokio::test]
async fn an_endpoint_can_be_forced_and_the_configuration_changed() -> TestResult {
    let script = Script::new().turn(Turn::said("one two three four").from_ms(0).to_ms(4000));
    let mock = MockAssemblyAi::start(script).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.text(r#"{"type":"UpdateConfiguration","max_turn_silence":500}"#).await;
    client.say("KeepAlive").await;
    client.frames(12).await;
    client.say("ForceEndpoint").await;
    loop {
        if let Received::Json(json) = client.next().await?
            && json["end_of_turn"] == true
        {
            assert_eq!(json["transcript"], "One two.");
            break;
        }
    }
    client.say("Terminate").await;
    client.rest().await?;
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_silent_client_is_closed_after_its_own_timeout() -> TestResult {
    let mock = MockAssemblyAi::builder().allow(ViolationKind::Inactive).start().await;
    let mut client = Client::begin(&mock, &format!("{QUERY}&inactivity_timeout=5")).await?;
    let opened = Instant::now();
    let story = client.rest().await?;
    assert_eq!(
        error_text(&story),
        "Session terminated due to inactivity: No messages received for 5 seconds"
    );
    assert!((4.5..6.5).contains(&opened.elapsed().as_secs_f64()), "{:?}", opened.elapsed());
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_session_ends_with_3008_when_its_time_is_over() -> TestResult {
    let mock = MockAssemblyAi::builder().max_session_s(1).start().await;
    let mut client = Client::begin(&mock, QUERY).await?;
    let story = client.rest().await?;
    assert_eq!(error_text(&story), "Session Expired: Maximum session duration exceeded");
    assert_eq!(story.last(), Some(&Received::Close(3008, "See Error message for details".to_owned())));
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_session_over_the_limit_is_rejected() -> TestResult {
    let mock = MockAssemblyAi::builder().max_sessions(1).start().await;
    let mut first = Client::begin(&mock, QUERY).await?;
    let story = Client::connect(&mock, QUERY).await?.rest().await?;
    assert_eq!(error_text(&story), "Unauthorized Connection: Too many concurrent sessions");
    first.say("Terminate").await;
    first.rest().await?;
    mock.wait_for_end(0, LIMIT).await?;
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn the_handshake_can_fail_be_late_or_hang() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.socket_faults().next(SocketFault::Refuse(403));
    mock.socket_faults().next(SocketFault::AcceptLate(Duration::from_millis(200)));
    mock.socket_faults().next(SocketFault::BeginLate(Duration::from_millis(200)));
    mock.socket_faults().next(SocketFault::BeginWithoutConfiguration);
    mock.socket_faults().next(SocketFault::error(1008, "Unauthorized Connection: Insufficient funds"));
    mock.socket_faults().next(SocketFault::Drop);

    let refused = Client::dial(request(&mock, QUERY)?).await?;
    assert!(matches!(refused, Err(Error::Http(answer)) if answer.status() == 403));

    let asked = Instant::now();
    let mut late = Client::connect(&mock, QUERY).await?;
    assert!(asked.elapsed() >= Duration::from_millis(200));
    assert_eq!(late.next().await?.kind(), "Begin");
    late.say("Terminate").await;
    late.rest().await?;

    let mut late = Client::connect(&mock, QUERY).await?;
    let asked = Instant::now();
    assert_eq!(late.next().await?.kind(), "Begin");
    assert!(asked.elapsed() >= Duration::from_millis(150));
    late.say("Terminate").await;
    late.rest().await?;

    let mut old = Client::connect(&mock, QUERY).await?;
    let Received::Json(begin) = old.next().await? else { return Err("no Begin".into()) };
    assert_eq!(begin.as_object().map(serde_json::Map::len), Some(3), "{begin}");
    old.say("Terminate").await;
    old.rest().await?;

    let story = Client::connect(&mock, QUERY).await?.rest().await?;
    assert_eq!(error_text(&story), "Unauthorized Connection: Insufficient funds");
    assert_eq!(Client::connect(&mock, QUERY).await?.story().await?, ["dropped"]);

    mock.socket_faults().next(SocketFault::NoBegin);
    let mut waiting = Client::connect(&mock, QUERY).await?;
    assert!(waiting.is_silent_for(Duration::from_millis(200)).await);
    waiting.close().await;

    mock.socket_faults().next(SocketFault::Hang);
    let hanging = tokio::time::timeout(Duration::from_millis(200), Client::connect(&mock, QUERY)).await;
    assert!(hanging.is_err());
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn faults_occur_in_the_middle_of_a_session() -> TestResult {
    let cases = [
        (Fault::Drop, vec!["dropped"]),
        (
            Fault::error(3005, "Session Cancelled: An error occurred"),
            vec!["Error", "close 3005 See Error message for details"],
        ),
        (
            Fault::ErrorWithoutType { code: 3009, text: "x".to_owned() },
            vec!["no type", "close 3009 See Error message for details"],
        ),
        (Fault::close(4029, "Client sent audio too fast"), vec!["close 4029 Client sent audio too fast"]),
        (Fault::MalformedJson, vec!["not JSON", "Termination", "close 1000 Session Ended"]),
        (Fault::UnknownMessage, vec!["FromTheFuture", "Termination", "close 1000 Session Ended"]),
        (Fault::Binary, vec!["binary", "Termination", "close 1000 Session Ended"]),
    ];
    for (fault, story) in cases {
        let mock = MockAssemblyAi::start(Script::new().fault_at_ms(500, fault.clone())).await;
        let mut client = Client::begin(&mock, QUERY).await?;
        client.frames(6).await;
        client.say("Terminate").await;
        assert_eq!(client.story().await?, story, "{fault:?}");
        mock.finish().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_half_open_connection_neither_reads_nor_sends() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new().fault_at_ms(500, Fault::HalfOpen)).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(10).await;
    client.say("Terminate").await;
    assert!(client.is_silent_for(Duration::from_millis(300)).await);
    assert_eq!(mock.sessions()[0].audio_ms, 500, "what came later was not read");
    drop(mock);
    assert_eq!(client.next().await?, Received::Dropped);
    Ok(())
}

#[tokio::test]
async fn endings_fail_as_configured() -> TestResult {
    for (ending, story) in [
        (Ending::CloseWithoutTermination, vec!["final", "close 1000 Session Ended"]),
        (Ending::Late(Duration::from_millis(200)), vec!["final", "Termination", "close 1000 Session Ended"]),
    ] {
        let script = Script::pending_final("That was all").ending(ending);
        let mock = MockAssemblyAi::start(script).await;
        let mut client = Client::begin(&mock, "speech_model=universal-streaming-english").await?;
        client.say("Terminate").await;
        assert_eq!(client.story().await?, story, "{ending:?}");
        mock.finish().await;
    }
    for (ending, first) in [(Ending::NoTermination, 0), (Ending::NoClose, 1), (Ending::Ignored, 0)] {
        let mock = MockAssemblyAi::start(Script::new().ending(ending)).await;
        let mut client = Client::begin(&mock, QUERY).await?;
        client.say("Terminate").await;
        for _ in 0..first {
            assert_eq!(client.next().await?.kind(), "Termination");
        }
        assert!(client.is_silent_for(Duration::from_millis(200)).await, "{ending:?}");
        client.close().await;
        mock.finish().await;
    }
    Ok(())
}

#[tokio::test]
async fn finals_can_be_out_of_order() -> TestResult {
    let script = Script::new()
        .turn(Turn::said("first").from_ms(0).to_ms(300).final_at_ms(3000))
        .turn(Turn::said("second").from_ms(1000).to_ms(1300));
    let mock = MockAssemblyAi::start(script).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(35).await;
    client.say("Terminate").await;
    let finals: Vec<Value> = client
        .rest()
        .await?
        .into_iter()
        .filter_map(|message| match message {
            Received::Json(json) if json["end_of_turn"] == true => Some(json),
            _ => None,
        })
        .collect();
    let orders: Vec<(&Value, &Value)> =
        finals.iter().map(|turn| (&turn["turn_order"], &turn["transcript"])).collect();
    assert_eq!(orders, [(&json!(1), &json!("Second.")), (&json!(0), &json!("First."))]);
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn each_session_plays_the_next_script() -> TestResult {
    let mock = MockAssemblyAi::builder()
        .script(Script::new().fault_at_ms(0, Fault::Drop))
        .script(Script::new())
        .start()
        .await;
    assert_eq!(Client::begin(&mock, QUERY).await?.story().await?, ["dropped"]);
    for _ in 0..2 {
        let mut client = Client::begin(&mock, QUERY).await?;
        client.say("Terminate").await;
        assert_eq!(client.story().await?, ["Termination", "close 1000 Session Ended"]);
    }
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_disconnect_without_terminate_is_a_violation() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(1).await;
    client.close().await;
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert_eq!(kinds(&session), ["NotTerminated"]);
    Ok(())
}

#[tokio::test]
async fn terminate_directly_followed_by_close_is_valid() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(1).await;
    client.say("Terminate").await;
    client.close().await;
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_close_of_the_client_is_answered_before_begin_and_after_it() -> TestResult {
    for (begin_delay, kind) in [(Duration::from_mins(1), None), (Duration::ZERO, Some("Begin"))] {
        let mock = MockAssemblyAi::builder()
            .begin_delay(begin_delay)
            .allow(ViolationKind::NotTerminated)
            .start()
            .await;
        let mut client = Client::connect(&mock, QUERY).await?;
        if let Some(kind) = kind {
            assert_eq!(client.next().await?.kind(), kind);
        }
        client.close().await;
        assert!(matches!(client.next().await?, Received::Close(..)), "browsers would report 1006");
        mock.finish().await;
    }
    Ok(())
}

#[tokio::test]
async fn without_records_nothing_is_stored() -> TestResult {
    let mock = MockAssemblyAi::builder().keep_records(false).start().await;
    let mut client = Client::begin(&mock, &format!("{QUERY}&bogus=1")).await?;
    client.frames(10).await;
    assert_eq!(mock.open_sessions(), 1);
    client.say("Terminate").await;
    assert_eq!(client.story().await?, ["Termination", "close 1000 Session Ended"]);
    assert!(mock.sessions().is_empty() && mock.token_requests().is_empty() && mock.violations().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_mock_can_be_mounted_in_another_router() -> TestResult {
    let mock = Builder::default().keep_records(false).script(Script::demo()).build();
    let app = axum::Router::new().route("/", axum::routing::get(async || "page")).merge(mock.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    let token = encoded(&mock.issue_token(60, Some(600)));
    let url = format!("ws://{address}/v3/ws?{QUERY}&token={token}");
    let request = tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(url);
    let mut client = Client::dial(request?).await??;
    assert_eq!(client.next().await?.kind(), "Begin");
    mock.stop();
    assert_eq!(client.next().await?, Received::Dropped);
    Ok(())
}

#[tokio::test]
async fn all_sessions_end_when_the_mock_is_dropped() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    let address = mock.address();
    drop(mock);
    assert_eq!(client.next().await?, Received::Dropped);
    // The listener stops a moment later.
    let gone = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await?;
    Ok(())
}

#[tokio::test]
async fn a_recording_of_an_odd_number_of_bytes_is_padded() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client =
        Client::begin(&mock, "speech_model=u3-rt-pro&sample_rate=8000&encoding=pcm_mulaw").await?;
    client.audio(&[0xff; 801]).await;
    client.say("Terminate").await;
    client.story().await?;
    let wav = mock.finish().await.sessions[0].to_wav();
    let length = |at: usize| u32::from_le_bytes([wav[at], wav[at + 1], wav[at + 2], wav[at + 3]]);
    assert_eq!((wav.len(), length(4), length(54), wav.last()), (860, 852, 801, Some(&0)));
    // A format that is not PCM has an extension, though an empty one, and a chunk with the number of its samples.
    assert_eq!(
        (length(16), &wav[20..22], &wav[36..42], length(42), length(46)),
        (18, &[7, 0][..], &b"\0\0fact"[..], 4, 801)
    );
    assert_eq!(&wav[50..54], b"data");
    Ok(())
}
