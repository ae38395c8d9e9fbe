//! Two servers that recognise speech, behind nginx and behind Caddy, of which one dies in the middle of a sentence.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use assemblyai_streaming::{AudioSource, Client, Event, Lines};
use end_to_end_tests::limit::with_time_limit;
use end_to_end_tests::speech::{TWO_CITIES, models, percent_wrong};
use futures_util::StreamExt as _;

use crate::path;
use crate::proxies::{NAME, Proxy, caddy, nginx};
use crate::shipped::{Running, client};
use crate::tools::folder;
use test_result::TestResult;

/// The recording has 44 s.
const TEST_LIMIT_S: u64 = 150;
/// When a server dies, at the next partial: the recording is one sentence of 119 words, played in real time.
const DIES_AFTER: Duration = Duration::from_secs(9);
/// Words that may be wrong: the model alone has 3.5 %, and where the connection ended a word is heard twice.
const MOST_PERCENT_WRONG: f64 = 6.0;

/// A server with room for one session, so that it is not ready while it has one.
pub(crate) fn server(folder: &Path, number: usize) -> TestResult<(Running, u16)> {
    let mut command = Command::new(path("target/distrib/transcription-server"));
    let hosts = format!("{NAME},localhost");
    command.args(["--port", "0", "--public-hosts", &hosts, "--trusted-proxies", "127.0.0.1"]);
    command.args(["--local-token-secret", "what both of these two servers know"]);
    command.args(["--local-max-sessions", "1", "--local-model"]).arg(models("base-en"));
    let log = File::create(folder.join(format!("server-{number}.log")))?;
    Running::start(command.env_clear().current_dir(folder).stderr(log))
}

async fn status(url: String) -> TestResult<u16> {
    let client = client().build()?;
    Ok(client.get(url).send().await.map_or(0, |response| response.status().as_u16()))
}

/// Kills the server that has the session, by SIGKILL; returns the index of the other.
pub(crate) async fn kill_the_one_in_use(servers: &mut [(Running, u16); 2]) -> TestResult<usize> {
    for (index, (server, port)) in servers.iter_mut().enumerate() {
        if status(format!("http://127.0.0.1:{port}/readyz")).await? == 503 {
            server.0.kill()?;
            return Ok(1 - index);
        }
    }
    Err("no server has the session".into())
}

/// Asserts that a session was opened at a server.
pub(crate) fn assert_had_a_session(folder: &Path, server: usize) -> TestResult {
    let log = fs::read_to_string(folder.join(format!("server-{}.log", server + 1)))?;
    assert!(log.contains("path=\"/v3/ws\""), "the other server had no session: {log}");
    Ok(())
}

async fn no_word_is_lost_behind(
    name: &str,
    start_proxy: fn(&Path, &[u16]) -> TestResult<Proxy>,
) -> TestResult {
    let folder = folder(name)?;
    let mut servers = [server(&folder, 1)?, server(&folder, 2)?];
    let proxy = start_proxy(&folder, &servers.each_ref().map(|(_, port)| *port))?;
    // Caddy listens before it has a certificate.
    while fs::metadata(&proxy.authority).is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let client = Client::builder()
        .token_server(format!("https://localhost:{}", proxy.ports[1]))
        .add_root_certificates(fs::read_to_string(&proxy.authority)?)
        .wait_for_service()
        .build()?;
    let mut session = client.transcribe(AudioSource::wav(models("audio").join("two_cities.wav"))?);
    let start = Instant::now();
    let (mut lines, mut finals, mut other) = (Lines::default(), Vec::new(), None);
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) => {
                if other.is_none() && start.elapsed() >= DIES_AFTER && !turn.is_final {
                    other = Some(kill_the_one_in_use(&mut servers).await?);
                }
                finals.extend(lines.apply(&turn));
            }
            Event::Gap(_) => return Err("audio was dropped".into()),
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    finals.extend(lines.rest());
    assert_had_a_session(&folder, other.ok_or("no partial came after that time")?)?;
    let text = finals.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>().join(" ");
    let wrong = percent_wrong(TWO_CITIES, &text);
    assert!(wrong <= MOST_PERCENT_WRONG, "{wrong} %: {text}");
    Ok(())
}

#[tokio::test]
async fn no_word_is_lost_when_a_server_behind_nginx_dies() -> TestResult {
    with_time_limit(TEST_LIMIT_S, no_word_is_lost_behind("nginx-replicas", nginx)).await
}

#[tokio::test]
async fn no_word_is_lost_when_a_server_behind_caddy_dies() -> TestResult {
    with_time_limit(TEST_LIMIT_S, no_word_is_lost_behind("caddy-replicas", caddy)).await
}
