//! A recording that loses its connection once, against a script in memory; prints every input and its effects.
//!
//! ```text
//! cargo run -p assemblyai-session --example one_lost_connection
//! ```

use assemblyai_protocol::{ParseError, parse};
use assemblyai_session::{ConnectionId, Effect, Input, RecordingId, Session, Timer, Transcript};

/// This program's reason why a microphone could not be opened: it always can.
type NoReason = std::convert::Infallible;

struct Recording {
    session: Session<NoReason>,
    transcript: Transcript,
}

impl Recording {
    /// Hands an input to the session and runs its effects.
    fn handle(&mut self, name: &str, input: Input<NoReason>) {
        println!("{name}");
        for effect in self.session.handle(input) {
            match &effect {
                Effect::SendAudio(id, frame) => println!("    SendAudio({}, {} samples)", id.0, frame.len()),
                Effect::ShowTurn(id, turn) => println!("    ShowTurn({}, {:?})", id.0, turn.transcript),
                effect => println!("    {effect:?}"),
            }
            match effect {
                Effect::Connected(id, position) => self.transcript.connected(id, position / 16),
                Effect::ShowTurn(id, turn) => {
                    self.transcript.apply(id, &turn);
                }
                _ => {} // A real program opens sockets, starts timers and so on.
            }
        }
    }

    /// Hands 100 ms of audio to the session, `times` times.
    fn capture(&mut self, times: usize) {
        for _ in 0..times {
            let samples = vec![100; 1_600];
            self.handle("100 ms of audio", Input::AudioCaptured(RECORDING, samples, 0.003));
        }
    }

    /// Opens the connection that the session has requested.
    fn connect(&mut self, id: ConnectionId) -> Result<(), ParseError> {
        self.handle("a token", Input::TokenGranted(id, "wss://example.org/v3/ws?token=A".to_owned()));
        self.receive(id, r#"{"type":"Begin","id":"1","expires_at":1790000000}"#)
    }

    /// Hands a message of the service to the session.
    fn receive(&mut self, id: ConnectionId, text: &str) -> Result<(), ParseError> {
        let message = parse(text)?;
        self.handle(text.lines().next().unwrap_or_default(), Input::Received(id, message));
        Ok(())
    }
}

const RECORDING: RecordingId = RecordingId(1);
const FIRST: ConnectionId = ConnectionId(1);
const SECOND: ConnectionId = ConnectionId(2);

fn main() -> Result<(), ParseError> {
    let mut recording = Recording { session: Session::new(1), transcript: Transcript::default() };
    recording.handle("Start", Input::Start);
    recording.handle("the microphone is open", Input::MicrophoneOpened(RECORDING));
    // Audio that is captured before there is a connection is sent once there is one.
    recording.capture(3);
    recording.connect(FIRST)?;
    recording.capture(10);
    recording.receive(
        FIRST,
        r#"{"type":"Turn","turn_order":0,"end_of_turn":true,"transcript":"One.",
            "words":[{"text":"One.","start":100,"end":600,"word_is_final":true}]}"#,
    )?;

    // The connection is lost: audio after the last final word is sent again.
    recording.handle("the connection breaks", Input::Closed(FIRST, 1006, String::new()));
    recording.capture(2);
    recording.handle("the backoff timer fires", Input::TimerFired(RECORDING, Timer::Backoff));
    recording.connect(SECOND)?;

    recording.handle("Stop", Input::Stop);
    recording.handle("the last samples were delivered", Input::MicrophoneDrained(RECORDING));
    recording.receive(
        SECOND,
        r#"{"type":"Turn","turn_order":0,"end_of_turn":true,"transcript":"Two.",
            "words":[{"text":"Two.","start":300,"end":800,"word_is_final":true}]}"#,
    )?;
    recording.receive(SECOND, r#"{"type":"Termination","audio_duration_seconds":1}"#)?;

    println!("\n{:?}, transcript:", recording.session.state());
    for (_, turn) in recording.transcript.turns() {
        println!("    {:>5} ms  {}", turn.from_ms.unwrap_or_default(), turn.text());
    }
    Ok(())
}
