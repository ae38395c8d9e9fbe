use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::graph::{Context, Graph, News};
use crate::browser::Inbox;
use crate::browser::clock::Interval;
use crate::browser::devices::Devices;
use crate::browser::network::Heart;
use crate::failure::MicrophoneFailure;
use crate::session::{Input, Loss, RecordingId};
use assemblyai_session::handover::{Handover, Sound, Step};
use assemblyai_session::liveness::{TICK_MS, Watchdog};

/// How many ticks a microphone that is lost has to give its last samples, which takes some ms.
const REST_TICKS: u32 = 2;

/// What is held for a recording; all of it is let go when it is dropped.
pub(super) struct Capture {
    run: RecordingId,
    devices: Devices,
    /// Counts the calls of `open`; what an older one has found is let go.
    attempt: u32,
    /// The attempt's context, before there is a stream for it.
    pub(super) prepared: Option<Context>,
    /// What the recording hears.
    live: Option<Graph>,
    /// What it will hear next.
    coming: Option<(Graph, Handover)>,
    /// The live one is lost, and gives its last samples.
    lost: Option<(Loss, u32)>,
    is_paused: bool,
    is_draining: bool,
    is_muted: bool,
    /// The loudest since the last tick.
    peak: f32,
    watchdog: Watchdog,
    _ticks: Interval,
}

/// A capture, and how its news come to the session.
#[derive(Clone)]
pub(super) struct Shared {
    capture: Rc<RefCell<Capture>>,
    inbox: Inbox,
}

impl Shared {
    pub(super) fn new(run: RecordingId, inbox: &Inbox, devices: &Devices) -> Self {
        let capture = Rc::new_cyclic(|capture: &Weak<RefCell<Capture>>| {
            let (capture, inbox) = (capture.clone(), inbox.clone());
            let ticks = Interval::new(TICK_MS, move || {
                if let Some(capture) = capture.upgrade() {
                    Self { capture, inbox: inbox.clone() }.change(Capture::tick);
                }
            });
            RefCell::new(Capture {
                run,
                devices: devices.clone(),
                attempt: 0,
                prepared: None,
                live: None,
                coming: None,
                lost: None,
                is_paused: false,
                is_draining: false,
                is_muted: false,
                peak: 0.0,
                watchdog: Watchdog::default(),
                _ticks: ticks,
            })
        });
        Self { capture, inbox: inbox.clone() }
    }

    /// Changes the capture, and tells the session what that means once it is free again.
    pub(super) fn change(&self, change: impl FnOnce(&mut Capture) -> Vec<Input>) {
        let inputs = change(&mut self.capture.borrow_mut());
        for input in inputs {
            self.inbox.put(input);
        }
    }

    pub(super) fn tell(&self, input: Input) {
        self.inbox.put(input);
    }

    /// What an attempt's graph tells goes into the capture, as long as there is one.
    pub(super) fn teller(&self, attempt: u32, heart: &Heart) -> Rc<dyn Fn(News)> {
        let (capture, inbox, heart) = (Rc::downgrade(&self.capture), self.inbox.clone(), heart.clone());
        Rc::new(move |news| {
            heart.beat();
            if let Some(capture) = capture.upgrade() {
                Self { capture, inbox: inbox.clone() }.change(|capture| capture.take_in(attempt, news));
            }
        })
    }

    /// Whether nothing has come in between since this attempt began.
    pub(super) fn is_current(&self, attempt: u32) -> bool {
        self.capture.borrow().attempt == attempt
    }

    pub(super) fn has_live(&self) -> bool {
        self.capture.borrow().live.is_some()
    }

    /// Keeps the context that an attempt has made, while it is wanted.
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
    /// A new attempt; what is live stays, what was on its way goes.
    pub(super) fn begin(&mut self) -> u32 {
        self.cancel();
        self.attempt
    }

    /// Nothing else is opened any more.
    fn cancel(&mut self) {
        self.attempt += 1;
        self.prepared = None;
        if self.coming.as_ref().is_some_and(|(_, handover)| !handover.is_switching()) {
            self.coming = None;
        }
    }

    /// All is let go.
    pub(super) fn close(&mut self) {
        self.cancel();
        self.coming = None;
        self.live = None;
    }

