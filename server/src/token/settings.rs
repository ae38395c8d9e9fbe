//! The settings of the tokens.

use assemblyai_protocol::{MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S, TokenRequest};

use crate::values::in_range;

/// What the server asks of the token endpoint.
#[derive(Debug, Clone, clap::Args)]
pub struct TokenSettings {
    /// How long a token can open sockets
    #[arg(
        long,
        env = "TOKEN_EXPIRES_IN_SECONDS",
        default_value_t = 20,
        value_name = "1 to 600 s",
        value_parser = in_range(TOKEN_EXPIRES_IN_S)
    )]
    pub token_expires_in_seconds: u32,
    /// How long a session may last; the page then continues in a new one
    #[arg(
        long,
        env = "MAX_SESSION_DURATION_SECONDS",
        default_value_t = 3_600,
        value_name = "60 to 10800 s",
        value_parser = in_range(MAX_SESSION_DURATION_S)
    )]
    pub max_session_duration_seconds: u32,
}

impl TokenSettings {
    /// The request to the token endpoint.
    pub fn request(&self) -> TokenRequest {
        TokenRequest {
            expires_in_s: self.token_expires_in_seconds,
            max_session_duration_s: Some(self.max_session_duration_seconds),
        }
    }
}
