//! What the client and the crates that it uses write to a program's log.

use std::cell::RefCell;

use assemblyai_mock::{MockAssemblyAi, Script};
use assemblyai_streaming::{Client, ClientBuilder};
use log::{LevelFilter, Log, Metadata, Record};
use tokio::time::timeout;

use crate::network::proxy;
use crate::support::token_server::token_server;
use crate::support::{LIMIT, TestResult, client};

thread_local! {
    /// The records of a test's thread, on which its session runs; `None` in tests that do not read them.
    static RECORDS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        RECORDS.with_borrow(Option::is_some)
    }

    fn log(&self, record: &Record<'_>) {
        RECORDS.with_borrow_mut(|records| {
            if let Some(records) = records {
                records.push(format!("{} {}", record.target(), record.args()));
            }
        });
    }

    fn flush(&self) {}
}

/// Runs a session of a second to its end; returns what is logged meanwhile, at all levels.
async fn records_of(mock: &MockAssemblyAi, builder: ClientBuilder) -> TestResult<Vec<String>> {
    // Fails after the first time.
    log::set_logger(&Recorder).ok();
    log::set_max_level(LevelFilter::Trace);
    RECORDS.set(Some(vec![]));
    let (sink, session) = builder.build()?.start();
    sink.send(&vec![100; 16_000]).await?;
    mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
    let summary = timeout(LIMIT, session.finish()).await?;
    let records = RECORDS.take().unwrap_or_default();
    assert!(summary.is_complete(), "{summary:?}");
    assert!(records.iter().any(|record| record.starts_with("tungstenite::")), "nothing was recorded");
    Ok(records)
}

fn assert_secret(records: &[String], secret: &str) {
    let shown: Vec<&String> = records.iter().filter(|record| record.contains(secret)).collect();
    assert!(shown.is_empty(), "{secret:?} is logged: {shown:?}");
}

#[tokio::test]
async fn the_key_is_in_no_log_record() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let records = records_of(&mock, client(&mock.base_url())).await?;
    assert_eq!(mock.session(0).ok_or("a session")?.header("authorization"), Some("key-of-a-test"));
    assert_secret(&records, "key-of-a-test");
    Ok(())
}

#[tokio::test]
async fn the_token_and_the_password_of_a_proxy_are_in_no_log_record() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let (url, requests) = token_server(&mock, false, 0..0, 0).await?;
    let (address, tunnels) = proxy().await?;
    let builder = Client::builder().token_server(url).proxy(format!("http://user:pass@{address}"));
    let records = records_of(&mock, builder).await?;
    let counts = [requests, tunnels].map(|count| count.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(counts, [1, 1]);
    let session = mock.session(0).ok_or("a session")?;
    // Its first characters are the same in an address.
    assert_secret(&records, &session.parameter("token").ok_or("a token")?[..40]);
    for password in ["user:pass", "dXNlcjpwYXNz"] {
        assert_secret(&records, password);
    }
    Ok(())
}
