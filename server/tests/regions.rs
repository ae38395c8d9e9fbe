//! The choice of a region: where there is one, and that each has its own tokens.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use transcription_server::config::{Config, Region, Service, command};
use transcription_server::{AppState, app};

/// The settings with these flags.
fn config(flags: &[&str]) -> Config {
    let flags = command().get_matches_from([&["transcription-server"], flags].concat());
    Config::read(&flags, |name| (name == "ASSEMBLYAI_API_KEY").then(|| "the-key".to_owned()))
        .expect("good settings")
}

/// What the server answers.
async fn answer(config: &Config, path: &str) -> Response {
    let state = AppState::new(config, Duration::from_secs(2)).expect("it can start");
    let request = Request::get(path).header("host", "localhost").body(Body::empty()).expect("a request");
    app(state).oneshot(request).await.expect("an answer")
}

async fn body(response: Response) -> Value {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

fn connect_sources(response: &Response) -> String {
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    let sources = policy.split("; ").find_map(|part| part.strip_prefix("connect-src "));
    sources.expect("connect-src").to_owned()
}

/// A service that gives this token, and ends with its test.
struct Upstream {
    base_url: String,
    task: JoinHandle<()>,
}

impl Upstream {
    async fn start(token: &'static str) -> Self {
        let body = format!(r#"{{"token":"{token}"}}"#);
        let service = Router::new().route("/v3/token", get(async move || body.clone()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        Self {
            base_url,
            task: tokio::spawn(async { axum::serve(listener, service).await.expect("it serves") }),
        }
    }

    fn region(&self, name: &'static str) -> Region {
        Region { name, service: Service::at(&self.base_url).expect("an address") }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[test]
fn only_the_global_address_leaves_a_choice() {
    let names = |flags: &[&str]| config(flags).regions.iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(&[]), ["global", "us", "eu"]);
    assert_eq!(
        names(&["--assemblyai-base-url", "https://streaming.assemblyai.com/"]),
        ["global", "us", "eu"]
    );
    for other in [
        // Who sets a region means it.
        "https://streaming.us.assemblyai.com",
        "https://streaming.eu.assemblyai.com/",
        "http://127.0.0.1:8765",
        "http://streaming.assemblyai.com",
        "https://streaming.assemblyai.com:8443",
        "https://streaming.assemblyai.com/proxy",
        "https://streaming.assemblyai.com.example.org",
    ] {
        assert!(names(&["--assemblyai-base-url", other]).is_empty(), "{other}");
    }
    assert!(names(&["--demo"]).is_empty());
    assert!(names(&["--allow-client-parameters", "false"]).is_empty());
}

#[tokio::test]
async fn the_page_is_told_the_sockets_of_all_regions_and_may_open_those_alone() {
    let response = answer(&config(&[]), "/config").await;
    assert_eq!(
        connect_sources(&response),
        "'self' wss://streaming.assemblyai.com wss://streaming.us.assemblyai.com wss://streaming.eu.assemblyai.com"
    );
    let told = body(response).await;
    assert_eq!(told["allow_client_parameters"], true);
    assert_eq!(
        told["regions"],
        json!([
            { "name": "global", "websocket_url": "wss://streaming.assemblyai.com/v3/ws" },
            { "name": "us", "websocket_url": "wss://streaming.us.assemblyai.com/v3/ws" },
            { "name": "eu", "websocket_url": "wss://streaming.eu.assemblyai.com/v3/ws" },
        ])
    );
    let default = told["websocket_url"].as_str().expect("an address");
    assert!(default.starts_with("wss://streaming.assemblyai.com/v3/ws?"), "{default}");
}

#[tokio::test]
async fn a_server_that_is_set_to_one_region_offers_no_other_and_has_no_token_of_another() {
    let config = config(&["--assemblyai-base-url", "https://streaming.eu.assemblyai.com"]);
    let response = answer(&config, "/config").await;
    assert_eq!(connect_sources(&response), "'self' wss://streaming.eu.assemblyai.com");
    let told = body(response).await;
    assert_eq!((&told["allow_client_parameters"], &told["regions"]), (&json!(true), &json!([])));
    assert_eq!(answer(&config, "/token?region=us").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_client_parameters_there_is_one_address_and_no_choice() {
    let config = config(&["--allow-client-parameters", "false"]);
    let response = answer(&config, "/config").await;
    assert_eq!(connect_sources(&response), "'self' wss://streaming.assemblyai.com");
    let told = body(response).await;
    assert_eq!((&told["allow_client_parameters"], &told["regions"]), (&json!(false), &json!([])));
    assert_eq!(answer(&config, "/token?region=eu").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_comes_from_the_region_that_is_named() {
    let (near, far) = (Upstream::start("of-near").await, Upstream::start("of-far").await);
    let mut config = config(&["--assemblyai-base-url", &near.base_url]);
    config.regions = vec![near.region("near"), far.region("far")];
    for (path, token) in [
        ("/token", "of-near"),
        ("/token?region=near", "of-near"),
        ("/token?region=far", "of-far"),
        ("/token?other=1&region=%66ar", "of-far"),
    ] {
        assert_eq!(body(answer(&config, path).await).await["token"], token, "{path}");
    }
}

#[tokio::test]
async fn a_region_that_nobody_knows_is_refused_before_it_is_counted() {
    let near = Upstream::start("of-near").await;
    let mut config = config(&["--assemblyai-base-url", &near.base_url, "--tokens-burst", "1"]);
    config.regions = vec![near.region("near")];
    let state = AppState::new(&config, Duration::from_secs(2)).expect("it can start");
    let mut statuses = Vec::new();
    for path in ["/token?region=mars", "/token?region=", "/token?region=NEAR", "/token", "/token"] {
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).expect("a request");
        let response = app(state.clone()).oneshot(request).await.expect("an answer");
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [400, 400, 400, 200, 429]);
}
