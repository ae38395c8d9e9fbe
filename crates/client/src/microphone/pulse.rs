use std::ffi::{CStr, CString};
use std::fmt::Display;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use assemblyai_session::SAMPLE_RATE_HZ;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pulseaudio::Client;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    ChannelMap, ChannelPosition, ChannelVolume, RecordStreamParams, SampleFormat, SampleSpec, SourceInfo,
};
use tokio::sync::mpsc::unbounded_channel;

use super::{ANSWER_LIMIT, Backend, Capture, Device, Input, MicrophoneError};

/// How much audio comes at a time, in bytes: 100 ms. By default the first block comes after 2 s.
const FRAGMENT_BYTES: u32 = SAMPLE_RATE_HZ / 10 * 2;

/// The sound server, PulseAudio or PipeWire.
pub(super) struct PulseAudio;

impl Backend for PulseAudio {
    fn devices(&self) -> BoxFuture<'_, Result<Vec<Device>, MicrophoneError>> {
        async { devices(&connect().await?).await }.boxed()
    }

    fn capture<'a>(&'a self, input: &'a Input) -> BoxFuture<'a, Result<Capture, MicrophoneError>> {
        capture(input).boxed()
    }
}

/// A connection to the sound server, until it is dropped.
struct Server {
    client: Client,
    socket: UnixStream,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The library's thread reads from the socket as long as that is open, also when nobody holds the client any more.
        // It fails if the sound server has closed it.
        self.socket.shutdown(Shutdown::Both).ok();
    }
}

/// Connects to the sound server, which has [`ANSWER_LIMIT`] for each answer.
async fn connect() -> Result<Server, MicrophoneError> {
    let no_server = |error: &dyn Display| MicrophoneError::NoServer(error.to_string());
    let path = pulseaudio::socket_path_from_env();
    let path = path.ok_or_else(|| no_server(&pulseaudio::ClientError::ServerUnavailable))?;
    // Without waiting: a server that accepts nothing would hold a thread forever.
    let socket = tokio::net::UnixStream::connect(path).await.and_then(tokio::net::UnixStream::into_std);
    let socket = socket.map_err(|error| no_server(&error))?;
    // On another thread, because the library waits for its answers.
    let connected = tokio::task::spawn_blocking(|| greet(socket)).await;
    connected.map_err(|error| no_server(&error))?.map_err(|error| no_server(&error))
}

fn greet(socket: UnixStream) -> Result<Server, pulseaudio::ClientError> {
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    socket.set_write_timeout(Some(ANSWER_LIMIT))?;
    let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
    let client = Client::new_unix(c"transcribe-live", socket.try_clone()?, cookie)?;
    Ok(Server { client, socket })
}

async fn devices(Server { client, .. }: &Server) -> Result<Vec<Device>, MicrophoneError> {
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
async fn capture(input: &Input) -> Result<Capture, MicrophoneError> {
    let server = connect().await?;
    let source = choose(&server, input).await?;
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
        sender.send(Some(samples.collect())).ok();
    };
    let stream = server.client.create_record_stream(params, sink).await;
    let stream = stream.map_err(|error| MicrophoneError::NotOpened(error.to_string()))?;
    Ok(Capture { samples, name, pauses_when_quiet: false, _stream: Box::new((stream, server)) })
}

/// The name of the device to capture from.
async fn choose(server: &Server, input: &Input) -> Result<CString, MicrophoneError> {
    let known = devices(server).await?;
    let sink = match input {
        Input::Loopback => server.client.server_info().await.ok().and_then(|info| info.default_sink_name),
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
