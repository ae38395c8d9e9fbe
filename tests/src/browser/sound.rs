//! Virtual microphones for the browsers without a fake one: a private `PulseAudio`.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use super::feed::{Feed, RATE_HZ};
use crate::process::{Process, ProcessError};

/// An environment variable: name and value.
pub type Environment = (&'static str, String);

/// The longest that `PulseAudio` may take to start; 0.1 s on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(20);
/// The longest that one of its commands may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);

/// Why the sound system failed.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// `PulseAudio` did not start.
    #[error("PulseAudio does not start (cargo xtask setup installs it)")]
    Start(#[source] ProcessError),
    /// The folder for its files cannot be created.
    #[error("cannot create a folder for PulseAudio")]
    Folder(#[source] io::Error),
    /// A microphone could not be plugged in or unplugged.
    #[error("pactl {command} failed: {message}")]
    Command {
        /// The command.
        command: String,
        /// Its error message.
        message: String,
    },
    /// A microphone's pipe could not be opened.
    #[error("{path} cannot be opened")]
    Pipe {
        /// The pipe.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// The `PulseAudio` of one browser; dropping it ends the daemon.
///
/// Its microphones are pipes that this process fills in real time. A pipe passes each sample on exactly once; `paplay`
/// into a null sink, with the sink's monitor as the microphone, loses or repeats some ms now and then.
#[derive(Debug)]
pub struct Sound {
    daemon: Process,
    microphones: Vec<VirtualMicrophone>,
    folder: TempDir,
}

#[derive(Debug)]
struct VirtualMicrophone {
    name: String,
    /// The index of its `PulseAudio` module.
    module: String,
    _feed: Feed,
}

impl Sound {
    /// Starts a sound system without a microphone, with or without a (silent) loudspeaker.
    ///
    /// Firefox uses the loudspeaker's monitor as a microphone where there is no other.
    ///
    /// # Errors
    /// If `PulseAudio` is not installed or does not start.
    pub async fn start(has_loudspeaker: bool) -> Result<Self, SoundError> {
        // Not in target/: the path of a socket is limited to 107 bytes.
        let folder = tempfile::Builder::new().prefix("sound-").tempdir().map_err(SoundError::Folder)?;
        let path = folder.path();
        let mut daemon = Command::new("pulseaudio");
        daemon
            // Reads no file of the user and changes none.
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"])
            .env("HOME", path)
            .env("XDG_RUNTIME_DIR", path)
            .env("PULSE_RUNTIME_PATH", path)
            .env("PULSE_STATE_PATH", path)
            // `Feed` reads in the log when a browser opens a microphone.
            .args(["--log-level=info", "--log-target=stderr"])
            .arg("-L")
            .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket(path).display()))
            .args(has_loudspeaker.then_some("-L"))
            .args(has_loudspeaker.then(|| format!("module-null-sink sink_name=loudspeaker rate={RATE_HZ}")));
        let started = Process::start(daemon, "Daemon startup complete", START_LIMIT).await;
        let (daemon, _) = started.map_err(SoundError::Start)?;
        Ok(Self { daemon, microphones: Vec::new(), folder })
    }

    /// Plugs in a microphone; the first one becomes the default.
    ///
    /// Each time a page opens it, it plays `samples` (at 48 kHz) after [`LEAD_IN_MS`](super::LEAD_IN_MS) of silence, and
    /// silence after them.
    ///
    /// # Errors
    /// If there is a microphone of that name, or `PulseAudio` has ended.
    pub async fn plug_in(&mut self, name: &str, samples: Vec<i16>) -> Result<(), SoundError> {
        let path = self.folder.path().join(name);
        let module = self
            .pactl(&[
                "load-module",
                "module-pipe-source",
                &format!("source_name={name}"),
                &format!("source_properties=device.description={name}"),
                &format!("file={}", path.display()),
                "format=s16le",
                &format!("rate={RATE_HZ}"),
                "channels=1",
            ])
            .await?;
        // Opening a pipe blocks until there is a reader: PulseAudio has opened it by now.
        let pipe = OpenOptions::new().write(true).open(&path);
        let pipe = pipe.map_err(|source| SoundError::Pipe { path, source })?;
        let feed = Feed::start(pipe, name, samples, self.daemon.printed());
        self.microphones.push(VirtualMicrophone { name: name.to_owned(), module, _feed: feed });
        if self.microphones.len() == 1 {
            self.pactl(&["set-default-source", name]).await?;
        }
        Ok(())
    }

    /// Unplugs a microphone, even while it plays.
    ///
    /// # Errors
    /// If there is no microphone of that name, or `PulseAudio` has ended.
    pub async fn unplug(&mut self, name: &str) -> Result<(), SoundError> {
        let found = self.microphones.iter().position(|microphone| microphone.name == name);
        let found = found.ok_or_else(|| SoundError::Command {
            command: format!("unload-module {name}"),
            message: "there is no such microphone".to_owned(),
        })?;
        let microphone = self.microphones.remove(found);
        self.pactl(&["unload-module", &microphone.module]).await.map(drop)
    }

    /// The environment variable that makes a program use this sound system.
    pub fn environment(&self) -> Environment {
        ("PULSE_SERVER", format!("unix:{}", socket(self.folder.path()).display()))
    }

    /// The folder with its files.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn pactl(&self, args: &[&str]) -> Result<String, SoundError> {
        let (name, value) = self.environment();
        let failed = |message| SoundError::Command { command: args.join(" "), message };
        let output = Command::new("pactl").args(args).env(name, value).kill_on_drop(true).output();
        let output = match tokio::time::timeout(COMMAND_LIMIT, output).await {
            Ok(output) => output.map_err(|error| failed(error.to_string()))?,
            Err(late) => return Err(failed(late.to_string())),
        };
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}
