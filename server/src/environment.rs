//! What the program is started with: flags, environment, `.env`, and the system's limits.

use std::collections::HashMap;
use std::io::ErrorKind;

use clap::ArgMatches;
use transcription_server::config::{self, ConfigError};

/// Why there are no settings to start with.
pub(crate) enum Refusal {
    /// None are needed: a text was asked for.
    Help(String),
    Wrong(ConfigError),
}

/// The flags.
pub(crate) fn flags() -> Result<ArgMatches, Refusal> {
    config::command().try_get_matches().map_err(|error| match error.exit_code() {
        0 => Refusal::Help(error.to_string()),
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Refusal::Wrong(ConfigError::Flag(line.trim_start_matches("error: ").to_owned()))
        }
    })
}

/// Looks a variable up in the environment, then in `.env`.
pub(crate) fn environment() -> Result<impl Fn(&str) -> Option<String>, ConfigError> {
    let dot_env = dot_env()?;
    Ok(move |name: &str| {
        // What is not Unicode is no good value of any setting, and is told as such rather than passed over.
        let set = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        set.filter(|value| !value.trim().is_empty()).or_else(|| dot_env.get(name).cloned())
    })
}

/// The lines of `.env`, in this folder or one above; empty where there is none.
fn dot_env() -> Result<HashMap<String, String>, ConfigError> {
    let unreadable = |error: &dotenvy::Error| match error {
        // The text would hold the line, and so perhaps the key.
        dotenvy::Error::LineParse(_, index) => {
            ConfigError::DotEnv(format!("a line is not NAME=value (near character {index} of it)"))
        }
        other => ConfigError::DotEnv(other.to_string()),
    };
    match dotenvy::dotenv_iter() {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(|error| unreadable(&error)),
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(HashMap::new()),
        Err(error) => Err(unreadable(&error)),
    }
}

/// Takes as many open files as the system allows: what it gives a program at first, often 1 024, is meant for
/// programs that cannot count further.
#[cfg(unix)]
pub(crate) fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // Where it is not allowed, fewer connections will do.
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
}

#[cfg(not(unix))]
pub(crate) fn raise_open_files() {}
