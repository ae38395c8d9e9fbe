//! Microphones for the browsers that have no fake one of their own: a private `PulseAudio`.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use super::feed::Feed;
use crate::process::{Process, ProcessError};

/// A variable of the environment: its name and what it says.
pub(super) type Environment = (&'static str, String);

/// The rate of every microphone and of the loudspeaker, in Hz.
pub(super) const RATE_HZ: u32 = 48_000;
/// The longest that `PulseAudio` may take to start; 0.1 s on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(20);
/// The longest that one of its commands may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);

/// A sound system that did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// It did not start.
    #[error("PulseAudio does not start (cargo xtask setup brings it)")]
    Start(#[source] ProcessError),
    /// It has no place for its files.
    #[error("there is no folder for PulseAudio")]
    Folder(#[source] io::Error),
    /// A microphone could not be plugged in or pulled out.
    #[error("pactl {command} failed: {message}")]
    Command {
        /// The command.
        command: String,
        /// Its words.
        message: String,
    },
    /// A microphone's pipe could not be opened.
    #[error("{path} cannot be opened")]
    Pipe {
        /// The pipe.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A `PulseAudio` of one browser's own; dropping it ends it.
///
/// Its microphones are pipes that this process fills at the pace of the clock. A pipe gives each sample on just
/// once; with `paplay` into a null sink, whose monitor is the microphone, some ms are lost or repeated now and then.
#[derive(Debug)]
pub struct Sound {
    daemon: Process,
    microphones: Vec<VirtualMicrophone>,
    folder: TempDir,
}

#[derive(Debug)]
struct VirtualMicrophone {
    name: String,
    /// `PulseAudio`'s number for the module that it is.
    module: String,
    _feed: Feed,
}

impl Sound {
    /// A sound system without a microphone; what its loudspeaker plays, nobody hears. Firefox takes a loudspeaker
    /// for a microphone where there is no other.
    pub(super) async fn start(has_loudspeaker: bool) -> Result<Self, SoundError> {
        // Not in target/: the path of a socket has 107 bytes at most.
        let folder = tempfile::Builder::new().prefix("sound-").tempdir().map_err(SoundError::Folder)?;
        let path = folder.path();
        let mut daemon = Command::new("pulseaudio");
        daemon
            // Nothing of the user's, in no direction.
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"])
            .env("HOME", path)
            .env("XDG_RUNTIME_DIR", path)
            .env("PULSE_RUNTIME_PATH", path)
            .env("PULSE_STATE_PATH", path)
            // The log tells when a browser opens a microphone.
            .args(["--log-level=info", "--log-target=stderr"])
            .arg("-L")
            .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket(path).display()))
            .args(has_loudspeaker.then_some("-L"))
            .args(has_loudspeaker.then(|| format!("module-null-sink sink_name=loudspeaker rate={RATE_HZ}")));
        let started = Process::start(daemon, "Daemon startup complete", START_LIMIT).await;
        let (daemon, _) = started.map_err(SoundError::Start)?;
        Ok(Self { daemon, microphones: Vec::new(), folder })
    }

    /// Plugs in a microphone that plays `samples` (at 48 kHz) from [`LEAD_IN_MS`](super::LEAD_IN_MS) after each moment
    /// that a page opens it, and silence before and after them. It becomes the default if it is the first.
    ///
    /// # Errors
    /// Where there is one of that name, or `PulseAudio` is gone.
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
        // Waits for a reader, which PulseAudio is by now.
        let pipe = OpenOptions::new().write(true).open(&path);
        let pipe = pipe.map_err(|source| SoundError::Pipe { path, source })?;
        let feed = Feed::start(pipe, name, samples, self.daemon.printed());
        self.microphones.push(VirtualMicrophone { name: name.to_owned(), module, _feed: feed });
        if self.microphones.len() == 1 {
            self.pactl(&["set-default-source", name]).await?;
        }
        Ok(())
    }

    /// Pulls a microphone out, in mid-talk too.
    ///
    /// # Errors
    /// Where there is none of that name, or `PulseAudio` is gone.
    pub async fn unplug(&mut self, name: &str) -> Result<(), SoundError> {
        let found = self.microphones.iter().position(|microphone| microphone.name == name);
        let found = found.ok_or_else(|| SoundError::Command {
            command: format!("unload-module {name}"),
            message: "there is no such microphone".to_owned(),
        })?;
        let microphone = self.microphones.remove(found);
        self.pactl(&["unload-module", &microphone.module]).await.map(drop)
    }

    /// What a program needs in its environment to use this sound system, and no other.
    pub(super) fn environment(&self) -> Environment {
        ("PULSE_SERVER", format!("unix:{}", socket(self.folder.path()).display()))
    }

    /// Where its files are.
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
