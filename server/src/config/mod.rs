//! The settings, from flags, environment and `.env`, in that order.

mod service;
mod settings;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use assemblyai_protocol::{
    END_OF_TURN_CONFIDENCE, INACTIVITY_TIMEOUT_S, MAX_SESSION_DURATION_S, StreamingParameters,
    TOKEN_EXPIRES_IN_S, TURN_SILENCE_MS, TokenRequest,
};
use clap::{Arg, ArgAction, ArgMatches, Command};
use ipnet::IpNet;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

pub use self::service::{Region, Service};
pub use self::settings::{SETTINGS, Setting};
use self::values::{
    OLD_MIN_TURN_SILENCE, Values, boolean, host, list, origin, password, public_host, redis_url,
    trusted_proxy, within,
};

/// The subcommand that asks a running server whether it is alive.
pub const HEALTHCHECK: &str = "healthcheck";
/// The subcommand that makes a hash of a password.
pub const HASH_PASSWORD: &str = "hash-password";

/// What the server runs with.
#[derive(Debug)]
pub struct Config {
    /// The account's key; `None` in the demo.
    pub api_key: Option<SecretString>,
    /// Where to listen.
    pub host: String,
    /// Where to listen; 0 takes a free port.
    pub port: u16,
    /// The service.
    pub service: Service,
    /// What is asked of the token endpoint.
    pub token_request: TokenRequest,
    /// What the page asks of the service.
    pub parameters: StreamingParameters,
    /// Whether the page lets its user choose other parameters.
    pub allow_client_parameters: bool,
    /// The regions that the user may choose from; none where there is no choice.
    pub regions: Vec<Region>,
    /// Whether the words come from a script.
    pub demo: bool,
    /// Who may have tokens.
    pub access: Access,
    /// How many tokens.
    pub limits: Limits,
    /// The names that the server is reached by; empty where none is set.
    pub public_hosts: Vec<String>,
    /// Proxies whose word on a request's client is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// What https is served with, if it is.
    pub tls: Option<TlsFiles>,
    /// Connections that may be open at a time.
    pub max_connections: usize,
    /// How long answers that are under way may take once the server was told to stop.
    pub shutdown_timeout: Duration,
    /// What is logged.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// Where Prometheus finds the metrics, if it does.
    pub metrics_address: Option<SocketAddr>,
}

/// Who may have tokens.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// What is asked before the page and its tokens, if anything: a password, or its argon2 hash.
    pub password: Option<SecretString>,
    /// Pages of other servers that may have tokens, as browsers name them: `https://example.org`.
    pub allowed_origins: Vec<String>,
}

/// How many tokens.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For a client address, in the long run.
    pub tokens_per_minute: u32,
    /// For a client address, at once.
    pub tokens_burst: u32,
    /// For all together, in an hour of the clock.
    pub tokens_per_hour: u32,
    /// For all together, in a day from midnight UTC.
    pub tokens_per_day: u32,
    /// Where servers count together; secret, since it may hold a password.
    pub redis_url: Option<SecretString>,
    /// What happens while Redis is away.
    pub fail: RateLimitFail,
}

/// What happens to requests that cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitFail {
    /// They get no token.
    Closed,
    /// Each server counts alone.
    Open,
}

/// What https is served with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// How it is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A line a person reads.
    Text,
    /// A JSON object a line.
    Json,
}

/// Why the server does not start; each is one line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that is none.
    #[error("{variable} is {value:?}, but must be {range}")]
    BadValue {
        /// The setting.
        variable: &'static str,
        /// What it was set to, without what may be secret in it.
        value: String,
        /// What it could be.
        range: &'static str,
    },
    /// A key that cannot be one; it is not shown.
    #[error("ASSEMBLYAI_API_KEY holds a space, a line break or another character that no key has")]
    BadKey,
    /// A secret that cannot be what it should be; it is not shown.
    #[error("{variable} must be {range}")]
    BadSecret {
        /// The setting.
        variable: &'static str,
        /// What it could be.
        range: &'static str,
    },
    /// A certificate without a key, or a key without a certificate.
    #[error("TLS_CERT and TLS_KEY belong together: set both, or neither")]
    HalfOfTls,
    /// Nothing to run with.
    #[error(
        "there is no API key: set ASSEMBLYAI_API_KEY (in the environment or in .env), or start with --demo to \
         try the page without an account"
    )]
    NoKey,
    /// A flag that is none.
    #[error("{0}; --help lists all flags")]
    Flag(String),
    /// A `.env` that cannot be read; its content is not shown, since it may hold the key.
    #[error(".env cannot be read: {0}")]
    DotEnv(String),
}

/// The flags as clap knows them.
pub fn command() -> Command {
    let command = Command::new("transcription-server")
        .about("Serves a page that turns speech into text, and the tokens that it needs.")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help("Each setting is also an environment variable, or a line in .env; flags win over both.");
    let command = SETTINGS.iter().fold(command, |command, setting| {
        let default = if setting.default.is_empty() { "" } else { ", default " };
        let help = format!(
            "{} ({}{default}{}) [{}]",
            setting.meaning, setting.range, setting.default, setting.variable
        );
        command.arg(
            Arg::new(setting.variable)
                .long(setting.flag())
                .value_name("VALUE")
                .allow_negative_numbers(true)
                .help(help),
        )
    });
    let demo = "Runs without an account: the words come from a script, paced by what the microphone hears";
    command
        .arg(Arg::new("demo").long("demo").action(ArgAction::SetTrue).help(demo))
        .subcommand(Command::new(HEALTHCHECK).about(
            "Asks the server that runs with the same settings on this machine whether it is alive; exit code 0 \
             where it is",
        ))
        .subcommand(
            Command::new(HASH_PASSWORD)
                .about("Reads a password from standard input and prints its hash for ACCESS_PASSWORD"),
        )
}

