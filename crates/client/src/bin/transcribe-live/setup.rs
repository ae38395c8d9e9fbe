use std::path::Path;

use assemblyai_streaming::{Client, Error, Region, SpeechModel, StreamingParameters};

use crate::args::{Args, RegionName};
use crate::exit::Failure;

/// The variable with the API key.
const KEY: &str = "ASSEMBLYAI_API_KEY";

/// The client that the arguments ask for.
pub(crate) fn client(args: &Args) -> Result<Client, Failure> {
    let mut builder = Client::builder();
    builder = match (&args.server, key(Path::new(".env"))) {
        (Some(server), _) => builder.token_server(server),
        (None, Some(key)) => builder.api_key(key),
        // A server of one's own may need no key.
        (None, None) if args.base_url.is_some() => builder,
        (None, None) => {
            return Err(Failure::usage(format!(
                "there is no API key. Put it after {KEY}= in the environment or in the file .env, or name a token \
                 server with --server URL"
            )));
        }
    };
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    builder = match args.region {
        Some(RegionName::Us) => builder.region(Region::Us),
        Some(RegionName::Eu) => builder.region(Region::Eu),
        Some(RegionName::Global) => builder.region(Region::Global),
        None => builder,
    };
    if let Some(parameters) = parameters(args)? {
        builder = builder.parameters(parameters);
    }
    if args.wait {
        builder = builder.wait_for_service();
    }
    if args.fast {
        builder = builder.faster_than_real_time();
    }
    builder.build().map_err(|error: Error| Failure::usage(error.to_string()))
}

/// The parameters that the arguments set; `None` leaves them to a token server.
fn parameters(args: &Args) -> Result<Option<StreamingParameters>, Failure> {
    if args.model.is_none() && !args.speakers {
        return Ok(None);
    }
    let mut parameters = StreamingParameters::default();
    if let Some(model) = &args.model {
        let model: Result<SpeechModel, _> = model.parse();
        parameters.speech_model = model.map_err(|error| Failure::usage(error.to_string()))?;
    }
    parameters.speaker_labels = args.speakers.then_some(true);
    Ok(Some(parameters))
}

/// The API key of the environment, or of a file of variables.
fn key(file: &Path) -> Option<String> {
    let given = std::env::var(KEY).ok().or_else(|| {
        // A file that is not there or cannot be parsed has no key.
        let variables = dotenvy::from_path_iter(file).ok()?;
        variables.flatten().find_map(|(name, value)| (name == KEY).then_some(value))
    });
    given.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty())
}
