//! The password: stored as a hash, compared in constant time.

use std::borrow::Cow;

use argon2::password_hash::Result;
use argon2::{Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _};
use icu_normalizer::ComposingNormalizerBorrowed;
use secrecy::{ExposeSecret as _, SecretString};

/// The salt of a password that the settings have in plain text: the same on all replicas, so that each accepts the
/// cookies of the others. A hash in the settings has a salt of its own.
const SALT: &[u8] = b"transcription-server";

/// The minimum length of a password, in characters.
pub const MIN_CHARACTERS: usize = 8;
/// The maximum length of a password, in characters.
pub const MAX_CHARACTERS: usize = 1_000;

/// A password, as its argon2 hash.
#[derive(Clone)]
pub struct Password {
    hash: PasswordHash,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl Password {
    /// The password of a setting, which holds a password or a hash.
    ///
    /// # Errors
    /// If it holds neither; the settings accept no such value.
    pub fn new(setting: &SecretString) -> Result<Self> {
        let text = setting.expose_secret();
        let hash = match read_hash(text) {
            Some(hash) => hash,
            None => Argon2::default().hash_password_with_salt(normal(text).as_bytes(), SALT)?,
        };
        Ok(Self { hash })
    }

    /// Whether a guess is this password. Takes tens of milliseconds and 19 MiB, or what the hash demands: not for a
    /// thread that serves requests.
    pub fn verify(&self, guess: &str) -> bool {
        let is_it = |guess: &str| Argon2::default().verify_password(guess.as_bytes(), &self.hash).is_ok();
        let normal = normal(guess);
        // Another program may have hashed the password as it was typed.
        is_it(&normal) || (normal != guess && is_it(guess))
    }

    /// The hash itself, without salt and parameters.
    pub(super) fn digest(&self) -> &[u8] {
        self.hash.hash.as_ref().map_or(&[], |output| output.as_bytes())
    }

    /// The salt.
    pub(super) fn salt(&self) -> &[u8] {
        self.hash.salt.as_ref().map_or(&[], |salt| salt.as_ref())
    }
}

/// A new hash of a password, with a random salt, for `ACCESS_PASSWORD`.
///
/// # Errors
/// If the system provides no random numbers.
pub fn hash(password: &str) -> Result<String> {
    Argon2::default().hash_password(normal(password).as_bytes()).map(|hash| hash.to_string())
}

/// The password in normal form C (RFC 8265, 4.2.2): keyboards and systems write the same `ü` with one character or two.
fn normal(password: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(password)
}

/// Whether a text is a complete argon2 hash, with salt and parameters.
pub(crate) fn is_hash(text: &str) -> bool {
    read_hash(text).is_some()
}

fn read_hash(text: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(text).ok()?;
    let is_complete = hash.hash.is_some() && hash.salt.is_some() && Params::try_from(&hash).is_ok();
    (is_complete && hash.algorithm.as_str().starts_with("argon2")).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn of(setting: &str) -> TestResult<Password> {
        Ok(Password::new(&SecretString::from(setting))?)
    }

    #[test]
    fn a_password_and_its_hash_both_verify_the_password_and_no_other() -> TestResult {
        let hashed = hash("correct horse")?;
        assert!(hashed.starts_with("$argon2id$") && is_hash(&hashed), "{hashed}");
        for password in [of("correct horse")?, of(&hashed)?] {
            assert!(password.verify("correct horse"));
            for guess in ["", "correct hors", "correct horse ", "Correct horse", &hashed] {
                assert!(!password.verify(guess), "{guess}");
            }
        }
        Ok(())
    }

    #[test]
    fn an_accent_may_be_typed_as_one_character_or_two() -> TestResult {
        let (one, two) = ("p\u{e4}ssw\u{f6}rt", "pa\u{308}sswo\u{308}rt");
        let hashed = hash(two)?;
        for password in [of(one)?, of(two)?, of(&hashed)?] {
            assert!(password.verify(one) && password.verify(two) && !password.verify("passwort"));
        }
        let foreign = Argon2::default().hash_password(two.as_bytes())?.to_string();
        assert!(of(&foreign)?.verify(two));
        Ok(())
    }

    #[test]
    fn an_incomplete_hash_is_not_a_hash() -> TestResult {
        let whole = hash("correct horse")?;
        let (without_output, _) = whole.rsplit_once('$').ok_or("no parts")?;
        for text in ["", "$argon2id", "$argon2id$v=19$m=1,t=0,p=9$YWFhYWFhYWE$YWFhYQ", without_output] {
            assert!(!is_hash(text), "{text}");
        }
        assert!(!is_hash(&whole.replace("$argon2id$", "$scrypt$")));
        Ok(())
    }

    #[test]
    fn it_is_not_shown() -> TestResult {
        assert_eq!(format!("{:?}", of("correct horse")?), "Password(…)");
        Ok(())
    }
}
