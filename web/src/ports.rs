//! What the app needs of the browser: implemented in `browser/`, and in memory by the tests.
//!
//! Only [`Microphone::may_be_silent`], [`Sockets::buffered_bytes`] and [`Clock`] return something: the results of all requests arrive as
//! [`Input`](crate::session::Input)s.

use assemblyai_protocol::Signal;
use assemblyai_session::Place;
use assemblyai_session::{ShownTurn, TurnKey};

use crate::recovery::{ConnectionOffset, RecoveryPrompt};
use crate::session::{ConnectionId, Phase, RecordingId, Timer};

/// Microphones.
pub trait Microphone {
    /// Requests the microphone and captures from it. Results: `MicrophoneGranted`, `MicrophoneOpened` and
    /// `AudioCaptured`, or `MicrophoneRefused`; later perhaps `MicrophoneLost`.
    ///
    /// A microphone that is open is released once the new one delivers.
    fn open(&mut self, recording: RecordingId);
    /// Captures silence, or sound again.
    fn mute(&mut self, recording: RecordingId, is_muted: bool);
    /// Delivers the samples that the device still holds, then ends capture. Result: `MicrophoneDrained`.
    fn drain(&mut self, recording: RecordingId);
    /// Releases the microphone at once, or cancels the request for it.
    fn close(&mut self, recording: RecordingId);
    /// Whether what is captured may be silent for long: the sound of a tab, rather than a room.
    fn may_be_silent(&self) -> bool;
}

/// The token server.
pub trait Tokens {
    /// Requests a token. Result: `TokenGranted` or `TokenRefused`.
    fn request(&mut self, connection: ConnectionId);
    /// Cancels the request.
    fn abandon(&mut self, connection: ConnectionId);
}

/// Sockets to the service.
pub trait Sockets {
    /// Opens a socket. Results: `Received` and `Closed`.
    fn open(&mut self, connection: ConnectionId, url: &str);
    /// Sends audio of 16 kHz, encoded as the socket's address asks.
    fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]);
    /// Sends a text message with fixed content.
    fn send_message(&mut self, connection: ConnectionId, message: Signal);
    /// Sends this text message.
    fn send_text(&mut self, connection: ConnectionId, message: &str);
    /// Closes the socket with code 1000; later messages are not passed on.
    fn close(&mut self, connection: ConnectionId);
    /// The bytes that the socket has queued but not sent, as 16-bit samples at 16 kHz.
    fn buffered_bytes(&self, connection: ConnectionId) -> u32;
}

/// Timers.
pub trait Timers {
    /// Starts, or restarts, a timer of this many ms. Result: `TimerFired`, unless it is stopped.
    fn start(&mut self, recording: RecordingId, timer: Timer, ms: u32);
    /// Starts [`Timer::Rotation`] so that it fires a minute before this time, in seconds since 1970.
    fn rotate_before(&mut self, recording: RecordingId, expires_at_s: f64);
    /// Stops a timer, if it is running.
    fn stop(&mut self, timer: Timer);
    /// Stops all timers.
    fn stop_all(&mut self);
}

/// The time, for statistics.
pub trait Clock {
    /// Milliseconds since an arbitrary moment.
    fn now_ms(&self) -> u64;
}

/// Keeps the screen on, and so the page running.
pub trait WakeLock {
    /// Keeps the screen on, or lets it turn off.
    fn hold(&mut self, is_held: bool);
}

/// Stores recordings in case the page dies, and finds those of pages that did. Results: `RecoveryEvent`.
pub trait Store {
    /// A recording starts, of a file or from the microphone, with this as its first connection.
    fn begin(&mut self, first: ConnectionId, is_file: bool);
    /// Stores captured samples, the first of them at this recording position.
    fn store_audio(&mut self, position: u64, samples: &[i16]);
    /// Replaces what waits to be stored of the samples from one recording position to before another with silence, and
    /// writes all that waits. What is stored already, the tools replace.
    fn silence(&mut self, from: u64, to: u64);
    /// Stores a turn, in place of one with the same key.
    fn store_turn(&mut self, key: TurnKey, turn: &ShownTurn);
    /// Deletes a turn.
    fn delete_turn(&mut self, key: TurnKey);
    /// Stores the recording position up to which the transcript is complete.
    fn store_confirmed(&mut self, position: u64);
    /// Writes what is buffered at once: the page may be killed soon, or nothing may follow for a while.
    fn flush(&mut self);
    /// The recording has ended; it is offered to be resumed unless it is complete.
    fn end(&mut self, is_complete: bool);
    /// The recording that is offered is resumed, or kept as it is, and numbered like this from now on.
    fn resume(&mut self, numbering: ConnectionOffset);
    /// The finished recording that began then, in ms since 1970, is shown again, and numbered like this from now on.
    fn show_again(&mut self, began_ms: f64, numbering: ConnectionOffset);
    /// Deletes the recording that is offered.
    fn discard(&mut self);
    /// Finished recordings are kept for this many days, or until they are deleted.
    fn keep_finished_for(&mut self, days: Option<u32>);
    /// Deletes the recording of this page with this first connection.
    fn delete(&mut self, first: ConnectionId);
    /// The finished recording that began then, in ms since 1970, is not shown again now.
    fn release(&mut self, began_ms: f64);
    /// This page no longer shows its recordings; they stay stored.
    fn put_away(&mut self);
    /// Deletes the recordings of this page that have ended.
    fn clear(&mut self);
}

/// The page that the user sees.
pub trait View {
    /// Shows the state of the recording.
    fn show_phase(&mut self, phase: Phase);
    /// Shows the level of a chunk, 0 to 1 of full scale.
    fn show_level(&mut self, peak: f32);
    /// Shows no level: nothing is captured.
    fn clear_level(&mut self);
    /// Shows the time since the recording began, in whole seconds.
    fn show_elapsed_s(&mut self, seconds: u64);
    /// Draws one turn.
    fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place);
    /// Removes a turn.
    fn remove(&mut self, key: TurnKey);
    /// Shows what can be done with a transcript.
    fn show_tools(&mut self);
    /// Removes all turns.
    fn clear(&mut self);
    /// Announces a text to screen readers.
    fn announce(&mut self, text: &str);
    /// Shows a notice, or none, and with it the link to sign in elsewhere if that helps.
    fn show_notice(&mut self, sentence: Option<&str>, asks_to_sign_in: bool);
    /// Shows an error, or none.
    fn show_failure(&mut self, sentence: Option<&str>);
    /// Reports that the recording with this first connection is stored again.
    fn report_stored_again(&mut self, first: ConnectionId);
    /// Offers an interrupted recording, or none.
    fn show_recovery_prompt(&mut self, prompt: Option<&RecoveryPrompt>);
    /// Shows a row of the statistics of the recording, whose value has changed.
    fn show_stat(&mut self, selector: &str, value: &str);
}

/// All adapters.
pub trait Ports {
    /// The adapter for microphones.
    fn microphone(&mut self) -> &mut dyn Microphone;
    /// The adapter for the token server.
    fn tokens(&mut self) -> &mut dyn Tokens;
    /// The adapter for sockets.
    fn sockets(&mut self) -> &mut dyn Sockets;
    /// The adapter for timers.
    fn timers(&mut self) -> &mut dyn Timers;
    /// The clock.
    fn clock(&self) -> &dyn Clock;
    /// The adapter for the wake lock.
    fn wake_lock(&mut self) -> &mut dyn WakeLock;
    /// The adapter for stored recordings.
    fn store(&mut self) -> &mut dyn Store;
    /// The adapter for the user interface.
    fn view(&mut self) -> &mut dyn View;
}
