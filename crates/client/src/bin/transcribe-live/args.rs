use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use transcript_export::Format;

/// The standby of microphones, in s; the page has the same.
const STANDBY_S: u32 = 30;

/// Transcribes speech while it is spoken, by AssemblyAI's streaming API. Unofficial.
///
/// The API key is read from ASSEMBLYAI_API_KEY, in the environment or in the file .env of this folder. With --server,
/// and where this build recognises speech itself, none is needed.
///
/// Finals go to standard output, everything else to standard error. Ctrl-C waits for the last words; a second one ends
/// at once.
///
/// Exit codes: 0 complete, 1 fault, 2 usage or no key, 3 refused or unreachable, 4 no audio, 5 incomplete, 6 an output
/// failed, 130 ended at once.
#[derive(Debug, Parser)]
#[command(name = "transcribe-live", version, args_conflicts_with_subcommands = true, verbatim_doc_comment)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
    /// A WAV file, or - for standard input: a WAV file, or else 16-bit little-endian samples; the microphone by default
    pub(crate) input: Option<PathBuf>,
    /// The sample rate of samples on standard input, in Hz
    #[arg(long, default_value_t = 16_000, value_parser = clap::value_parser!(u32).range(3_000..=768_000))]
    pub(crate) rate: u32,
    /// The channels of samples on standard input
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(crate) channels: u16,
    /// The microphone with this name; the subcommand devices lists them
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    pub(crate) device: Option<String>,
    /// What the computer plays, in place of a microphone
    #[arg(long, conflicts_with_all = ["input", "device"])]
    pub(crate) loopback: bool,
    /// A token server, such as http://localhost:8000, in place of an API key
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// A server of the protocol other than AssemblyAI's
    #[arg(long, value_name = "URL", conflicts_with_all = ["server", "region"])]
    pub(crate) base_url: Option<String>,
    /// Where AssemblyAI processes the audio
    #[arg(long, conflicts_with = "server")]
    pub(crate) region: Option<RegionName>,
    /// Recognise English speech on this machine; the default if LOCAL_MODEL is set and there is no key
    #[arg(long, conflicts_with_all = ["server", "base_url", "region"])]
    #[cfg_attr(not(feature = "local"), arg(hide = true))]
    pub(crate) local: bool,
    /// The folder of the model for --local; by default LOCAL_MODEL, in the environment or in .env
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["server", "base_url", "region"])]
    #[cfg_attr(not(feature = "local"), arg(hide = true))]
    pub(crate) local_model: Option<PathBuf>,
    /// The speech model
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Label the speakers
    #[arg(long)]
    pub(crate) speakers: bool,
    /// Go on trying if the service is not reachable yet
    #[arg(long)]
    pub(crate) wait: bool,
    /// Send a file as fast as the server reads it; only for a recogniser of your own
    #[arg(long)]
    pub(crate) fast: bool,
    /// Close the connection to a service elsewhere, which is billed, once nobody has spoken for this long, in s; 0 keeps
    /// it open. By default 30 for microphones, 0 for files and pipes
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = standby,
        conflicts_with_all = ["speakers", "local", "local_model"]
    )]
    pub(crate) standby: Option<u32>,
    /// Print every event as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Store the audio as a WAV file, which is valid at any moment
    #[arg(long, value_name = "FILE")]
    pub(crate) wav: Option<PathBuf>,
    #[arg(
        short,
        long,
        value_name = "FILE",
        help = format!("Store the transcript, at each final: {}; can be repeated", endings())
    )]
    pub(crate) output: Vec<PathBuf>,
}

impl Args {
    /// Whether they ask for a recogniser on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.local || self.local_model.is_some()
    }

    /// How long nobody may speak before the connection to a service elsewhere is closed.
    pub(crate) fn standby_after(&self) -> Option<Duration> {
        let seconds = self.standby.unwrap_or(if self.input.is_none() { STANDBY_S } else { 0 });
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }
}

/// How the names of transcripts may end, which decides the format.
fn endings() -> String {
    Format::ALL.map(|format| format!(".{}", format.extension())).join(", ")
}

/// 0, or 5 to 3600 s: a shorter silence is one between sentences.
fn standby(value: &str) -> Result<u32, String> {
    let seconds = value.parse().ok().filter(|seconds| *seconds == 0 || (5..=3_600).contains(seconds));
    seconds.ok_or_else(|| "0, or 5 to 3600".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// List the microphones, and the outputs whose sound can be captured
    Devices,
    /// Convert a transcript from JSON to another format
    Export {
        /// A transcript, written by -o FILE.json
        from: PathBuf,
        #[arg(help = format!("The file to write: {}", endings()))]
        to: PathBuf,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegionName {
    /// Wherever it is fastest
    Global,
    /// In the United States
    Us,
    /// In the European Union
    Eu,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_microphone_has_a_standby_and_a_file_has_one_if_it_is_asked_for() {
        let after = |arguments: &[&str]| {
            let args = Args::parse_from([&["transcribe-live"], arguments].concat());
            args.standby_after().map(|after| after.as_secs())
        };
        assert_eq!((after(&[]), after(&["a.wav"]), after(&["-"])), (Some(30), None, None));
        assert_eq!((after(&["--standby", "0"]), after(&["a.wav", "--standby", "5"])), (None, Some(5)));
        for refused in ["4", "3601", "x"] {
            assert!(Args::try_parse_from(["transcribe-live", "--standby", refused]).is_err(), "{refused}");
        }
    }
}
