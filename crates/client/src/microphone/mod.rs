//! Microphones, and what the computer plays: on Linux by PulseAudio's protocol, which PipeWire speaks too, and with the
//! feature `alsa` by ALSA where no sound server answers; on macOS and Windows by the system.
//!
//! ```no_run
//! use assemblyai_streaming::microphone::{self, Input};
//! # async fn example(client: assemblyai_streaming::Client) -> Result<(), microphone::MicrophoneError> {
//! let session = client.transcribe(microphone::open(Input::Default).await?);
//! # Ok(()) }
//! ```

#[cfg(target_os = "linux")]
mod pulse;
#[cfg(any(target_os = "macos", target_os = "windows", all(target_os = "linux", feature = "alsa")))]
mod system;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use assemblyai_session::journal::FRAME_SAMPLES;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout};

use crate::{AudioSource, Part, Retry, SAMPLE_RATE_HZ};

const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1000;

/// How long a device may deliver nothing before it is opened again.
const STALL: Duration = Duration::from_secs(3);
/// How often silence is delivered for a device that delivers nothing while nothing plays.
const QUIET_TICK: Duration = Duration::from_millis(100);
/// How late a device's samples may come without having been silent before.
const LATENESS: Duration = Duration::from_millis(300);
/// How long the sound server may take to open a device that was lost.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// Attempts to open a device that was lost, a second apart.
const ATTEMPTS: u32 = 10;
/// The attempt from which on another device does, if the one that was named has not come back.
const ANY_FROM: u32 = 3;

/// What to capture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Input {
    /// The microphone that the user has set as the default.
    #[default]
    Default,
    /// The device with this name, see [`devices`].
    Named(String),
    /// What the computer plays.
    Loopback,
}

/// A device that can be captured from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// Its name, for [`Input::Named`].
    pub name: String,
    /// What it is, for people.
    pub description: String,
    /// Whether it delivers what a loudspeaker plays.
    pub is_loopback: bool,
    /// Whether it is the default.
    pub is_default: bool,
}

/// Why there is no audio.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum MicrophoneError {
    /// There is no sound server.
    #[error("no sound server answers ({0}); start PipeWire or PulseAudio, or set PULSE_SERVER=unix:PATH")]
    NoServer(String),
    /// There is no such device.
    #[error("there is no such microphone; those that exist: {}", names(known))]
    NoDevice {
        /// The devices that exist.
        known: Vec<Device>,
    },
    /// The device cannot be opened.
    #[error("the microphone cannot be opened: {0}; end what else uses it, or choose another")]
    NotOpened(String),
}

impl MicrophoneError {
    /// Whether the same attempt may succeed later: another program may have ended that uses the device.
    pub fn retry(&self) -> Retry {
        match self {
            Self::NotOpened(_) => Retry::Yes,
            Self::NoServer(_) | Self::NoDevice { .. } => Retry::No,
        }
    }
}

fn names(devices: &[Device]) -> String {
    let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A way to the devices of this machine.
trait Backend: Sync {
    /// The devices that can be captured from.
    fn devices(&self) -> BoxFuture<'_, Result<Vec<Device>, MicrophoneError>>;

    /// Starts to capture.
    fn capture<'a>(&'a self, input: &'a Input) -> BoxFuture<'a, Result<Capture, MicrophoneError>>;
}

/// All that this build knows.
struct AllBackends;

impl Backend for AllBackends {
    fn devices(&self) -> BoxFuture<'_, Result<Vec<Device>, MicrophoneError>> {
        ask_backends(|backend| backend.devices()).boxed()
    }

    fn capture<'a>(&'a self, input: &'a Input) -> BoxFuture<'a, Result<Capture, MicrophoneError>> {
        ask_backends(|backend| backend.capture(input)).boxed()
    }
}

/// The ways that this build knows, in the order in which they are tried.
const BACKENDS: &[&dyn Backend] = &[
    #[cfg(target_os = "linux")]
    &pulse::PulseAudio,
    #[cfg(any(target_os = "macos", target_os = "windows", all(target_os = "linux", feature = "alsa")))]
    &system::System,
];

