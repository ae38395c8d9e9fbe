//! Many real-time sessions at once.

use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

const FRAME_MS: u64 = 100;
/// Each session sends a voice that speaks for 8 s and is silent for 2 s.
const VOICE_MS: u64 = 8_000;
const PERIOD_MS: u64 = 10_000;
/// The raw universal style: each word causes a message at a known time.
const QUERY: &str = "speech_model=universal-streaming-english&sample_rate=16000";
/// Maximum time for a session to open, and to end.
const LIMIT: Duration = Duration::from_secs(30);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs sessions against a server, with different start times.
pub(crate) async fn run(url: &str, sessions: u64, seconds: u64) -> Outcome {
    let running: Vec<_> = (0..sessions)
        .map(|n| {
            // 2 ms apart, and spread over the duration of a frame, as those of independent clients are.
            let start = Duration::from_micros(n * FRAME_MS * 1000 / sessions.max(1) + n * 2000);
            tokio::spawn(session(format!("{url}?{QUERY}"), start, seconds))
        })
        .collect();
    let mut outcome = Outcome::default();
    for session in running {
        match session.await {
            Ok(Ok(mut late)) => outcome.lateness_us.append(&mut late),
            Ok(Err(error)) => outcome.failures.push(error.to_string()),
            Err(error) => outcome.failures.push(error.to_string()),
        }
    }
    outcome.lateness_us.sort_unstable();
    outcome
}

/// The results of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Lateness of each message, in µs, sorted.
    lateness_us: Vec<u64>,
    /// The errors of sessions that failed.
    pub(crate) failures: Vec<String>,
}

impl Outcome {
    /// A percentile of the lateness, in ms; `part` is from 0 to 1.
    pub(crate) fn lateness_ms(&self, part: f64) -> f64 {
        let last = self.lateness_us.len().saturating_sub(1);
        let index = ((self.lateness_us.len() as f64 * part) as usize).min(last);
        self.lateness_us.get(index).map_or(f64::INFINITY, |us| *us as f64 / 1000.0)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|part| self.lateness_ms(part));
        write!(
            f,
            "{} messages, late by p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms",
            self.lateness_us.len()
        )?;
        match self.failures.first() {
            Some(first) => write!(f, "; {} sessions failed, the first: {first}", self.failures.len()),
            None => Ok(()),
        }
    }
}

/// Runs one session; returns the lateness of its messages, in µs.
async fn session(url: String, start: Duration, seconds: u64) -> Result<Vec<u64>, Failure> {
    tokio::time::sleep(start).await;
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("authorization", "load".parse()?);
    // The default of 128 kB per session would take memory from the server.
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (socket, _) =
        timeout(LIMIT, tokio_tungstenite::connect_async_with_config(request, Some(config), true)).await??;
    let (mut sink, mut stream) = socket.split();
    let first = timeout(LIMIT, stream.next()).await?.ok_or("closed before Begin")??;
    if !first.to_text()?.contains(r#""type":"Begin""#) {
        return Err(format!("instead of Begin: {first}").into());
    }
    let began = Instant::now();
    let sending = async {
        let mut ticks = interval_at(began + Duration::from_millis(FRAME_MS), Duration::from_millis(FRAME_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for n in 0..seconds * 1000 / FRAME_MS {
            ticks.tick().await;
            sink.send(Message::binary(frame(n))).await?;
        }
        sink.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
        Ok::<_, Failure>(())
    };
    let receiving = async {
        let mut late = Vec::new();
        let mut terminated = false;
        while let Some(message) = stream.next().await {
            let arrived = began.elapsed();
            match message? {
                Message::Text(text) => {
                    let json: serde_json::Value = serde_json::from_str(&text)?;
                    terminated |= json["type"] == "Termination";
                    late.extend(lateness(&json, arrived));
                }
                Message::Close(_) => break,
                _ => {}
            }
        }
        if terminated { Ok(late) } else { Err::<_, Failure>("no Termination".into()) }
    };
    let whole =
        timeout(Duration::from_secs(seconds) + LIMIT, async { tokio::join!(sending, receiving) }).await?;
    whole.0?;
    whole.1
}

/// Time from sending the audio of a partial's last word to receiving the partial, in µs.
fn lateness(json: &serde_json::Value, arrived: Duration) -> Option<u64> {
    let last = json["words"].as_array()?.last()?;
    // An utterance, or a final last word, marks a pause: such a message is due at an unknown time within the pause.
    if json["type"] != "Turn" || json["utterance"] != "" || last["word_is_final"] == true {
        return None;
    }
    let end_ms = last["end"].as_u64()?;
    // So is a message about the word that the silence cuts off.
    if end_ms % PERIOD_MS >= VOICE_MS {
        return None;
    }
    let sent = Duration::from_millis(end_ms.div_ceil(FRAME_MS) * FRAME_MS);
    Some(arrived.saturating_sub(sent).as_micros() as u64)
}

/// 100 ms of the voice or of silence.
fn frame(n: u64) -> Vec<u8> {
    let loud = n * FRAME_MS % PERIOD_MS < VOICE_MS;
    (0..16 * FRAME_MS as i32)
        .flat_map(|i| (if loud { (i * 7919 % 12_000 - 6000) as i16 } else { 0 }).to_le_bytes())
        .collect()
}
