//! What a session does beside the protocol.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use crate::parameters::Parameters;
use crate::recognizer::Recognizer;
use crate::transcript::TurnState;
use crate::turn_rules::TurnRules;

/// How long the last words may take after `Terminate`, or after the words before them, by default: clients wait 5 s.
pub const FINISH_LIMIT: Duration = Duration::from_secs(4);
/// The most where words keep coming; and the least where audio came much faster than it was spoken: a client that has a
/// file waits for the words of what is not decoded yet; `assemblyai-streaming` waits for 90 s.
pub(super) const FAST_FINISH_LIMIT: Duration = Duration::from_secs(80);

/// What a session does beside the protocol: where its words come from and, in a mock, what goes wrong.
///
/// The provided methods are those of a service that follows the protocol. With [`Infallible`] as its output, a plan
/// cannot end a connection in any other way than the service does.
pub trait Plan: fmt::Debug + Send {
    /// What only the host's socket can do, such as dropping the connection.
    type Output: fmt::Debug + Send;

    /// The rules for the turns of a session with these parameters.
    fn rules(&self, parameters: &Parameters) -> TurnRules {
        TurnRules::of(parameters, None)
    }

    /// The turns whose words are known from the start.
    fn turns(&self) -> Vec<TurnState> {
        Vec::new()
    }

    /// The recogniser of a session, if its words depend on the audio.
    fn recognizer(&self, parameters: &Parameters) -> Option<Box<dyn Recognizer>>;

    /// What really recognises, for `configuration.model` of `Begin`; `None` for the model that the client named.
    fn model(&self) -> Option<&str> {
        None
    }

    /// How long the last words may take after `Terminate`, or after the words before them.
    fn finish_limit(&self) -> Duration {
        FINISH_LIMIT
    }

    /// The supported ones of the requested parameters, and a warning for each that is not.
    fn adopt(&self, requested: Parameters) -> (Parameters, Vec<String>) {
        (requested, Vec::new())
    }

    /// Whether sessions with these parameters begin and soon end with an error.
    fn model_fails(&self, _parameters: &Parameters) -> bool {
        false
    }

    /// What happens instead of `Begin`, if anything.
    fn opening(&mut self) -> Option<Action<Self::Output>> {
        None
    }

    /// The delay from the handshake to `Begin`; `None` if it is never sent.
    fn begin_after(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    /// Whether `Begin` has a `configuration`.
    fn has_configuration(&self) -> bool {
        true
    }

    /// Removes and returns the next action that is due by this position of the audio, with the position at which it is
    /// due, both in ms.
    fn next_action(&mut self, _audio_ms: u64) -> Option<(u64, Action<Self::Output>)> {
        None
    }

    /// How often each final is sent.
    fn copies_of_finals(&self) -> usize {
        1
    }

    /// Texts to be sent between the last final and `Termination`; `next_order` is the `turn_order` that follows.
    fn before_termination(&mut self, _next_order: u64, _format_turns: bool) -> Vec<String> {
        Vec::new()
    }

    /// How the session ends after `Terminate`.
    fn end(&self) -> SessionEnd {
        SessionEnd::default()
    }
}

/// Something that happens in a session although the client did not cause it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<O = Infallible> {
    /// Sends a text message.
    Send(String),
    /// Ends the session with an `Error` message and a close frame with the same code.
    Fail {
        /// The code.
        code: u16,
        /// The message's text.
        text: String,
    },
    /// Ends the session with a close frame.
    Close {
        /// The code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// Closes the session with code 1012 once no turn is open, so that the client reconnects elsewhere. It loses nothing:
    /// all that was said has its final.
    Drain,
    /// Sends nothing from now on, until an action ends the session.
    Mute,
    /// The host's socket does this, and the session goes on.
    Perform(O),
    /// The host's socket does this, and the session is over.
    EndWith(O),
}

/// What follows `Terminate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnd {
    /// The delay of the last finals; `None` if they are never sent.
    pub after: Option<Duration>,
    /// Whether `Termination` is sent.
    pub has_termination: bool,
    /// Whether the socket is closed, with code 1000.
    pub closes: bool,
}

impl Default for SessionEnd {
    fn default() -> Self {
        Self { after: Some(Duration::ZERO), has_termination: true, closes: true }
    }
}
