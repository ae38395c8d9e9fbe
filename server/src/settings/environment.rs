//! The environment, and `.env` in the working directory.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{SettingsError, dot_env};

/// The variables of the environment, and those of `.env`.
#[derive(Debug)]
pub struct Environment {
    dot_env: HashMap<String, String>,
    path: Option<PathBuf>,
}

impl Environment {
    /// Reads `.env` in the working directory, if it exists. Parent directories do not count: their `.env` may belong to
    /// another program.
    ///
    /// # Errors
    /// [`SettingsError::DotEnv`], if it cannot be read.
    pub fn read() -> Result<Self, SettingsError> {
        let path = std::path::absolute(".env").unwrap_or_else(|_| Path::new(".env").to_owned());
        let error = |reason: String| SettingsError::DotEnv(format!("{}: {reason}", path.display()));
        let dot_env = match std::fs::read(&path) {
            Ok(content) => dot_env::parse(&content).map_err(|reason| error(reason.to_string()))?,
            Err(missing) if missing.kind() == ErrorKind::NotFound => {
                return Ok(Self { dot_env: HashMap::new(), path: None });
            }
            Err(reason) => return Err(error(reason.to_string())),
        };
        let path = (!dot_env.is_empty()).then_some(path);
        Ok(Self { dot_env, path })
    }

    /// The `.env` that set variables, if there is one.
    pub fn dot_env_path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Looks a variable up in the environment, then in `.env`.
    pub fn get(&self, name: &str) -> Option<String> {
        // A value that is not Unicode is passed on with replacement characters, so that it is refused, not ignored.
        let value = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        value.filter(|value| !value.trim().is_empty()).or_else(|| self.dot_env.get(name).cloned())
    }
}
