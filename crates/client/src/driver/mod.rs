//! Runs a session: hands inputs to [`assemblyai_session::Session`] and performs its effects.

mod capture;
mod effects;
mod pacer;
mod socket;
mod sockets;
mod timers;

use std::convert::Infallible;
use std::time::Duration;

use assemblyai_protocol::{Begin, Retry};
use assemblyai_session::liveness::{SleepDetector, TICK_MS};
use assemblyai_session::{ConnectionId, Latency, OpenTime, Phase, RecordingId, State, Transcript};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

pub(crate) use self::pacer::Pace;
use self::pacer::{Next, Pacer};
use self::sockets::Sockets;
use self::timers::Timers;
use crate::audio::{AudioReceiver, Block};
use crate::endpoint::Opening;
use crate::event::Event;
use crate::event_queue::EventQueue;
use crate::session::{Command, Control, Session};
use crate::status::Status;
use crate::{Error, Summary};

type Machine = assemblyai_session::Session<Infallible>;
type Input = assemblyai_session::Input<Infallible>;
type Effect = assemblyai_session::Effect<Infallible>;

/// How a session is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) pace: Pace,
    /// Whether the service reads audio only as fast as it recognises it.
    pub(crate) is_slow_reader: bool,
    pub(crate) waits_for_service: bool,
    /// How long nobody may speak before the connection is closed.
    pub(crate) standby_after: Option<Duration>,
    pub(crate) finish_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pace: Pace::RealTime,
            is_slow_reader: false,
            waits_for_service: false,
            standby_after: None,
            finish_limit: Duration::from_secs(120),
        }
    }
}

/// Starts the task of a session.
pub(crate) fn spawn(opening: Opening, audio: AudioReceiver, settings: Settings) -> Session {
    let (commands, received) = mpsc::unbounded_channel();
    let (status, status_receiver) = watch::channel(Status::default());
    let (ended, ended_receiver) = watch::channel(None);
    let (alive, dropped) = mpsc::channel(1);
    let events = EventQueue::default();
    let driver = Driver::new(opening.clone(), audio, settings, events.clone(), status);
    let closing = CloseOnDrop(events.clone());
    tokio::spawn(async move {
        let closing = closing;
        let summary = driver.run(received, dropped).await;
        closing.0.push(Event::Ended(summary.clone()));
        ended.send_replace(Some(summary));
    });
    Session::new(events, Control { commands, opening, status: status_receiver, ended: ended_receiver }, alive)
}

/// Ends the stream of events however the task ends.
struct CloseOnDrop(EventQueue);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Driver {
    machine: Machine,
    recording: RecordingId,
    transcript: Transcript,
    audio: AudioReceiver,
    /// Whether more audio may come.
    is_capturing: bool,
    pacer: Pacer,
    timers: Timers,
    sockets: Sockets,
    opening: Opening,
    token: Option<(ConnectionId, JoinHandle<()>)>,
    inputs: (mpsc::UnboundedSender<Input>, mpsc::UnboundedReceiver<Input>),
    events: EventQueue,
    status: watch::Sender<Status>,
    /// The message that has opened a connection, until the session reports the connection.
    begin: Option<Begin>,
    has_begun: bool,
    /// Why there is no connection that works, while another is awaited.
    reconnecting: Option<Error>,
    error: Option<Error>,
    /// Samples that the sink had no room for, or that waited in it when the session ended early.
    unheard_samples: u64,
    open_time: OpenTime,
    latency: Latency,
    sleep: SleepDetector,
    started: Instant,
    settings: Settings,
    finish_by: Option<Instant>,
}

/// What the driver waits for.
enum Wake {
    Command(Option<Command>),
    Dropped,
    Input(Box<Input>),
    Timer,
    Tick,
    Audio(Option<Block>),
    /// Decides again whether audio is taken.
    Decide,
    FinishLimit,
}

