//! The settings of the recogniser on this machine.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use local_speech::ModelSize;
use secrecy::SecretString;

use crate::values::{InvalidValue, List, boolean, list};

/// Characters that a key has at least: 16 random letters and digits are 95 bits.
const MIN_KEY_CHARACTERS: usize = 16;

/// The recogniser on this machine; it is used if there is a model.
#[derive(Debug, Clone, clap::Args)]
pub struct LocalSettings {
    /// Recognise speech on this machine, with the model of LOCAL_MODEL; without a model the server does not start
    #[arg(long = "local", conflicts_with = "demo")]
    pub is_required: bool,
    /// A folder with a speech model: speech is recognised on this machine, and no account is needed
    #[arg(long = "local-model", env = "LOCAL_MODEL", value_name = "a folder")]
    pub model: Option<PathBuf>,
    /// The model that the folder must hold; by default any
    #[arg(
        long = "local-model-size",
        env = "LOCAL_MODEL_SIZE",
        value_name = "base or tiny",
        value_parser = model_size
    )]
    pub model_size: Option<LocalModelSize>,
    /// Keys with which other clients than the page open sessions at /v3/ws and get tokens at /v3/token
    #[arg(
        long = "local-api-keys",
        env = "LOCAL_API_KEYS",
        hide_env_values = true,
        value_name = "keys of at least 16 characters, separated by commas",
        default_value = "",
        hide_default_value = true,
        value_parser = api_keys
    )]
    pub api_keys: List<SecretString>,
    /// Whether programs on this machine need no key; not those that come by way of a proxy
    #[arg(
        long = "local-keyless-loopback",
        env = "LOCAL_KEYLESS_LOOPBACK",
        action = clap::ArgAction::Set,
        default_value = "false",
        value_name = "true or false",
        value_parser = boolean
    )]
    pub keyless_loopback: bool,
    /// What signs the tokens of the local service; the same on all replicas. By default a new one at each start
    #[arg(
        long = "local-token-secret",
        env = "LOCAL_TOKEN_SECRET",
        hide_env_values = true,
        value_name = "at least 32 characters",
        value_parser = secret
    )]
    pub token_secret: Option<SecretString>,
    /// Sessions that may be open at a time; by default as many as this machine was measured to carry
    #[arg(long = "local-max-sessions", env = "LOCAL_MAX_SESSIONS", value_name = "1 or more")]
    pub max_sessions: Option<NonZeroU32>,
    /// Threads that decode; by default one for each core
    #[arg(long = "local-threads", env = "LOCAL_THREADS", value_name = "1 or more")]
    pub threads: Option<NonZeroUsize>,
}

/// The size of a model, as settings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalModelSize {
    /// Half the errors of tiny.
    Base,
    /// Half the cost of base.
    Tiny,
}

impl fmt::Display for LocalModelSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::Tiny => "tiny",
        })
    }
}

impl From<ModelSize> for LocalModelSize {
    fn from(size: ModelSize) -> Self {
        match size {
            ModelSize::Base => Self::Base,
            ModelSize::Tiny => Self::Tiny,
        }
    }
}

fn model_size(value: &str) -> Result<LocalModelSize, InvalidValue> {
    match value {
        "base" => Ok(LocalModelSize::Base),
        "tiny" => Ok(LocalModelSize::Tiny),
        _ => Err(InvalidValue),
    }
}

fn api_keys(value: &str) -> Result<List<SecretString>, InvalidValue> {
    list(value, api_key)
}

fn api_key(value: &str) -> Result<SecretString, InvalidValue> {
    let is_valid = value.len() >= MIN_KEY_CHARACTERS && value.chars().all(|c| c.is_ascii_graphic());
    is_valid.then(|| SecretString::from(value)).ok_or(InvalidValue)
}

fn secret(value: &str) -> Result<SecretString, InvalidValue> {
    (value.chars().count() >= 32).then(|| SecretString::from(value)).ok_or(InvalidValue)
}
