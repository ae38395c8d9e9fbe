//! Every header of every kind of answer, as browsers and caches meet them.

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use tower::ServiceExt as _;
use transcription_server::client_address::Peer;
use transcription_server::config::{Config, command};
use transcription_server::{AppState, app};

const FLAGS: [&str; 5] =
    ["transcription-server", "--assemblyai-api-key", "key", "--assemblyai-base-url", "http://127.0.0.1:9"];

/// The status and all headers, sorted; what is another in each build or each request is blotted out.
async fn answer(flags: &[&str], tls: bool, request: Request<Body>) -> String {
    let flags = command().get_matches_from([&FLAGS, flags].concat());
    let config = Config::read(&flags, |_| None).expect("good settings");
    let state = AppState::new(&config, std::time::Duration::from_secs(1)).expect("it can start");
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(Peer { tls, ..Peer::default() });
    parts.headers.entry("host").or_insert_with(|| "localhost".parse().expect("a name"));
    let line = format!("{} {}", parts.method, parts.uri);
    let response = app(state).oneshot(Request::from_parts(parts, body)).await.expect("an answer");
    format!("{line}\n{}\n{}", response.status(), text(response.headers()))
}

fn text(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| match name.as_str() {
            "etag" | "x-request-id" | "content-length" => format!("{name}: …\n"),
            _ => format!("{name}: {}\n", value.to_str().expect("text")),
        })
        .collect();
    lines.sort();
    lines.concat()
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers.iter().fold(Request::get(path), |it, (name, value)| it.header(*name, *value));
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn the_headers_of_every_kind_of_answer_are_these() {
    let asset = include_str!(concat!(env!("OUT_DIR"), "/page.rs"));
    let asset = asset.split('"').find(|it| it.starts_with("/assets/styles")).expect("a style sheet");
    let password = ["--access-password", "correct horse"];
    let friend = ["--allowed-origins", "https://friend.example"];
    let from_friend = [("origin", "https://friend.example"), ("sec-fetch-site", "cross-site")];
    let mut answers = Vec::new();
    let plain = [
        get("/", &[("accept-encoding", "br")]),
        get("/config", &[]),
        get("/token", &[]),
        get("/token", &[("sec-fetch-site", "cross-site")]),
        get("/healthz", &[]),
        get("/nothing", &[]),
        get("/", &[("host", "evil.example")]),
    ];
    for request in plain {
        answers.push(answer(&[], false, request).await);
    }
    answers.push(answer(&["--host", "0.0.0.0"], true, get("/config", &[("host", "talk.example")])).await);
    answers.push(answer(&["--demo"], false, get("/", &[])).await);
    answers.push(answer(&friend, false, get("/config", &from_friend)).await);
    let mut preflight = get("/token", &from_friend);
    *preflight.method_mut() = "OPTIONS".parse().expect("a method");
    answers.push(answer(&friend, false, preflight).await);
    for path in ["/", "/config", "/login", "/login.css"] {
        answers.push(answer(&password, false, get(path, &[])).await);
    }
    answers.push(answer(&password, false, get("/", &[("sec-fetch-site", "cross-site")])).await);
    let kept = answer(&[], false, get(asset, &[])).await;
    answers.push(kept.replace(asset, "/assets/styles-….css"));
    insta::assert_snapshot!(answers.join("\n"));
}
