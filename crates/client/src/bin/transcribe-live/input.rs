use std::path::Path;

use assemblyai_streaming::AudioSource;
use tokio::sync::mpsc::UnboundedSender;

use crate::args::Args;
use crate::exit::{Exit, Failure};

/// The audio that the arguments ask for; `notices` gets a sentence for what happens to a microphone.
pub(crate) async fn open(args: &Args, notices: UnboundedSender<String>) -> Result<AudioSource, Failure> {
    let Some(path) = args.input.as_deref() else { return microphone(args, notices).await };
    let source = if path == Path::new("-") {
        AudioSource::wav_or_pcm(std::io::stdin(), args.rate, args.channels)
    } else {
        AudioSource::wav(path)
    };
    source.map_err(|error| Failure::input(path, &error))
}

#[cfg(all(any(target_os = "linux", target_os = "macos", target_os = "windows"), feature = "microphone"))]
async fn microphone(args: &Args, notices: UnboundedSender<String>) -> Result<AudioSource, Failure> {
    use assemblyai_streaming::microphone::{DeviceChange, Input, open_watched};
    let input = match &args.device {
        _ if args.loopback => Input::Loopback,
        Some(name) => Input::Named(name.clone()),
        None => Input::Default,
    };
    let report = move |change| {
        let sentence = match change {
            DeviceChange::Lost => "the microphone is lost; what was said is kept".to_owned(),
            DeviceChange::Resumed(name) => format!("recording goes on, with {name}"),
            _ => return,
        };
        // Fails once the program ends.
        notices.send(sentence).ok();
    };
    open_watched(input, report)
        .await
        .map_err(|error| Failure { exit: Exit::NoAudio, text: error.to_string() })
}

#[cfg(not(all(
    any(target_os = "linux", target_os = "macos", target_os = "windows"),
    feature = "microphone"
)))]
#[expect(clippy::unused_async, reason = "as on Linux")]
async fn microphone(_: &Args, _: UnboundedSender<String>) -> Result<AudioSource, Failure> {
    Err(no_microphone())
}

/// The devices that can be captured from, one a line.
#[cfg(all(any(target_os = "linux", target_os = "macos", target_os = "windows"), feature = "microphone"))]
pub(crate) async fn list() -> Result<String, Failure> {
    let devices = assemblyai_streaming::microphone::devices().await;
    let devices = devices.map_err(|error| Failure { exit: Exit::NoAudio, text: error.to_string() })?;
    let lines = devices.iter().map(|device| {
        let mark = if device.is_default { '*' } else { ' ' };
        format!("{mark} {}  {}\n", device.name, device.description)
    });
    Ok(lines.collect())
}

#[cfg(not(all(
    any(target_os = "linux", target_os = "macos", target_os = "windows"),
    feature = "microphone"
)))]
#[expect(clippy::unused_async, reason = "as on Linux")]
pub(crate) async fn list() -> Result<String, Failure> {
    Err(no_microphone())
}

#[cfg(not(all(
    any(target_os = "linux", target_os = "macos", target_os = "windows"),
    feature = "microphone"
)))]
fn no_microphone() -> Failure {
    let text =
        "this build captures from no microphone; pipe samples to standard input and give - as the input";
    Failure { exit: Exit::NoAudio, text: text.to_owned() }
}
