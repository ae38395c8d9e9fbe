//! The user's microphone: one at a time, and two for as long as one takes over from the other.

mod ask;
mod assets;
mod capture;
mod graph;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Inbox;
use super::devices::Devices;
use super::network::Heart;
use crate::ports::Microphone;
use crate::session::{Input, RecordingId};
use ask::Asker;
use assets::Assets;
use capture::{Capture, Shared};

/// What was said right before Stop is still in the device's and the browser's buffers: this long, in ms, the
/// worklet goes on. Input latencies of built-in microphones are 10 to 60 ms, of Bluetooth ones up to 200 ms.
const DRAIN_MS: u32 = 150;

/// The user's microphone, through `getUserMedia` and an `AudioWorklet`.
pub(crate) struct BrowserMicrophone {
    inbox: Inbox,
    asker: Asker,
    capture: Option<(RecordingId, Shared)>,
}

impl BrowserMicrophone {
    pub(crate) fn new(inbox: &Inbox, heart: &Heart) -> Result<Self, JsError> {
        let asker = Asker { assets: Assets::find()?, devices: Devices::new(inbox)?, heart: heart.clone() };
        Ok(Self { inbox: inbox.clone(), asker, capture: None })
    }

    fn change(&self, run: RecordingId, change: impl FnOnce(&mut Capture) -> Vec<Input>) {
        if let Some((_, shared)) = self.capture.as_ref().filter(|(of, _)| *of == run) {
            shared.change(change);
        }
    }
}

impl Microphone for BrowserMicrophone {
    fn open(&mut self, run: RecordingId) {
        if self.capture.as_ref().is_none_or(|(of, _)| *of != run) {
            self.capture = Some((run, Shared::new(run, &self.inbox, &self.asker.devices)));
        }
        let Some((_, shared)) = &self.capture else { return };
        let mut attempt = 0;
        shared.change(|capture| {
            attempt = capture.begin();
            vec![]
        });
        let (shared, asker) = (shared.clone(), self.asker.clone());
        spawn_local(async move {
            let result = asker.open(run, attempt, &shared).await;
            if !shared.is_current(attempt) {
                return;
            }
            match result {
                // One that takes over tells when it has.
                Ok(takes_over) if takes_over => {}
                Ok(_) => {
                    asker.devices.settle();
                    shared.tell(Input::MicrophoneOpened(run));
                }
                Err(failure) => {
                    shared.take_prepared();
                    if shared.has_live() {
                        asker.devices.revert();
                    }
                    shared.tell(Input::MicrophoneRefused(run, failure));
                }
            }
        });
    }

    fn mute(&mut self, run: RecordingId, is_muted: bool) {
        self.change(run, |capture| {
            capture.pause(is_muted);
            vec![]
        });
    }

    fn drain(&mut self, run: RecordingId) {
        self.change(run, |capture| capture.drain(DRAIN_MS));
    }

    fn close(&mut self, run: RecordingId) {
        self.change(run, |capture| {
            capture.close();
            vec![]
        });
        self.capture.take_if(|(of, _)| *of == run);
        self.asker.devices.replace(false);
    }
}
