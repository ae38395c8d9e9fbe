//! The user's microphone: one at a time, and two while one takes over from the other.

mod ask;
mod assets;
mod capture;
mod graph;

use wasm_bindgen::prelude::*;

use super::devices::Devices;
use super::network::SleepMonitor;
use super::tools::Loader;
use super::{EventQueue, spawn};
use crate::ports::Microphone;
use crate::session::{Input, RecordingId};
use ask::Asker;
use assets::Assets;
use capture::{Capture, Shared};

/// How long the worklet continues after Stop, in ms: the last words are still in the buffers of device and browser.
/// Input latencies of built-in microphones are 10 to 60 ms, of Bluetooth ones up to 200 ms.
const DRAIN_MS: u32 = 150;

/// The user's microphone, through `getUserMedia` and an `AudioWorklet`.
pub(crate) struct BrowserMicrophone {
    queue: EventQueue,
    asker: Asker,
    capture: Option<(RecordingId, Shared)>,
}

impl BrowserMicrophone {
    pub(crate) fn new(
        queue: &EventQueue,
        sleep_monitor: &SleepMonitor,
        tools: Loader,
    ) -> Result<Self, JsError> {
        let (assets, devices) = (Assets::find()?, Devices::new(queue, &tools)?);
        let asker = Asker { assets, devices, sleep_monitor: sleep_monitor.clone(), tools };
        Ok(Self { queue: queue.clone(), asker, capture: None })
    }

    fn change(&self, recording: RecordingId, change: impl FnOnce(&mut Capture) -> Vec<Input>) {
        if let Some((_, shared)) = self.capture.as_ref().filter(|(of, _)| *of == recording) {
            shared.change(change);
        }
    }
}

impl Microphone for BrowserMicrophone {
    fn open(&mut self, recording: RecordingId) {
        if self.capture.as_ref().is_none_or(|(of, _)| *of != recording) {
            self.capture = Some((recording, Shared::new(recording, &self.queue, &self.asker.devices)));
        }
        let Some((_, shared)) = &self.capture else { return };
        if shared.take_share_over() {
            return;
        }
        let mut attempt = 0;
        shared.change(|capture| {
            attempt = capture.begin();
            vec![]
        });
        let (shared, asker) = (shared.clone(), self.asker.clone());
        spawn(async move {
            let result = asker.open(recording, attempt, &shared).await;
            if !shared.is_current(attempt) {
                return;
            }
            match result {
                // One that takes over reports it later.
                Ok(true) => {}
                Ok(false) => {
                    asker.devices.confirm_selection();
                    shared.report(Input::MicrophoneOpened(recording));
                }
                Err(failure) => {
                    shared.take_prepared();
                    if shared.has_live() {
                        asker.devices.revert_selection();
                    }
                    shared.report(Input::MicrophoneRefused(recording, failure));
                }
            }
        });
    }

    fn mute(&mut self, recording: RecordingId, is_muted: bool) {
        self.change(recording, |capture| {
            capture.pause(is_muted);
            vec![]
        });
    }

    fn drain(&mut self, recording: RecordingId) {
        self.change(recording, |capture| capture.drain(DRAIN_MS));
    }

    fn close(&mut self, recording: RecordingId) {
        self.change(recording, |capture| {
            capture.close();
            vec![]
        });
        self.capture.take_if(|(of, _)| *of == recording);
        self.asker.devices.set_replaced(false);
    }

    fn may_be_silent(&self) -> bool {
        self.asker.devices.captures_shared()
    }
}
