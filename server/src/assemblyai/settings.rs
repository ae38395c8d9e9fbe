//! The settings of the service: key and address.

use std::error::Error;

use secrecy::SecretString;

use super::TokenBody;
use super::service::{Region, Service};
use crate::values::{InvalidValue, REMOVE_QUOTES, Remedy, is_quoted};

/// The account, and where the service is.
#[derive(Debug, Clone, clap::Args)]
pub struct AssemblyAiSettings {
    /// The key of the AssemblyAI account; it never leaves the server
    #[arg(
        long = "assemblyai-api-key",
        env = "ASSEMBLYAI_API_KEY",
        hide_env_values = true,
        value_name = "printable ASCII without spaces",
        value_parser = api_key
    )]
    pub api_key: Option<SecretString>,
    /// Where tokens come from and, as ws or wss, where the page opens its socket
    #[arg(
        long = "assemblyai-base-url",
        env = "ASSEMBLYAI_BASE_URL",
        default_value = "https://streaming.assemblyai.com",
        value_name = "an http or https address",
        value_parser = service
    )]
    pub service: Service,
    /// Mints tokens that can do less: the JSON body for AssemblyAI's token host, with the product and the access
    #[arg(
        long = "assemblyai-token-body",
        env = "ASSEMBLYAI_TOKEN_BODY",
        value_name = "a JSON object",
        value_parser = token_body
    )]
    pub token_body: Option<TokenBody>,
    /// The regions that the user may choose from, which follow from the address; empty where there is no choice.
    #[arg(skip)]
    pub regions: Vec<Region>,
}

fn api_key(value: &str) -> Result<SecretString, Box<dyn Error + Send + Sync>> {
    if is_quoted(value) {
        return Err(REMOVE_QUOTES.into());
    }
    let is_valid = value.chars().all(|c| c.is_ascii_graphic());
    is_valid.then(|| SecretString::from(value)).ok_or(InvalidValue.into())
}

fn token_body(value: &str) -> Result<TokenBody, InvalidValue> {
    serde_json::from_str(value).map_err(|_| InvalidValue)
}

fn service(value: &str) -> Result<Service, Box<dyn Error + Send + Sync>> {
    let service = Service::at(value).ok_or(InvalidValue)?;
    // The grammar of the page's policy has no IPv6 addresses (CSP 3, host-source), so browsers would refuse the socket.
    if service.websocket_url.host_str().is_some_and(|host| host.starts_with('[')) {
        return Err(Remedy("browsers refuse IPv6 addresses here, use a name such as localhost").into());
    }
    Ok(service)
}
