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

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use assemblyai_session::journal::FRAME_SAMPLES;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout};

use crate::{AudioSource, Part, SAMPLE_RATE_HZ};

/// How long a device may deliver nothing before it is opened again.
const STALL: Duration = Duration::from_secs(3);
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
    #[error("the microphone cannot be opened: {0}")]
    NotOpened(String),
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

async fn capture(input: &Input) -> Result<Capture, MicrophoneError> {
    ask_backends(|backend| backend.capture(input)).await
}

/// The devices that can be captured from.
///
/// # Errors
/// If there is no sound server.
pub async fn devices() -> Result<Vec<Device>, MicrophoneError> {
    ask_backends(|backend| backend.devices()).await
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
    let capture = capture(&input).await?;
    let report = Box::new(report);
    let microphone = Microphone {
        input,
        capture: Some(capture),
        rest: VecDeque::new(),
        heard_at: Instant::now(),
        is_lost: false,
        report,
    };
    Ok(AudioSource::live_parts(stream::unfold(microphone, |mut microphone| async {
        let part = microphone.next().await.transpose()?;
        Some((part, microphone))
    })))
}

struct Microphone {
    input: Input,
    /// `None` once it cannot be opened any more.
    capture: Option<Capture>,
    rest: VecDeque<i16>,
    /// When the last samples came.
    heard_at: Instant,
    /// Whether it was lost since.
    is_lost: bool,
    report: Box<dyn FnMut(DeviceChange) + Send>,
}

impl Microphone {
    /// The next 100 ms, or what was lost before them; `None` after an error.
    async fn next(&mut self) -> io::Result<Option<Part>> {
        while let Some(capture) = &mut self.capture {
            if self.rest.len() >= FRAME_SAMPLES {
                return Ok(Some(Part::Samples(self.rest.drain(..FRAME_SAMPLES).collect())));
            }
            match timeout(STALL, capture.next()).await {
                Ok(Some(samples)) => {
                    let lost = self.lost_before(samples.len());
                    self.rest.extend(samples);
                    if lost > 0 {
                        return Ok(Some(Part::Lost(lost)));
                    }
                }
                Ok(None) | Err(_) => {
                    let before = std::mem::take(&mut self.rest);
                    self.reopen().await?;
                    self.is_lost = true;
                    if !before.is_empty() {
                        return Ok(Some(Part::Samples(before.into())));
                    }
                }
            }
        }
        Ok(None)
    }

    /// How many samples were lost before these ones, which have come now.
    fn lost_before(&mut self, samples: usize) -> u64 {
        let passed = std::mem::replace(&mut self.heard_at, Instant::now()).elapsed();
        let captured = std::mem::take(&mut self.is_lost).then(|| crate::audio::duration(samples as u64));
        let lost = captured.map_or(Duration::ZERO, |captured| passed.saturating_sub(captured));
        lost.as_millis() as u64 * u64::from(SAMPLE_RATE_HZ / 1000)
    }

    async fn reopen(&mut self) -> io::Result<()> {
        let lost = self.capture.take().map(|capture| capture.name);
        (self.report)(DeviceChange::Lost);
        // The default one of the system is another as soon as this one is gone.
        let same = match (&self.input, lost) {
            (Input::Default, Some(name)) => Input::Named(name),
            (input, _) => input.clone(),
        };
        let other = if self.input == Input::Loopback { Input::Loopback } else { Input::Default };
        let mut refusal = String::new();
        for attempt in 1..=ATTEMPTS {
            let mut opened = open_in_time(&same).await;
            if opened.is_err() && attempt >= ANY_FROM {
                opened = open_in_time(&other).await;
            }
            match opened {
                Ok(capture) => {
                    (self.report)(DeviceChange::Resumed(capture.name.clone()));
                    self.capture = Some(capture);
                    return Ok(());
                }
                Err(error) => refusal = error.to_string(),
            }
            sleep(Duration::from_secs(1)).await;
        }
        Err(io::Error::other(format!("the microphone was lost; {refusal}")))
    }
}

/// Opens a device unless the sound server does not answer.
async fn open_in_time(input: &Input) -> Result<Capture, MicrophoneError> {
    let opened = timeout(ANSWER_LIMIT, capture(input)).await;
    opened.unwrap_or_else(|_| Err(MicrophoneError::NoServer("it does not answer".to_owned())))
}
