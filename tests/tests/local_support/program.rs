//! The program, which cargo builds beside the tests: settings that do not fit its model, and how it stops.

use std::fs;
use std::future::pending;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use assemblyai_protocol::{ServerMessage, Token, Turn, parse};
use end_to_end_tests::process::Process;
use end_to_end_tests::speech::{Speech, models};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::{Client, PRO, built, get_at, with_a_core};
use test_result::TestResult;

/// The files of a model. The first decides which model the others must belong to.
const FILES: [&str; 3] = ["encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"];
/// Reading and checking a model takes a second, and more where others compute.
const START_LIMIT: Duration = Duration::from_secs(30);
/// `SHUTDOWN_TIMEOUT`, where it is not set.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// An empty folder below `target/`.
fn folder(name: &str) -> TestResult<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("local").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The server in this folder, where it finds no `.env`, with the model in another folder.
fn server(folder: &Path, model: &Path) -> TestResult<Command> {
    let mut command = built("transcription-server")?;
    command.current_dir(folder).args(["--port", "0", "--local-model"]).arg(model);
    Ok(command)
}

/// The exit code and the one line of a server that refuses to start.
async fn refusal(command: &mut Command) -> TestResult<(Option<i32>, String)> {
    let output = command.stdin(Stdio::null()).output().await?;
    let text = String::from_utf8(output.stderr)?;
    assert_eq!((text.lines().count(), output.stdout.len()), (1, 0), "{text}");
    Ok((output.status.code(), text.trim_end().to_owned()))
}

