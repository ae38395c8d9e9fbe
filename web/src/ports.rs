//! What the page needs of the browser; `browser/` has it for real, the tests have it in memory.
//!
//! Nothing here answers but [`Sockets::unsent_bytes`] and [`Clock`]: what comes of a request comes back as an
//! [`Input`](crate::session::Input).

use assemblyai_protocol::Signal;
use assemblyai_session::Place;
use assemblyai_session::SessionStats;
use assemblyai_session::{ShownTurn, TurnKey};

use crate::recovery::{ConnectionOffset, RecoveryPrompt};
use crate::session::{ConnectionId, Phase, RecordingId, Timer};

/// Microphones.
pub trait Microphone {
    /// Asks for the microphone and captures from it: `MicrophoneGranted`, `MicrophoneOpened` and
    /// `AudioCaptured`, or `MicrophoneRefused`; later perhaps `MicrophoneLost`.
    ///
    /// Where one is captured from already, it is let go once the other one is wired.
    fn open(&mut self, recording: RecordingId);
    /// Captures silence, or sound again.
    fn mute(&mut self, recording: RecordingId, is_muted: bool);
    /// Lets what the device still holds come in, then ends capture: `MicrophoneDrained`.
    fn drain(&mut self, recording: RecordingId);
    /// Lets the microphone go at once, or stops asking for it.
    fn close(&mut self, recording: RecordingId);
}

/// The token server.
pub trait Tokens {
    /// Asks for a token: `TokenGranted` or `TokenRefused`.
    fn request(&mut self, connection: ConnectionId);
    /// Asks no longer.
    fn abandon(&mut self, connection: ConnectionId);
}

/// Sockets to the service.
pub trait Sockets {
    /// Opens a socket: `Received` and `Closed`.
    fn open(&mut self, connection: ConnectionId, url: &str);
    /// Sends audio, of 16 kHz; what becomes of it on the way the socket's address says.
    fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]);
    /// Sends a text message.
    fn send_message(&mut self, connection: ConnectionId, message: Signal);
    /// Sends a text message that is not the same each time.
    fn send_text(&mut self, connection: ConnectionId, message: &str);
    /// Closes the socket with code 1000; nothing more is heard from it.
    fn close(&mut self, connection: ConnectionId);
    /// What the socket was given and has not passed on, in bytes of 16 kHz and 16 bits.
    fn unsent_bytes(&self, connection: ConnectionId) -> u32;
}

/// Timers.
pub trait Timers {
    /// Begins a wait of so many ms: `TimerFired`, unless it is stopped. One that is on already begins anew.
    fn start(&mut self, recording: RecordingId, timer: Timer, ms: u32);
    /// Begins the wait for [`Timer::Rotation`]: until a minute before this time, in seconds since 1970.
    fn rotate_before(&mut self, recording: RecordingId, expires_at_s: f64);
    /// Ends a wait, if it is on.
    fn stop(&mut self, timer: Timer);
    /// Ends all waits.
    fn stop_all(&mut self);
}

/// The time, for what is only shown.
pub trait Clock {
    /// Milliseconds since any moment.
    fn now_ms(&self) -> u64;
}

/// Keeps the screen, and so the page, awake.
pub trait WakeLock {
    /// Keeps it awake, or lets it sleep.
    fn hold(&mut self, is_held: bool);
}

/// Keeps a recording in case the page dies, and finds those of pages that did: `Recovery`.
pub trait Store {
    /// A recording begins, with this as its first connection.
    fn begin(&mut self, first: ConnectionId);
    /// Keeps captured samples, the first of them at this position of the recording's clock.
    fn keep_audio(&mut self, position: u64, samples: &[i16]);
    /// Keeps a turn, in place of one with the same key.
    fn keep_turn(&mut self, key: TurnKey, turn: &ShownTurn);
    /// Keeps a turn no longer.
    fn forget_turn(&mut self, key: TurnKey);
    /// Up to this position the transcript is complete.
    fn keep_confirmed(&mut self, position: u64);
    /// The recording has ended: as it should, or broken off, and then it is offered.
    fn end(&mut self, is_complete: bool);
    /// The recording that is offered goes on, and is shown here from now on.
    fn resume(&mut self, numbering: ConnectionOffset);
    /// Keeps the recording that is offered no longer.
    fn discard(&mut self);
    /// Keeps those no longer that are over, and that this page has made.
    fn clear(&mut self);
}

/// The page that the user sees.
pub trait View {
    /// Shows where the recording stands.
    fn show_phase(&mut self, phase: Phase);
    /// Shows the level, 0 to 1 of full scale.
    fn show_level(&mut self, peak: f32);
    /// Shows the time since the recording began, in whole seconds.
    fn show_elapsed_s(&mut self, seconds: u64);
    /// Draws one turn.
    fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place);
    /// Takes away a turn.
    fn remove(&mut self, key: TurnKey);
    /// Takes away all turns.
    fn clear(&mut self);
    /// Tells those who listen to the page what was said.
    fn announce(&mut self, text: &str);
    /// Shows what the user should know while recording, or nothing.
    fn show_notice(&mut self, sentence: Option<&str>);
    /// Shows what went wrong and what to do, or nothing.
    fn show_failure(&mut self, sentence: Option<&str>);
    /// Shows what is left of a recording that was not finished, or nothing.
    fn show_recovery_prompt(&mut self, prompt: Option<&RecoveryPrompt>);
    /// Shows what became of the audio.
    fn show_stats(&mut self, stats: &SessionStats);
}

/// All of them.
pub trait Ports {
    /// The adapter for microphones.
    fn microphone(&mut self) -> &mut dyn Microphone;
    /// The adapter for the token server.
    fn tokens(&mut self) -> &mut dyn Tokens;
    /// The adapter for sockets.
    fn sockets(&mut self) -> &mut dyn Sockets;
    /// The adapter for timers.
    fn timers(&mut self) -> &mut dyn Timers;
    /// The adapter for the time.
    fn clock(&self) -> &dyn Clock;
    /// The adapter that keeps the screen awake.
    fn wake_lock(&mut self) -> &mut dyn WakeLock;
    /// The adapter that keeps recordings.
    fn store(&mut self) -> &mut dyn Store;
    /// The adapter for the page.
    fn view(&mut self) -> &mut dyn View;
}
