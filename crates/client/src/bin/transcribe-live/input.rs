use std::path::Path;

use assemblyai_streaming::AudioSource;

use crate::args::Args;
use crate::exit::Failure;

/// The audio that the arguments ask for.
pub(crate) fn open(args: &Args) -> Result<AudioSource, Failure> {
    let Some(path) = args.input.as_deref() else {
        return Err(Failure::usage("name a WAV file, or - for samples on standard input".to_owned()));
    };
    let source = if path == Path::new("-") {
        AudioSource::pcm(tokio::io::stdin(), args.rate, args.channels)
    } else {
        AudioSource::wav(path)
    };
    source.map_err(|error| Failure::input(path, &error))
}
