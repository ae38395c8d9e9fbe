use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::graph::{Context, EventSink, Graph, GraphEvent};
use crate::browser::EventQueue;
use crate::browser::devices::Devices;
use crate::browser::network::SleepMonitor;
use crate::event::Event;
use crate::failure::MicrophoneFailure;
use crate::session::{Input, Loss, RecordingId};
use assemblyai_session::handover::{Handover, Sound, Step};
use assemblyai_session::liveness::{TICK_MS, Watchdog};
use transcription_dom::Interval;

/// How many ticks a lost microphone gets to deliver its last samples, which takes some ms.
const REST_TICKS: u32 = 2;

/// What is open for a recording; dropping it closes everything.
pub(super) struct Capture {
    recording: RecordingId,
    devices: Devices,
    /// The number of calls of `open`; the results of earlier calls are dropped.
    attempt: u32,
    /// The context of the current attempt, until there is a stream for it.
    pub(super) prepared: Option<Context>,
    /// The graph that is recorded.
    live: Option<Graph>,
    /// The graph that is to take over.
    next: Option<(Graph, Handover)>,
    /// Why the live graph is lost, and for how many ticks its last samples have been awaited.
    lost: Option<(Loss, u32)>,
    /// Why the last live graph was lost, until the next request. Once the user has ended the sharing of a sound, that
    /// must not ask for another by itself.
    last_loss: Option<Loss>,
    /// The name of the microphone that was unplugged, until another takes its place.
    unplugged: Option<String>,
    /// The names of an unplugged microphone and of its successor, until the app knows them.
    replaced: Option<(String, String)>,
    is_paused: bool,
    is_draining: bool,
    is_muted: bool,
    /// The peak since the last tick, 0 to 1 of full scale.
    peak: f32,
    watchdog: Watchdog,
    _ticks: Interval,
}

/// A capture, and the queue of its events to the session.
#[derive(Clone)]
pub(super) struct Shared {
    capture: Rc<RefCell<Capture>>,
    queue: EventQueue,
}

impl Shared {
    pub(super) fn new(recording: RecordingId, queue: &EventQueue, devices: &Devices) -> Self {
        let capture = Rc::new_cyclic(|capture: &Weak<RefCell<Capture>>| {
            let (capture, queue) = (capture.clone(), queue.clone());
            let ticks = Interval::new(TICK_MS, move || {
                if let Some(capture) = capture.upgrade() {
                    Self { capture, queue: queue.clone() }.change(Capture::tick);
                }
            });
            RefCell::new(Capture {
                recording,
                devices: devices.clone(),
                attempt: 0,
                prepared: None,
                live: None,
                next: None,
                lost: None,
                last_loss: None,
                unplugged: None,
                replaced: None,
                is_paused: false,
                is_draining: false,
                is_muted: false,
                peak: 0.0,
                watchdog: Watchdog::default(),
                _ticks: ticks,
            })
        });
        Self { capture, queue: queue.clone() }
    }

    /// Changes the capture, and sends the resulting inputs once it is no longer borrowed.
    pub(super) fn change(&self, change: impl FnOnce(&mut Capture) -> Vec<Input>) {
        let inputs = change(&mut self.capture.borrow_mut());
        for input in inputs {
            self.queue.put(input);
        }
        let replaced = self.capture.borrow_mut().replaced.take();
        if let Some((from, to)) = replaced {
            self.queue.put(Event::MicrophoneReplaced(from, to));
        }
    }

    pub(super) fn report(&self, input: Input) {
        self.queue.put(input);
    }

    /// Passes the events of an attempt's graph to the capture while that exists.
    pub(super) fn event_sink(&self, attempt: u32, sleep_monitor: &SleepMonitor) -> EventSink {
        let (capture, queue) = (Rc::downgrade(&self.capture), self.queue.clone());
        let sleep_monitor = sleep_monitor.clone();
        Rc::new(move |event| {
            sleep_monitor.beat();
            if let Some(capture) = capture.upgrade() {
                Self { capture, queue: queue.clone() }.change(|capture| capture.on_event(attempt, event));
            }
        })
    }

