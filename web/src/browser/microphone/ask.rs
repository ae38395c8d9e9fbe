use assemblyai_session::SAMPLE_RATE_HZ;
use js_sys::{Array, ArrayBuffer, Function, Reflect};
use transcription_dom::{
    PROCESSING, document, find, get, is_processing_wanted, object, show, sound_constraints, window,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDevices, MediaStreamConstraints};

use super::assets::Assets;
use super::capture::Shared;
use super::graph::{Context, Graph, Stream};
use crate::browser::devices::Devices;
use crate::browser::network::SleepMonitor;
use crate::browser::promise;
use crate::browser::tools::Loader;
use crate::devices::SHARED_AND_MICROPHONE;
use crate::failure::MicrophoneFailure;
use crate::session::{Input, RecordingId};

/// Asks the browser for a microphone, and builds the audio graph for it.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) assets: Assets,
    pub(super) devices: Devices,
    pub(super) sleep_monitor: SleepMonitor,
    pub(super) tools: Loader,
}

impl Asker {
    /// Asks for the microphone and prepares the audio graph meanwhile, so that capture begins as soon as it is granted.
    /// Returns whether the microphone is to take over from another one.
    pub(super) async fn open(
        &self,
        recording: RecordingId,
        attempt: u32,
        shared: &Shared,
    ) -> Result<bool, MicrophoneFailure> {
        let media = media()?;
        let id = self.devices.id_to_request();
        let is_shared = self.devices.is_shared();
        let requested = (!is_shared).then(|| request(&media, id.as_deref(), "exact")).transpose()?;
        let (for_graph, assets) = (shared.clone(), self.assets.clone());
        let [first, second] = rates();
        // It always resolves: after a failure there is a second attempt below, and a rejection that nothing awaits would
        // be logged as an error.
        let prepared = promise(async move {
            let wasm = prepare(attempt, &for_graph, &assets, first).await;
            Ok(wasm.map_or(JsValue::UNDEFINED, Into::into))
        });

        let stream = if let Some(requested) = requested {
            let mut stream = requested.await.map(|granted| stream(&granted));
            if let (Err(error), Some(id)) = (&stream, &id)
                && !shared.has_live()
            {
                stream = self.request_any(&media, id, error.clone()).await;
            }
            stream?
        } else {
            Stream(self.tools.share(id.as_deref() == Some(SHARED_AND_MICROPHONE)).await?)
        };
        check_current(attempt, shared)?;
        shared.report(Input::MicrophoneGranted(recording));
        self.devices.refresh(false);
        let wasm = JsFuture::from(prepared).await?;
        check_current(attempt, shared)?;
        let events = shared.event_sink(attempt, &self.sleep_monitor);
        // A browser that cannot convert to the context's rate throws when the context is created (Firefox up to 140:
        // when the stream is connected). The second attempt uses another rate, which the worklet converts.
        let at_first = match (shared.take_prepared(), wasm.dyn_into::<ArrayBuffer>()) {
            (Some(context), Ok(wasm)) => Graph::new(attempt, (context, wasm), stream, is_shared, &events),
            _ => Err((stream, JsValue::UNDEFINED)),
        };
        let graph = match at_first {
            Ok(graph) => graph,
            Err((stream, _)) => {
                let wasm = prepare(attempt, shared, &self.assets, second).await?;
                check_current(attempt, shared)?;
                // `prepare` has just stored it.
                let context = shared.take_prepared().ok_or(MicrophoneFailure::Unsupported)?;
                Graph::new(attempt, (context, wasm), stream, is_shared, &events)
                    .map_err(|(_, error)| error)?
            }
        };
        let (takes_over, resumed) = (shared.has_live(), graph.resume()?);
        shared.change(|capture| capture.add(graph));
        // One that takes over does so with its first sound.
        if let (Some(resumed), false) = (resumed, takes_over) {
            resumed.await?;
        }
        Ok(takes_over)
    }

    /// Asks for any microphone, because the selected one is missing, has a new id or is in use.
    async fn request_any(&self, media: &MediaDevices, id: &str, error: JsValue) -> Result<Stream, JsValue> {
        if MicrophoneFailure::from(error.clone()) == MicrophoneFailure::Denied {
            return Err(error);
        }
        let any = stream(&request(media, Some(id), "ideal")?.await?);
        // Since the grant the list has names: the selected device may be there under another id.
        self.devices.read().await;
        let found = self.devices.id_to_request().filter(|found| found != id);
        if let Some(found) = found
            && let Ok(selected) = request(media, Some(&found), "exact")?.await
        {
            return Ok(stream(&selected));
        }
        self.devices.set_replaced(true);
        Ok(any)
    }
}

