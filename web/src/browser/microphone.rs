use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Int16Array, Object, Reflect};
use transcription_worklet::contract;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
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
use crate::session::{Input, Loss, Run};

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
    wasm: Option<ArrayBuffer>,
    /// A browser may collect a source that nobody holds, and the microphone falls silent.
    source: Option<AudioNode>,
    node: Option<AudioWorkletNode>,
}

impl BrowserMicrophone {
    pub(crate) fn new(inbox: &Inbox) -> Result<Self, JsError> {
        let assets = Assets { processor_url: meta("worklet-processor")?, wasm_url: meta("worklet-wasm")? };
        // Into the browser's cache, where they may stay for ever: between the user's grant and capture there
        // should be no network.
        let early = assets.clone();
        spawn_local(async move {
            // What fails here is asked for again, and reported, when it is needed.
            let _ = (fetch_bytes(&early.wasm_url).await, fetch_bytes(&early.processor_url).await);
        });
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

    fn mute(&mut self, run: Run, is_muted: bool) {
        if let Some(stream) = self.of(run).and_then(|capture| Clone::clone(&capture.borrow().stream)) {
            tracks(&stream).for_each(|track| track.set_enabled(!is_muted));
        }
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
        close(self.context.take());
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Asks for the microphone, and makes all that listens to it meanwhile: what is said from the moment that it is
/// granted is captured.
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
    let worklets = Reflect::get(&window, &"AudioWorkletNode".into());
    if devices.is_undefined() || worklets.is_ok_and(|worklets| worklets.is_undefined()) {
        return Err(MicrophoneFailure::Unsupported);
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&unprocessed());
    let asked = devices.get_user_media_with_constraints(&constraints)?;
    let (for_graph, of_page) = (capture.clone(), assets.clone());
    // It resolves in any case: what has failed is tried again, and where nobody waits, nothing is reported.
    let graph = future_to_promise(async move {
        let made = make_graph(&for_graph, &of_page, Some(SAMPLE_RATE_HZ)).await;
        Ok(made.is_ok().into())
    });

    let stream: MediaStream = JsFuture::from(asked).await?.unchecked_into();
    // Not `stream.clone()`: that is MediaStream's own method, which copies the tracks, and nobody stops those.
    capture.borrow_mut().stream = Some(Clone::clone(&stream));
    still_wanted(capture)?;
    inbox.put(Input::MicrophoneGranted(run));
    let is_made = JsFuture::from(graph).await?.is_truthy();
    still_wanted(capture)?;
    // A browser that cannot convert to 16 kHz throws, when the context is made (Firefox up to 140: when it meets
    // the stream). The worklet converts from whatever rate there is.
    if !is_made || attach(run, capture, &stream, inbox).is_err() {
        make_graph(capture, assets, None).await?;
        still_wanted(capture)?;
        attach(run, capture, &stream, inbox)?;
    }
    let context = capture.borrow().context.clone();
    if let Some(context) = context.filter(|context| context.state() == AudioContextState::Suspended) {
        JsFuture::from(context.resume()?).await?;
    }
    still_wanted(capture)
}

/// Everything is let go again where Stop was pressed meanwhile.
fn still_wanted(capture: &RefCell<Capture>) -> Result<(), MicrophoneFailure> {
    let mut capture = capture.borrow_mut();
    if capture.is_over {
        capture.let_go();
        return Err(MicrophoneFailure::Other("no longer wanted".to_owned()));
    }
    Ok(())
}

/// A context at this rate, or at the browser's own, with the code of the audio thread in it.
async fn make_graph(
    capture: &RefCell<Capture>,
    assets: &Assets,
    sample_rate_hz: Option<u32>,
) -> Result<(), MicrophoneFailure> {
    let options = AudioContextOptions::new();
    if let Some(hz) = sample_rate_hz {
        options.set_sample_rate(hz as f32);
    }
    let context = AudioContext::new_with_context_options(&options)?;
    // A future from the start: a promise that fails before anybody waits for it is an error on the console.
    let module = JsFuture::from(context.audio_worklet()?.add_module(&assets.processor_url)?);
    let replaced = capture.borrow_mut().context.replace(context);
    close(replaced);
    let wasm = fetch_bytes(&assets.wasm_url).await?;
    module.await.map_err(|_| MicrophoneFailure::NoWorklet)?;
    capture.borrow_mut().wasm = Some(wasm);
    Ok(())
}

/// Lets the stream into the graph: capture begins.
fn attach(run: Run, capture: &RefCell<Capture>, stream: &MediaStream, inbox: &Inbox) -> Result<(), JsValue> {
    let mut capture = capture.borrow_mut();
    let (Some(context), Some(wasm)) = (&capture.context, &capture.wasm) else {
        return Err(JsValue::UNDEFINED); // Stop was pressed meanwhile.
    };
    let source = context.create_media_stream_source(stream)?;
    let node = worklet_node(context, wasm)?;
    let listeners = listen(&node, stream, run, inbox)?;
    source.connect_with_audio_node(&node)?;
    capture.listeners = listeners;
    capture.source = Some(source.into());
    capture.node = Some(node);
    Ok(())
}

/// Voice processing is made for calls between people: it removes what it takes for noise.
fn unprocessed() -> JsValue {
    let off = ["echoCancellation", "noiseSuppression", "autoGainControl"].map(|name| (name, JsValue::FALSE));
    object(&off).into()
}

/// A context that is not closed holds the audio device, and browsers give out only a few.
fn close(context: Option<AudioContext>) {
    if let Some(Ok(closing)) = context.map(|context| context.close()) {
        spawn_local(async move {
            let _ = JsFuture::from(closing).await;
        });
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
    let lost = |target: &web_sys::EventTarget, name, loss| {
        let inbox = inbox.clone();
        Listener::new(target, name, move |_| inbox.put(Input::MicrophoneLost(run, loss)))
    };
    let mut listeners: Vec<Listener> =
        tracks(stream).map(|track| lost(&track, "ended", Loss::Unplugged)).collect();
    listeners.push(lost(node, "processorerror", Loss::AudioThread));
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
    let missing = |_| MicrophoneFailure::NoWorklet;
    let window = web_sys::window().ok_or(MicrophoneFailure::Unsupported)?;
    let response: Response =
        JsFuture::from(window.fetch_with_str(url)).await.map_err(missing)?.unchecked_into();
    if !response.ok() {
        return Err(MicrophoneFailure::NoWorklet);
    }
    let bytes = JsFuture::from(response.array_buffer()?).await.map_err(missing)?;
    Ok(bytes.unchecked_into())
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
