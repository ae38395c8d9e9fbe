use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Int16Array, Object, Reflect};
use transcription_worklet::contract;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, AudioContextOptions, AudioContextState, AudioNode, AudioWorkletNode,
    AudioWorkletNodeOptions, ChannelCountMode, DomException, MediaStream, MediaStreamConstraints,
    MediaStreamTrack, MessageEvent, Response,
};

use super::Inbox;
use super::listener::Listener;
use crate::failure::MicrophoneFailure;
use crate::journal::SAMPLE_RATE_HZ;
use crate::ports::Microphone;
use crate::session::{Input, Run};

/// What was said right before Stop is still in the device's and the browser's buffers: this long, in ms, the
/// worklet goes on. Input latencies of built-in microphones are 10 to 60 ms, of Bluetooth ones up to 200 ms.
const DRAIN_MS: u32 = 150;

/// The user's microphone, through `getUserMedia` and an `AudioWorklet`.
pub(crate) struct BrowserMicrophone {
    inbox: Inbox,
    assets: Assets,
    capture: Option<(Run, Rc<RefCell<Capture>>)>,
}

/// The files that the worklet is made of; they have hashed names, which stand in index.html.
#[derive(Clone)]
struct Assets {
    processor_url: String,
    wasm_url: String,
}

/// What is held for a recording; all of it is let go when it is dropped.
#[derive(Default)]
struct Capture {
    /// Nobody wants it any more: whatever is still being opened is let go as soon as it is there.
    is_over: bool,
    listeners: Vec<Listener>,
    stream: Option<MediaStream>,
    context: Option<AudioContext>,
    /// A browser may collect a source that nobody holds, and the microphone falls silent.
    source: Option<AudioNode>,
    node: Option<AudioWorkletNode>,
}

impl BrowserMicrophone {
    pub(crate) fn new(inbox: &Inbox) -> Result<Self, JsError> {
        let assets = Assets { processor_url: meta("worklet-processor")?, wasm_url: meta("worklet-wasm")? };
        Ok(Self { inbox: inbox.clone(), assets, capture: None })
    }

    fn of(&self, run: Run) -> Option<&Rc<RefCell<Capture>>> {
        self.capture.as_ref().filter(|(of, _)| *of == run).map(|(_, capture)| capture)
    }
}

impl Microphone for BrowserMicrophone {
    fn open(&mut self, run: Run) {
        let capture = Rc::new(RefCell::new(Capture::default()));
        self.capture = Some((run, capture.clone()));
        let (inbox, assets) = (self.inbox.clone(), self.assets.clone());
        spawn_local(async move {
            match open(run, &capture, &assets, &inbox).await {
                Ok(()) => inbox.put(Input::MicrophoneOpened(run)),
                Err(failure) => {
                    capture.borrow_mut().let_go();
                    inbox.put(Input::MicrophoneRefused(run, failure));
                }
            }
        });
    }

    fn drain(&mut self, run: Run) {
        let Some(capture) = self.of(run) else { return };
        let message =
            object(&[(contract::TYPE, contract::FINISH.into()), (contract::AFTER_MS, DRAIN_MS.into())]);
        if let Some(port) = capture.borrow().node.as_ref().and_then(|node| node.port().ok()) {
            // Throws only for what cannot be cloned.
            let _ = port.post_message(&message);
        }
    }

    fn close(&mut self, run: Run) {
        if let Some((_, capture)) = self.capture.take_if(|(of, _)| *of == run) {
            capture.borrow_mut().let_go();
        }
    }
}

