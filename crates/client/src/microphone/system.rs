//! The system's own interface: CoreAudio, WASAPI, ALSA.

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{Data, ErrorKind, Sample as _, SampleFormat};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::spawn_blocking;

use super::{ANSWER_LIMIT, Backend, Capture, Device, Input, MicrophoneError};
use crate::Resampler;

/// The system's own interface.
pub(super) struct System;

impl Backend for System {
    fn devices(&self) -> BoxFuture<'_, Result<Vec<Device>, MicrophoneError>> {
        on_a_thread(devices).boxed()
    }

    fn capture<'a>(&'a self, input: &'a Input) -> BoxFuture<'a, Result<Capture, MicrophoneError>> {
        let input = input.clone();
        on_a_thread(move || capture(&input)).boxed()
    }
}

/// Drivers may take their time to answer.
async fn on_a_thread<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, MicrophoneError> + Send + 'static,
) -> Result<T, MicrophoneError> {
    let answered = spawn_blocking(ask).await;
    answered.unwrap_or_else(|error| Err(MicrophoneError::NotOpened(error.to_string())))
}

fn devices() -> Result<Vec<Device>, MicrophoneError> {
    let host = cpal::default_host();
    let default = host.default_input_device().and_then(|device| device.id().ok());
    let devices = host.devices().map_err(|error| no_server(&error))?;
    let described = devices.filter_map(|device| {
        let id = device.id().ok()?;
        let is_loopback = !device.supports_input();
        // ALSA captures from inputs alone.
        (!is_loopback || cfg!(not(target_os = "linux"))).then(|| Device {
            description: device.description().map_or_else(|_| id.to_string(), |it| it.name().to_owned()),
            is_default: default.as_ref() == Some(&id),
            name: id.to_string(),
            is_loopback,
        })
    });
    Ok(described.collect())
}

fn no_server(error: &cpal::Error) -> MicrophoneError {
    MicrophoneError::NoServer(error.to_string())
}

/// Starts to capture in the format that the device prefers.
fn capture(input: &Input) -> Result<Capture, MicrophoneError> {
    let device = choose(input)?;
    let not_opened = |error: cpal::Error| MicrophoneError::NotOpened(error.to_string());
    let name = device.id().map_err(not_opened)?.to_string();
    // What a loudspeaker plays is captured in its own format.
    let config =
        if device.supports_input() { device.default_input_config() } else { device.default_output_config() };
    let config = config.map_err(not_opened)?;
    let format = config.sample_format();
    let resampler = Resampler::new(config.sample_rate(), config.channels());
    let mut resampler = resampler.ok_or_else(|| MicrophoneError::NotOpened(format!("it has {config:?}")))?;
    let (sender, received) = unbounded_channel();
    let lost = sender.clone();
    let stream = device
        .build_input_stream_raw(
            config.into(),
            format,
            move |data: &Data, _: &_| {
                // Fails once nobody captures any more.
                sender.send(convert(data, &mut resampler)).ok();
            },
            move |error| {
                // Capture continues after these errors.
                let goes_on = [ErrorKind::DeviceChanged, ErrorKind::Xrun, ErrorKind::RealtimeDenied];
                if !goes_on.contains(&error.kind()) {
                    lost.send(None).ok();
                }
            },
            Some(ANSWER_LIMIT),
        )
        .map_err(not_opened)?;
    stream.play().map_err(not_opened)?;
    // WASAPI delivers nothing of a loudspeaker while nothing plays.
    let pauses_when_quiet = !device.supports_input();
    Ok(Capture { samples: received, name, pauses_when_quiet, _stream: Box::new(stream) })
}

/// Samples of any format, as those of a session; `None` for a format that is no sound.
fn convert(data: &Data, resampler: &mut Resampler) -> Option<Vec<i16>> {
    macro_rules! samples {
        ($format:ty) => {
            Some(
                resampler
                    .convert_f32(data.as_slice::<$format>()?.iter().map(|sample| sample.to_sample::<f32>())),
            )
        };
    }
    match data.sample_format() {
        SampleFormat::I8 => samples!(i8),
        SampleFormat::I16 => samples!(i16),
        SampleFormat::I24 => samples!(cpal::I24),
        SampleFormat::I32 => samples!(i32),
        SampleFormat::U8 => samples!(u8),
        SampleFormat::U16 => samples!(u16),
        SampleFormat::U24 => samples!(cpal::U24),
        SampleFormat::U32 => samples!(u32),
        SampleFormat::F32 => samples!(f32),
        SampleFormat::F64 => samples!(f64),
        _ => None,
    }
}

/// The device to capture from.
fn choose(input: &Input) -> Result<cpal::Device, MicrophoneError> {
    let host = cpal::default_host();
    let chosen = match input {
        Input::Default => host.default_input_device(),
        Input::Named(name) => named(&host, name)?,
        Input::Loopback if cfg!(target_os = "linux") => None,
        Input::Loopback => host.default_output_device(),
    };
    match chosen {
        Some(device) => Ok(device),
        None => Err(MicrophoneError::NoDevice { known: devices()? }),
    }
}

/// The device with this name, or with this description.
fn named(host: &cpal::Host, name: &str) -> Result<Option<cpal::Device>, MicrophoneError> {
    let known: Vec<cpal::Device> = host.devices().map_err(|error| no_server(&error))?.collect();
    let is_named = |device: &&cpal::Device| device.id().is_ok_and(|id| id.to_string() == name);
    let is_described = |device: &&cpal::Device| device.description().is_ok_and(|it| it.name() == name);
    let found = known.iter().find(is_named).or_else(|| known.iter().find(is_described)).cloned();
    // A name that is not in the list, such as ALSA's `plughw:1,0`.
    Ok(found.or_else(|| name.parse().ok().and_then(|id| host.device_by_id(&id))))
}
