//! The server's own recogniser, by the protocol, with human speech. Needs `cargo xtask setup --speech`.

use std::net::SocketAddr;
use std::time::Duration;

use assemblyai_protocol::{ClientMessage, ServerMessage, Token, Turn, parse};
use end_to_end_tests::limit::with_time_limit;
use end_to_end_tests::server::TestServer;
use end_to_end_tests::speech::{Speech, TWO_CITIES, models, normalize, percent_wrong};
use futures_util::future::try_join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

mod local_support;
#[allow(dead_code)] // Only other tests stop and restart it.
#[path = "../../server/tests/integration/support/redis.rs"]
mod redis;

use redis::RedisServer;
use test_result::TestResult;

const TEST_LIMIT_S: u64 = 300;
const TIME_LIMIT: Duration = Duration::from_secs(10);
const PRO: &str = "speech_model=u3-rt-pro";

/// A recogniser keeps a core busy half the time that it hears speech, so more tests at once could not keep up.
static CORES: Semaphore = Semaphore::const_new(2);

/// A program, without environment variables, which cargo builds in the folder beside that of the tests.
fn built(name: &str) -> TestResult<Command> {
    let tests = std::env::current_exe()?;
    let folder = tests.ancestors().nth(2).ok_or("the tests are in target/*/deps")?;
    let mut command = Command::new(folder.join(name));
    command.env_clear().kill_on_drop(true);
    Ok(command)
}

/// Runs a test within the time limit, once fewer than two others run.
async fn with_a_core<T>(test: impl Future<Output = T>) -> T {
    let _core = CORES.acquire().await;
    with_time_limit(TEST_LIMIT_S, test).await
}

async fn server(model: &str, flags: &[&str]) -> TestServer {
    let folder = models(model).display().to_string();
    TestServer::with(&[&["--local-model", &folder], flags].concat(), TIME_LIMIT).await
}

async fn get(server: &TestServer, path: &str) -> TestResult<(u16, Value)> {
    get_at(server.address(), path).await
}

