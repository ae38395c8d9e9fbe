//! AssemblyAI's streaming speech-to-text protocol, version 3, in types: no I/O, no clock.
//!
//! The messages of a session in their order:
//!
//! | message | sent by | content | type |
//! | --- | --- | --- | --- |
//! | `GET /v3/token` | token server | asks for a temporary token | [`TokenRequest`], [`TokenAnswer`] |
//! | `GET /v3/ws?…` | client | opens the WebSocket | [`StreamingParameters`] |
//! | `Begin` | service | the session is open: the client may send audio | [`Begin`] |
//! | binary | client | 50 to 1000 ms of audio | [`FRAME_DURATION_MS`] |
//! | `SpeechStarted` | service | speech has started (Pro models) | [`SpeechStarted`] |
//! | `Turn` | service | the current state of a turn, or with `end_of_turn` its final | [`Turn`] |
//! | `Heartbeat` | service | how much audio has arrived, on request | [`Heartbeat`] |
//! | `Silence` | service | a second without speech, on request (Pro models) | [`Silence`] |
//! | `SpeakerRevision` | service | corrected speakers of turns | [`SpeakerRevision`] |
//! | `Warning` | service | a parameter has no effect | [`Warning`] |
//! | `LLMGatewayResponse` | service | a language model's answer to a turn, on request | [`LlmGatewayResponse`] |
//! | `UpdateConfiguration` | client | changes parameters for the audio that follows | [`ClientMessage::UpdateConfiguration`] |
//! | `ForceEndpoint` | client | ends the turn now | [`ClientMessage::ForceEndpoint`] |
//! | `KeepAlive` | client | resets the inactivity timer | [`ClientMessage::KeepAlive`] |
//! | `Terminate` | client | ends the session | [`ClientMessage::Terminate`] |
//! | `Termination` | service | the last message, with the durations that are billed | [`Termination`] |
//! | `Error` | service | why the service closes the session, right before it does | [`ServiceError`] |
//! | close | both | a code, and perhaps a reason | [`Cause`] |
//!
//! The service adds fields and message types about every month, so parsing is tolerant: an unknown type is a value
//! ([`ServerMessage::Unknown`]), and a field of the wrong type costs only that field. Reading order of the modules:
//! `parameters/table`, `client`, `server`, `close`, `token`.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod client;
mod close;
mod page_config;
mod parameters;
mod server;
mod small;
mod token;

pub use client::ClientMessage;
pub use close::{Cause, Retry, TOO_MANY_RETRY_AFTER_S};
pub use page_config::{PageConfig, PageRegion};
pub use parameters::{
    Allowed, Configuration, END_OF_TURN_CONFIDENCE, Encoding, FRAME_DURATION_MS, Family,
    INACTIVITY_TIMEOUT_S, InvalidParameter, LANGUAGE_CODES, MAX_MESSAGE_BYTES, MAX_QUERY_BYTES, Mode, Models,
    PARAMETERS, Parameter, PiiSubstitution, SAMPLE_RATES_HZ, SpeechModel, SpeechModelError,
    StreamingParameters, TURN_SILENCE_MS, VoiceFocus, WEBSOCKET_PATH, split_message,
};
pub use server::{
    Begin, BegunConfiguration, Heartbeat, LlmGatewayResponse, ParseError, RevisedTurn, ServerMessage,
    ServiceError, Silence, SpeakerRevision, SpeechStarted, Termination, Turn, Unknown, Warning, Word, parse,
    parse_json, read_message,
};
pub use small::{JsonValue, Signal};
pub use token::{
    MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S, TOKEN_PATH, Token, TokenAnswer, TokenRequest,
    parse_token_answer,
};
