use std::rc::Rc;

use assemblyai_session::handover::Sound;
use js_sys::{Array, ArrayBuffer, Int16Array};
use transcription_dom::{Listener, WarnOnError, get, object, warn_if_rejected};
use transcription_worklet::contract;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, AudioContextOptions, AudioContextState, AudioNode, AudioWorkletNode,
    AudioWorkletNodeOptions, ChannelCountMode, EventTarget, MediaStream, MediaStreamTrack, MessageEvent,
};

use crate::browser::devices::Devices;
use crate::browser::spawn;
use crate::session::Loss;

/// What a graph reports.
pub(super) enum GraphEvent {
    Sound(Sound),
    Lost(Loss),
    /// The system or the browser has muted or unmuted a track.
    Muted,
}

/// The receiver of a graph's events.
pub(super) type EventSink = Rc<dyn Fn(GraphEvent)>;

/// A stream (`MediaStream`) with all tracks of sound, and behind it a stream for each of them, which is a source. The tracks
/// are stopped when this is dropped.
pub(super) struct Stream(pub(super) Array);

/// A context that is closed when it is dropped: an open one holds an audio device, and browsers allow only a few.
pub(super) struct Context(AudioContext);

/// The audio graph from the sources to the page. Dropping it stops capture.
pub(super) struct Graph {
    /// The attempt that created it.
    pub(super) id: u32,
    // First, so that the listeners are dropped before what they listen to.
    listeners: Vec<Listener>,
    node: AudioWorkletNode,
    /// Held because a browser may collect a source without references, and capture then falls silent.
    source: AudioNode,
    second: Option<AudioNode>,
    stream: Stream,
    context: Context,
    was_listed: bool,
}

impl Context {
    /// A context at this rate, or at the browser's own.
    pub(super) fn open(sample_rate_hz: Option<u32>) -> Result<Self, JsValue> {
        let options = AudioContextOptions::new();
        if let Some(hz) = sample_rate_hz {
            options.set_sample_rate(hz as f32);
        }
        AudioContext::new_with_context_options(&options).map(Self)
    }

    /// Loads the code of the audio thread. It returns a future rather than a promise, because a promise that is rejected
    /// before something awaits it is an error on the console.
    pub(super) fn load(&self, processor_url: &str) -> Result<JsFuture, JsValue> {
        Ok(JsFuture::from(self.0.audio_worklet()?.add_module(processor_url)?))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        warn_if_rejected(self.0.close());
    }
}

impl Stream {
    /// What the page has asked of the browser by this name (`MediaTrackConstraints`), and what that does
    /// (`MediaTrackSettings`); each undefined if the browser does not say.
    pub(super) fn asked_and_does(&self, name: &str) -> [JsValue; 2] {
        let track = self.tracks().next();
        let of =
            |track: MediaStreamTrack| [get(&track.get_constraints(), name), get(&track.get_settings(), name)];
        track.map_or([JsValue::UNDEFINED; 2], of)
    }

    /// The track of the microphone, which is the last source, or of what is captured in its place.
    fn microphone(&self) -> Option<MediaStreamTrack> {
        let last: MediaStream = self.0.get(self.0.length() - 1).unchecked_into();
        last.get_audio_tracks().into_iter().next().map(JsCast::unchecked_into)
    }

    fn tracks(&self) -> impl Iterator<Item = MediaStreamTrack> + use<> {
        let all: MediaStream = self.0.get(0).unchecked_into();
        all.get_audio_tracks().into_iter().map(JsCast::unchecked_into)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.tracks().for_each(|track| track.stop());
    }
}

impl Graph {
    /// Connects the stream to the context: capture begins. A browser may throw because of the context's rate; the stream
    /// is returned then.
    pub(super) fn new(
        id: u32,
        (context, wasm): (Context, ArrayBuffer),
        stream: Stream,
        is_shared: bool,
        events: &EventSink,
    ) -> Result<Self, (Stream, JsValue)> {
        let connect = || {
            let node = worklet_node(&context.0, &wasm)?;
            let listeners = listen(&context.0, &node, &stream, is_shared, events)?;
            // Two are summed and not halved: halving would make both quieter all the time, for the rare moments when both
            // are loud at once, and then only peaks are clipped.
            let connect = |index: u32| -> Result<AudioNode, JsValue> {
                let source = context.0.create_media_stream_source(stream.0.get(index).unchecked_ref())?;
                source.connect_with_audio_node(&node)?;
                Ok(source.into())
            };
            let second = (stream.0.length() > 2).then(|| connect(2)).transpose()?;
            Ok((connect(1)?, second, node, listeners))
        };
        match connect() {
            Ok((source, second, node, listeners)) => {
                Ok(Self { id, listeners, node, source, second, stream, context, was_listed: false })
            }
            Err(error) => Err((stream, error)),
        }
    }

