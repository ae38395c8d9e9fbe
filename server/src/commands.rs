//! The subcommand `hash-password`.

use std::error::Error;
use std::io::Read as _;

use transcription_server::login;

/// The hash of the password on standard input; the line break at its end is not part of it.
pub(crate) fn hash_password() -> Result<String, Box<dyn Error>> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < login::MIN_CHARACTERS {
        return Err(format!("the password must have at least {} characters", login::MIN_CHARACTERS).into());
    }
    Ok(login::hash(password)?)
}
