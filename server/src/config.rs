//! The settings, from flags, environment and `.env`, in that order.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use assemblyai_protocol::{
    END_OF_TURN_CONFIDENCE, INACTIVITY_TIMEOUT_S, MAX_SESSION_DURATION_S, StreamingParameters,
    TOKEN_EXPIRES_IN_S, TOKEN_PATH, TURN_SILENCE_MS, TokenRequest, WEBSOCKET_PATH,
};
use clap::{Arg, ArgAction, ArgMatches, Command};
use reqwest::Url;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

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
pub const SETTINGS: [Setting; 13] = [
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
    setting("MAX_SESSION_DURATION_SECONDS", "3600", "60 to 10800 s", "how long one recording may last"),
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
    setting("RUST_LOG", "info", "a tracing filter", "what is logged"),
];

/// The older name of `MIN_TURN_SILENCE`, which AssemblyAI's examples of 2025 use.
const OLD_MIN_TURN_SILENCE: &str = "MIN_END_OF_TURN_SILENCE_WHEN_CONFIDENT";

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
    /// Whether the words come from a script.
    pub demo: bool,
    /// What is logged.
    pub log: String,
}

/// Where the service is: one setting for token and socket, since a token is good in its own region only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The token endpoint.
    pub token_url: Url,
    /// The socket's address, without parameters.
    pub websocket_url: Url,
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
    command.arg(Arg::new("demo").long("demo").action(ArgAction::SetTrue).help(demo))
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
        let config = Self {
            api_key: api_key.map(SecretString::from),
            host: values.parsed("HOST", host)?,
            port: values.parsed("PORT", |port| port.parse().ok())?,
            service: values.parsed("ASSEMBLYAI_BASE_URL", Service::at)?,
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
            log: values.parsed("RUST_LOG", |filter| {
                filter.parse::<EnvFilter>().is_ok().then(|| filter.to_owned())
            })?,
        };
        // Last, so that a value that is wrong is told first.
        if has_key || demo { Ok(config) } else { Err(ConfigError::NoKey) }
    }
}

impl Service {
    /// The endpoints below a base URL, `None` where it is no http or https address, or holds more than host,
    /// port and path.
    pub fn at(base_url: &str) -> Option<Self> {
        let base = Url::parse(base_url).ok()?;
        let plain = base.username().is_empty() && base.password().is_none() && base.query().is_none();
        if !plain || base.fragment().is_some() || !base.has_host() {
            return None;
        }
        let below = |scheme: &str, path: &str| {
            let rest = base.as_str().trim_end_matches('/').split_once("://")?.1;
            Url::parse(&format!("{scheme}://{rest}{path}")).ok()
        };
        let websocket_scheme = match base.scheme() {
            "http" => "ws",
            "https" => "wss",
            _ => return None,
        };
        Some(Self {
            token_url: below(base.scheme(), TOKEN_PATH)?,
            websocket_url: below(websocket_scheme, WEBSOCKET_PATH)?,
        })
    }
}

/// Where values come from.
struct Values<'a, F> {
    flags: &'a ArgMatches,
    environment: F,
}

impl<F: Fn(&str) -> Option<String>> Values<'_, F> {
    /// The value, or the default; what is empty counts as not set.
    fn get(&self, variable: &str) -> Option<String> {
        let flag = self.flags.try_get_one::<String>(variable).ok().flatten().cloned();
        let set = |value: String| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let given = flag.and_then(set).or_else(|| (self.environment)(variable).and_then(set));
        given.or_else(|| {
            let setting = SETTINGS.iter().find(|setting| setting.variable == variable)?;
            (!setting.default.is_empty()).then(|| setting.default.to_owned())
        })
    }

    fn optional<T>(
        &self,
        variable: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(variable) else { return Ok(None) };
        parse(&value).map(Some).ok_or_else(|| bad(variable, &value))
    }

    /// For settings that have a default.
    fn parsed<T>(&self, variable: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        self.optional(variable, parse)?.ok_or_else(|| bad(variable, ""))
    }
}

fn bad(variable: &'static str, value: &str) -> ConfigError {
    let name = if variable == OLD_MIN_TURN_SILENCE { "MIN_TURN_SILENCE" } else { variable };
    let setting = SETTINGS.iter().find(|setting| setting.variable == name);
    // A password before the host is one of the things that an address must not have.
    let value = value.rsplit_once('@').map_or(value.to_owned(), |(_, host)| format!("…@{host}"));
    ConfigError::BadValue {
        variable,
        value,
        range: setting.map_or("something else", |setting| setting.range),
    }
}

fn within<T: FromStr + PartialOrd + Display>(range: RangeInclusive<T>) -> impl Fn(&str) -> Option<T> {
    move |value| value.parse().ok().filter(|number| range.contains(number))
}

/// An address or a name; an IPv6 address with the brackets of URLs as well.
fn host(value: &str) -> Option<String> {
    let bare = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    (!bare.contains(['/', ' ', '[', ']'])).then(|| bare.to_owned())
}

fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