/// A device that is captured from, until it is dropped.
struct Capture {
    /// 16 kHz, one channel; `None`, or the end, says that the device or the sound server is gone.
    samples: UnboundedReceiver<Option<Vec<i16>>>,
    /// The device's name.
    name: String,
    /// Whether it delivers nothing while nothing plays, and is not lost then.
    pauses_when_quiet: bool,
    /// Captures until it is dropped.
    _stream: Box<dyn Send>,
}

impl Capture {
    /// The next samples; `None` if there will be no more.
    async fn next(&mut self) -> Option<Vec<i16>> {
        self.samples.recv().await.flatten()
    }
}

/// Asks the backends one after the other, up to the first whose sound server answers.
async fn ask_backends<'a, T>(
    ask: impl Fn(&'static dyn Backend) -> BoxFuture<'a, Result<T, MicrophoneError>>,
) -> Result<T, MicrophoneError> {
    let mut refused = MicrophoneError::NoServer("this system has none".to_owned());
    for backend in BACKENDS {
        match ask(*backend).await {
            Err(error @ MicrophoneError::NoServer(_)) => refused = error,
            answered => return answered,
        }
    }
    Err(refused)
}

/// The devices that can be captured from.
///
/// # Errors
/// If there is no sound server.
pub async fn devices() -> Result<Vec<Device>, MicrophoneError> {
    AllBackends.devices().await
}

/// What has happened to the device that is captured from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceChange {
    /// It delivers nothing any more: it is opened again, or another one.
    Lost,
    /// Capture goes on, with the device of this name.
    Resumed(String),
}

/// Starts to capture. A device that is lost while it is captured from is opened again, for ten seconds; if it is not
/// there after two, the default microphone takes its place. What was captured before is kept; the time until sound comes
/// again, in which something may have been said, is an [`Event::Gap`](crate::Event::Gap).
///
/// # Errors
/// If there is no sound server or no such device.
pub async fn open(input: Input) -> Result<AudioSource, MicrophoneError> {
    open_watched(input, |_| {}).await
}

/// As [`open`], and reports what happens to the device.
///
/// # Errors
/// Those of [`open`].
pub async fn open_watched(
    input: Input,
    report: impl FnMut(DeviceChange) + Send + 'static,
) -> Result<AudioSource, MicrophoneError> {
    let microphone = Microphone::open(&AllBackends, input, Box::new(report)).await?;
    Ok(AudioSource::live_parts(stream::unfold(microphone, |mut microphone| async {
        let part = microphone.next().await.transpose()?;
        Some((part, microphone))
    })))
}

type Report = Box<dyn FnMut(DeviceChange) + Send>;

struct Microphone {
    backend: &'static dyn Backend,
    input: Input,
    device: DeviceState,
    rest: VecDeque<i16>,
    /// Up to when samples have come, or others stand for them.
    covered_until: Instant,
    /// Whether the device was lost since.
    is_lost: bool,
    report: Report,
}

enum DeviceState {
    Captured(Capture),
    /// The device with this name delivers no more.
    Lost(String),
    /// It cannot be opened any more.
    Ended,
}

impl Microphone {
    async fn open(
        backend: &'static dyn Backend,
        input: Input,
        report: Report,
    ) -> Result<Self, MicrophoneError> {
        let device = DeviceState::Captured(backend.capture(&input).await?);
        let (rest, covered_until) = (VecDeque::new(), Instant::now());
        Ok(Self { backend, input, device, rest, covered_until, is_lost: false, report })
    }

    /// The next 100 ms, or what was lost before them; `None` after an error.
    async fn next(&mut self) -> io::Result<Option<Part>> {
        loop {
            if self.rest.len() >= FRAME_SAMPLES {
                return Ok(Some(Part::Samples(self.rest.drain(..FRAME_SAMPLES).collect())));
            }
            let lost = match &self.device {
                DeviceState::Captured(_) => self.capture().await,
                // At once: the device may stay away.
                DeviceState::Lost(_) if !self.rest.is_empty() => {
                    return Ok(Some(Part::Samples(self.rest.drain(..).collect())));
                }
                DeviceState::Lost(name) => {
                    let name = name.clone();
                    self.resume(name).await?
                }
                DeviceState::Ended => return Ok(None),
            };
            if lost > 0 {
                return Ok(Some(Part::Lost(lost)));
            }
        }
    }