async fn get_at(address: SocketAddr, path: &str) -> TestResult<(u16, Value)> {
    // A server in this process has installed it already: that is the error.
    rustls::crypto::ring::default_provider().install_default().ok();
    let response = reqwest::get(format!("http://{address}{path}")).await?;
    let status = response.status().as_u16();
    Ok((status, serde_json::from_str(&response.text().await?).unwrap_or_default()))
}

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// Opens a session with a token of the page.
    async fn open(server: &TestServer, query: &str) -> TestResult<Self> {
        Self::open_at(server.address(), query).await
    }

    /// As [`Self::open`], at the address of a server.
    async fn open_at(address: SocketAddr, query: &str) -> TestResult<Self> {
        let token: Token = serde_json::from_value(get_at(address, "/token").await?.1)?;
        let url = token.added_to(&format!("ws://{address}/v3/ws?{query}"));
        Ok(Self { socket: connect_async(url).await?.0 })
    }

    /// Opens a session with an API key.
    async fn with_key(address: SocketAddr, key: &str) -> TestResult<Self> {
        let mut request = format!("ws://{address}/v3/ws?{PRO}").into_client_request()?;
        request.headers_mut().insert("authorization", key.parse()?);
        Ok(Self { socket: connect_async(request).await?.0 })
    }

    async fn audio(&mut self, samples: &[i16]) -> Result<(), tungstenite::Error> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.socket.send(Message::binary(bytes)).await
    }

    async fn say(&mut self, message: &str) -> Result<(), tungstenite::Error> {
        self.socket.send(Message::text(message)).await
    }

    async fn next(&mut self) -> TestResult<Option<ServerMessage>> {
        while let Some(message) = self.socket.next().await {
            match message? {
                Message::Text(text) => return Ok(Some(parse(&text)?)),
                Message::Close(_) => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Sends `Terminate` and returns what comes until the end.
    async fn terminate(&mut self) -> TestResult<Vec<ServerMessage>> {
        self.say(&ClientMessage::Terminate.to_json()).await?;
        let mut messages = Vec::new();
        while let Some(message) = self.next().await? {
            messages.push(message);
        }
        // The next read sends the reply to the close frame.
        self.socket.next().await;
        Ok(messages)
    }
}

/// The status of the answer to a request for a token with these headers.
async fn token_status(address: SocketAddr, headers: &[(&str, &str)]) -> TestResult<u16> {
    let request = reqwest::Client::new().get(format!("http://{address}/v3/token?expires_in_seconds=60"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Ok(request.send().await?.status().as_u16())
}

#[tokio::test]
async fn an_allowed_page_may_send_a_key_and_no_other_page_may() -> TestResult {
    with_a_core(async {
        let key = "a-long-random-key";
        let server = server("tiny-en", &["--local-api-keys", key, "--allowed-origins", "app://notes"]).await;
        let url = format!("http://{}/v3/token?expires_in_seconds=60", server.address());
        // What browsers ask before a request with this header (Fetch standard, "CORS-preflight fetch").
        let ask = async |origin: &str| {
            let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, &url);
            let request = request.header("origin", origin).header("access-control-request-method", "GET");
            request.header("access-control-request-headers", "authorization").send().await
        };
        let allowed = ask("app://notes").await?;
        assert_eq!(allowed.status(), 204);
        assert_eq!(allowed.headers()["access-control-allow-origin"], "app://notes");
        assert_eq!(allowed.headers()["access-control-allow-headers"], "authorization");
        let foreign = ask("app://other").await?;
        assert_eq!(foreign.status(), 403);
        assert!(foreign.headers().get("access-control-allow-origin").is_none());
        let headers = [("origin", "app://notes"), ("sec-fetch-site", "cross-site"), ("authorization", key)];
        assert_eq!(token_status(server.address(), &headers).await?, 200);
        Ok(())
    })
    .await
}

/// All messages of a session that is sent this speech as fast as it takes it.
async fn transcribe(server: &TestServer, query: &str, speech: &Speech) -> TestResult<Vec<ServerMessage>> {
    let client = Client::open(server, &format!("{query}&sample_rate={}", speech.rate_hz)).await?;
    let (mut to_server, mut from_server) = client.socket.split();
    let send = async {
        for chunk in speech.chunks() {
            let bytes: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            to_server.send(Message::binary(bytes)).await?;
        }
        to_server.send(Message::text(ClientMessage::Terminate.to_json())).await
    };
    let receive = async {
        let mut messages = Vec::new();
        while let Some(Ok(message)) = from_server.next().await {
            if let Message::Text(text) = message {
                messages.push(parse(&text)?);
            }
        }
        TestResult::Ok(messages)
    };
    let (done, messages) = tokio::join!(send, receive);
    done?;
    messages
}

fn finals(messages: &[ServerMessage]) -> Vec<&Turn> {
    let turns = messages.iter().filter_map(|message| match message {
        ServerMessage::Turn(turn) if turn.end_of_turn => Some(turn),
        _ => None,
    });
    turns.collect()
}

fn text_of(messages: &[ServerMessage]) -> String {
    finals(messages).iter().map(|turn| turn.transcript.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn human_speech_is_transcribed_by_both_models() -> TestResult {
    with_a_core(async {
        let speech = Speech::two_cities()?;
        // The recording has 119 words; crates/speech judges more of them.
        for (model, name, most_percent) in [("base-en", "base", 3.5), ("tiny-en", "tiny", 8.0)] {
            let server = server(model, &[]).await;
            let (_, config) = get(&server, "/config").await?;
            assert_eq!(config["local_model"], name);
            let messages = transcribe(&server, PRO, &speech).await?;
            let wrong = percent_wrong(TWO_CITIES, &text_of(&messages));
            assert!(wrong <= most_percent, "{wrong} % of {model}: {}", text_of(&messages));

            let Some(ServerMessage::Begin(_)) = messages.first() else {
                return Err(format!("{messages:?}").into());
            };
            let Some(ServerMessage::Termination(end)) = messages.last() else {
                return Err(format!("{messages:?}").into());
            };
            assert_eq!(end.audio_duration_s, Some(speech.duration_s().round()));
            check_turns(&messages);
        }
        Ok(())
    })
    .await
}

/// Turns as Pro models send them: numbered without gaps, `SpeechStarted` and a partial before each final, words in order
/// with times and real confidences.
fn check_turns(messages: &[ServerMessage]) {
    let turns: Vec<&Turn> = finals(messages);
    let orders: Vec<u64> = turns.iter().map(|turn| turn.turn_order).collect();
    assert_eq!(orders, (0..turns.len() as u64).collect::<Vec<_>>());
    let count = |is: fn(&ServerMessage) -> bool| messages.iter().filter(|message| is(message)).count();
    assert_eq!(count(|message| matches!(message, ServerMessage::SpeechStarted(_))), turns.len());
    for turn in &turns {
        let is_partial = |message: &ServerMessage| matches!(message, ServerMessage::Turn(it) if it.turn_order == turn.turn_order && !it.end_of_turn);
        assert!(messages.iter().any(is_partial), "{turn:?}");
        assert_eq!(
            turn.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
            turn.transcript
        );
        assert!(turn.words.iter().all(|word| word.word_is_final && word.start_ms < word.end_ms), "{turn:?}");
    }
    let words: Vec<_> = turns.iter().flat_map(|turn| &turn.words).collect();
    for pair in words.windows(2) {
        // Short words may share a frame of 42 ms.
        assert!(pair[0].start_ms <= pair[1].start_ms, "{pair:?}");
    }
    let confidences: Vec<f64> = words.iter().filter_map(|word| word.confidence).collect();
    assert!(confidences.iter().any(|it| *it < 0.9) && confidences.iter().all(|it| (0.0..=1.0).contains(it)));
}

#[tokio::test]
async fn universal_models_write_raw_words_and_a_formatted_copy_on_request() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &[]).await;
        let speech = Speech::two_cities()?.first(10);
        let query = "speech_model=universal-streaming-english";
        let raw = transcribe(&server, query, &speech).await?;
        let text = text_of(&raw);
        assert!(text.starts_with("it was the best of times it was the worst"), "{text}");
        assert!(text.chars().all(|c| c.is_lowercase() || c == ' ' || c == '\''), "{text}");

        let both = transcribe(&server, &format!("{query}&format_turns=true"), &speech).await?;
        let turns = finals(&both);
        assert_eq!(turns.len() % 2, 0);
        for pair in turns.chunks(2) {
            assert_eq!((pair[0].turn_order, pair[0].turn_is_formatted), (pair[1].turn_order, Some(false)));
            assert_eq!(pair[1].turn_is_formatted, Some(true));
            assert_eq!(normalize(&pair[0].transcript), normalize(&pair[1].transcript));
            assert!(pair[1].transcript.starts_with(char::is_uppercase), "{}", pair[1].transcript);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_the_recogniser_has_not_is_a_warning_once() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &[]).await;
        let query = format!("{PRO}&speaker_labels=true&keyterms_prompt=%5B%22Dickens%22%5D&redact_pii=false");
        let mut client = Client::open(&server, &query).await?;
        client.say(r#"{"type":"UpdateConfiguration","keyterms_prompt":["Paris"]}"#).await?;
        client.say(r#"{"type":"UpdateConfiguration","prompt":"A novel."}"#).await?;
        let messages = client.terminate().await?;
        let warnings: Vec<String> = messages
            .iter()
            .filter_map(|message| match message {
                ServerMessage::Warning(warning) => Some(warning.warning.clone()),
                _ => None,
            })
            .collect();
        let warning = |what: &str| format!("This server recognises English and has no {what}.");
        assert_eq!(warnings, [warning("key terms"), warning("speaker labels"), warning("prompts")]);
        let Some(ServerMessage::Begin(begin)) = messages.first() else {
            return Err(format!("{messages:?}").into());
        };
        let configuration = format!("{begin:?}");
        assert!(configuration.contains("moonshine-tiny-en"), "{configuration}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_turn_ends_at_force_endpoint_and_after_the_silence_of_the_address_or_of_an_update() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &[]).await;
        let speech = Speech::two_cities()?;
        let query = format!("{PRO}&sample_rate={}", speech.rate_hz);
        let mut client = Client::open(&server, &query).await?;
        let start = Instant::now();
        for (index, chunk) in speech.chunks().take(30).enumerate() {
            sleep_until(start + Duration::from_millis(100 * index as u64)).await;
            client.audio(chunk).await?;
        }
        client.say(r#"{"type":"ForceEndpoint"}"#).await?;
        loop {
            match client.next().await?.ok_or("closed")? {
                ServerMessage::Turn(turn) if turn.end_of_turn => {
                    assert!(turn.transcript.starts_with("It was the best of times"), "{}", turn.transcript);
                    break;
                }
                _ => {}
            }
        }
        drop(client);
        let speech = speech.first(15);

        // The pauses of the reader are shorter than 5 s, so that only Terminate ends the turn.
        let long = format!("{PRO}&min_turn_silence=5000&max_turn_silence=5000");
        let one = transcribe(&server, &long, &speech).await?;
        let many = transcribe(&server, PRO, &speech).await?;
        assert_eq!(finals(&one).len(), 1);
        assert!(finals(&many).len() > 1);

        let mut client = Client::open(&server, &format!("{long}&sample_rate={}", speech.rate_hz)).await?;
        client
            .say(r#"{"type":"UpdateConfiguration","min_turn_silence":400,"max_turn_silence":1280}"#)
            .await?;
        for chunk in speech.chunks() {
            client.audio(chunk).await?;
        }
        assert!(finals(&client.terminate().await?).len() > 1, "the update holds for the open session");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn heartbeats_say_whether_a_voice_was_heard() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &[]).await;
        let speech = Speech::two_cities()?;
        let query = format!("{PRO}&session_heartbeat=true&sample_rate={}", speech.rate_hz);
        let mut client = Client::open(&server, &query).await?;
        let silence = vec![0; speech.rate_hz as usize / 10];
        let chunks = std::iter::repeat_n(&silence[..], 55).chain(speech.chunks().take(60));
        let start = Instant::now();
        for (index, chunk) in chunks.enumerate() {
            sleep_until(start + Duration::from_millis(100 * index as u64)).await;
            client.audio(chunk).await?;
        }
        let messages = client.terminate().await?;
        let probabilities: Vec<f64> = messages
            .iter()
            .filter_map(|message| match message {
                ServerMessage::Heartbeat(heartbeat) => heartbeat.max_speech_probability,
                _ => None,
            })
            .collect();
        let [silent, .., spoken] = probabilities[..] else { return Err(format!("{messages:?}").into()) };
        assert!(silent < 0.3 && spoken > 0.7, "{probabilities:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn metrics_count_the_sessions_and_the_work_of_the_recogniser() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &["--local-max-sessions", "1"]).await;
        let speech = Speech::two_cities()?.first(5);
        let mut first = Client::open(&server, &format!("{PRO}&sample_rate={}", speech.rate_hz)).await?;
        assert!(matches!(first.next().await?, Some(ServerMessage::Begin(_))));
        let mut second = Client::open(&server, PRO).await?;
        assert!(matches!(second.next().await?, Some(ServerMessage::Error(_))));
        let start = Instant::now();
        for (index, chunk) in speech.chunks().enumerate() {
            sleep_until(start + Duration::from_millis(100 * index as u64)).await;
            first.audio(chunk).await?;
        }
        let read = async |name: &str| {
            let lines = server.metrics().await?;
            let value =
                lines.iter().find_map(|line| line.strip_prefix(&format!("transcription_local_{name} ")));
            TestResult::Ok(value.ok_or(format!("no {name} in {lines:?}"))?.parse::<f64>()?)
        };
        assert_eq!((read("sessions").await?, read("sessions_limit").await?), (1.0, 1.0));
        first.terminate().await?;
        let counts = [
            ("sessions", 0.0),
            ("sessions_opened_total", 1.0),
            ("sessions_refused_total", 1.0),
            ("sessions_vanished_total", 0.0),
            ("panics_total", 0.0),
            ("queue_age_seconds", 0.0),
        ];
        for (name, expected) in counts {
            let found = read(name).await?;
            assert!((found - expected).abs() < 1e-9, "{name}: {found}");
        }
        let audio_s = read("audio_seconds_total").await?;
        assert!((audio_s - speech.duration_s()).abs() < 0.1, "{audio_s}");
        for name in ["decode_seconds_total", "finals_total", "partials_total"] {
            assert!(read(name).await? > 0.0, "{name}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_session_more_than_there_is_room_for_is_refused_and_counted() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &["--local-max-sessions", "1"]).await;
        let mut first = Client::open(&server, PRO).await?;
        assert!(matches!(first.next().await?, Some(ServerMessage::Begin(_))));
        let (status, problem) = get(&server, "/readyz").await?;
        assert_eq!((status, &problem["detail"]), (503, &"All sessions of the recogniser are in use.".into()));

        let mut second = Client::open(&server, PRO).await?;
        let Some(ServerMessage::Error(error)) = second.next().await? else { return Err("no error".into()) };
        assert_eq!(error.error_code, Some(1008));
        assert!(error.error.contains("Too many concurrent sessions"), "{}", error.error);

        first.terminate().await?;
        assert_eq!(get(&server, "/readyz").await?.0, 204);
        Ok(())
    })
    .await
}

/// How long each session of the bench hears speech, in s.
const FULL_S: usize = 88;
/// The longest time from the end of a turn's last word until its final, for 99 of 100.
const FINAL_LIMIT: Duration = Duration::from_secs(2);

/// A bench of the machine, which `cargo xtask bench` runs: as many people speak as the server says that it can carry.
#[tokio::test]
#[ignore = "takes three minutes and both cores"]
async fn with_as_many_speakers_as_it_accepts_finals_are_on_time_and_one_more_is_refused() -> TestResult {
    let speech = Speech::two_cities()?;
    for model in ["tiny-en", "base-en"] {
        let server = server(model, &[]).await;
        let query = format!("{PRO}&sample_rate={}", speech.rate_hz);
        let mut speakers = Vec::new();
        loop {
            let mut client = Client::open(&server, &query).await?;
            if !matches!(client.next().await?, Some(ServerMessage::Begin(_))) {
                break;
            }
            speakers.push(client);
        }
        let count = speakers.len();
        // Each begins somewhere else, so that their sentences do not end at the same time.
        let speaking = speakers.into_iter().enumerate().map(|(index, client)| {
            let mut speech = speech.clone();
            let shift = speech.samples.len() * index / count;
            speech.samples.rotate_left(shift);
            async move { lateness(client, &speech).await }
        });
        let mut late = try_join_all(speaking).await?.concat();
        late.sort();
        assert!(count > 0 && late.len() >= 10 * count, "{} finals of {count} speakers", late.len());
        let at = |share: f64| late[((late.len() - 1) as f64 * share).round() as usize];
        println!(
            "{model}: {count} speakers, {} finals, after the last word by p50 {:?}, p90 {:?}, p99 {:?}, max {:?}",
            late.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        );
        assert!(at(0.99) < FINAL_LIMIT, "{:?}", at(0.99));
    }
    Ok(())
}

/// Speaks in real time; returns the time of each final after the end of its last word.
async fn lateness(client: Client, speech: &Speech) -> TestResult<Vec<Duration>> {
    let (mut to_server, mut from_server) = client.socket.split();
    let start = Instant::now();
    let speak = async {
        for (index, chunk) in speech.chunks().cycle().take(FULL_S * 10).enumerate() {
            sleep_until(start + Duration::from_millis(100 * (index as u64 + 1))).await;
            let bytes: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            to_server.send(Message::binary(bytes)).await?;
        }
        to_server.send(Message::text(ClientMessage::Terminate.to_json())).await
    };
    let listen = async {
        let mut late = Vec::new();
        while let Some(Ok(message)) = from_server.next().await {
            let Message::Text(text) = message else { continue };
            let ServerMessage::Turn(turn) = parse(&text)? else { continue };
            if let Some(word) = turn.words.last().filter(|_| turn.end_of_turn) {
                late.push(start.elapsed().saturating_sub(Duration::from_secs_f64(word.end_ms / 1000.0)));
            }
        }
        TestResult::Ok(late)
    };
    let (spoken, late) = tokio::join!(speak, listen);
    spoken?;
    late
}

const FIRST_KEY: &str = "the-first-long-key";
const SECOND_KEY: &str = "the-second-long-key";

#[tokio::test]
async fn other_clients_need_a_key_of_the_settings() -> TestResult {
    with_a_core(async {
        let keys = format!("{FIRST_KEY},{SECOND_KEY}");
        let server = server("tiny-en", &["--local-api-keys", &keys]).await;
        let mut client = Client::with_key(server.address(), SECOND_KEY).await?;
        assert!(matches!(client.next().await?, Some(ServerMessage::Begin(_))));
        let mut client = Client::with_key(server.address(), "third-key").await?;
        let Some(ServerMessage::Error(error)) = client.next().await? else { return Err("no error".into()) };
        assert_eq!(error.error_code, Some(1008));

        let address = server.address();
        let token = async |key| token_status(address, &[("authorization", key)]).await;
        assert_eq!((token(FIRST_KEY).await?, token("third-key").await?), (200, 401));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn after_ten_wrong_keys_a_client_is_refused_with_a_right_one_too() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &["--local-api-keys", FIRST_KEY]).await;
        let address = server.address();
        for _ in 0..5 {
            assert_eq!(token_status(address, &[("authorization", "a-wrong-key")]).await?, 401);
            let mut client = Client::with_key(address, "a-wrong-key").await?;
            assert!(matches!(client.next().await?, Some(ServerMessage::Error(_))));
        }
        for key in ["a-wrong-key", FIRST_KEY] {
            assert_eq!(token_status(address, &[("authorization", key)]).await?, 429);
            assert!(
                Client::with_key(address, key).await.is_err_and(|error| error.to_string().contains("429"))
            );
        }
        // The page, whose tokens have limits of their own, is not affected.
        let mut page = Client::open(&server, PRO).await?;
        assert!(matches!(page.next().await?, Some(ServerMessage::Begin(_))));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn programs_on_this_machine_need_no_key_if_a_setting_says_so() -> TestResult {
    with_a_core(async {
        let by_default = server("tiny-en", &[]).await;
        assert_eq!(token_status(by_default.address(), &[("authorization", "any")]).await?, 401);

        let server = server("tiny-en", &["--local-keyless-loopback", "true"]).await;
        let address = server.address();
        let mut client = Client::with_key(address, "any").await?;
        assert!(matches!(client.next().await?, Some(ServerMessage::Begin(_))));
        assert_eq!(token_status(address, &[]).await?, 200);
        // By way of a proxy that TRUSTED_PROXIES does not name.
        let forwarded = [("authorization", "any"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(token_status(address, &forwarded).await?, 401);
        // A page of another site in this machine's browser.
        assert_eq!(token_status(address, &[("origin", "https://example.org")]).await?, 403);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_opens_one_session_of_all_replicas_that_share_redis() -> TestResult {
    with_a_core(async {
        let redis = RedisServer::start()?;
        let secret = "a secret that both of the replicas have";
        let flags = ["--local-token-secret", secret, "--rate-limit-redis-url", &redis.url()];
        let replicas = [server("tiny-en", &flags).await, server("tiny-en", &flags).await];
        let token: Token = serde_json::from_value(get(&replicas[0], "/token").await?.1)?;
        let mut seen = Vec::new();
        for server in [&replicas[1], &replicas[0], &replicas[1]] {
            let url = token.added_to(&format!("ws://{}/v3/ws?{PRO}", server.address()));
            let mut client = Client { socket: connect_async(url).await?.0 };
            seen.push(match client.next().await? {
                Some(ServerMessage::Begin(_)) => "Begin".to_owned(),
                Some(ServerMessage::Error(error)) => error.error,
                other => return Err(format!("{other:?}").into()),
            });
        }
        let used = "Unauthorized Connection: Token has already been used";
        assert_eq!(seen, ["Begin", used, used]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_client_decides_when_turns_end_and_how_many_partials_it_gets() -> TestResult {
    with_a_core(async {
        let server = server("tiny-en", &["--local-max-sessions", "3"]).await;
        let speech = Speech::two_cities()?.first(10);
        let universal = "speech_model=universal-streaming-english&end_of_turn_confidence_threshold=";
        let mut turns = Vec::new();
        for threshold in ["0.4", "1"] {
            let messages = transcribe(&server, &format!("{universal}{threshold}"), &speech).await?;
            turns.push(finals(&messages).len());
        }
        // The pauses of the reader are shorter than the long silence, which alone counts with 1.
        assert!(turns[0] > 1 && turns[1] == 1, "{turns:?}");

        // All at once and three times slower than spoken: partials become fewer by themselves, and later, where the
        // recogniser falls behind.
        let mut clients = Vec::new();
        for query in ["", "&continuous_partials=false", "&interruption_delay=1000"] {
            let query = format!("{PRO}{query}&sample_rate={}", speech.rate_hz);
            clients.push(Client::open(&server, &query).await?);
        }
        let start = Instant::now();
        for (index, chunk) in speech.chunks().take(60).enumerate() {
            sleep_until(start + Duration::from_millis(300 * index as u64)).await;
            for client in &mut clients {
                client.audio(chunk).await?;
            }
        }
        let mut partials = Vec::new();
        for mut client in clients {
            let messages = client.terminate().await?;
            let shown = messages.iter().filter_map(|message| match message {
                ServerMessage::Turn(turn) if !turn.end_of_turn => Some(turn.words.last()?.end_ms),
                _ => None,
            });
            partials.push(shown.collect::<Vec<_>>());
        }
        assert!(partials[1].len() < partials[0].len(), "{partials:?}");
        assert!(partials[2][0] > partials[0][0], "{partials:?}");
        Ok(())
    })
    .await
}

/// What `transcribe-live` writes, beside the tests in the folder where cargo builds both, with the server's recogniser.
#[cfg(feature = "driver")]
mod transcribe_live {
    use std::fs::File;
    use std::process::Stdio;

    use end_to_end_tests::browser::Sound;
    use rustix::process::{Pid, Signal, kill_process};
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    use tokio::process::Command;

    use test_result::TestResult;

    use super::{Speech, TWO_CITIES, built, normalize, percent_wrong, server, with_a_core};

    /// How long the person reads, in s: up to a pause.
    const READS_S: usize = 17;

    fn program(url: &str) -> TestResult<Command> {
        let mut command = built("transcribe-live")?;
        command.args(["--server", url]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// The words that the program prints, once it has ended; after so many words it is interrupted, if at all.
    async fn words(mut command: Command, mut interrupted_after: Option<usize>) -> TestResult<Vec<String>> {
        let mut program = command.spawn()?;
        let mut lines = BufReader::new(program.stdout.take().ok_or("a pipe")?).lines();
        let mut words = Vec::new();
        while let Some(line) = lines.next_line().await? {
            words.extend(normalize(&line));
            if interrupted_after.take_if(|count| words.len() >= *count).is_some() {
                let id = program.id().and_then(|id| Pid::from_raw(id.cast_signed())).ok_or("it has ended")?;
                kill_process(id, Signal::INT)?;
            }
        }
        let ended = program.wait_with_output().await?;
        assert!(ended.status.success(), "{words:?}\n{}", String::from_utf8_lossy(&ended.stderr));
        Ok(words)
    }

    #[tokio::test]
    async fn it_has_the_words_of_a_file_of_a_pipe_and_of_the_microphone() -> TestResult {
        with_a_core(async {
            let server = server("base-en", &[]).await;
            let url = server.page_url();
            let speech = Speech::two_cities()?.first(READS_S);
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("talk.wav");
            end_to_end_tests::write_wav(&file, 1, speech.rate_hz, &speech.samples)?;

            let mut of_file = program(&url)?;
            of_file.arg(&file);
            let mut of_pipe = program(&url)?;
            of_pipe.arg("-").stdin(File::open(&file)?);
            let mut sound = Sound::start(false).await?;
            // The recording has the rate of the virtual microphone.
            assert_eq!(speech.rate_hz, 48_000);
            sound.plug_in("desk", speech.samples.clone()).await?;
            let mut of_microphone = program(&url)?;
            of_microphone.envs([sound.environment()]);

            let file = words(of_file, None).await?;
            let first: Vec<String> = normalize(TWO_CITIES).into_iter().take(file.len()).collect();
            assert!(file.len() > 45 && percent_wrong(&first.join(" "), &file.join(" ")) < 8.0, "{file:?}");
            assert_eq!(words(of_pipe, None).await?, file);
            // What is read after this many words comes with the polite end. Sound that comes in real time is decoded at
            // other moments than a file: a word in twenty may differ.
            let heard = words(of_microphone, Some(file.len() - 3)).await?;
            let differ = percent_wrong(&file.join(" "), &heard.join(" "));
            assert!(differ <= 5.0, "{differ} %: {heard:?}");
            Ok(())
        })
        .await
    }
}
