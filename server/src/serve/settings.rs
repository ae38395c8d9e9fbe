//! The settings of the listener.

use std::path::PathBuf;
use std::time::Duration;

use super::tls::TlsFiles;
use crate::values::{InvalidValue, in_range};

/// Where the server listens, and how many connections it accepts.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeSettings {
    /// The address to listen on, or a name of this machine
    #[arg(long, env = "HOST", default_value = "127.0.0.1", value_name = "an address or a name", value_parser = host)]
    pub host: String,
    /// The port to listen on; 0 takes a free one
    #[arg(long, env = "PORT", default_value_t = 8000, value_name = "0 to 65535")]
    pub port: u16,
    /// Certificate and key.
    #[command(flatten)]
    pub tls: TlsSettings,
    /// How many connections may be open at a time; new ones replace idle ones
    #[arg(
        long,
        env = "MAX_CONNECTIONS",
        default_value_t = 1_000,
        value_name = "10 to 1000000",
        value_parser = in_range::<usize>(10..=1_000_000)
    )]
    pub max_connections: usize,
    /// How long responses in progress may take after a stop was requested
    #[arg(long, env = "SHUTDOWN_TIMEOUT", default_value = "10", value_name = "0 to 3600 s", value_parser = shutdown_timeout)]
    pub shutdown_timeout: Duration,
}

/// The files that https needs.
#[derive(Debug, Clone, clap::Args)]
pub struct TlsSettings {
    /// The certificate chain, to serve https without a proxy; read again on SIGHUP
    #[arg(long, env = "TLS_CERT", value_name = "a PEM file")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key
    #[arg(long, env = "TLS_KEY", value_name = "a PEM file")]
    pub tls_key: Option<PathBuf>,
}

impl TlsSettings {
    /// Both files, where https is configured.
    pub fn files(&self) -> Option<TlsFiles> {
        Some(TlsFiles { certificate: self.tls_cert.clone()?, key: self.tls_key.clone()? })
    }
}

/// An address or a name; an IPv6 address also in the brackets of URLs.
fn host(value: &str) -> Result<String, InvalidValue> {
    let bare = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    if bare.contains(['/', ' ', '[', ']']) { Err(InvalidValue) } else { Ok(bare.to_owned()) }
}

fn shutdown_timeout(value: &str) -> Result<Duration, InvalidValue> {
    in_range(0..=3_600)(value).map(Duration::from_secs)
}