impl Driver {
    fn new(
        opening: Opening,
        audio: AudioReceiver,
        settings: Settings,
        events: EventQueue,
        status: watch::Sender<Status>,
    ) -> Self {
        // Differs from session to session: the waits of many clients are spread by it.
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0_u8) as u32;
        // `finish_limit` limits the end.
        let machine = Machine::new(seed).with_end_limited_by_application();
        let machine = if settings.is_slow_reader { machine.with_slow_reader() } else { machine };
        let inputs = mpsc::unbounded_channel();
        Self {
            machine: if settings.waits_for_service { machine.waiting_for_service() } else { machine },
            recording: RecordingId::default(),
            transcript: Transcript::default(),
            audio,
            is_capturing: true,
            pacer: Pacer::new(settings.pace),
            timers: Timers::default(),
            sockets: Sockets::new(opening.clone(), inputs.0.clone()),
            opening,
            token: None,
            inputs,
            events,
            status,
            begin: None,
            has_begun: false,
            reconnecting: None,
            error: None,
            unheard_samples: 0,
            open_time: OpenTime::default(),
            latency: Latency::default(),
            sleep: SleepDetector::default(),
            started: Instant::now(),
            settings,
            finish_by: None,
        }
    }

    async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut dropped: mpsc::Receiver<()>,
    ) -> Summary {
        let mut ticks = interval(Duration::from_millis(u64::from(TICK_MS.unsigned_abs())));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.handle(Input::Start);
        while self.machine.state() != State::Idle {
            let wake = self.next(&mut commands, &mut dropped, &mut ticks).await;
            self.wake(wake);
            self.show_status();
        }
        self.audio.close();
        let untaken = self.drop_untaken();
        self.status.send_modify(|status| status.captured += crate::audio::duration(untaken));
        self.sockets.closed().await;
        let mut stats = self.stats();
        stats.audio.captured += untaken;
        Summary::new(self.error.take(), &stats, self.unheard_samples)
    }

    async fn next(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        dropped: &mut mpsc::Receiver<()>,
        ticks: &mut tokio::time::Interval,
    ) -> Wake {
        let (take_at, decide_at) = match self.next_audio() {
            Some(Next::TakeAt(at)) => (Some(at), None),
            Some(Next::DecideAt(at)) => (None, Some(at)),
            None => (None, None),
        };
        let timer = self.timers.next();
        let finish_by = self.finish_by;
        tokio::select! {
            biased;
            _ = dropped.recv() => Wake::Dropped,
            command = commands.recv() => Wake::Command(command),
            Some(input) = self.inputs.1.recv() => Wake::Input(Box::new(input)),
            () = until(finish_by) => Wake::FinishLimit,
            () = until(timer) => Wake::Timer,
            _ = ticks.tick() => Wake::Tick,
            () = until(decide_at) => Wake::Decide,
            block = take(&mut self.audio, take_at) => Wake::Audio(block),
        }
    }

    fn wake(&mut self, wake: Wake) {
        match wake {
            // `Session` is gone, and so is everybody who could read the last words.
            Wake::Dropped | Wake::Command(None) => self.leave(),
            Wake::Command(Some(command)) => self.command(command),
            Wake::Input(input) => self.receive(*input),
            Wake::Timer => {
                for timer in self.timers.take_due(Instant::now()) {
                    self.report_buffered();
                    self.handle(Input::TimerFired(self.recording, timer));
                }
            }
            Wake::Tick => self.tick(),
            Wake::Audio(Some(block)) => self.capture(&block),
            Wake::Audio(None) => self.finish(),
            Wake::Decide => self.wait(),
            Wake::FinishLimit => self.finish_took_too_long(),
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::ForceEndpoint => self.handle(Input::EndTurn),
            Command::Configure(message) => self.handle(Input::ConfigChanged(message)),
            Command::Finish => self.finish(),
            Command::Abort => self.give_up(),
            Command::AudioFailed(text) => {
                self.error.get_or_insert(Error::Audio(text));
                self.finish();
            }
        }
    }

    /// Capture is over: takes what is left, and lets the session end.
    fn finish(&mut self) {
        if !std::mem::take(&mut self.is_capturing) {
            return;
        }
        self.audio.close();
        let (rest, lost) = self.audio.rest();
        for block in &rest {
            self.capture(block);
        }
        self.capture_lost(lost);
        self.finish_by = Some(Instant::now() + self.settings.finish_limit);
        self.handle(Input::Stop);
    }

    /// The end took longer than the program allows: a refusal explains it best.
    fn finish_took_too_long(&mut self) {
        let refusal = self.reconnecting.take().filter(|cause| cause.retry() == Retry::No);
        self.error = self.error.take().or(refusal);
        self.give_up();
    }

    /// Ends at once.
    fn give_up(&mut self) {
        self.error.get_or_insert(Error::Incomplete("the session was ended before all words had come"));
        self.leave();
    }

    /// Ends at once, and reports what was not transcribed.
    fn leave(&mut self) {
        if self.machine.phase() == Phase::Idle {
            return;
        }
        self.handle(Input::Leave);
        if let Some((after, from, to)) = self.machine.drop_unconfirmed() {
            self.show_gap(after, from, to);
        }
    }

    fn tick(&mut self) {
        let now_ms = timers::unix_ms();
        if self.sleep.tick(now_ms) {
            self.handle(Input::Online);
        }
    }

    fn show_status(&self) {
        let status = Status {
            is_on_standby: self.machine.phase() == Phase::Standby,
            is_connected: self.machine.open_connection().is_some() && self.reconnecting.is_none(),
            captured: crate::audio::duration(self.machine.journal().captured()),
            kept: crate::audio::duration(self.machine.journal().unsent()),
        };
        self.status.send_if_modified(|shown| std::mem::replace(shown, status) != status);
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// Takes the next block, not before this time; never without one.
async fn take(audio: &mut AudioReceiver, at: Option<Instant>) -> Option<Block> {
    until(at).await;
    audio.next().await
}

/// Waits until a time; forever without one.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
