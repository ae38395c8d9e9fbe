//! The log, on standard error.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::values::InvalidValue;

/// What is logged, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct LogSettings {
    /// What is logged, in the syntax of the tracing crate: error, warn, info, debug, transcription_server=debug
    #[arg(
        long = "rust-log",
        env = "RUST_LOG",
        default_value = "info",
        value_name = "a tracing filter",
        value_parser = filter
    )]
    pub filter: String,
    /// The format of the log
    #[arg(
        long = "log-format",
        env = "LOG_FORMAT",
        default_value = "text",
        hide_possible_values = true,
        value_name = "text or json"
    )]
    pub format: LogFormat,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A readable line per event.
    Text,
    /// A JSON object per event.
    Json,
}

fn filter(value: &str) -> Result<String, InvalidValue> {
    value.parse::<EnvFilter>().map(|_| value.to_owned()).map_err(|_| InvalidValue)
}

/// Starts to log, for the whole process.
///
/// # Panics
/// If the process logs already.
pub fn start(settings: &LogSettings) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&settings.filter))
        .with_writer(std::io::stderr)
        .with_ansi(has_colors())
        // It would report a failed write by `eprintln!`, which panics when the reader of standard error is gone.
        .log_internal_errors(false);
    match settings.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
}

/// Whether the log has colours: on a terminal, unless its user wants none (no-color.org).
fn has_colors() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
