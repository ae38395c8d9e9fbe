//! The password and the limits on tokens hold for a server that recognises speech itself.

use assemblyai_protocol::{ServerMessage, Token};
use end_to_end_tests::server::TestServer;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, header};
use tokio_tungstenite::connect_async;

use crate::{Client, PRO, get, server, token_status, with_a_core};
use test_result::TestResult;

const PASSWORD: &str = "correct horse battery staple";

/// The answer to a request with this cookie.
async fn get_with(server: &TestServer, path: &str, cookie: &str) -> reqwest::Result<Response> {
    let request = reqwest::Client::new().get(format!("http://{}{path}", server.address()));
    request.header(header::COOKIE, cookie).send().await
}

/// The first message of a session with this token.
async fn first_message(server: &TestServer, token: &Token) -> TestResult<Option<ServerMessage>> {
    let url = token.added_to(&format!("ws://{}/v3/ws?{PRO}", server.address()));
    Client { socket: connect_async(url).await?.0 }.next().await
}

#[tokio::test]
async fn with_a_password_the_recogniser_is_closed_before_the_login_and_open_after_it() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &["--access-password", PASSWORD]).await;
        for path in ["/token", "/config", "/speed"] {
            assert_eq!(get(&server, path).await?.0, 401, "{path}");
        }
        assert_eq!(token_status(server.address(), &[("authorization", "made-up")]).await?, 401);
        let made_up = Token { token: "made-up".to_owned(), expires_in_s: None };
        let Some(ServerMessage::Error(error)) = first_message(&server, &made_up).await? else {
            return Err("a session without a token".into());
        };
        assert_eq!(error.error_code, Some(1008));

        let client = reqwest::Client::builder().redirect(Policy::none()).build()?;
        let login = client.post(format!("http://{}/login", server.address()));
        let login = login.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let login = login.body(format!("password={}", PASSWORD.replace(' ', "+"))).send().await?;
        assert_eq!(login.status(), StatusCode::SEE_OTHER);
        let cookie = login.headers().get(header::SET_COOKIE).ok_or("no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default();
        for path in ["/config", "/speed"] {
            assert_eq!(get_with(&server, path, cookie).await?.status(), StatusCode::OK, "{path}");
        }
        let token = get_with(&server, "/token", cookie).await?.error_for_status()?.text().await?;
        let token: Token = serde_json::from_str(&token)?;
        assert!(matches!(first_message(&server, &token).await?, Some(ServerMessage::Begin(_))));
        // The login is the page's: other clients need a key.
        let headers = [("authorization", "made-up"), ("cookie", cookie)];
        assert_eq!(token_status(server.address(), &headers).await?, 401);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_limits_on_tokens_hold_for_the_recogniser() -> TestResult {
    with_a_core(async {
        let limits: [&[&str]; 3] = [
            &["--tokens-per-minute", "1", "--tokens-burst", "2"],
            &["--tokens-per-hour", "2"],
            &["--tokens-per-day", "2"],
        ];
        for flags in limits {
            let server = server("tiny-en", flags).await;
            let mut tokens = Vec::new();
            for _ in 0..2 {
                let (status, token) = get(&server, "/token").await?;
                assert_eq!(status, 200, "{flags:?}");
                tokens.push(serde_json::from_value::<Token>(token)?);
            }
            let url = format!("http://{}/token", server.address());
            let refused = reqwest::get(url).await?;
            assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{flags:?}");
            let seconds: u32 = refused.headers()[header::RETRY_AFTER].to_str()?.parse()?;
            assert!((1..=86_400).contains(&seconds), "{flags:?}: {seconds}");
            // Tokens that were issued stay valid.
            for token in &tokens {
                assert!(matches!(first_message(&server, token).await?, Some(ServerMessage::Begin(_))));
            }
        }
        Ok(())
    })
    .await
}