    /// Whether this is still the latest attempt.
    pub(super) fn is_current(&self, attempt: u32) -> bool {
        self.capture.borrow().attempt == attempt
    }

    /// Whether this request follows by itself from the end of a sharing.
    pub(super) fn take_share_over(&self) -> bool {
        self.capture.borrow_mut().last_loss.take() == Some(Loss::SharingEnded)
    }

    pub(super) fn has_live(&self) -> bool {
        self.capture.borrow().live.is_some()
    }

    /// Stores the context of an attempt if that is still the latest one.
    pub(super) fn prepare(&self, attempt: u32, context: Context) {
        if self.is_current(attempt) {
            self.capture.borrow_mut().prepared = Some(context);
        }
    }

    pub(super) fn take_prepared(&self) -> Option<Context> {
        self.capture.borrow_mut().prepared.take()
    }
}

impl Capture {
    /// Begins a new attempt and returns its number; the live graph stays, an earlier attempt is canceled.
    pub(super) fn begin(&mut self) -> u32 {
        self.cancel();
        self.attempt
    }

    /// Cancels the current attempt.
    fn cancel(&mut self) {
        self.attempt += 1;
        self.prepared = None;
        if self.next.as_ref().is_some_and(|(_, handover)| !handover.is_switching()) {
            self.next = None;
        }
    }

    /// Closes everything.
    pub(super) fn close(&mut self) {
        self.cancel();
        self.next = None;
        self.live = None;
    }

