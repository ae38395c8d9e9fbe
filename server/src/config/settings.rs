//! Every setting in one table.

/// A setting as `--help`, `.env.example` and the README show it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The environment variable; the flag is the same in lower case with hyphens.
    pub variable: &'static str,
    /// The value where none is given; empty where that means "none".
    pub default: &'static str,
    /// Unit and range.
    pub range: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

/// Every setting but `--demo`.
pub const SETTINGS: [Setting; 30] = [
    setting("ASSEMBLYAI_API_KEY", "", "a key", "the account's key; never leaves the server"),
    setting("HOST", "127.0.0.1", "an address or a name", "the address to listen on"),
    setting("PORT", "8000", "0 to 65535", "the port to listen on; 0 takes a free one"),
    setting(
        "ASSEMBLYAI_BASE_URL",
        "https://streaming.assemblyai.com",
        "an http or https address",
        "where tokens come from and, as ws or wss, where the socket goes",
    ),
    setting("TOKEN_EXPIRES_IN_SECONDS", "60", "1 to 600 s", "how long a token opens sockets"),
    setting(
        "MAX_SESSION_DURATION_SECONDS",
        "3600",
        "60 to 10800 s",
        "how long a session may last before the next takes over",
    ),
    setting("SPEECH_MODEL", "u3-rt-pro", "a model's name", "the speech model"),
    setting(
        "FORMAT_TURNS",
        "",
        "true or false",
        "punctuation and capitals, for universal-streaming models (the others always format)",
    ),
    setting(
        "END_OF_TURN_CONFIDENCE_THRESHOLD",
        "",
        "0 to 1",
        "how sure the model must be that a turn has ended, for universal-streaming models",
    ),
    setting("MIN_TURN_SILENCE", "", "50 to 10000 ms", "silence that ends a turn when the model is sure"),
    setting("MAX_TURN_SILENCE", "", "50 to 10000 ms", "silence that ends a turn in any case"),
    setting(
        "INACTIVITY_TIMEOUT",
        "60",
        "5 to 3600 s",
        "without audio after which the service closes the session: an open one is billed",
    ),
    setting(
        "ALLOW_CLIENT_PARAMETERS",
        "true",
        "true or false",
        "whether the page has a settings panel, in which its user chooses other parameters, and the region",
    ),
    setting(
        "ACCESS_PASSWORD",
        "",
        "8 to 1000 characters, or an argon2 hash",
        "asks for this password before the page and its tokens; hash-password makes the hash",
    ),
    setting(
        "ALLOWED_ORIGINS",
        "",
        "origins like https://example.org, with commas between",
        "pages of other servers that may have tokens",
    ),
    setting(
        "PUBLIC_HOSTS",
        "",
        "host names, with commas between",
        "the names the server is reached by, all others are refused; without any, a server that listens on \
         this machine alone takes its names only, and any other all names",
    ),
    setting(
        "TRUSTED_PROXIES",
        "",
        "addresses or networks like 10.0.0.0/8, with commas between",
        "proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed",
    ),
    setting(
        "TOKENS_PER_MINUTE",
        "20",
        "1 to 1000000 a minute",
        "tokens that a client address may have in the long run",
    ),
    setting("TOKENS_BURST", "20", "1 to 1000000", "tokens that a client address may have at once"),
    setting(
        "TOKENS_PER_HOUR",
        "1000",
        "1 to 1000000000",
        "tokens that all clients together may have in an hour of the clock",
    ),
    setting(
        "TOKENS_PER_DAY",
        "5000",
        "1 to 1000000000",
        "tokens that all clients together may have in a day, from midnight UTC",
    ),
    setting(
        "RATE_LIMIT_REDIS_URL",
        "",
        "a redis or rediss address",
        "Redis or Valkey, where several servers count together; without it each counts alone",
    ),
    setting(
        "RATE_LIMIT_FAIL",
        "closed",
        "closed or open",
        "while Redis is away: no tokens, or each server counts alone",
    ),
    setting(
        "TLS_CERT",
        "",
        "a PEM file",
        "the certificate chain, to serve https without a proxy; read anew on SIGHUP",
    ),
    setting("TLS_KEY", "", "a PEM file", "the certificate's private key"),
    setting(
        "MAX_CONNECTIONS",
        "1000",
        "10 to 1000000",
        "connections open at a time; idle ones give way to new ones",
    ),
    setting(
        "SHUTDOWN_TIMEOUT",
        "10",
        "0 to 3600 s",
        "how long answers that are under way may take once the server was told to stop",
    ),
    setting("RUST_LOG", "info", "a tracing filter", "what is logged"),
    setting("LOG_FORMAT", "text", "text or json", "how it is logged"),
    setting(
        "METRICS_ADDR",
        "",
        "an address with its port, like 127.0.0.1:9000",
        "where Prometheus finds /metrics: not for the public",
    ),
];

const fn setting(
    variable: &'static str,
    default: &'static str,
    range: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { variable, default, range, meaning }
}

impl Setting {
    /// The flag, without its hyphens in front.
    pub fn flag(&self) -> String {
        self.variable.to_ascii_lowercase().replace('_', "-")
    }
}
