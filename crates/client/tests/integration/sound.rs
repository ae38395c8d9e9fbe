//! A private PulseAudio daemon, whose null sink stands for the sound of a room.

use std::process::Stdio;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::program::{Printed, program, signal};
use crate::support::{LIMIT, Machine, TestResult, audio};

/// A private sound server: the room's sound is what is played, and a microphone hears it.
pub(crate) struct Sound {
    pub(crate) folder: TempDir,
    pub(crate) daemon: Child,
    _machine: Machine,
}

impl Sound {
    /// `None`, with a message, where PulseAudio is not installed.
    pub(crate) async fn start(has_microphone: bool) -> TestResult<Option<Self>> {
        Self::start_on(Machine::shared().await, has_microphone).await
    }

    /// As [`Self::start`], for a test that has the machine.
    pub(crate) async fn start_on(machine: Machine, has_microphone: bool) -> TestResult<Option<Self>> {
        let folder = tempfile::Builder::new().prefix("sound-").tempdir()?;
        let path = folder.path();
        let mut command = Command::new("pulseaudio");
        command
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"])
            .args(["--log-level=info", "--log-target=stderr"])
            .env("HOME", path)
            .env("XDG_RUNTIME_DIR", path)
            .env("PULSE_RUNTIME_PATH", path)
            .env("PULSE_STATE_PATH", path)
            .env("LC_ALL", "C")
            .arg("-L")
            .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", path.join("s").display()));
        if has_microphone {
            command
                .args(["-L", "module-null-sink sink_name=room rate=16000 channels=1"])
                .args(["-L", "module-remap-source master=room.monitor source_name=desk channels=1"]);
        }
        command.stderr(Stdio::piped()).kill_on_drop(true);
        let mut daemon = match command.spawn() {
            Ok(daemon) => daemon,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("skipped: PulseAudio (Debian package pulseaudio) is not installed");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let mut log = BufReader::new(daemon.stderr.take().ok_or("a pipe")?).lines();
        timeout(LIMIT, async {
            while let Some(line) = log.next_line().await? {
                if line.contains("Daemon startup complete") {
                    return Ok(());
                }
            }
            TestResult::<()>::Err("PulseAudio has ended".into())
        })
        .await??;
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Ok(Some(Self { folder, daemon, _machine: machine }))
    }

    pub(crate) fn server(&self) -> String {
        format!("unix:{}", self.folder.path().join("s").display())
    }

    /// Plays a recording into the room.
    pub(crate) fn play(&self, name: &str) -> TestResult<Child> {
        let mut player = Command::new("paplay");
        player.env("PULSE_SERVER", self.server()).env("HOME", self.folder.path()).arg(audio(name));
        Ok(player.kill_on_drop(true).spawn()?)
    }

    /// Records what a microphone gives, beside the program: samples without a header.
    pub(crate) fn record(&self, device: &str, file: &str) -> TestResult<Child> {
        let mut recorder = Command::new("parec");
        recorder
            .env("PULSE_SERVER", self.server())
            .env("HOME", self.folder.path())
            .args(["--raw", "--format=s16le", "--rate=16000", "--channels=1", "--device", device])
            .stdout(std::fs::File::create(self.folder.path().join(file))?);
        Ok(recorder.kill_on_drop(true).spawn()?)
    }

    /// Asks the sound server for something; returns its answer.
    pub(crate) async fn control(&self, arguments: &[&str]) -> TestResult<String> {
        let mut command = Command::new("pactl");
        command.env("PULSE_SERVER", self.server()).env("HOME", self.folder.path()).args(arguments);
        let output = timeout(LIMIT, command.output()).await??;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Plugs in a microphone.
    pub(crate) async fn plug_in(&self, name: &str) -> TestResult {
        let name = format!("source_name={name}");
        self.control(&["load-module", "module-remap-source", "master=room.monitor", &name, "channels=1"])
            .await?;
        Ok(())
    }

    /// Pulls out all microphones of this kind but those that are plugged in again.
    pub(crate) async fn pull_out(&self) -> TestResult {
        self.control(&["unload-module", "module-remap-source"]).await?;
        Ok(())
    }

    pub(crate) fn program(&self, base_url: &str) -> Command {
        let mut command = program(self.folder.path(), base_url);
        command.env("PULSE_SERVER", self.server()).env("HOME", self.folder.path());
        command
    }
}

/// Ends a program with Ctrl-C.
pub(crate) async fn interrupt(child: Child) -> TestResult<Printed> {
    signal(&child, Signal::INT)?;
    Printed::read(child).await
}
