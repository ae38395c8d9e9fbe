//! The environment, and `.env`.

use std::collections::HashMap;
use std::io::ErrorKind;

use super::SettingsError;

/// Looks a variable up in the environment, then in `.env`.
///
/// # Errors
/// [`SettingsError::DotEnv`], where `.env` cannot be read.
pub fn environment() -> Result<impl Fn(&str) -> Option<String>, SettingsError> {
    let dot_env = dot_env()?;
    Ok(move |name: &str| {
        // A value that is not Unicode is passed on with replacement characters, so that it is refused, not ignored.
        let set = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        set.filter(|value| !value.trim().is_empty()).or_else(|| dot_env.get(name).cloned())
    })
}

/// The lines of `.env`, in this folder or one above; empty where there is none.
fn dot_env() -> Result<HashMap<String, String>, SettingsError> {
    let unreadable = |error: &dotenvy::Error| match error {
        // The error's text holds the line, and so perhaps the key.
        dotenvy::Error::LineParse(_, index) => {
            SettingsError::DotEnv(format!("a line is not NAME=value (near character {index} of it)"))
        }
        other => SettingsError::DotEnv(other.to_string()),
    };
    match dotenvy::dotenv_iter() {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(|error| unreadable(&error)),
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(HashMap::new()),
        Err(error) => Err(unreadable(&error)),
    }
}
