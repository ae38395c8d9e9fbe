//! AssemblyAI's streaming speech-to-text protocol, version 3, in types: no I/O, no clock.
//!
//! A session, in the order in which it happens:
//!
//! | message | sent by | what it says | type |
//! | --- | --- | --- | --- |
//! | `GET /v3/token` | token server | "a temporary token, please" | [`TokenRequest`], [`TokenAnswer`] |
//! | `GET /v3/ws?…` | client | opens the WebSocket | [`StreamingParameters`] |
//! | `Begin` | service | the session is open; audio may flow | [`Begin`] |
//! | binary | client | 50 to 1000 ms of audio | [`FRAME_DURATION_MS`] |
//! | `SpeechStarted` | service | somebody began to speak (Pro models) | [`SpeechStarted`] |
//! | `Turn` | service | a turn so far, or, with `end_of_turn`, for good | [`Turn`] |
//! | `Heartbeat` | service | how much audio has arrived, on request | [`Heartbeat`] |
//! | `Silence` | service | nobody was heard for a second, on request (Pro models) | [`Silence`] |
//! | `SpeakerRevision` | service | speakers of turns, named anew | [`SpeakerRevision`] |
//! | `Warning` | service | something that was asked for has no effect | [`Warning`] |
//! | `LLMGatewayResponse` | service | what a language model made of a turn, on request | [`LlmGatewayResponse`] |
//! | `UpdateConfiguration` | client | other turn detection from here on | [`ClientMessage::UpdateConfiguration`] |
//! | `ForceEndpoint` | client | "end the turn now" | [`ClientMessage::ForceEndpoint`] |
//! | `KeepAlive` | client | resets the inactivity timer | [`ClientMessage::KeepAlive`] |
//! | `Terminate` | client | "that was all" | [`ClientMessage::Terminate`] |
//! | `Termination` | service | the last message, with what is billed | [`Termination`] |
//! | `Error` | service | what was wrong, right before it closes | [`ServiceError`] |
//! | close | either | a code, and in old days a reason | [`Cause`] |
//!
//! The service adds fields and message types about every month, so parsing is tolerant: what is unknown is
//! a value ([`ServerMessage::Unknown`]), not an error. Reading order: `parameters`, `client`, `server`,
//! `close`, `token`.

mod client;
mod close;
mod parameters;
mod server;
mod token;

pub use client::{ClientMessage, Signal};
pub use close::{Cause, Retry};
pub use parameters::{
    Allowed, Configuration, END_OF_TURN_CONFIDENCE, Encoding, FRAME_DURATION_MS, Family,
    INACTIVITY_TIMEOUT_S, InvalidParameter, LANGUAGE_CODES, MAX_MESSAGE_BYTES, Mode, Models, PARAMETERS,
    Parameter, PiiSubstitution, SAMPLE_RATE_HZ, SpeechModel, SpeechModelError, StreamingParameters,
    TURN_SILENCE_MS, VoiceFocus, WEBSOCKET_PATH,
};
pub use server::{
    Begin, BegunConfiguration, Heartbeat, JsonValue, LlmGatewayResponse, ParseError, RevisedTurn,
    ServerMessage, ServiceError, Silence, SpeakerRevision, SpeechStarted, Termination, Turn, Unknown,
    Warning, Word, parse, parse_json, read_message,
};
pub use token::{
    MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S, TOKEN_PATH, Token, TokenAnswer, TokenRequest,
    parse_token_answer,
};