impl Config {
    /// Reads flags first, then `environment`, which looks a variable up (in the environment, then in `.env`).
    ///
    /// # Errors
    /// [`ConfigError`], for the first setting that is wrong.
    pub fn read(
        flags: &ArgMatches,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let values = Values { flags, environment };
        let demo = flags.get_flag("demo");
        let api_key = values.get("ASSEMBLYAI_API_KEY");
        if api_key.as_ref().is_some_and(|key| !key.chars().all(|c| c.is_ascii_graphic())) {
            return Err(ConfigError::BadKey);
        }
        let has_key = api_key.is_some();
        let defaults = StreamingParameters::default();
        let service: Service = values.parsed("ASSEMBLYAI_BASE_URL", Service::at)?;
        let allow_client_parameters = values.parsed("ALLOW_CLIENT_PARAMETERS", boolean)?;
        let config = Self {
            api_key: api_key.map(SecretString::from),
            host: values.parsed("HOST", host)?,
            port: values.parsed("PORT", |port| port.parse().ok())?,
            regions: if allow_client_parameters && !demo { service.regions() } else { Vec::new() },
            service,
            allow_client_parameters,
            token_request: TokenRequest {
                expires_in_s: values.parsed("TOKEN_EXPIRES_IN_SECONDS", within(TOKEN_EXPIRES_IN_S))?,
                max_session_duration_s: values
                    .optional("MAX_SESSION_DURATION_SECONDS", within(MAX_SESSION_DURATION_S))?,
            },
            parameters: StreamingParameters {
                speech_model: values.parsed("SPEECH_MODEL", |name| name.parse().ok())?,
                format_turns: values.optional("FORMAT_TURNS", boolean)?,
                end_of_turn_confidence_threshold: values
                    .optional("END_OF_TURN_CONFIDENCE_THRESHOLD", within(END_OF_TURN_CONFIDENCE))?,
                min_turn_silence_ms: match values.optional("MIN_TURN_SILENCE", within(TURN_SILENCE_MS))? {
                    None => values.optional(OLD_MIN_TURN_SILENCE, within(TURN_SILENCE_MS))?,
                    given => given,
                },
                max_turn_silence_ms: values.optional("MAX_TURN_SILENCE", within(TURN_SILENCE_MS))?,
                inactivity_timeout_s: values.optional("INACTIVITY_TIMEOUT", within(INACTIVITY_TIMEOUT_S))?,
                ..defaults
            },
            demo,
            access: Access {
                password: values.secret("ACCESS_PASSWORD", password)?,
                allowed_origins: values.optional("ALLOWED_ORIGINS", list(origin))?.unwrap_or_default(),
            },
            limits: Limits {
                tokens_per_minute: values.parsed("TOKENS_PER_MINUTE", within(1..=1_000_000))?,
                tokens_burst: values.parsed("TOKENS_BURST", within(1..=1_000_000))?,
                tokens_per_hour: values.parsed("TOKENS_PER_HOUR", within(1..=1_000_000_000))?,
                tokens_per_day: values.parsed("TOKENS_PER_DAY", within(1..=1_000_000_000))?,
                redis_url: values.secret("RATE_LIMIT_REDIS_URL", redis_url)?,
                fail: values.parsed("RATE_LIMIT_FAIL", |value| match value {
                    "closed" => Some(RateLimitFail::Closed),
                    "open" => Some(RateLimitFail::Open),
                    _ => None,
                })?,
            },
            public_hosts: values.optional("PUBLIC_HOSTS", list(public_host))?.unwrap_or_default(),
            trusted_proxies: values.optional("TRUSTED_PROXIES", list(trusted_proxy))?.unwrap_or_default(),
            tls: match (values.get("TLS_CERT"), values.get("TLS_KEY")) {
                (Some(certificate), Some(key)) => {
                    Some(TlsFiles { certificate: certificate.into(), key: key.into() })
                }
                (None, None) => None,
                _ => return Err(ConfigError::HalfOfTls),
            },
            max_connections: values.parsed("MAX_CONNECTIONS", within(10..=1_000_000))?,
            shutdown_timeout: values
                .parsed("SHUTDOWN_TIMEOUT", within(0..=3_600))
                .map(Duration::from_secs)?,
            log: values.parsed("RUST_LOG", |filter| {
                filter.parse::<EnvFilter>().is_ok().then(|| filter.to_owned())
            })?,
            log_format: values.parsed("LOG_FORMAT", |value| match value {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            metrics_address: values.optional("METRICS_ADDR", |address| address.parse().ok())?,
        };
        // Who only asks after the server needs no key.
        let asks = flags.subcommand_name() == Some(HEALTHCHECK);
        // Last, so that a value that is wrong is told first.
        if has_key || demo || asks { Ok(config) } else { Err(ConfigError::NoKey) }
    }
}