#[tokio::test]
async fn a_size_that_the_model_has_not_is_one_line_and_exit_code_2() -> TestResult {
    with_a_core(async {
        let folder = folder("size")?;
        for (has, other) in [("tiny", "base"), ("base", "tiny")] {
            let mut server = server(&folder, &models(&format!("{has}-en")))?;
            let expected = format!(
                "error: LOCAL_MODEL cannot be used: it holds the model {has}, but LOCAL_MODEL_SIZE is {other}"
            );
            assert_eq!(refusal(server.env("LOCAL_MODEL_SIZE", other)).await?, (Some(2), expected));
        }
        let mut server = server(&folder, &models("tiny-en"))?;
        let expected = "error: LOCAL_MODEL_SIZE is \"large\", but must be base or tiny".to_owned();
        assert_eq!(refusal(server.env("LOCAL_MODEL_SIZE", "large")).await?, (Some(2), expected));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_folder_with_files_of_both_models_is_refused_by_the_name_of_the_first_that_does_not_fit()
-> TestResult {
    with_a_core(async {
        for (at, foreign) in FILES.iter().enumerate().skip(1) {
            let mixed = folder(&format!("mixed-{at}"))?;
            for file in FILES {
                let model = if file == *foreign { "base-en" } else { "tiny-en" };
                symlink(models(model).join(file), mixed.join(file))?;
            }
            let expected = format!(
                "error: LOCAL_MODEL cannot be used: {} belongs to another model than encoder_model.ort",
                mixed.join(foreign).display()
            );
            assert_eq!(refusal(&mut server(&mixed, &mixed)?).await?, (Some(1), expected));
        }
        Ok(())
    })
    .await
}

/// Requests of a load balancer that have begun to arrive.
async fn probes(address: SocketAddr) -> TestResult<Vec<TcpStream>> {
    let mut probes = Vec::new();
    for _ in 0..100 {
        let mut probe = TcpStream::connect(address).await?;
        probe.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").await?;
        probes.push(probe);
    }
    Ok(probes)
}

/// The first answer to one of these requests that does not say that the server is ready.
async fn first_refusal(probes: Vec<TcpStream>) -> TestResult<String> {
    for mut probe in probes {
        probe.write_all(b"\r\n").await?;
        let mut answer = String::new();
        probe.read_to_string(&mut answer).await?;
        if !answer.starts_with("HTTP/1.1 204") {
            return Ok(answer);
        }
        sleep(Duration::from_millis(5)).await;
    }
    Err("the server is ready".into())
}

/// Waits until nothing listens at an address any more.
async fn until_closed(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Stops the program in the midst of a sentence, and asserts what its clients meet until it has ended.
#[tokio::test]
async fn on_sigterm_a_server_finishes_the_turn_closes_the_session_and_takes_no_other() -> TestResult {
    with_a_core(async {
        let folder = folder("stop")?;
        let marker = "Server is running at";
        let mut command = server(&folder, &models("tiny-en"))?;
        // So that it has room for another session, whatever the machine.
        command.args(["--local-max-sessions", "2"]);
        let (mut program, line) = Process::start(command, marker, START_LIMIT).await?;
        let port: u16 = line.rsplit(':').next().unwrap_or_default().parse()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let speech = Speech::two_cities()?;
        // Shorter than the reader's pauses of up to a second.
        let query = format!("{PRO}&max_turn_silence=600&sample_rate={}", speech.rate_hz);
        let session = Client::open_at(address, &query).await?;
        let unused: Token = serde_json::from_value(get_at(address, "/token").await?.1)?;
        let mut probes = probes(address).await?;

        let (mut to_server, mut from_server) = session.socket.split();
        let speak = async {
            let start = Instant::now();
            for (index, chunk) in speech.chunks().enumerate() {
                sleep_until(start + Duration::from_millis(100 * index as u64)).await;
                let bytes: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                if to_server.send(Message::binary(bytes)).await.is_err() {
                    pending::<()>().await; // The session has ended, as the other half sees.
                }
            }
        };
        let listen = async {
            let (mut signalled_at, mut turns) = (None, Vec::new());
            while let Some(message) = from_server.next().await {
                let message = message.map_err(|error| {
                    format!(
                        "{error} after {:?}",
                        turns.iter().map(|turn: &Turn| &turn.transcript).collect::<Vec<_>>()
                    )
                })?;
                match message {
                    Message::Text(text) => {
                        let ServerMessage::Turn(turn) = parse(&text)? else { continue };
                        if signalled_at.is_none() && turn.transcript.contains("best") {
                            assert!(!turn.end_of_turn, "{turn:?}");
                            program.terminate()?;
                            signalled_at = Some(Instant::now());
                            let refusal = first_refusal(std::mem::take(&mut probes)).await?;
                            assert!(refusal.starts_with("HTTP/1.1 503"), "{refusal:?}");
                            assert!(refusal.contains("This server is stopping."), "{refusal}");
                            until_closed(address).await;
                            let url = unused.added_to(&format!("ws://{address}/v3/ws?{PRO}"));
                            assert!(connect_async(url).await.is_err(), "a new session");
                        }
                        turns.push(turn);
                    }
                    Message::Close(close) => {
                        return TestResult::Ok((close, signalled_at.ok_or("no partial")?, turns));
                    }
                    _ => {}
                }
            }
            Err("the connection ended without a close frame".into())
        };
        let (close, signalled_at, turns) = tokio::select! {
            heard = listen => heard?,
            () = speak => return Err("the session outlived the speech".into()),
        };
        assert_eq!(close.map(|frame| frame.code), Some(CloseCode::Restart));
        let last = turns.last().ok_or("no turn")?;
        assert!(last.end_of_turn && last.transcript.starts_with("It was the best of times"), "{last:?}");
        assert_eq!(turns.iter().filter(|turn| turn.end_of_turn).count(), 1, "{turns:?}");
        // The next read sends the reply to the close frame.
        from_server.next().await;
        let status = program.wait(SHUTDOWN_TIMEOUT.saturating_sub(signalled_at.elapsed())).await?;
        assert_eq!(status.code(), Some(0), "{}", program.output());
        assert!(!program.output().contains("in the midst of a turn"), "{}", program.output());
        Ok(())
    })
    .await
}
