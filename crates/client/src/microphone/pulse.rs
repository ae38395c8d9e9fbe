use std::ffi::{CStr, CString};

use assemblyai_session::SAMPLE_RATE_HZ;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    ChannelMap, ChannelPosition, ChannelVolume, RecordStreamParams, SampleFormat, SampleSpec, SourceInfo,
};
use pulseaudio::{Client, RecordStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Device, Input, MicrophoneError};

/// How much audio comes at a time, in bytes: 100 ms. By default the first block comes after 2 s.
const FRAGMENT_BYTES: u32 = SAMPLE_RATE_HZ / 10 * 2;

/// A device that is captured from, until it is dropped.
pub(super) struct Capture {
    samples: UnboundedReceiver<Vec<i16>>,
    name: String,
    _stream: RecordStream,
    _client: Client,
}

impl Capture {
    /// The device's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The next samples; `None` if the sound server is gone.
    pub(super) async fn next(&mut self) -> Option<Vec<i16>> {
        self.samples.recv().await
    }
}

/// Connects to the sound server: on another thread, because the library waits for its answer.
pub(super) async fn connect() -> Result<Client, MicrophoneError> {
    let connected = tokio::task::spawn_blocking(|| Client::from_env(c"transcribe-live")).await;
    let connected = connected.map_err(|error| MicrophoneError::NoServer(error.to_string()))?;
    connected.map_err(|error| MicrophoneError::NoServer(error.to_string()))
}

pub(super) async fn devices(client: &Client) -> Result<Vec<Device>, MicrophoneError> {
    let no_server = |error: pulseaudio::ClientError| MicrophoneError::NoServer(error.to_string());
    let default = client.server_info().await.map_err(no_server)?.default_source_name;
    let sources = client.list_sources().await.map_err(no_server)?;
    Ok(sources.iter().map(|source| device(source, default.as_deref())).collect())
}

fn device(source: &SourceInfo, default: Option<&CStr>) -> Device {
    let text = |text: &CStr| text.to_string_lossy().into_owned();
    let name = text(&source.name);
    Device {
        description: source.description.as_deref().map_or_else(|| name.clone(), text),
        name,
        is_loopback: source.monitor_of_sink_index.is_some(),
        is_default: default == Some(&source.name),
    }
}

/// Starts to capture. The sound server converts to 16 kHz, 16 bits, one channel.
pub(super) async fn capture(input: &Input) -> Result<Capture, MicrophoneError> {
    let client = connect().await?;
    let source = choose(&client, input).await?;
    let name = source.to_string_lossy().into_owned();
    let params = RecordStreamParams {
        source_name: Some(source),
        sample_spec: SampleSpec { format: SampleFormat::S16Le, channels: 1, sample_rate: SAMPLE_RATE_HZ },
        channel_map: ChannelMap::new([ChannelPosition::Mono]),
        cvolume: Some(ChannelVolume::norm(1)),
        buffer_attr: BufferAttr { fragment_size: FRAGMENT_BYTES, ..BufferAttr::default() },
        // When a microphone is pulled out, the sound server would move the stream to any device, also a loudspeaker's
        // monitor, and nobody would know.
        flags: StreamFlags { adjust_latency: true, no_move: true, ..StreamFlags::default() },
        ..RecordStreamParams::default()
    };
    let (sender, samples) = unbounded_channel();
    let sink = move |bytes: &[u8]| {
        let samples = bytes.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample));
        // Fails once nobody captures any more.
        sender.send(samples.collect()).ok();
    };
    let stream = client.create_record_stream(params, sink).await;
    let stream = stream.map_err(|error| MicrophoneError::NotOpened(error.to_string()))?;
    Ok(Capture { samples, name, _stream: stream, _client: client })
}

/// The name of the device to capture from.
async fn choose(client: &Client, input: &Input) -> Result<CString, MicrophoneError> {
    let known = devices(client).await?;
    let sink = match input {
        Input::Loopback => client.server_info().await.ok().and_then(|server| server.default_sink_name),
        _ => None,
    };
    let monitor = sink.map(|sink| format!("{}.monitor", sink.to_string_lossy()));
    let chosen = match input {
        Input::Default => {
            known.iter().find(|device| device.is_default && !device.is_loopback).or_else(|| {
                // A sound server without a microphone has a loudspeaker's monitor as its default.
                known.iter().find(|device| !device.is_loopback)
            })
        }
        Input::Named(name) => known.iter().find(|device| device.name == *name),
        Input::Loopback => {
            let default = known.iter().find(|device| Some(&device.name) == monitor.as_ref());
            default.or_else(|| known.iter().find(|device| device.is_loopback))
        }
    };
    let name = chosen.and_then(|device| CString::new(device.name.as_str()).ok());
    name.ok_or(MicrophoneError::NoDevice { known })
}
