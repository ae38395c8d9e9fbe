//! Why the settings cannot be used.

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue};

use super::Settings;
use super::read::variable;
use crate::values::Remedy;

/// Why the server does not start; each is one line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A value outside its range.
    #[error("{variable} is {value:?}, but must be {range}{}", suffix(*.remedy))]
    BadValue {
        /// The setting.
        variable: String,
        /// Its value, without a password that may be part of an address.
        value: String,
        /// The values that are allowed.
        range: String,
        /// How to correct it, if that is known.
        remedy: Option<&'static str>,
    },
    /// A secret outside its range; its value is not shown.
    #[error("{variable} must be {range}{}", suffix(*.remedy))]
    BadSecret {
        /// The setting.
        variable: String,
        /// The values that are allowed.
        range: String,
        /// How to correct it, if that is known.
        remedy: Option<&'static str>,
    },
    /// A certificate without a key, or a key without a certificate.
    #[error("TLS_CERT and TLS_KEY belong together: set both, or neither")]
    HalfOfTls,
    /// `--local` without a model.
    #[error(
        "--local needs a model: set LOCAL_MODEL to its folder; cargo xtask setup --model base downloads one"
    )]
    NoModel,
    /// Neither a key nor a model nor `--demo`.
    #[error(
        "there is no API key: set ASSEMBLYAI_API_KEY (in the environment or in .env), or LOCAL_MODEL to recognise \
         speech on this machine, or start with --demo to try the page with a fixed text"
    )]
    NoKey,
    /// An unknown flag, or a flag without its value.
    #[error("{0}; --help lists all flags")]
    Flag(String),
    /// A `.env` that cannot be read; its content is not shown, since it may hold the key.
    #[error(".env cannot be read: {0}")]
    DotEnv(String),
}

impl SettingsError {
    /// An error of the command line as one line that names the environment variable.
    pub fn from_clap(error: &clap::Error) -> Self {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let command = Settings::command();
        // "--port <0 to 65535>"
        let flag = context(ContextKind::InvalidArg).and_then(|arg| arg.split(' ').next());
        let flag = flag.and_then(|flag| flag.strip_prefix("--"));
        let arg = flag.and_then(|flag| command.get_arguments().find(|arg| arg.get_long() == Some(flag)));
        match (arg, context(ContextKind::InvalidValue)) {
            (Some(arg), Some(value)) => {
                let variable = variable(arg).unwrap_or_default().to_owned();
                let range = range(arg);
                let remedy = std::error::Error::source(error).and_then(|source| source.downcast_ref());
                let remedy = remedy.map(|Remedy(text)| *text);
                if arg.is_hide_env_values_set() {
                    return Self::BadSecret { variable, range, remedy };
                }
                // Addresses may hold a password before the host.
                let value = value.rsplit_once('@').map_or(value.to_owned(), |(_, host)| format!("…@{host}"));
                Self::BadValue { variable, value, range, remedy }
            }
            _ => {
                let text = error.to_string();
                let line = text.lines().next().unwrap_or_default();
                Self::Flag(line.trim_start_matches("error: ").to_owned())
            }
        }
    }
}

fn suffix(remedy: Option<&str>) -> String {
    remedy.map(|text| format!(": {text}")).unwrap_or_default()
}

/// The values that a setting allows: its value name, so that `--help` shows them too.
pub(super) fn range(arg: &clap::Arg) -> String {
    arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default()
}
