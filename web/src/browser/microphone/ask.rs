use js_sys::{ArrayBuffer, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{MediaDevices, MediaStreamConstraints};

use super::assets::Assets;
use super::capture::Shared;
use super::graph::{Context, Graph, Stream, object};
use crate::browser::devices::Devices;
use crate::browser::network::Heart;
use crate::failure::MicrophoneFailure;
use crate::session::{Input, RecordingId};
use assemblyai_session::SAMPLE_RATE_HZ;

/// Asks the browser for a microphone, and makes what listens to it.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) assets: Assets,
    pub(super) devices: Devices,
    pub(super) heart: Heart,
}

impl Asker {
    /// Asks for the microphone, and makes all that listens to it meanwhile: what is said from the moment that it
    /// is granted is captured. Whether it takes over from another.
    pub(super) async fn open(
        &self,
        run: RecordingId,
        attempt: u32,
        shared: &Shared,
    ) -> Result<bool, MicrophoneFailure> {
        let media = media()?;
        let wanted = self.devices.wanted();
        let asked = ask(&media, wanted.as_deref(), "exact")?;
        let (for_graph, of_page) = (shared.clone(), self.assets.clone());
        let [first, second] = rates();
        // It resolves in any case: what has failed is tried again, and where nobody waits, nothing is reported.
        let prepared = future_to_promise(async move {
            let wasm = prepare(attempt, &for_graph, &of_page, first).await;
            Ok(wasm.map_or(JsValue::UNDEFINED, Into::into))
        });

        let mut stream = asked.await.map(stream);
        if let (Err(error), Some(wanted)) = (&stream, &wanted)
            && !shared.has_live()
        {
            stream = self.ask_for_any(&media, wanted, error.clone()).await;
        }
        let stream = stream?;
        still_wanted(attempt, shared)?;
        shared.tell(Input::MicrophoneGranted(run));
        self.devices.refresh(false);
        let wasm = JsFuture::from(prepared).await?;
        still_wanted(attempt, shared)?;
        let teller = shared.teller(attempt, &self.heart);
        // A browser that cannot convert to the context's rate throws, when the context is made (Firefox up to 140:
        // when it meets the stream). The worklet converts from whatever rate there is.
        let at_first = match (shared.take_prepared(), wasm.dyn_into::<ArrayBuffer>()) {
            (Some(context), Ok(wasm)) => Graph::new(attempt, (context, wasm), stream, &teller),
            _ => Err((stream, JsValue::UNDEFINED)),
        };
        let graph = match at_first {
            Ok(graph) => graph,
            Err((stream, _)) => {
                let wasm = prepare(attempt, shared, &self.assets, second).await?;
                still_wanted(attempt, shared)?;
                // It was put there just now.
                let context = shared.take_prepared().ok_or(MicrophoneFailure::Unsupported)?;
                Graph::new(attempt, (context, wasm), stream, &teller).map_err(|(_, error)| error)?
            }
        };
        let (takes_over, resumed) = (shared.has_live(), graph.resume()?);
        shared.change(|capture| capture.add(graph));
        // One that takes over is waited for by its sound.
        if let (Some(resumed), false) = (resumed, takes_over) {
            resumed.await?;
        }
        Ok(takes_over)
    }

    /// The chosen one is gone, or has a new id, or something else holds it: better another than none.
    async fn ask_for_any(
        &self,
        media: &MediaDevices,
        wanted: &str,
        error: JsValue,
    ) -> Result<Stream, JsValue> {
        if MicrophoneFailure::from(error.clone()) == MicrophoneFailure::Denied {
            return Err(error);
        }
        let any = stream(ask(media, Some(wanted), "ideal")?.await?);
        // The grant has given the devices their names: perhaps it is there under another id.
        self.devices.read().await;
        let found = self.devices.wanted().filter(|found| found != wanted);
        if let Some(found) = found
            && let Ok(chosen) = ask(media, Some(&found), "exact")?.await
        {
            return Ok(stream(chosen));
        }
        self.devices.replace(true);
        Ok(any)
    }
}

fn media() -> Result<MediaDevices, MicrophoneFailure> {
    let window = web_sys::window().ok_or(MicrophoneFailure::Unsupported)?;
    if !window.is_secure_context() {
        return Err(MicrophoneFailure::InsecurePage);
    }
    let devices = window.navigator().media_devices().map_err(|_| MicrophoneFailure::Unsupported)?;
    let worklets = Reflect::get(&window, &"AudioWorkletNode".into());
    if devices.is_undefined() || worklets.is_ok_and(|worklets| worklets.is_undefined()) {
        return Err(MicrophoneFailure::Unsupported);
    }
    Ok(devices)
}

/// Asks for a device by its id, as strictly as `how` says (Media Capture and Streams, 5.2), or for any.
fn ask(media: &MediaDevices, id: Option<&str>, how: &str) -> Result<JsFuture, JsValue> {
    let constraints = MediaStreamConstraints::new();
    // Voice processing is made for calls between people: it removes what it takes for noise.
    let off = ["echoCancellation", "noiseSuppression", "autoGainControl"].map(|name| (name, JsValue::FALSE));
    let device = id.map(|id| ("deviceId", object(&[(how, id.into())]).into()));
    let fields: Vec<_> = off.into_iter().chain(device).collect();
    constraints.set_audio(&object(&fields));
    Ok(JsFuture::from(media.get_user_media_with_constraints(&constraints)?))
}

fn stream(granted: JsValue) -> Stream {
    Stream(granted.unchecked_into())
}

/// What is held is let go where Stop was pressed meanwhile, or another microphone chosen.
fn still_wanted(attempt: u32, shared: &Shared) -> Result<(), MicrophoneFailure> {
    let no_longer = || MicrophoneFailure::Other("no longer wanted".to_owned());
    if shared.is_current(attempt) { Ok(()) } else { Err(no_longer()) }
}

/// The context's rates to try, in Hz; none is the browser's own.
fn rates() -> [Option<u32>; 2] {
    let to_16_khz_first = [Some(SAMPLE_RATE_HZ), None];
    // Gecko, which has no other sign in common with what is wrong, takes a microphone whose rate is not the
    // context's for a clock that drifts, and bends its pitch by up to 0.5 % (Firefox 153, 48 kHz to 16 kHz). At
    // its own rate it does not.
    let is_gecko = web_sys::window()
        .is_some_and(|window| Reflect::has(&window, &"mozInnerScreenX".into()).unwrap_or_default());
    if is_gecko { [None, Some(SAMPLE_RATE_HZ)] } else { to_16_khz_first }
}

/// A context at this rate, or at the browser's own, with the code of the audio thread in it; and that code's wasm.
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
        // Whatever its class: WebKitGTK's OverconstrainedError is no DOMException. And not `{error:?}`: that prints
        // numbers too, which takes 12 kB of code.
        let field = |name: &str| Reflect::get(&error, &name.into()).ok()?.as_string();
        Self::from_exception(
            &field("name").unwrap_or_else(|| "Error".to_owned()),
            &field("message").unwrap_or_default(),
        )
    }
}
