//! Where each value comes from: flag, environment, `.env`, default.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::{Command, Settings, SettingsError};

impl Settings {
    /// Reads the settings from flags that [`super::command`] has matched, and from `environment`, which looks a
    /// variable up in the environment and then in `.env`.
    ///
    /// # Errors
    /// [`SettingsError`], for the first setting that is wrong.
    pub fn read(
        flags: &ArgMatches,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        // Every value that is set becomes a flag of a second command line, so that one parser checks them all.
        let command = Self::command().mut_args(|arg| arg.env(Resettable::Reset));
        let mut line = vec!["transcription-server".to_owned()];
        for arg in Self::command().get_arguments() {
            if !arg.get_action().takes_values() {
                line.extend(flags.get_flag(arg.get_id().as_str()).then(|| long_flag(arg)));
            } else if let Some(value) = flag(flags, arg).or_else(|| set(environment(variable(arg)?))) {
                line.push(format!("{}={value}", long_flag(arg)));
            }
        }
        line.extend(flags.subcommand_name().map(str::to_owned));
        let mut settings = command
            .try_get_matches_from(line)
            .and_then(|matches| Self::from_arg_matches(&matches))
            .map_err(|error| SettingsError::from_clap(&error))?;
        settings.check()?;
        if settings.page.allow_client_parameters && !settings.demo && settings.local.model.is_none() {
            settings.assemblyai.regions = settings.assemblyai.service.regions();
        }
        Ok(settings)
    }

    /// Checks what depends on several settings.
    fn check(&self) -> Result<(), SettingsError> {
        if self.serve.tls.tls_cert.is_some() != self.serve.tls.tls_key.is_some() {
            return Err(SettingsError::HalfOfTls);
        }
        if self.local.is_required && self.local.model.is_none() {
            return Err(SettingsError::NoModel);
        }
        // The health check asks the server only, so it needs no key.
        let needs_key =
            !self.demo && self.local.model.is_none() && self.command != Some(Command::Healthcheck);
        if needs_key && self.assemblyai.api_key.is_none() {
            return Err(SettingsError::NoKey);
        }
        Ok(())
    }
}

/// A flag as it is typed, such as `--port`.
fn long_flag(arg: &Arg) -> String {
    format!("--{}", arg.get_long().unwrap_or_default())
}

/// The value of a flag on the command line.
fn flag(flags: &ArgMatches, arg: &Arg) -> Option<String> {
    let id = arg.get_id().as_str();
    if flags.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    set(flags.get_one::<OsString>(id).map(|value| value.to_string_lossy().into_owned()))
}

/// The environment variable of a setting.
pub(super) fn variable(arg: &Arg) -> Option<&str> {
    arg.get_env().and_then(|name| name.to_str())
}

/// A value without the space around it; an empty one counts as not set.
fn set(value: Option<String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
