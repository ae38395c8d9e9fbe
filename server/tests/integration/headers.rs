//! Every header of every kind of response.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request};
use test_result::TestResult;
use tower::ServiceExt as _;
use transcription_server::client_address::Peer;
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

const FLAGS: [&str; 5] =
    ["transcription-server", "--assemblyai-api-key", "key", "--assemblyai-base-url", "http://127.0.0.1:9"];

/// The status and all headers, sorted; values that differ in each build or request are replaced.
async fn response(flags: &[&str], tls: bool, request: Request<Body>) -> TestResult<String> {
    let flags = command().get_matches_from([&FLAGS, flags].concat());
    let settings = Settings::read(&flags, |_| None)?;
    let state = AppState::new(&settings, std::time::Duration::from_secs(1))?;
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(Peer { tls, ..Peer::default() });
    parts.headers.entry("host").or_insert(HeaderValue::from_static("localhost"));
    let line = format!("{} {}", parts.method, parts.uri);
    let response = app(state).oneshot(Request::from_parts(parts, body)).await?;
    Ok(format!("{line}\n{}\n{}", response.status(), text(response.headers())))
}

fn text(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| match name.as_str() {
            "etag" | "x-request-id" | "content-length" => format!("{name}: …\n"),
            _ => format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())),
        })
        .collect();
    lines.sort();
    lines.concat()
}

fn get(path: &str, headers: &[(&str, &str)]) -> TestResult<Request<Body>> {
    let request = headers.iter().fold(Request::get(path), |it, (name, value)| it.header(*name, *value));
    Ok(request.body(Body::empty())?)
}

#[tokio::test]
async fn every_kind_of_response_has_its_headers() -> TestResult {
    let asset = include_str!(concat!(env!("OUT_DIR"), "/page.rs"));
    let asset = asset.split('"').find(|it| it.starts_with("/assets/styles")).ok_or("no style sheet")?;
    let password = ["--access-password", "correct horse"];
    let friend = ["--allowed-origins", "https://friend.example"];
    let from_friend = [("origin", "https://friend.example"), ("sec-fetch-site", "cross-site")];
    let mut responses = Vec::new();
    let plain = [
        get("/", &[("accept-encoding", "br")])?,
        get("/config", &[])?,
        get("/token", &[])?,
        get("/token", &[("sec-fetch-site", "cross-site")])?,
        get("/healthz", &[])?,
        get("/nothing", &[])?,
        get("/", &[("host", "evil.example")])?,
    ];
    for request in plain {
        responses.push(response(&[], false, request).await?);
    }
    responses
        .push(response(&["--host", "0.0.0.0"], true, get("/config", &[("host", "talk.example")])?).await?);
    responses.push(response(&["--demo"], false, get("/", &[])?).await?);
    responses.push(response(&friend, false, get("/config", &from_friend)?).await?);
    let mut preflight = get("/token", &from_friend)?;
    *preflight.method_mut() = "OPTIONS".parse()?;
    responses.push(response(&friend, false, preflight).await?);
    for path in ["/", "/config", "/login", "/login.css"] {
        responses.push(response(&password, false, get(path, &[])?).await?);
    }
    responses.push(response(&password, false, get("/", &[("sec-fetch-site", "cross-site")])?).await?);
    let asset_response = response(&[], false, get(asset, &[])?).await?;
    responses.push(asset_response.replace(asset, "/assets/styles-….css"));
    insta::assert_snapshot!(responses.join("\n"));
    Ok(())
}
