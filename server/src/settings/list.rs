//! The settings as a list, for tests that compare the documents with them.

use clap::CommandFactory as _;

use super::Settings;
use super::error::range;
use super::read::variable;

/// A setting as `--help`, `.env.example` and `docs/settings.md` show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub variable: String,
    /// The flag, without its hyphens.
    pub flag: String,
    /// The default; empty where there is none.
    pub default: String,
    /// The values that are allowed, with their unit.
    pub range: String,
}

/// Every setting but `--demo` and `--local`, and but those that only keep an older name.
pub fn list() -> Vec<Setting> {
    let command = Settings::command();
    let settings = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let settings = settings.filter_map(|arg| {
        Some(Setting {
            variable: variable(arg)?.to_owned(),
            flag: arg.get_long()?.to_owned(),
            default: arg
                .get_default_values()
                .first()
                .map(|it| it.to_string_lossy().into())
                .unwrap_or_default(),
            range: range(arg),
        })
    });
    settings.collect()
}
