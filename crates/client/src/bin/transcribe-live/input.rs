use std::path::Path;

use assemblyai_streaming::AudioSource;

use crate::args::Args;
use crate::exit::{Exit, Failure};

/// The audio that the arguments ask for.
pub(crate) async fn open(args: &Args) -> Result<AudioSource, Failure> {
    let Some(path) = args.input.as_deref() else { return microphone(args).await };
    let source = if path == Path::new("-") {
        AudioSource::pcm(tokio::io::stdin(), args.rate, args.channels)
    } else {
        AudioSource::wav(path)
    };
    source.map_err(|error| Failure::input(path, &error))
}

#[cfg(all(target_os = "linux", feature = "microphone"))]
async fn microphone(args: &Args) -> Result<AudioSource, Failure> {
    use assemblyai_streaming::microphone::{Input, open};
    let input = match &args.device {
        _ if args.loopback => Input::Loopback,
        Some(name) => Input::Named(name.clone()),
        None => Input::Default,
    };
    open(input).await.map_err(|error| Failure { exit: Exit::NoAudio, text: error.to_string() })
}

#[cfg(not(all(target_os = "linux", feature = "microphone")))]
#[expect(clippy::unused_async, reason = "as on Linux")]
async fn microphone(_: &Args) -> Result<AudioSource, Failure> {
    Err(no_microphone())
}

/// Lists the devices that can be captured from.
#[cfg(all(target_os = "linux", feature = "microphone"))]
pub(crate) async fn list() -> Result<(), Failure> {
    let devices = assemblyai_streaming::microphone::devices().await;
    for device in devices.map_err(|error| Failure { exit: Exit::NoAudio, text: error.to_string() })? {
        let mark = if device.is_default { '*' } else { ' ' };
        println!("{mark} {}  {}", device.name, device.description);
    }
    Ok(())
}

#[cfg(not(all(target_os = "linux", feature = "microphone")))]
#[expect(clippy::unused_async, reason = "as on Linux")]
pub(crate) async fn list() -> Result<(), Failure> {
    Err(no_microphone())
}

#[cfg(not(all(target_os = "linux", feature = "microphone")))]
fn no_microphone() -> Failure {
    let text = "this build captures from no microphone; pipe samples to standard input, and name it -";
    Failure { exit: Exit::NoAudio, text: text.to_owned() }
}