impl Capture {
    fn let_go(&mut self) {
        self.is_over = true;
        self.listeners.clear();
        if let Some(node) = self.node.take() {
            if let Ok(port) = node.port() {
                port.set_onmessage(None);
                port.close();
            }
            let _ = node.disconnect();
        }
        if let Some(source) = self.source.take() {
            let _ = source.disconnect();
        }
        if let Some(stream) = self.stream.take() {
            tracks(&stream).for_each(|track| track.stop());
        }
        // A context that is not closed holds the audio device; browsers give out only a few.
        if let Some(Ok(closing)) = self.context.take().map(|context| context.close()) {
            spawn_local(async move {
                let _ = JsFuture::from(closing).await;
            });
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.let_go();
    }
}

async fn open(
    run: Run,
    capture: &Rc<RefCell<Capture>>,
    assets: &Assets,
    inbox: &Inbox,
) -> Result<(), MicrophoneFailure> {
    let window = web_sys::window().ok_or(MicrophoneFailure::Unsupported)?;
    if !window.is_secure_context() {
        return Err(MicrophoneFailure::InsecurePage);
    }
    let devices = window.navigator().media_devices().map_err(|_| MicrophoneFailure::Unsupported)?;
    if devices.is_undefined()
        || Reflect::get(&window, &"AudioWorkletNode".into()).is_ok_and(|it| it.is_undefined())
    {
        return Err(MicrophoneFailure::Unsupported);
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&unprocessed());
    let stream = devices.get_user_media_with_constraints(&constraints)?;
    let stream: MediaStream = JsFuture::from(stream).await?.unchecked_into();
    keep(capture, &stream)?;

    let wasm = fetch_bytes(&assets.wasm_url).await?;
    let (context, source) = match connect(&stream, capture, Some(SAMPLE_RATE_HZ)) {
        Ok(connected) => connected,
        // A browser that cannot convert to 16 kHz throws; the worklet converts from whatever rate there is.
        Err(_) => connect(&stream, capture, None)?,
    };
    let module = context.audio_worklet()?.add_module(&assets.processor_url)?;
    JsFuture::from(module).await?;
    if context.state() == AudioContextState::Suspended {
        JsFuture::from(context.resume()?).await?;
    }
    let mut capture = capture.borrow_mut();
    if capture.is_over {
        return Ok(());
    }
    let node = worklet_node(&context, &wasm)?;
    capture.listeners.extend(listen(&node, &stream, run, inbox)?);
    source.connect_with_audio_node(&node)?;
    capture.source = Some(source);
    capture.node = Some(node);
    Ok(())
}

/// Puts the stream where it is let go, or does so now.
fn keep(capture: &RefCell<Capture>, stream: &MediaStream) -> Result<(), MicrophoneFailure> {
    let mut capture = capture.borrow_mut();
    // Not `stream.clone()`: that is MediaStream's own method, which copies the tracks, and nobody stops those.
    capture.stream = Some(Clone::clone(stream));
    if capture.is_over {
        capture.let_go();
        return Err(MicrophoneFailure::Other("no longer wanted".to_owned()));
    }
    Ok(())
}

/// Voice processing is made for calls between people: it removes what it takes for noise.
fn unprocessed() -> JsValue {
    let off = ["echoCancellation", "noiseSuppression", "autoGainControl"].map(|name| (name, JsValue::FALSE));
    object(&off).into()
}

/// A context at this rate, or at the browser's own, with the stream as its source.
fn connect(
    stream: &MediaStream,
    capture: &RefCell<Capture>,
    sample_rate_hz: Option<u32>,
) -> Result<(AudioContext, AudioNode), JsValue> {
    let options = AudioContextOptions::new();
    if let Some(hz) = sample_rate_hz {
        options.set_sample_rate(hz as f32);
    }
    let context = AudioContext::new_with_context_options(&options)?;
    // Firefox up to 140 throws here rather than above.
    match context.create_media_stream_source(stream) {
        Ok(source) => {
            capture.borrow_mut().context = Some(context.clone());
            Ok((context, source.into()))
        }
        Err(error) => {
            let _ = context.close();
            Err(error)
        }
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
    node: &AudioWorkletNode,
    stream: &MediaStream,
    run: Run,
    inbox: &Inbox,
) -> Result<Vec<Listener>, JsValue> {
    let port = node.port()?;
    let lost = |target: &web_sys::EventTarget, name| {
        let inbox = inbox.clone();
        Listener::new(target, name, move |_| inbox.put(Input::MicrophoneLost(run)))
    };
    let mut listeners: Vec<Listener> = tracks(stream).map(|track| lost(&track, "ended")).collect();
    listeners.push(lost(node, "processorerror"));
    let inbox = inbox.clone();
    listeners.push(Listener::new(&port, "message", move |event| {
        if let Some(input) = read(&event.unchecked_into::<MessageEvent>().data(), run) {
            inbox.put(input);
        }
    }));
    port.start();
    Ok(listeners)
}

/// What a message of the worklet says.
fn read(message: &JsValue, run: Run) -> Option<Input> {
    let field = |name: &str| Reflect::get(message, &name.into()).ok();
    let kind = field(contract::TYPE)?.as_string()?;
    if kind == contract::CHUNK {
        let samples = Int16Array::new(&field(contract::PCM)?).to_vec();
        let peak = field(contract::PEAK)?.as_f64()? as f32;
        return Some(Input::AudioCaptured(run, samples, peak));
    }
    (kind == contract::END).then_some(Input::MicrophoneDrained(run))
}

async fn fetch_bytes(url: &str) -> Result<ArrayBuffer, MicrophoneFailure> {
    let window = web_sys::window().ok_or(MicrophoneFailure::Unsupported)?;
    let response = JsFuture::from(window.fetch_with_str(url)).await;
    let response: Response = response.map_err(|_| MicrophoneFailure::NoWorklet)?.unchecked_into();
    if !response.ok() {
        return Err(MicrophoneFailure::NoWorklet);
    }
    Ok(JsFuture::from(response.array_buffer()?).await?.unchecked_into())
}

fn tracks(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    stream.get_audio_tracks().into_iter().map(JsCast::unchecked_into)
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let entries: Array = fields.iter().map(|(name, value)| Array::of2(&(*name).into(), value)).collect();
    // Fails only where an entry is no pair.
    Object::from_entries(&entries).unwrap_or_default()
}

fn meta(name: &str) -> Result<String, JsError> {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector(&format!("meta[name={name}]")).ok().flatten())
        .and_then(|element| element.get_attribute("content"))
        .ok_or_else(|| JsError::new(&format!("the page has no meta element {name}")))
}

impl From<JsValue> for MicrophoneFailure {
    fn from(error: JsValue) -> Self {
        match error.dyn_into::<DomException>() {
            Ok(exception) => Self::from_exception(&exception.name(), &exception.message()),
            // Not `{error:?}`: that prints numbers too, which takes 12 kB of code.
            Err(error) => Self::from_exception("Error", &String::from(Object::from(error).to_string())),
        }
    }
}
