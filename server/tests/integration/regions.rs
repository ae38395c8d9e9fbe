//! The choice of a region: when there is one, and that each region issues its own tokens.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use test_result::TestResult;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use transcription_server::assemblyai::{Region, Service};
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

/// The settings with these flags.
fn settings(flags: &[&str]) -> TestResult<Settings> {
    let flags = command().get_matches_from([&["transcription-server"], flags].concat());
    Ok(Settings::read(&flags, |name| (name == "ASSEMBLYAI_API_KEY").then(|| "the-key".to_owned()))?)
}

/// The server's response.
async fn answer(settings: &Settings, path: &str) -> TestResult<Response> {
    let state = AppState::new(settings, Duration::from_secs(2))?;
    let request = Request::get(path).header("host", "localhost").body(Body::empty())?;
    Ok(app(state).oneshot(request).await?)
}

async fn body(response: Response) -> TestResult<Value> {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(serde_json::from_slice(&body)?)
}

fn connect_sources(response: &Response) -> TestResult<String> {
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str()?;
    let sources = policy.split("; ").find_map(|part| part.strip_prefix("connect-src "));
    Ok(sources.ok_or("no connect-src")?.to_owned())
}

/// A service that issues this token; it ends when it is dropped.
struct Upstream {
    base_url: String,
    task: JoinHandle<std::io::Result<()>>,
}

impl Upstream {
    async fn start(token: &'static str) -> TestResult<Self> {
        let body = format!(r#"{{"token":"{token}"}}"#);
        let service = Router::new().route("/v3/token", get(async move || body.clone()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        Ok(Self { base_url, task: tokio::spawn(async { axum::serve(listener, service).await }) })
    }

    fn region(&self, name: &'static str) -> TestResult<Region> {
        Ok(Region { name, service: Service::at(&self.base_url).ok_or("no address")? })
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[test]
fn only_the_global_address_offers_a_choice() -> TestResult {
    let names = |flags: &[&str]| -> TestResult<_> {
        Ok(settings(flags)?.assemblyai.regions.iter().map(|it| it.name).collect::<Vec<_>>())
    };
    assert_eq!(names(&[])?, ["global", "us", "eu"]);
    assert_eq!(
        names(&["--assemblyai-base-url", "https://streaming.assemblyai.com/"])?,
        ["global", "us", "eu"]
    );
    for other in [
        // A region that was set on purpose.
        "https://streaming.us.assemblyai.com",
        "https://streaming.eu.assemblyai.com/",
        "http://127.0.0.1:8765",
        "http://streaming.assemblyai.com",
        "https://streaming.assemblyai.com:8443",
        "https://streaming.assemblyai.com/proxy",
        "https://streaming.assemblyai.com.example.org",
    ] {
        assert!(names(&["--assemblyai-base-url", other])?.is_empty(), "{other}");
    }
    assert!(names(&["--demo"])?.is_empty());
    assert!(names(&["--allow-client-parameters", "false"])?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_page_gets_the_sockets_of_all_regions_and_may_open_only_those() -> TestResult {
    let response = answer(&settings(&[])?, "/config").await?;
    assert_eq!(
        connect_sources(&response)?,
        "'self' wss://streaming.assemblyai.com wss://streaming.us.assemblyai.com wss://streaming.eu.assemblyai.com"
    );
    let config = body(response).await?;
    assert_eq!(config["allow_client_parameters"], true);
    assert_eq!(
        config["regions"],
        json!([
            { "name": "global", "websocket_url": "wss://streaming.assemblyai.com/v3/ws" },
            { "name": "us", "websocket_url": "wss://streaming.us.assemblyai.com/v3/ws" },
            { "name": "eu", "websocket_url": "wss://streaming.eu.assemblyai.com/v3/ws" },
        ])
    );
    let default = config["websocket_url"].as_str().ok_or("no address")?;
    assert!(default.starts_with("wss://streaming.assemblyai.com/v3/ws?"), "{default}");
    Ok(())
}

#[tokio::test]
async fn a_server_with_one_region_offers_and_issues_no_other() -> TestResult {
    let settings = settings(&["--assemblyai-base-url", "https://streaming.eu.assemblyai.com"])?;
    let response = answer(&settings, "/config").await?;
    assert_eq!(connect_sources(&response)?, "'self' wss://streaming.eu.assemblyai.com");
    let config = body(response).await?;
    assert_eq!((&config["allow_client_parameters"], &config["regions"]), (&json!(true), &json!([])));
    assert_eq!(answer(&settings, "/token?region=us").await?.status(), StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn without_client_parameters_there_is_no_choice() -> TestResult {
    let settings = settings(&["--allow-client-parameters", "false"])?;
    let response = answer(&settings, "/config").await?;
    assert_eq!(connect_sources(&response)?, "'self' wss://streaming.assemblyai.com");
    let config = body(response).await?;
    assert_eq!((&config["allow_client_parameters"], &config["regions"]), (&json!(false), &json!([])));
    assert_eq!(answer(&settings, "/token?region=eu").await?.status(), StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn a_token_comes_from_the_named_region() -> TestResult {
    let (near, far) = (Upstream::start("of-near").await?, Upstream::start("of-far").await?);
    let mut settings = settings(&["--assemblyai-base-url", &near.base_url])?;
    settings.assemblyai.regions = vec![near.region("near")?, far.region("far")?];
    for (path, token) in [
        ("/token", "of-near"),
        ("/token?region=near", "of-near"),
        ("/token?region=far", "of-far"),
        ("/token?other=1&region=%66ar", "of-far"),
    ] {
        assert_eq!(body(answer(&settings, path).await?).await?["token"], token, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_region_is_refused_and_not_counted() -> TestResult {
    let near = Upstream::start("of-near").await?;
    let mut settings = settings(&["--assemblyai-base-url", &near.base_url, "--tokens-burst", "1"])?;
    settings.assemblyai.regions = vec![near.region("near")?];
    let state = AppState::new(&settings, Duration::from_secs(2))?;
    let mut statuses = Vec::new();
    for path in ["/token?region=mars", "/token?region=", "/token?region=NEAR", "/token", "/token"] {
        let request = Request::get(path).header("host", "localhost").body(Body::empty())?;
        let response = app(state.clone()).oneshot(request).await?;
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [400, 400, 400, 200, 429]);
    Ok(())
}
