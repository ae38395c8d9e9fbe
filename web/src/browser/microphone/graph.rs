use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Int16Array, Object, Reflect};
use transcription_worklet::contract;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, AudioContextOptions, AudioContextState, AudioNode, AudioWorkletNode,
    AudioWorkletNodeOptions, ChannelCountMode, EventTarget, MediaStream, MediaStreamTrack, MessageEvent,
};

use crate::browser::devices::Devices;
use crate::session::Loss;
use assemblyai_session::handover::Sound;
use transcription_dom::Listener;

/// What a graph has to tell.
pub(super) enum News {
    Sound(Sound),
    Lost(Loss),
    /// The system, or the browser, has muted the track, or does so no longer.
    Muted(bool),
}

/// Who is told.
pub(super) type Teller = Rc<dyn Fn(News)>;

/// A stream whose tracks end with it.
pub(super) struct Stream(pub(super) MediaStream);

/// A context that is closed with its owner: an open one holds an audio device, and browsers give out only a few.
pub(super) struct Context(AudioContext);

/// A microphone's way to the page. All of it ends when it is dropped.
pub(super) struct Graph {
    /// The attempt that made it.
    pub(super) id: u32,
    // First: what listens goes before what it listens to.
    listeners: Vec<Listener>,
    node: AudioWorkletNode,
    /// A browser may collect a source that nobody holds, and the microphone falls silent.
    source: AudioNode,
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

    /// Brings the code of the audio thread; a future from the start, since a promise that fails before anybody
    /// waits for it is an error on the console.
    pub(super) fn load(&self, processor_url: &str) -> Result<JsFuture, JsValue> {
        Ok(JsFuture::from(self.0.audio_worklet()?.add_module(processor_url)?))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        finish(self.0.close());
    }
}

impl Stream {
    fn tracks(&self) -> impl Iterator<Item = MediaStreamTrack> + use<> {
        self.0.get_audio_tracks().into_iter().map(JsCast::unchecked_into)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.tracks().for_each(|track| track.stop());
    }
}

impl Graph {
    /// Lets the stream into the context: capture begins. A browser may refuse that for the context's rate, and
    /// then the stream is given back.
    pub(super) fn new(
        id: u32,
        (context, wasm): (Context, ArrayBuffer),
        stream: Stream,
        teller: &Teller,
    ) -> Result<Self, (Stream, JsValue)> {
        let wire = || {
            let source = context.0.create_media_stream_source(&stream.0)?;
            let node = worklet_node(&context.0, &wasm)?;
            let listeners = listen(&context.0, &node, &stream, teller)?;
            source.connect_with_audio_node(&node)?;
            Ok((source.into(), node, listeners))
        };
        match wire() {
            Ok((source, node, listeners)) => {
                Ok(Self { id, listeners, node, source, stream, context, was_listed: false })
            }
            Err(error) => Err((stream, error)),
        }
    }

    /// Resolves when the context runs, which without an audio device is never.
    pub(super) fn resume(&self) -> Result<Option<JsFuture>, JsValue> {
        let context = &self.context.0;
        let is_suspended = context.state() == AudioContextState::Suspended;
        is_suspended.then(|| context.resume().map(JsFuture::from)).transpose()
    }

    /// Asks for the last samples, after so many ms.
    pub(super) fn end_after(&self, ms: u32) {
        let message = object(&[(contract::TYPE, contract::FINISH.into()), (contract::AFTER_MS, ms.into())]);
        if let Ok(port) = self.node.port() {
            // Throws only for what cannot be cloned.
            let _ = port.post_message(&message);
        }
    }

    /// Lets nothing more in.
    pub(super) fn cut_off(&self) {
        let _ = self.source.disconnect();
    }

    /// Lets in silence instead of what the microphone hears, which is what `enabled` is for.
    pub(super) fn pause(&self, is_paused: bool) {
        self.stream.tracks().for_each(|track| track.set_enabled(!is_paused));
    }

    pub(super) fn is_muted(&self) -> bool {
        self.stream.tracks().any(|track| track.muted())
    }

    /// Whether the browser lists the device no longer.
    pub(super) fn is_gone(&mut self, devices: &Devices) -> bool {
        let id = self.stream.tracks().find_map(|track| track.get_settings().get_device_id());
        // Before the grant it lists devices without ids.
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
        let _ = self.node.disconnect();
        let _ = self.source.disconnect();
    }
}

fn worklet_node(context: &AudioContext, wasm: &ArrayBuffer) -> Result<AudioWorkletNode, JsValue> {
    let options = AudioWorkletNodeOptions::new();
    options.set_number_of_inputs(1);
    options.set_number_of_outputs(0);
    options.set_channel_count(1);
    // Explicit: a stereo microphone is mixed down by the browser.
    options.set_channel_count_mode(ChannelCountMode::Explicit);
    options.set_processor_options(Some(&object(&[(contract::WASM_OPTION, wasm.into())])));
    AudioWorkletNode::new_with_options(context, contract::PROCESSOR_NAME, &options)
}

fn listen(
    context: &AudioContext,
    node: &AudioWorkletNode,
    stream: &Stream,
    teller: &Teller,
) -> Result<Vec<Listener>, JsValue> {
    let tell = |target: &EventTarget, name, news: fn() -> News| {
        let teller = teller.clone();
        Listener::new(target, name, move |_| teller(news()))
    };
    let mut listeners = vec![tell(node, "processorerror", || News::Lost(Loss::AudioThread))];
    for track in stream.tracks() {
        listeners.push(tell(&track, "ended", || News::Lost(Loss::Unplugged)));
        listeners.push(tell(&track, "mute", || News::Muted(true)));
        listeners.push(tell(&track, "unmute", || News::Muted(false)));
    }
    let suspended = context.clone();
    listeners.push(Listener::new(context, "statechange", move |_| {
        // Not while it is `interrupted`, as on a phone during a call: a clock that is resumed then stays where it
        // is (Web Audio issue 2585). `suspended` follows.
        if suspended.state() == AudioContextState::Suspended {
            finish(suspended.resume());
        }
    }));
    let port = node.port()?;
    let teller = teller.clone();
    listeners.push(Listener::new(&port, "message", move |event| {
        if let Some(sound) = read(&event.unchecked_into::<MessageEvent>().data()) {
            teller(News::Sound(sound));
        }
    }));
    port.start();
    Ok(listeners)
}

/// What a message of the worklet says.
fn read(message: &JsValue) -> Option<Sound> {
    let field = |name: &str| Reflect::get(message, &name.into()).ok();
    let kind = field(contract::TYPE)?.as_string()?;
    if kind == contract::CHUNK {
        let samples = Int16Array::new(&field(contract::PCM)?).to_vec();
        return Some(Sound::Chunk(samples, field(contract::PEAK)?.as_f64()? as f32));
    }
    (kind == contract::END).then_some(Sound::End)
}

/// Lets it come to its end; where it fails, the watchdog notices.
fn finish(promise: Result<js_sys::Promise, JsValue>) {
    if let Ok(promise) = promise {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}

pub(super) fn object(fields: &[(&str, JsValue)]) -> Object {
    let entries: Array = fields.iter().map(|(name, value)| Array::of2(&(*name).into(), value)).collect();
    // Fails only where an entry is no pair.
    Object::from_entries(&entries).unwrap_or_default()
}
