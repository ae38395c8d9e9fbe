//! What the page needs of the browser; `browser/` has it for real, the tests have it in memory.
//!
//! Nothing here answers: what comes of a request comes back as an [`Input`](crate::session::Input).

use assemblyai_protocol::ClientMessage;

use crate::session::{ConnectionId, Run, State, Timer};
use crate::transcript::{Change, Place, ShownTurn, TurnKey};

/// Microphones.
pub trait Microphone {
    /// Asks for the microphone and captures from it: `MicrophoneGranted`, `MicrophoneOpened` and
    /// `AudioCaptured`, or `MicrophoneRefused`; later perhaps `MicrophoneLost`.
    fn open(&mut self, run: Run);
    /// Lets what the device still holds come in, then ends capture: `MicrophoneDrained`.
    fn drain(&mut self, run: Run);
    /// Lets the microphone go at once, or stops asking for it.
    fn close(&mut self, run: Run);
}

/// The token server.
pub trait Tokens {
    /// Asks for a token: `TokenGranted` or `TokenRefused`.
    fn request(&mut self, run: Run);
    /// Asks no longer.
    fn abandon(&mut self, run: Run);
}

/// Sockets to the service.
pub trait Sockets {
    /// Opens a socket: `Received` and `Closed`.
    fn open(&mut self, connection: ConnectionId, url: &str);
    /// Sends audio, 16-bit, little-endian.
    fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]);
    /// Sends a text message.
    fn say(&mut self, connection: ConnectionId, message: &ClientMessage);
    /// Closes the socket with code 1000; nothing more is heard from it.
    fn close(&mut self, connection: ConnectionId);
}

/// Timers.
pub trait Timers {
    /// Begins a wait: `TimeIsUp`, unless it is stopped.
    fn start(&mut self, run: Run, timer: Timer);
    /// Ends a wait, if it is on.
    fn stop(&mut self, timer: Timer);
    /// Ends all waits.
    fn stop_all(&mut self);
}

/// The page that the user sees.
pub trait View {
    /// Shows where the recording stands.
    fn show_state(&mut self, state: State);
    /// Shows the level, 0 to 1 of full scale.
    fn show_level(&mut self, peak: f32);
    /// Shows the time since the recording began, in whole seconds.
    fn show_elapsed_s(&mut self, seconds: u64);
    /// Draws one turn.
    fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place);
    /// Tells those who listen to the page what was said.
    fn announce(&mut self, text: &str);
    /// Shows what the user should know while recording, or nothing.
    fn show_notice(&mut self, sentence: Option<&str>);
    /// Shows what went wrong and what to do, or nothing.
    fn show_failure(&mut self, sentence: Option<&str>);
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
    /// The adapter for the page.
    fn view(&mut self) -> &mut dyn View;
}

/// Draws a change and, when its turn has just ended, announces it.
pub(crate) fn show(view: &mut dyn View, change: Change<'_>) {
    view.draw(change.key, change.turn, change.place);
    if change.has_just_ended {
        view.announce(&change.turn.text());
    }
}
