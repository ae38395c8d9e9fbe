//! The control API, and the simulated network.

use std::time::{Duration, Instant};

use crate::common::{Client, LIMIT, Received, get_token, http};
use assemblyai_mock::{Fault, MockAssemblyAi, Scenario, ScenarioFormat, Script, TokenFault, Turn};
use serde_json::{Value, json};
use test_result::TestResult;

const QUERY: &str = "speech_model=u3-rt-pro&sample_rate=16000";

/// Starts a mock; returns it and the address of its control API.
async fn controlled(script: Script) -> TestResult<(MockAssemblyAi, std::net::SocketAddr)> {
    let mock = MockAssemblyAi::start(script).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = mock.control_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((mock, address))
}

fn parsed(body: &str) -> TestResult<Value> {
    Ok(serde_json::from_str(body)?)
}

#[tokio::test]
async fn faults_are_planned_and_cleared_over_the_control_api() -> TestResult {
    let (mock, control) = controlled(Script::new()).await?;
    let twice = json!({"fault": {"status": 429}, "times": 2}).to_string();
    assert_eq!(http(control, "POST /token-faults", &twice).await?.0, 204);
    for expected in [429, 429, 200] {
        assert_eq!(get_token(&mock, "expires_in_seconds=60", Some("k")).await?.0, expected);
    }
    assert_eq!(http(control, "POST /token-faults", r#"{"fault": "not_json"}"#).await?.0, 204);
    assert!(get_token(&mock, "expires_in_seconds=60", Some("k")).await?.1.starts_with('<'));
    assert_eq!(http(control, "DELETE /token-faults", "").await?.0, 200);
    assert_eq!(get_token(&mock, "expires_in_seconds=60", Some("k")).await?.0, 200);

    let error =
        json!({"fault": {"error": {"code": 1008, "text": "no"}}, "chance": 1.0, "seed": 3}).to_string();
    assert_eq!(http(control, "POST /socket-faults", &error).await?.0, 204);
    assert_eq!(Client::connect(&mock, QUERY).await?.story().await?[0], "Error");

    let (status, body) = http(control, "POST /socket-faults", r#"{"fault": "explode"}"#).await?;
    assert_eq!(status, 422);
    assert!(
        parsed(&body)?["error"].as_str().is_some_and(|text| text.contains("unknown variant `explode`")),
        "{body}"
    );
    Ok(())
}

#[tokio::test]
async fn faults_that_cannot_happen_are_refused() -> TestResult {
    let (mock, control) = controlled(Script::new()).await?;
    for (path, body) in [
        ("POST /token-faults", json!({"fault": {"status": 99}})),
        ("POST /token-faults", json!({"fault": {"answer": {"status": 1000, "body": ""}}, "times": 1})),
        ("POST /token-faults", json!({"fault": "not_json", "chance": 7})),
        ("POST /token-faults", json!({"fault": "not_json", "chance": -1})),
        ("POST /socket-faults", json!({"fault": {"refuse": 100}})),
        ("POST /socket-faults", json!({"fault": {"close": {"code": 1006, "reason": ""}}})),
        ("POST /sessions/0/fault", json!({"close": {"code": 1005, "reason": ""}})),
        ("PUT /scenario", json!({"fault": [{"fault": {"error": {"code": 5000, "text": ""}}}]})),
    ] {
        let (status, answer) = http(control, path, &body.to_string()).await?;
        assert_eq!(status, 422, "{path} {body}");
        assert!(parsed(&answer)?["error"].is_string(), "{path} {body}: {answer}");
    }
    assert_eq!(get_token(&mock, "expires_in_seconds=60", Some("k")).await?.0, 200, "none was planned");
    Ok(())
}

#[tokio::test]
async fn a_scenario_of_many_megabytes_is_played() -> TestResult {
    let (mock, control) = controlled(Script::new()).await?;
    let turn = json!({"text": "word ".repeat(900_000), "from_ms": 3_000_000, "to_ms": 9_000_000});
    let scenario = json!({"turn": [{"text": "Hello there", "from_ms": 0, "to_ms": 400}, turn]}).to_string();
    assert!(scenario.len() > 4_000_000);
    assert_eq!(http(control, "PUT /scenario", &scenario).await?, (204, String::new()));
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(10).await;
    client.say("Terminate").await;
    assert!(client.story().await?.contains(&"final".to_owned()));
    Ok(())
}

#[tokio::test]
async fn the_largest_times_end_no_session() -> TestResult {
    let (mock, control) = controlled(Script::new()).await?;
    let most = u64::MAX;
    for scenario in [
        json!({"turn": [{"text": "One", "from_ms": 0, "to_ms": most}, {"text": "Two"}]}),
        json!({"turn": [{"text": "One", "from_ms": most}, {"text": "Two"}]}),
        json!({"turn": [{"text": "One two three", "from_ms": most, "to_ms": 0}, {"text": "Two"}]}),
        json!({"turn": [{"text": "One", "order": most, "from_ms": 0, "to_ms": 100}, {"text": "Two", "from_ms": 200, "to_ms": 300}]}),
        json!({"turn": [{"text": "One", "from_ms": 0, "to_ms": 100, "final": {"at_ms": most}}]}),
        json!({"turn": [{"text": "One", "from_ms": 0, "to_ms": 100, "misheard": [{"word": most, "taken_for": "x"}]}]}),
        json!({"speech": [{"text": "One two", "from_ms": most}, {"text": "Two", "from_ms": 0, "to_ms": most}]}),
        json!({"fault": [{"at_ms": most, "fault": "drop"}, {"at_recording_ms": most, "fault": "drop"}]}),
        json!({"message": [{"at_ms": most, "message": "x"}]}),
        json!({"duplicate_finals": true, "extra_empty_final": true, "turn": [{"text": "One", "order": most, "from_ms": 0, "to_ms": 100}]}),
    ] {
        assert_eq!(http(control, "PUT /scenario", &scenario.to_string()).await?.0, 204, "{scenario}");
        for model in ["u3-rt-pro", "universal-streaming-english"] {
            let query =
                format!("speech_model={model}&sample_rate=16000&speaker_labels=true&format_turns=true");
            let mut client = Client::begin(&mock, &query).await?;
            client.frames(30).await;
            client.say("Terminate").await;
            let story = client.story().await?;
            assert_eq!(story.last().map(String::as_str), Some("close 1000 Session Ended"), "{scenario}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_is_injected_into_a_running_session() -> TestResult {
    let (mock, control) = controlled(Script::new()).await?;
    let mut first = Client::begin(&mock, QUERY).await?;
    let mut second = Client::begin(&mock, QUERY).await?;
    assert_eq!(http(control, "POST /sessions/1/fault", r#""drop""#).await?.0, 204);
    assert_eq!(second.story().await?, ["dropped"]);
    assert!(mock.inject_fault(0, Fault::error(3005, "Session Cancelled: An error occurred")));
    assert_eq!(first.story().await?, ["Error", "close 3005 See Error message for details"]);
    mock.wait_for_end(0, LIMIT).await?;
    mock.wait_for_end(1, LIMIT).await?;
    assert_eq!(http(control, "POST /sessions/1/fault", r#""drop""#).await?.0, 404, "it runs no more");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn each_of_many_faults_at_once_meets_its_session() -> TestResult {
    const SESSIONS: usize = 100;
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        clients.push(Client::begin(&mock, QUERY).await?);
    }
    for number in 0..SESSIONS {
        assert!(mock.inject_fault(number, Fault::Drop), "session {number}");
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert!(!client.is_silent_for(LIMIT).await, "session {number}");
    }
    Ok(())
}

#[tokio::test]
async fn records_are_read_over_the_control_api() -> TestResult {
    let (mock, control) = controlled(Script::new()).await?;
    let scenario = json!({"turn": [{"text": "Hello there", "from_ms": 0, "to_ms": 400}]}).to_string();
    assert_eq!(http(control, "PUT /scenario", &scenario).await?.0, 204);
    let mut client = Client::begin(&mock, &format!("{QUERY}&bogus=1")).await?;
    client.frames(10).await;
    client.say("Terminate").await;
    assert!(client.story().await?.contains(&"final".to_owned()));
    mock.wait_for_end(0, LIMIT).await?;

    let (status, body) = http(control, "GET /sessions", "").await?;
    assert_eq!((status, &parsed(&body)?[0]["audio_ms"]), (200, &json!(1000)));
    let (_, body) = http(control, "GET /sessions/0", "").await?;
    assert_eq!(parsed(&body)?["violations"], json!(["session 0: UnknownParameter: bogus"]));
    assert!(!body.contains("a-key"), "{body}");
    let (_, body) = http(control, "GET /violations", "").await?;
    assert_eq!(parsed(&body)?, json!([{"kind": "UnknownParameter", "session": 0, "text": "bogus"}]));
    let (_, audio) = http(control, "GET /sessions/0/audio", "").await?;
    assert!(audio.starts_with("RIFF"));
    assert_eq!(http(control, "GET /sessions/7", "").await?.0, 404);
    assert_eq!(http(control, "DELETE /sessions", "").await?.0, 200);
    assert_eq!(http(control, "GET /sessions", "").await?.1, "[]");
    let (_, body) = http(control, "PUT /scenario", "{\n \"turns\": []}").await?;
    assert!(parsed(&body)?["error"].as_str().is_some_and(|text| text.starts_with("scenario:2:")), "{body}");
    assert!(http(control, "GET /", "").await?.1.contains("POST   /token-faults"));
    Ok(())
}

#[tokio::test]
async fn a_scenario_includes_its_faults() -> TestResult {
    let text = r#"{"token_fault": [{"status": 500}], "socket_fault": [{"refuse": 503}]}"#;
    let scenario = Scenario::parse(text, ScenarioFormat::Json)?;
    assert_eq!(scenario.token_faults, [TokenFault::Status(500)]);
    let mock = MockAssemblyAi::builder().scenario(scenario).start().await;
    assert_eq!(get_token(&mock, "expires_in_seconds=60", Some("k")).await?.0, 500);
    assert!(Client::dial(crate::common::request(&mock, QUERY)?).await?.is_err());
    Client::begin(&mock, QUERY).await?.close().await;
    Ok(())
}

#[tokio::test]
async fn messages_are_delayed_by_the_latency_and_keep_their_order() -> TestResult {
    let script = Script::new().turn(Turn::said("one two three four five").from_ms(0).to_ms(2000));
    let (latency, jitter) = (Duration::from_millis(150), Duration::from_millis(150));
    let mock = MockAssemblyAi::builder().script(script).latency(latency, jitter).start().await;
    let asked = Instant::now();
    let mut client = Client::begin(&mock, "speech_model=universal-streaming-english").await?;
    assert!(asked.elapsed() >= latency);
    client.frames(30).await;
    client.say("Terminate").await;
    let counts: Vec<usize> = client
        .rest()
        .await?
        .iter()
        .filter_map(|message| match message {
            Received::Json(json) => json["words"].as_array().map(Vec::len),
            _ => None,
        })
        .collect();
    assert!(counts.is_sorted() && counts.len() == 6, "{counts:?}");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn reading_is_limited_to_the_bandwidth() -> TestResult {
    let mock = MockAssemblyAi::builder().bandwidth(64_000).start().await;
    let mut client = Client::begin(&mock, QUERY).await?;
    let sent = Instant::now();
    client.frames(10).await;
    client.say("Terminate").await;
    client.rest().await?;
    assert!(sent.elapsed() >= Duration::from_millis(500), "32 000 bytes at 64 000 a second");
    let session = &mock.finish().await.sessions[0];
    let gaps = session.frames.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at));
    assert!(gaps.min().is_some_and(|gap| gap >= Duration::from_millis(45)));
    Ok(())
}
