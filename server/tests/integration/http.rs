//! The routes, called on the router directly.

use std::io::Read as _;
use std::time::Duration;

use assemblyai_protocol::{PageConfig, parse_json};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use test_result::TestResult;
use tower::ServiceExt as _;
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl TestResponse {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("not text"))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn send(method: &str, path: &str, headers: &[(&str, &str)]) -> TestResult<TestResponse> {
    let flags = ["transcription-server", "--assemblyai-api-key", "key"];
    let settings = Settings::read(&command().get_matches_from(flags), |_| None)?;
    let state = AppState::new(&settings, Duration::from_secs(1))?;
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty())?;
    let response = app(state).oneshot(request).await?;
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await?.to_vec();
    Ok(TestResponse { status: parts.status, headers: parts.headers, body })
}

async fn get(path: &str) -> TestResult<TestResponse> {
    send("GET", path, &[]).await
}

/// The paths that the page names.
async fn named() -> TestResult<Vec<String>> {
    let html = get("/").await?.text();
    Ok(html.split('"').filter(|text| text.starts_with("assets/")).map(|path| format!("/{path}")).collect())
}

#[tokio::test]
async fn what_the_page_names_exists_and_is_cacheable_for_ever() -> TestResult {
    let mut types = Vec::new();
    for path in named().await? {
        let asset = get(&path).await?;
        assert_eq!(asset.status, 200, "{path}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        types.push(asset.header("content-type").to_owned());
    }
    for expected in
        ["application/wasm", "text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"]
    {
        assert!(types.iter().any(|it| it == expected), "{expected} in {types:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_itself_is_revalidated_each_time() -> TestResult {
    let page = get("/").await?;
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let etag = page.header("etag").to_owned();
    for tags in [etag.clone(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let again = send("GET", "/", &[("if-none-match", &tags)]).await?;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{tags}");
        assert_eq!(again.header("etag"), etag);
    }
    assert_eq!(send("GET", "/", &[("if-none-match", "\"other\"")]).await?.status, 200);
    // Each encoding has a tag of its own.
    let compressed = [("if-none-match", etag.as_str()), ("accept-encoding", "br")];
    assert_eq!(send("GET", "/", &compressed).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn each_encoding_has_the_same_content() -> TestResult {
    let plain = get("/").await?;
    assert_eq!(plain.header("content-encoding"), "");
    let gzip = send("GET", "/", &[("accept-encoding", "gzip")]).await?;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut unpacked)?;
    assert_eq!(unpacked, plain.body);
    let brotli = send("GET", "/", &[("accept-encoding", "gzip, deflate, br, zstd")]).await?;
    assert_eq!(brotli.header("content-encoding"), "br");
    assert!(brotli.body.len() < gzip.body.len());
    for answer in [&plain, &gzip, &brotli] {
        assert_eq!(answer.header("vary"), "accept-encoding");
    }
    let tags = [plain.header("etag"), gzip.header("etag"), brotli.header("etag")];
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    Ok(())
}

#[tokio::test]
async fn head_is_get_without_a_body() -> TestResult {
    let (head, get) = (send("HEAD", "/", &[]).await?, get("/").await?);
    assert_eq!(head.status, 200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("etag"), get.header("etag"));
    Ok(())
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() -> TestResult {
    for (method, path, status, allow) in [
        ("GET", "/nothing", 404, ""),
        ("GET", "/assets/nothing.js", 404, ""),
        ("GET", "/assets/../token", 404, ""),
        ("POST", "/token", 405, "GET,HEAD,OPTIONS"),
        ("OPTIONS", "/token", 405, "GET,HEAD"),
        ("OPTIONS", "/config", 405, "GET,HEAD"),
        ("DELETE", "/", 405, "GET,HEAD"),
    ] {
        let answer = send(method, path, &[]).await?;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_can_read_the_configuration() -> TestResult {
    let answer = get("/config").await?;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.text(),
        r#"{"websocket_url":"wss://streaming.assemblyai.com/v3/ws?speech_model=u3-rt-pro&sample_rate=16000&encoding=pcm_s16le&inactivity_timeout=60&session_heartbeat=true","parameters":{"speech_model":"u3-rt-pro","sample_rate":16000,"encoding":"pcm_s16le","inactivity_timeout":60,"session_heartbeat":true},"allow_client_parameters":true,"regions":[{"name":"global","websocket_url":"wss://streaming.assemblyai.com/v3/ws"},{"name":"us","websocket_url":"wss://streaming.us.assemblyai.com/v3/ws"},{"name":"eu","websocket_url":"wss://streaming.eu.assemblyai.com/v3/ws"}],"demo":false,"standby_after_s":30}"#
    );
    let text = answer.text();
    let read = parse_json(&text).and_then(|json| PageConfig::read(&json)).ok_or("no configuration")?;
    assert!(read.allow_client_parameters && !read.demo);
    assert_eq!((read.regions.len(), read.standby_after_s, read.retention_days), (3, Some(30), None));
    assert_eq!(read.local_model, None);
    Ok(())
}

#[tokio::test]
async fn an_address_may_hold_all_key_terms_of_a_client_and_no_more() -> TestResult {
    // 100 terms of 50 characters, encoded as most SDKs do it.
    let terms = "%22Zoe%27s+Schr%C3%B6dinger+and+Associates+of+Aberdeen%22%2C".repeat(100);
    assert!(terms.len() > 5_500);
    let status = async |path: String| -> TestResult<_> { Ok(get(&path).await?.status) };
    assert_eq!(status(format!("/config?keyterms_prompt={terms}")).await?, 200);
    assert_eq!(status(format!("/config?keyterms_prompt={}", terms.repeat(3))).await?, 414);
    Ok(())
}
