use transcription_common::{MICROPHONE_KEY, texts};
use transcription_dom::{get, object, sound_constraints, storage, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack};

use super::Source;

/// Asks the user for the sound of a tab or of the computer. Browsers share it only beside a picture (Screen Capture, 5.2).
pub(super) fn sound() -> impl Future<Output = Result<MediaStream, JsValue>> {
    let constraints = object(&[
        ("audio", sound_constraints(None).into()),
        ("video", true.into()),
        ("systemAudio", "include".into()),
        ("selfBrowserSurface", "exclude".into()),
    ]);
    let asked = media()
        .and_then(|media| media.get_display_media_with_constraints(constraints.unchecked_ref()))
        .map(JsFuture::from);
    async move { without_picture(asked?.await) }
}

/// Asks for the microphone that the user selected last, or for another if that one is not there.
pub(super) async fn microphone() -> Result<Source, JsValue> {
    let selected =
        storage::get(MICROPHONE_KEY).map(|id| ("deviceId", object(&[("ideal", id.into())]).into()));
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&sound_constraints(selected));
    let granted = JsFuture::from(media()?.get_user_media_with_constraints(&constraints)?).await?;
    let mut microphone =
        Source { name: texts::MICROPHONE.get().to_owned(), stream: granted.unchecked_into() };
    if let Some(label) = microphone.track().map(|track| track.label()).filter(|label| !label.is_empty()) {
        microphone.name = label;
    }
    Ok(microphone)
}

fn media() -> Result<MediaDevices, JsValue> {
    window().navigator().media_devices()
}

/// The sound that was shared, without its picture.
fn without_picture(granted: Result<JsValue, JsValue>) -> Result<MediaStream, JsValue> {
    let stream: MediaStream = granted
        .map_err(|error| {
            let name = get(&error, "name").as_string().unwrap_or_default();
            // `InvalidStateError`: the click was too long ago, because the tools had to be loaded first. The next will do.
            if ["NotAllowedError", "InvalidStateError"].contains(&&*name) { not_shared() } else { error }
        })?
        .unchecked_into();
    for picture in stream.get_video_tracks() {
        picture.unchecked_into::<MediaStreamTrack>().stop();
    }
    if stream.get_audio_tracks().length() > 0 { Ok(stream) } else { Err(not_shared()) }
}

/// The page knows it by this name, and shows the message.
fn not_shared() -> JsValue {
    let error = js_sys::Error::new(texts::NOT_SHARED.get());
    error.set_name("NotShared");
    error.into()
}