    pub(super) fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        let graphs = self.live.iter().chain(self.coming.iter().map(|(graph, _)| graph));
        graphs.for_each(|graph| graph.pause(is_paused));
    }

    /// The end, after so many ms; what is to come next is not waited for.
    pub(super) fn drain(&mut self, after_ms: u32) -> Vec<Input> {
        self.cancel();
        self.is_draining = true;
        match self.coming.as_ref().map(|(graph, _)| graph).or(self.live.as_ref()) {
            Some(graph) => {
                graph.end_after(after_ms);
                vec![]
            }
            None => vec![Input::MicrophoneDrained(self.run)],
        }
    }

    /// An attempt has its graph: it is heard, or it is once it has a sound.
    pub(super) fn add(&mut self, graph: Graph) -> Vec<Input> {
        graph.pause(self.is_paused);
        if self.live.is_none() {
            return self.go_live(graph);
        }
        self.coming = Some((graph, Handover::default()));
        vec![]
    }

    fn go_live(&mut self, mut graph: Graph) -> Vec<Input> {
        // From now on: it may be unplugged before the next tick.
        graph.is_gone(&self.devices);
        let was_muted = std::mem::replace(&mut self.is_muted, graph.is_muted());
        self.watchdog.on_samples();
        self.lost = None;
        self.live = Some(graph);
        if was_muted == self.is_muted {
            vec![]
        } else {
            vec![Input::MicrophoneMuted(self.run, self.is_muted)]
        }
    }

    fn take_in(&mut self, id: u32, news: News) -> Vec<Input> {
        let is_live = self.live.as_ref().is_some_and(|live| live.id == id);
        let coming = self.coming.as_mut().filter(|(graph, _)| graph.id == id);
        match (news, coming) {
            (News::Sound(sound), _) if is_live => self.hear_live(sound),
            (News::Sound(sound), Some((_, handover))) => {
                let step = handover.on_new(sound);
                self.carry_out(step)
            }
            (News::Lost(loss), _) if is_live => self.lose(loss),
            (News::Lost(_), Some(_)) => self.carry_out(Step::GiveUp),
            (News::Muted(is_muted), _) if is_live => {
                self.is_muted = is_muted;
                vec![Input::MicrophoneMuted(self.run, is_muted)]
            }
            _ => vec![],
        }
    }

    fn hear_live(&mut self, sound: Sound) -> Vec<Input> {
        self.watchdog.on_samples();
        let Some((_, handover)) = &mut self.coming else {
            return match (self.lost.take(), &sound) {
                (Some((loss, _)), Sound::End) if !self.is_draining => self.leave(loss),
                (lost, _) => {
                    self.lost = lost;
                    vec![self.record(sound)]
                }
            };
        };
        let (belongs, step) = handover.on_old(&sound);
        let mut inputs = if belongs { vec![self.record(sound)] } else { vec![] };
        inputs.extend(self.carry_out(step));
        inputs
    }

    fn record(&mut self, sound: Sound) -> Input {
        match sound {
            Sound::Chunk(samples, peak) => {
                self.peak = self.peak.max(peak);
                Input::AudioCaptured(self.run, samples, peak)
            }
            Sound::End => Input::MicrophoneDrained(self.run),
        }
    }

    fn carry_out(&mut self, step: Step) -> Vec<Input> {
        match step {
            Step::Wait => vec![],
            Step::EndOld => {
                self.live.iter().for_each(|old| old.end_after(0));
                vec![]
            }
            Step::Switch(held) => {
                let Some((graph, _)) = self.coming.take() else { return vec![] };
                let mut inputs: Vec<Input> = held.into_iter().map(|sound| self.record(sound)).collect();
                inputs.extend(self.go_live(graph));
                self.devices.settle();
                inputs.push(Input::MicrophoneOpened(self.run));
                inputs
            }
            Step::GiveUp => {
                self.coming = None;
                self.devices.revert();
                let silent = MicrophoneFailure::Other("it gives no sound".to_owned());
                vec![Input::MicrophoneRefused(self.run, silent)]
            }
        }
    }

    /// The live one is lost: what it has heard until now comes first.
    fn lose(&mut self, loss: Loss) -> Vec<Input> {
        let Some(live) = &self.live else { return vec![] };
        live.cut_off();
        if let Some((_, handover)) = &mut self.coming {
            let step = handover.on_old_lost();
            return self.carry_out(step);
        }
        if loss == Loss::AudioThread {
            return self.leave(loss);
        }
        live.end_after(0);
        self.lost.get_or_insert((loss, 0));
        vec![]
    }

    fn leave(&mut self, loss: Loss) -> Vec<Input> {
        (self.live, self.lost, self.is_muted) = (None, None, false);
        vec![Input::MicrophoneLost(self.run, loss)]
    }

    fn tick(&mut self) -> Vec<Input> {
        if let Some((loss, ticks)) = &mut self.lost {
            *ticks += 1;
            return if *ticks < REST_TICKS {
                vec![]
            } else {
                let loss = *loss;
                self.leave(loss)
            };
        }
        let mut inputs = vec![];
        if let Some((_, handover)) = &mut self.coming {
            let step = handover.tick();
            inputs = self.carry_out(step);
        }
        let Some(live) = &mut self.live else { return inputs };
        // WebKit lets a device that was unplugged give zeros, and says so or not.
        if std::mem::take(&mut self.peak) == 0.0 {
            self.devices.refresh(false);
        }
        if live.is_gone(&self.devices) {
            inputs.extend(self.lose(Loss::Unplugged));
            return inputs;
        }
        let should_be_heard = !(self.is_paused || self.is_muted || self.is_draining);
        if self.watchdog.tick(should_be_heard) {
            inputs.extend(self.lose(Loss::Stalled));
        }
        inputs
    }
}
