//! The setting of the password.

use std::error::Error;

use secrecy::SecretString;

use super::password::{MAX_CHARACTERS, MIN_CHARACTERS, is_hash};
use crate::values::{InvalidValue, REMOVE_QUOTES, Remedy, is_quoted};

/// How the hashes that `ACCESS_PASSWORD` accepts begin (the PHC string format).
const ARGON2: &str = "$argon2";

/// The password in front of the page.
#[derive(Debug, Clone, clap::Args)]
pub struct LoginSettings {
    /// Ask for this password before the page and its tokens; hash-password makes the hash
    #[arg(
        long,
        env = "ACCESS_PASSWORD",
        hide_env_values = true,
        value_name = "8 to 1000 characters, or an argon2 hash",
        value_parser = password
    )]
    pub access_password: Option<SecretString>,
}

/// A password that is long enough, or a complete hash.
fn password(value: &str) -> Result<SecretString, Box<dyn Error + Send + Sync>> {
    if is_quoted(value) {
        return Err(REMOVE_QUOTES.into());
    }
    // What is left of a hash after a shell or a file format has substituted `$argon2id` and the like.
    if !value.starts_with(ARGON2) && value.contains(",t=") && value.contains(",p=") {
        return Err(Remedy("this is a hash that lost its dollar signs, put it in single quotes").into());
    }
    let is_valid = if value.starts_with(ARGON2) {
        is_hash(value)
    } else {
        // A bcrypt hash would count as the password itself, and anyone who reads the settings could log in with it.
        !value.starts_with("$2") && (MIN_CHARACTERS..=MAX_CHARACTERS).contains(&value.chars().count())
    };
    is_valid.then(|| SecretString::from(value)).ok_or(InvalidValue.into())
}
