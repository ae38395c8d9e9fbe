//! The sound of a tab or of the computer, which the user shares, alone or beside a microphone.

mod ask;
mod levels;

use js_sys::{Array, Promise};
use transcription_common::texts;
use transcription_dom::get;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{MediaStream, MediaStreamTrack};

use levels::Levels;

/// One of several sources that are recorded together.
struct Source {
    name: String,
    stream: MediaStream,
}

impl Source {
    fn track(&self) -> Option<MediaStreamTrack> {
        self.stream.get_audio_tracks().into_iter().next().map(JsCast::unchecked_into)
    }

    /// Whether it has ended by itself, or the page has ended it.
    fn has_ended(&self) -> bool {
        let is_live =
            |track: MediaStreamTrack| get(&track, "readyState").as_string().as_deref() == Some("live");
        !self.track().is_some_and(is_live)
    }
}

/// Asks for the sound, and shows the levels of several sources while they are recorded.
pub(super) struct SharedSound {
    levels: Levels,
}

impl SharedSound {
    pub(super) fn new() -> Self {
        Self { levels: Levels::new() }
    }

    /// A promise of an array: a stream with all tracks, and behind it a stream for each of them.
    pub(super) fn share(&self, with_microphone: bool) -> Promise {
        // Without waiting: a browser shares only for some seconds after a click.
        let (asked, levels) = (ask::sound(), self.levels.clone());
        future_to_promise(async move {
            let shared = Source { name: texts::COMPUTER_SOUND.get().to_owned(), stream: asked.await? };
            if !with_microphone {
                return Ok(Array::of2(&shared.stream, &shared.stream).into());
            }
            Ok(match ask::microphone().await {
                Ok(microphone) => {
                    let all = MediaStream::new()?;
                    for source in [&shared, &microphone] {
                        source.track().iter().for_each(|track| all.add_track(track));
                    }
                    let streams = Array::of3(&all, &shared.stream, &microphone.stream);
                    levels.show(shared, Some(microphone), "");
                    streams.into()
                }
                // The user has shared the sound, and may not be able to hear it again.
                Err(error) => {
                    let streams = Array::of2(&shared.stream, &shared.stream);
                    let is_denied = get(&error, "name").as_string().as_deref() == Some("NotAllowedError");
                    let note =
                        if is_denied { texts::MICROPHONE_DENIED_BESIDE } else { texts::NO_MICROPHONE_BESIDE };
                    levels.show(shared, None, note.get());
                    streams.into()
                }
            })
        })
    }
}