    pub(super) fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        let graphs = self.live.iter().chain(self.next.iter().map(|(graph, _)| graph));
        graphs.for_each(|graph| graph.pause(is_paused));
    }

    /// Ends capture after so many ms, without waiting for a graph that is still to take over.
    pub(super) fn drain(&mut self, after_ms: u32) -> Vec<Input> {
        self.cancel();
        self.is_draining = true;
        match self.next.as_ref().map(|(graph, _)| graph).or(self.live.as_ref()) {
            Some(graph) => {
                graph.end_after(after_ms);
                vec![]
            }
            None => vec![Input::MicrophoneDrained(self.recording)],
        }
    }

    /// Takes the graph of an attempt: it is live at once, or takes over with its first sound.
    pub(super) fn add(&mut self, graph: Graph) -> Vec<Input> {
        graph.pause(self.is_paused);
        if self.live.is_none() {
            return self.go_live(graph);
        }
        self.next = Some((graph, Handover::default()));
        vec![]
    }

    fn go_live(&mut self, mut graph: Graph) -> Vec<Input> {
        // Called for its first look at the list: the device may be unplugged before the next tick.
        graph.is_gone(&self.devices);
        self.watchdog.on_samples();
        self.lost = None;
        let label = graph.label();
        let is_other = |name: &String| !name.is_empty() && !label.is_empty() && *name != label;
        self.replaced = self.unplugged.take().filter(is_other).map(|name| (name, label));
        self.live = Some(graph);
        self.update_muted()
    }

    /// Finds out whether the microphone is muted.
    fn update_muted(&mut self) -> Vec<Input> {
        let is_muted = self.live.as_ref().is_some_and(Graph::is_muted);
        if std::mem::replace(&mut self.is_muted, is_muted) == is_muted {
            vec![]
        } else {
            vec![Input::MicrophoneMuted(self.recording, is_muted)]
        }
    }

    fn on_event(&mut self, id: u32, event: GraphEvent) -> Vec<Input> {
        let is_live = self.live.as_ref().is_some_and(|live| live.id == id);
        let next = self.next.as_mut().filter(|(graph, _)| graph.id == id);
        match (event, next) {
            (GraphEvent::Sound(sound), _) if is_live => self.on_live_sound(sound),
            (GraphEvent::Sound(sound), Some((_, handover))) => {
                let step = handover.on_new(sound);
                self.apply(step)
            }
            (GraphEvent::Lost(loss), _) if is_live => self.lose(loss),
            (GraphEvent::Lost(_), Some(_)) => self.apply(Step::GiveUp),
            (GraphEvent::Muted, _) if is_live => self.update_muted(),
            _ => vec![],
        }
    }

    fn on_live_sound(&mut self, sound: Sound) -> Vec<Input> {
        self.watchdog.on_samples();
        let Some((_, handover)) = &mut self.next else {
            return match (self.lost.take(), &sound) {
                (Some((loss, _)), Sound::End) if !self.is_draining => self.drop_live(loss),
                (lost, _) => {
                    self.lost = lost;
                    vec![self.record(sound)]
                }
            };
        };
        let (belongs, step) = handover.on_old(&sound);
        let mut inputs = if belongs { vec![self.record(sound)] } else { vec![] };
        inputs.extend(self.apply(step));
        inputs
    }

    fn record(&mut self, sound: Sound) -> Input {
        match sound {
            Sound::Chunk(samples, peak) => {
                self.peak = self.peak.max(peak);
                Input::AudioCaptured(self.recording, samples, peak)
            }
            Sound::End => Input::MicrophoneDrained(self.recording),
        }
    }

    fn apply(&mut self, step: Step) -> Vec<Input> {
        match step {
            Step::Wait => vec![],
            Step::EndOld => {
                self.live.iter().for_each(|old| old.end_after(0));
                vec![]
            }
            Step::Switch(held) => {
                let Some((graph, _)) = self.next.take() else { return vec![] };
                let mut inputs: Vec<Input> = held.into_iter().map(|sound| self.record(sound)).collect();
                inputs.extend(self.go_live(graph));
                self.devices.confirm_selection();
                inputs.push(Input::MicrophoneOpened(self.recording));
                inputs
            }
            Step::GiveUp => {
                self.next = None;
                self.devices.revert_selection();
                let silent = MicrophoneFailure::Other("it delivers no sound".to_owned());
                vec![Input::MicrophoneRefused(self.recording, silent)]
            }
        }
    }

    /// Handles the loss of the live graph: its last samples are taken first.
    fn lose(&mut self, loss: Loss) -> Vec<Input> {
        let Some(live) = &self.live else { return vec![] };
        live.disconnect_source();
        if let Some((_, handover)) = &mut self.next {
            let step = handover.on_old_lost();
            return self.apply(step);
        }
        if loss == Loss::AudioThread {
            return self.drop_live(loss);
        }
        live.end_after(0);
        self.lost.get_or_insert((loss, 0));
        vec![]
    }

    fn drop_live(&mut self, loss: Loss) -> Vec<Input> {
        if loss == Loss::Unplugged {
            self.unplugged = self.live.as_ref().map(Graph::label);
        }
        (self.live, self.lost, self.is_muted) = (None, None, false);
        self.last_loss = Some(loss);
        vec![Input::MicrophoneLost(self.recording, loss)]
    }

    fn tick(&mut self) -> Vec<Input> {
        if let Some((loss, ticks)) = &mut self.lost {
            *ticks += 1;
            return if *ticks < REST_TICKS {
                vec![]
            } else {
                let loss = *loss;
                self.drop_live(loss)
            };
        }
        let mut inputs = vec![];
        if let Some((_, handover)) = &mut self.next {
            let step = handover.tick();
            inputs = self.apply(step);
        }
        let Some(live) = &mut self.live else { return inputs };
        // In WebKit an unplugged device may deliver zeros without an event.
        if std::mem::take(&mut self.peak) == 0.0 {
            self.devices.refresh(false);
        }
        if live.is_gone(&self.devices) {
            inputs.extend(self.lose(Loss::Unplugged));
            return inputs;
        }
        let expects_sound = !(self.is_paused || self.is_muted || self.is_draining);
        if self.watchdog.tick(expects_sound) {
            inputs.extend(self.lose(Loss::Stalled));
        }
        inputs
    }
}