fn media() -> Result<MediaDevices, MicrophoneFailure> {
    if !window().is_secure_context() {
        return Err(MicrophoneFailure::InsecurePage);
    }
    let devices = window().navigator().media_devices().map_err(|_| MicrophoneFailure::Unsupported)?;
    if devices.is_undefined() || get(&window(), "AudioWorkletNode").is_undefined() {
        return Err(MicrophoneFailure::Unsupported);
    }
    Ok(devices)
}

/// Requests the device with this id, or any. `strictness` is `exact` or `ideal` (Media Capture and Streams, 5.2).
fn request(media: &MediaDevices, id: Option<&str>, strictness: &str) -> Result<JsFuture, JsValue> {
    let constraints = MediaStreamConstraints::new();
    let device = id.map(|id| ("deviceId", object(&[(strictness, id.into())]).into()));
    constraints.set_audio(&sound_constraints(device));
    Ok(JsFuture::from(media.get_user_media_with_constraints(&constraints)?))
}

/// The granted stream; shows beside each switch whether the browser does otherwise.
fn stream(granted: &JsValue) -> Stream {
    let stream = Stream(Array::of2(granted, granted));
    for name in PROCESSING {
        let [asked, does] = stream.asked_and_does(name);
        if let Some(note) = find(&["[data-processing=", name, "] ~ .otherwise"].concat()) {
            // WebKitGTK does not report what it was asked for.
            let asked = asked.as_bool().unwrap_or_else(|| is_processing_wanted(name));
            show(&note, does.as_bool().is_some_and(|does| does != asked));
        }
    }
    stream
}

/// Fails if the user has stopped meanwhile or selected another microphone; what was opened is released then.
fn check_current(attempt: u32, shared: &Shared) -> Result<(), MicrophoneFailure> {
    let canceled = || MicrophoneFailure::Other("canceled".to_owned());
    if shared.is_current(attempt) { Ok(()) } else { Err(canceled()) }
}

/// The context's rates to try in order, in Hz; `None` is the browser's own.
fn rates() -> [Option<u32>; 2] {
    let to_16_khz_first = [Some(SAMPLE_RATE_HZ), None];
    // Gecko treats a microphone whose rate is not the context's as a clock that drifts, and bends its pitch by up to
    // 0.5 % (Firefox 153, 48 kHz to 16 kHz), but not at its own rate. That cannot be detected as such, so the engine is.
    let is_gecko = Reflect::has(&window(), &"mozInnerScreenX".into()).unwrap_or_default();
    if is_gecko { [None, Some(SAMPLE_RATE_HZ)] } else { to_16_khz_first }
}

/// Opens a context at this rate, or at the browser's own, loads the code of the audio thread into it, and returns that
/// code's wasm.
async fn prepare(
    attempt: u32,
    shared: &Shared,
    assets: &Assets,
    sample_rate_hz: Option<u32>,
) -> Result<ArrayBuffer, MicrophoneFailure> {
    let context = Context::open(sample_rate_hz)?;
    let module = context.load(&assets.processor_url)?;
    shared.prepare(attempt, context);
    let wasm = assets.wasm().await?;
    module.await.map_err(|_| MicrophoneFailure::NoWorklet)?;
    Ok(wasm)
}

impl From<JsValue> for MicrophoneFailure {
    fn from(error: JsValue) -> Self {
        // By its properties, because WebKitGTK's OverconstrainedError is not a DOMException.
        let name = get(&error, "name").as_string().unwrap_or_else(|| "Error".to_owned());
        let failure = Self::from_exception(&name, &get(&error, "message").as_string().unwrap_or_default());
        if failure == Self::Denied && is_forbidden() { Self::Forbidden } else { failure }
    }
}

/// Whether a header, or the frame that the page is in, forbids the microphone. Only Chromium reports it.
fn is_forbidden() -> bool {
    let policy = get(&document(), "featurePolicy");
    let allows = get(&policy, "allowsFeature").dyn_into::<Function>();
    allows
        .and_then(|allows| allows.call1(&policy, &"microphone".into()))
        .is_ok_and(|allowed| allowed.is_falsy())
}
