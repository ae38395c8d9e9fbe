//! The settings: each concern declares its own beside its module, and they are flattened into one struct here.
//!
//! A value comes from its flag, else from its environment variable, else from `.env`, else it is the default. An empty
//! value counts as not set. `--help`, `.env.example` and `docs/settings.md` name every setting; a test compares them.

mod dot_env;
mod environment;
mod error;
mod list;
mod read;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use self::dot_env::{DotEnvError, parse as parse_dot_env};
pub use self::environment::Environment;
pub use self::error::SettingsError;
pub use self::list::{Setting, list};
use crate::assemblyai::AssemblyAiSettings;
use crate::client_address::ProxySettings;
use crate::hosts::HostSettings;
use crate::limits::LimitSettings;
use crate::local::LocalSettings;
use crate::log::LogSettings;
use crate::login::LoginSettings;
use crate::metrics::MetricsSettings;
use crate::origin::OriginSettings;
use crate::page_config::PageSettings;
use crate::serve::ServeSettings;
use crate::token::TokenSettings;

/// Serves a page that transcribes speech, and issues the temporary tokens that the page needs.
#[derive(Debug, Parser)]
#[command(
    name = "transcription-server",
    version,
    after_help = "Each setting is also an environment variable, or a line in .env. A flag takes precedence over the \
                  environment, and the environment over .env."
)]
pub struct Settings {
    /// The service that transcribes.
    #[command(flatten)]
    pub assemblyai: AssemblyAiSettings,
    /// The recogniser on this machine.
    #[command(flatten)]
    pub local: LocalSettings,
    /// Where the server listens, and how many connections it accepts.
    #[command(flatten)]
    pub serve: ServeSettings,
    /// The tokens that the server requests.
    #[command(flatten)]
    pub token: TokenSettings,
    /// What the page asks of the service, when it is on standby, and how long it keeps recordings.
    #[command(flatten)]
    pub page: PageSettings,
    /// The password in front of the page.
    #[command(flatten)]
    pub login: LoginSettings,
    /// Pages of other servers.
    #[command(flatten)]
    pub origin: OriginSettings,
    /// The names of the server.
    #[command(flatten)]
    pub hosts: HostSettings,
    /// The proxies in front of the server.
    #[command(flatten)]
    pub proxies: ProxySettings,
    /// How many tokens are issued.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// The log.
    #[command(flatten)]
    pub log: LogSettings,
    /// The metrics.
    #[command(flatten)]
    pub metrics: MetricsSettings,
    /// Run without an account and without a model: the page shows a fixed text, paced by the speech that the microphone
    /// picks up
    #[arg(long)]
    pub demo: bool,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does instead of serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Check that the server with the same settings on this machine is running; the exit code is 0 if it is
    Healthcheck,
    /// Read a password from standard input and print its hash, for ACCESS_PASSWORD
    HashPassword,
}

/// The command line. It accepts any text as a value: [`Settings::read`] checks values wherever they come from.
pub fn command() -> clap::Command {
    Settings::command().mut_args(|arg| {
        if arg.get_action().takes_values() {
            // The environment's values stay out of --help: the key is one of them.
            arg.value_parser(clap::value_parser!(std::ffi::OsString))
                .allow_negative_numbers(true)
                .hide_env_values(true)
                // Also after a subcommand.
                .global(true)
        } else {
            arg.global(true)
        }
    })
}