    /// Waits for samples; returns how many were lost before them.
    async fn capture(&mut self) -> u64 {
        let DeviceState::Captured(capture) = &mut self.device else { return 0 };
        let pauses = capture.pauses_when_quiet;
        match timeout(if pauses { QUIET_TICK } else { STALL }, capture.next()).await {
            Ok(Some(samples)) => {
                let is_newest = capture.samples.is_empty();
                let lost = self.take_lost(samples.len());
                self.add(&samples, pauses, is_newest);
                return lost;
            }
            Err(_) if pauses => self.add_silence(LATENESS),
            Ok(None) | Err(_) => {
                self.device = DeviceState::Lost(std::mem::take(&mut capture.name));
                (self.report)(DeviceChange::Lost);
            }
        }
        0
    }

    /// Adds samples. The newest have come just now; those that waited before others came at a time that is not known, so
    /// that nothing says that it was quiet before them.
    fn add(&mut self, samples: &[i16], pauses_when_quiet: bool, is_newest: bool) {
        if pauses_when_quiet {
            let captured = crate::audio::duration(samples.len() as u64);
            if is_newest && self.covered_until.elapsed().saturating_sub(captured) > LATENESS {
                self.add_silence(captured);
            }
            self.covered_until += captured;
        } else {
            self.covered_until = Instant::now();
        }
        self.rest.extend(samples);
    }

    /// Adds silence up to this long ago, in whole ms.
    fn add_silence(&mut self, until_ago: Duration) {
        let silence_ms = self.covered_until.elapsed().saturating_sub(until_ago).as_millis() as u64;
        self.rest.extend(std::iter::repeat_n(0, (silence_ms * SAMPLES_PER_MS) as usize));
        self.covered_until += Duration::from_millis(silence_ms);
    }

    /// How many samples were lost before so many that have come now, if the device was lost.
    fn take_lost(&mut self, samples: usize) -> u64 {
        if !std::mem::take(&mut self.is_lost) {
            return 0;
        }
        let captured = crate::audio::duration(samples as u64);
        let lost_ms = self.covered_until.elapsed().saturating_sub(captured).as_millis() as u64;
        self.covered_until += Duration::from_millis(lost_ms);
        lost_ms * SAMPLES_PER_MS
    }

    /// Captures again; returns how many samples are known to be lost.
    async fn resume(&mut self, lost: String) -> io::Result<u64> {
        let capture = match self.reopen(lost).await {
            Ok(capture) => capture,
            Err(error) => {
                self.device = DeviceState::Ended;
                return Err(error);
            }
        };
        (self.report)(DeviceChange::Resumed(capture.name.clone()));
        self.is_lost = true;
        // Of a device that pauses, the next samples do not say since when it captures.
        let samples = if capture.pauses_when_quiet { self.take_lost(0) } else { 0 };
        self.device = DeviceState::Captured(capture);
        Ok(samples)
    }

    /// Opens the device again, or another one.
    async fn reopen(&mut self, lost: String) -> io::Result<Capture> {
        // The default one of the system is another as soon as this one is gone.
        let same = if self.input == Input::Default { Input::Named(lost) } else { self.input.clone() };
        let other = if self.input == Input::Loopback { Input::Loopback } else { Input::Default };
        let mut refusal = String::new();
        for attempt in 1..=ATTEMPTS {
            let mut opened = open_in_time(self.backend, &same).await;
            if opened.is_err() && attempt >= ANY_FROM {
                opened = open_in_time(self.backend, &other).await;
            }
            match opened {
                Ok(capture) => return Ok(capture),
                Err(error) => refusal = error.to_string(),
            }
            sleep(Duration::from_secs(1)).await;
        }
        Err(io::Error::other(format!("the microphone was lost; {refusal}")))
    }
}

/// Opens a device unless the sound server does not answer.
async fn open_in_time(backend: &dyn Backend, input: &Input) -> Result<Capture, MicrophoneError> {
    let opened = timeout(ANSWER_LIMIT, backend.capture(input)).await;
    opened.unwrap_or_else(|_| Err(MicrophoneError::NoServer("it does not answer".to_owned())))
}
