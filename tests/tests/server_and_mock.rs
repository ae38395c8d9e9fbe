//! The server against the mock, over real sockets.

use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, Script, TokenFault};
use assemblyai_protocol::{ClientMessage, ServerMessage, Token, parse};
use end_to_end_tests::limit::with_time_limit;
use end_to_end_tests::server::TestServer;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Response;
use serde_json::Value;
use test_result::TestResult;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const TEST_LIMIT_S: u64 = 20;

async fn get(server: &TestServer, path: &str) -> TestResult<Response> {
    let url = format!("http://{}{path}", server.address());
    Ok(reqwest::get(url).await?)
}

async fn json(response: Response) -> TestResult<Value> {
    Ok(serde_json::from_str(&response.text().await?)?)
}

/// Opens a session the way the page does: configuration, token, socket.
async fn session_through(server: &TestServer) -> TestResult<Vec<ServerMessage>> {
    let config = json(get(server, "/config").await?).await?;
    let token = json(get(server, "/token").await?).await?;
    let base = config["websocket_url"].as_str().ok_or("no address")?;
    let base =
        if base.starts_with('/') { format!("ws://{}{base}", server.address()) } else { base.to_owned() };
    let token: Token = serde_json::from_value(token)?;
    let url = token.added_to(&base);
    let (mut socket, _) = connect_async(url).await?;

    let mut messages = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let message = parse(&text)?;
        if matches!(message, ServerMessage::Begin(_)) {
            socket.send(Message::binary(vec![0; 3_200])).await?;
            let terminate = Message::text(ClientMessage::Terminate.to_json());
            socket.send(terminate).await?;
        }
        messages.push(message);
    }
    Ok(messages)
}

#[tokio::test]
async fn a_token_of_the_server_opens_a_session_with_the_servers_parameters() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::builder().api_key("the-servers-own-key").start().await;
        let flags = ["--speech-model", "universal-streaming-english", "--format-turns", "true"];
        let server = TestServer::start(&mock.base_url(), &flags).await;

        let messages = session_through(&server).await?;
        assert!(matches!(messages.first(), Some(ServerMessage::Begin(_))), "{messages:?}");
        assert!(matches!(messages.last(), Some(ServerMessage::Termination(_))), "{messages:?}");

        let seen = mock.finish().await;
        let session = &seen.sessions[0];
        assert_eq!(session.parameter("speech_model"), Some("universal-streaming-english"));
        assert_eq!(session.parameter("format_turns"), Some("true"));
        assert_eq!(session.parameter("inactivity_timeout"), Some("60"));
        assert_eq!(seen.token_requests[0].authorization.as_deref(), Some("the-servers-own-key"));
        let asked: Vec<(&str, &str)> =
            seen.token_requests[0].parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(asked, [("expires_in_seconds", "20"), ("max_session_duration_seconds", "3600")]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn each_call_returns_a_fresh_token_that_is_not_cached() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        let mut tokens = Vec::new();
        for _ in 0..3 {
            let response = get(&server, "/token").await?;
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["cache-control"], "no-store");
            let body = json(response).await?;
            assert_eq!(body["expires_in_seconds"], 20);
            tokens.push(body["token"].as_str().ok_or("no token")?.to_owned());
        }
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), 3);
        assert_eq!(mock.finish().await.token_requests.len(), 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_refusal_of_the_service_becomes_a_problem_without_its_text() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        let words = "words of the service";
        let answer = |status| TokenFault::Answer { status, body: format!("{{\"error\":\"{words}\"}}") };
        let cases = [
            (TokenFault::Status(401), 502),
            (TokenFault::Status(403), 502),
            (TokenFault::Status(422), 502),
            (TokenFault::Status(402), 402),
            (TokenFault::Status(429), 429),
            (TokenFault::Status(500), 502),
            (TokenFault::NotJson, 502),
            (answer(401), 502),
            (answer(402), 402),
            (answer(404), 502),
            (answer(429), 429),
            (answer(503), 502),
            (answer(200), 502),
            (answer(302), 502),
        ];
        for (fault, status) in cases {
            mock.token_faults().next(fault.clone());
            let response = get(&server, "/token").await?;
            assert_eq!(response.status(), status, "{fault:?}");
            let headers = response.headers();
            assert_eq!(headers["content-type"], "application/problem+json", "{fault:?}");
            assert_eq!(headers["cache-control"], "no-store", "{fault:?}");
            assert_eq!(headers.contains_key("retry-after"), status == 429, "{fault:?}");
            let body = json(response).await?;
            assert_eq!(body["status"], status, "{fault:?}");
            assert_eq!(body["error"], body["detail"], "{fault:?}");
            assert!(!body.to_string().contains(words), "{body}");
            assert!(!body.to_string().contains("the-servers-own-key"), "{body}");
        }
        // A refusal does not affect the next request.
        assert_eq!(get(&server, "/token").await?.status(), 200);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_is_a_504_and_one_that_is_gone_a_502() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let flags = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", "key"];
        let server = TestServer::with(&flags, Duration::from_millis(200)).await;
        mock.token_faults().next(TokenFault::Hang);
        assert_eq!(get(&server, "/token").await?.status(), 504);
        mock.token_faults().next(TokenFault::Late(Duration::from_secs(5)));
        assert_eq!(get(&server, "/token").await?.status(), 504);
        assert_eq!(get(&server, "/token").await?.status(), 200);
        // Other requests do not wait for the service.
        mock.token_faults().next(TokenFault::Hang);
        let (token, page) = tokio::try_join!(get(&server, "/token"), get(&server, "/"))?;
        assert_eq!((token.status().as_u16(), page.status().as_u16()), (504, 200));

        drop(mock);
        assert_eq!(get(&server, "/token").await?.status(), 502);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_demo_needs_no_account_and_is_served_from_the_pages_origin() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let server = TestServer::with(&["--demo"], Duration::from_secs(1)).await;
        let config = json(get(&server, "/config").await?).await?;
        assert_eq!(config["demo"], true);
        assert!(config["websocket_url"].as_str().is_some_and(|url| url.starts_with('/')), "{config}");
        let messages = session_through(&server).await?;
        assert!(matches!(messages.first(), Some(ServerMessage::Begin(_))), "{messages:?}");
        assert!(matches!(messages.last(), Some(ServerMessage::Termination(_))), "{messages:?}");
        Ok(())
    })
    .await
}
