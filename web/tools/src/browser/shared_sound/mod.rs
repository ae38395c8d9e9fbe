//! The sound of a tab or of the computer, which the user shares, alone or beside a microphone.

mod ask;
mod levels;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Promise};
use transcription_common::{RecordingPhase, texts};
use transcription_dom::{Listener, closest, document, get};
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
    question: Question,
    /// Whether the recording begins: a source that is chosen then is for the next one.
    is_starting: Rc<Cell<bool>>,
    _listener: Listener,
}

/// The question for the microphone beside a sound that is shared already. Clones share their state.
#[derive(Clone, Default)]
struct Question(Rc<QuestionState>);

#[derive(Default)]
struct QuestionState {
    /// Counts the requests to share: only the last one goes on.
    request: Cell<u32>,
    /// The sound that is shared while the question is unanswered.
    shared: RefCell<Option<MediaStream>>,
}

impl Question {
    /// Cancels the request in progress, if there is one: its sound is no longer shared.
    fn cancel(&self) {
        self.0.request.set(self.0.request.get().wrapping_add(1));
        self.0.shared.take().iter().for_each(stop);
    }

    /// Asks for the microphone beside a sound; fails if the request was canceled before the answer.
    async fn ask(&self, request: u32, shared: &MediaStream) -> Result<Result<Source, JsValue>, JsValue> {
        let check = |given: &MediaStream| {
            if self.0.request.get() == request {
                return Ok(());
            }
            stop(given);
            Err(JsValue::UNDEFINED)
        };
        check(shared)?;
        // Not `shared.clone()`: that is `MediaStream.clone` of the browser, which captures the sound once more.
        self.0.shared.replace(Some(Clone::clone(shared)));
        let answer = ask::microphone().await;
        check(answer.as_ref().map_or(shared, |microphone| &microphone.stream))?;
        self.0.shared.take();
        Ok(answer)
    }
}

/// Ends the capture of a stream.
fn stop(stream: &MediaStream) {
    for track in stream.get_tracks() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

impl SharedSound {
    pub(super) fn new() -> Self {
        let question = Question::default();
        let is_starting = Rc::new(Cell::new(false));
        let (of_listener, starts) = (question.clone(), is_starting.clone());
        // Before the page asks for the source that was chosen, which it does later.
        let listener = Listener::new(&document(), "change", move |event| {
            if closest(&event, "#devices").is_some() && !starts.get() {
                of_listener.cancel();
            }
        });
        Self { levels: Levels::new(), question, is_starting, _listener: listener }
    }

    /// After Stop nothing is asked for any more.
    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        self.is_starting.set(phase == RecordingPhase::Starting);
        if matches!(
            phase,
            RecordingPhase::Idle
                | RecordingPhase::WaitingToSend
                | RecordingPhase::Sending
                | RecordingPhase::Stopping
        ) {
            self.question.cancel();
        }
    }

    /// A promise of an array: a stream with all tracks, and behind it a stream for each of them.
    pub(super) fn share(&self, with_microphone: bool) -> Promise {
        self.question.cancel();
        let (question, request) = (self.question.clone(), self.question.0.request.get());
        // Without waiting: a browser shares only for some seconds after a click.
        let (asked, levels) = (ask::sound(), self.levels.clone());
        future_to_promise(async move {
            let shared = Source { name: texts::COMPUTER_SOUND.get().to_owned(), stream: asked.await? };
            if !with_microphone {
                return Ok(Array::of2(&shared.stream, &shared.stream).into());
            }
            Ok(match question.ask(request, &shared.stream).await? {
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
