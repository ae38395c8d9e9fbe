use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_streaming::{Client, ClientBuilder, Error, Region, SpeechModel, StreamingParameters};

use crate::args::{Args, RegionName};
use crate::exit::Failure;
use crate::recognizer::{self, Recognizer};

/// The variable with the API key.
const KEY: &str = "ASSEMBLYAI_API_KEY";
/// The variable with the folder of a model; the server reads it too.
const MODEL: &str = "LOCAL_MODEL";
/// The file that may set them.
const VARIABLES: &str = ".env";
/// The longest time that the last words may take on this machine: five minutes of audio may wait to be decoded.
const LOCAL_FINISH_LIMIT: Duration = Duration::from_secs(600);

/// The client that the arguments ask for, and the recogniser that it uses if that is in this program.
pub(crate) async fn client(args: &Args) -> Result<(Client, Option<Recognizer>), Failure> {
    let variable = |name| variable(name, Path::new(VARIABLES));
    let key = variable(KEY);
    let (mut builder, recognizer) = match model(args, key.is_some(), variable(MODEL))? {
        Some(folder) => {
            let recognizer = recognizer::start(&folder).await?;
            let builder = Client::builder().base_url(recognizer.base_url()).api_key(recognizer.key());
            // A proxy is on the way to other machines.
            let builder = builder.no_proxy().faster_than_real_time().finish_limit(LOCAL_FINISH_LIMIT);
            (builder, Some(recognizer))
        }
        None => {
            let builder = service(args, key)?;
            let standby = args.standby_after();
            (standby.into_iter().fold(builder, ClientBuilder::standby_after), None)
        }
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
    let client = builder.build().map_err(|error: Error| Failure::usage(error.to_string()))?;
    Ok((client, recognizer))
}

/// The folder of the model, if speech is recognised on this machine.
fn model(args: &Args, has_key: bool, folder: Option<String>) -> Result<Option<PathBuf>, Failure> {
    let is_elsewhere = has_key || args.server.is_some() || args.base_url.is_some() || args.region.is_some();
    match (&args.local_model, folder.map(PathBuf::from)) {
        (Some(folder), _) => Ok(Some(folder.clone())),
        (None, Some(folder)) if args.local || (recognizer::IS_HERE && !is_elsewhere) => Ok(Some(folder)),
        // A model would not help.
        (None, None) if args.local && !recognizer::IS_HERE => {
            Err(Failure::usage(recognizer::NOT_HERE.to_owned()))
        }
        (None, None) if args.local => Err(Failure::usage(format!(
            "there is no model. Name its folder with --local-model FOLDER, or put it after {MODEL}= in the environment \
             or in the file {VARIABLES}"
        ))),
        _ => Ok(None),
    }
}

/// The client of a service elsewhere.
fn service(args: &Args, key: Option<String>) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder();
    builder = match (&args.server, key) {
        (Some(server), _) => builder.token_server(server),
        (None, Some(key)) => builder.api_key(key),
        // A server of one's own may need no key.
        (None, None) if args.base_url.is_some() => builder,
        (None, None) => {
            let here = ", or recognise speech on this machine with --local";
            let here = if recognizer::IS_HERE { here } else { "" };
            return Err(Failure::usage(format!(
                "there is no API key. Put it after {KEY}= in the environment or in the file {VARIABLES}, or name a token \
                 server with --server URL{here}"
            )));
        }
    };
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    Ok(match args.region {
        Some(RegionName::Us) => builder.region(Region::Us),
        Some(RegionName::Eu) => builder.region(Region::Eu),
        Some(RegionName::Global) => builder.region(Region::Global),
        None => builder,
    })
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

/// A variable of the environment, or of a file of variables.
fn variable(name: &str, file: &Path) -> Option<String> {
    let given = std::env::var(name).ok().or_else(|| {
        // A file that is not there or cannot be parsed has no variable.
        let variables = dotenvy::from_path_iter(file).ok()?;
        variables.flatten().find_map(|(other, value)| (other == name).then_some(value))
    });
    given.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn choice(arguments: &[&str], has_key: bool, folder: Option<&str>) -> Result<Option<PathBuf>, Failure> {
        let args = Args::parse_from([&["transcribe-live"], arguments].concat());
        model(&args, has_key, folder.map(ToOwned::to_owned))
    }

    #[test]
    fn this_machine_recognises_where_it_is_asked_to_or_nothing_else_is_given() {
        let folder = |name: &str| Some(PathBuf::from(name));
        let chosen = |arguments: &[&str], has_key, set: Option<&str>| {
            choice(arguments, has_key, set).map_err(|failure| failure.text)
        };
        assert_eq!(chosen(&["--local"], true, Some("m")), Ok(folder("m")));
        assert_eq!(chosen(&["--local-model", "n"], true, Some("m")), Ok(folder("n")));
        assert_eq!(chosen(&[], false, Some("m")), Ok(folder("m").filter(|_| recognizer::IS_HERE)));
        for elsewhere in [&["--server", "u"][..], &["--base-url", "u"], &["--region", "eu"]] {
            assert_eq!(chosen(elsewhere, false, Some("m")), Ok(None), "{elsewhere:?}");
        }
        assert_eq!(chosen(&[], true, Some("m")), Ok(None));
        assert_eq!(chosen(&[], false, None), Ok(None));
    }

    #[test]
    fn the_region_is_that_of_the_arguments() {
        for (arguments, host) in [
            (&[][..], "streaming.assemblyai.com"),
            (&["--region", "global"], "streaming.assemblyai.com"),
            (&["--region", "us"], "streaming.us.assemblyai.com"),
            (&["--region", "eu"], "streaming.eu.assemblyai.com"),
        ] {
            let args = Args::parse_from([&["transcribe-live"], arguments].concat());
            let client = service(&args, Some("a".to_owned())).map(ClientBuilder::build);
            let text = format!("{client:?}");
            assert!(text.contains(&format!("\"wss://{host}/v3/ws\"")), "{text}");
        }
    }

    #[test]
    fn without_a_model_the_ways_to_name_one_are_said() {
        let failure = choice(&["--local"], true, None).expect_err("no model");
        let expected: &[&str] =
            if recognizer::IS_HERE { &["--local-model", MODEL] } else { &["--features local"] };
        assert!(expected.iter().all(|way| failure.text.contains(way)), "{}", failure.text);
    }
}