    /// Resolves when the context runs; without an audio device it never does.
    pub(super) fn resume(&self) -> Result<Option<JsFuture>, JsValue> {
        let context = &self.context.0;
        let is_suspended = context.state() == AudioContextState::Suspended;
        is_suspended.then(|| context.resume().map(JsFuture::from)).transpose()
    }

    /// Asks the worklet for its last samples after so many ms.
    pub(super) fn end_after(&self, ms: u32) {
        let message = object(&[(contract::TYPE, contract::FINISH.into()), (contract::AFTER_MS, ms.into())]);
        if let Ok(port) = self.node.port() {
            port.post_message(&message).warn_on_error();
        }
    }

    /// Disconnects the microphone from the worklet.
    pub(super) fn disconnect_source(&self) {
        self.source.disconnect().warn_on_error();
        if let Some(second) = &self.second {
            second.disconnect().warn_on_error();
        }
    }

    /// Captures silence in place of the microphone's sound while paused.
    pub(super) fn pause(&self, is_paused: bool) {
        self.stream.tracks().for_each(|track| track.set_enabled(!is_paused));
    }

    /// Whether the microphone is muted. A shared sound beside it that is muted is not reported.
    pub(super) fn is_muted(&self) -> bool {
        self.stream.microphone().is_some_and(|track| track.muted())
    }

    /// The name of the device; empty if the browser gives it none.
    pub(super) fn label(&self) -> String {
        self.stream.tracks().next().map(|track| track.label()).unwrap_or_default()
    }

    /// Whether the device has disappeared from the browser's list since the last call.
    pub(super) fn is_gone(&mut self, devices: &Devices) -> bool {
        let id = self.stream.tracks().find_map(|track| track.get_settings().get_device_id());
        // Before the grant the list has no ids.
        let is_listed = id.is_some_and(|id| !id.is_empty() && devices.lists(&id));
        std::mem::replace(&mut self.was_listed, is_listed) && !is_listed
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.listeners.clear();
        if let Ok(port) = self.node.port() {
            port.close();
        }
        self.node.disconnect().warn_on_error();
        self.disconnect_source();
    }
}

fn worklet_node(context: &AudioContext, wasm: &ArrayBuffer) -> Result<AudioWorkletNode, JsValue> {
    let options = AudioWorkletNodeOptions::new();
    options.set_number_of_inputs(1);
    options.set_number_of_outputs(0);
    options.set_channel_count(1);
    // With `explicit` the browser mixes a stereo microphone down.
    options.set_channel_count_mode(ChannelCountMode::Explicit);
    options.set_processor_options(Some(&object(&[(contract::WASM_OPTION, wasm.into())])));
    AudioWorkletNode::new_with_options(context, contract::PROCESSOR_NAME, &options)
}

fn listen(
    context: &AudioContext,
    node: &AudioWorkletNode,
    stream: &Stream,
    is_shared: bool,
    events: &EventSink,
) -> Result<Vec<Listener>, JsValue> {
    let on = |target: &EventTarget, name, event: fn() -> GraphEvent| {
        let events = events.clone();
        Listener::new(target, name, move |_| events(event()))
    };
    let mut listeners = vec![on(node, "processorerror", || GraphEvent::Lost(Loss::AudioThread))];
    for track in stream.tracks() {
        let ended: fn() -> GraphEvent = if is_shared {
            || GraphEvent::Lost(Loss::SharingEnded)
        } else {
            || GraphEvent::Lost(Loss::Unplugged)
        };
        listeners.push(on(&track, "ended", ended));
        for name in ["mute", "unmute"] {
            listeners.push(on(&track, name, || GraphEvent::Muted));
        }
    }
    let suspended = context.clone();
    listeners.push(Listener::new(context, "statechange", move |_| {
        // Not while it is `interrupted`, as on a phone during a call: a context that is resumed then stands still (Web
        // Audio issue 2585). `suspended` follows.
        if suspended.state() == AudioContextState::Suspended
            && let Ok(resumed) = suspended.resume()
        {
            // Rejected if the context is closed meanwhile; the watchdog notices other failures.
            spawn(async move {
                JsFuture::from(resumed).await.ok();
            });
        }
    }));
    let port = node.port()?;
    let events = events.clone();
    listeners.push(Listener::new(&port, "message", move |event| {
        if let Some(sound) = read(&event.unchecked_into::<MessageEvent>().data()) {
            events(GraphEvent::Sound(sound));
        }
    }));
    port.start();
    Ok(listeners)
}

/// Reads a message of the worklet; `None` if it has another form.
fn read(message: &JsValue) -> Option<Sound> {
    let kind = get(message, contract::TYPE).as_string()?;
    if kind == contract::CHUNK {
        let samples = Int16Array::new(&get(message, contract::PCM)).to_vec();
        return Some(Sound::Chunk(samples, get(message, contract::PEAK).as_f64()? as f32));
    }
    (kind == contract::END).then_some(Sound::End)
}
