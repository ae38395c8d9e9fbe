//! Carries out what the session wishes.

use transcription_common::texts;

use crate::figures::{Figures, OpenTime};
use crate::hearing::{Heard, Hearing};
use crate::journal::{SAMPLE_RATE_HZ, ms};
use crate::latency::Latency;
use crate::notice::Notice;
use crate::ports::Ports;
use crate::recovery::{self, Here, Unfinished};
use crate::session::{ConnectionId, Effect, Input, Phase, Session, State};
use crate::transcript::{Change, Place, Transcript, TurnKey};

/// The session, the transcript and the way to the browser.
#[derive(Debug)]
pub struct App<P> {
    session: Session,
    transcript: Transcript,
    ports: P,
    hearing: Hearing,
    notices: Vec<Notice>,
    open_time: OpenTime,
    latency: Latency,
    /// What is offered.
    unfinished: Option<Unfinished>,
    /// The first connection of each recording since the page was loaded, in order.
    firsts: Vec<ConnectionId>,
    shown: Shown,
}

/// What the page shows now.
#[derive(Debug, Default)]
struct Shown {
    phase: Option<Phase>,
    elapsed_s: Option<u64>,
    figures: Figures,
    notice: Option<Notice>,
}

impl<P: Ports> App<P> {
    /// A page on which nothing has happened yet; `seed` is any number, not the same for all.
    pub fn new(ports: P, seed: u32) -> Self {
        let mut app = Self {
            session: Session::new(seed),
            transcript: Transcript::default(),
            ports,
            hearing: Hearing::default(),
            notices: Vec::new(),
            open_time: OpenTime::default(),
            latency: Latency::default(),
            unfinished: None,
            firsts: Vec::new(),
            shown: Shown::default(),
        };
        app.show();
        app
    }

    /// Takes in what has happened, and does what follows from it.
    pub fn handle(&mut self, input: Input) {
        if matches!(input, Input::AudioCaptured(..) | Input::TimeIsUp(..))
            && let Some(open) = self.session.link().open
        {
            let unsent = Input::Unsent(open, self.ports.sockets().unsent_bytes(open));
            self.follow(unsent);
        }
        if let Input::AudioCaptured(run, samples, peak) = input {
            self.hear(samples.len() as u64, peak);
            let position = self.session.journal().captured();
            // A copy, because the session takes the samples; only what it takes is kept.
            let copy = samples.clone();
            self.follow(Input::AudioCaptured(run, samples, peak));
            let taken = self.session.journal().captured().saturating_sub(position) as usize;
            let now_ms = self.ports.clock().now_ms();
            self.latency.captured(ms(self.session.journal().captured()), now_ms);
            if let Some(taken) = copy.get(..taken).filter(|taken| !taken.is_empty()) {
                self.ports.store().keep_audio(position, taken);
            }
        } else if let Input::Recovery(event) = input {
            self.recover(event);
        } else if input == Input::NotLoaded {
            self.ports.view().show_failure(Some(texts::TOOLS_NOT_LOADED.get()));
        } else {
            self.follow(input);
        }
        self.show();
    }

    /// Where the recording stands.
    pub fn state(&self) -> State {
        self.session.state()
    }

    fn follow(&mut self, input: Input) {
        for effect in self.session.handle(input) {
            self.perform(effect);
        }
    }

    /// Shows the level, and tells when there is none.
    fn hear(&mut self, samples: u64, peak: f32) {
        if matches!(self.session.state(), State::Asking | State::Recording | State::Draining) {
            self.ports.view().show_level(peak);
            let heard = self.hearing.judge(peak, samples * 1000 / u64::from(SAMPLE_RATE_HZ));
            self.unnotify(&Notice::Unheard(heard));
            if heard != Heard::Sound {
                self.notices.push(Notice::Unheard(heard));
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        let ports = &mut self.ports;
        match effect {
            Effect::Begin(_) => {
                let Here { first, .. } = Here::behind(self.session.newest_connection());
                ports.store().begin(first);
                self.firsts.push(first);
            }
            Effect::OpenMicrophone(run) => ports.microphone().open(run),
            Effect::MuteMicrophone(run, is_muted) => {
                ports.microphone().mute(run, is_muted);
                ports.view().show_level(0.0);
                self.deaf();
            }
            Effect::DrainMicrophone(run) => ports.microphone().drain(run),
            Effect::CloseMicrophone(run) => {
                ports.microphone().close(run);
                ports.view().show_level(0.0);
                self.deaf();
            }
            Effect::RequestToken(connection) => ports.tokens().request(connection),
            Effect::AbandonToken(connection) => ports.tokens().abandon(connection),
            Effect::OpenSocket(connection, url) => {
                ports.sockets().open(connection, &url);
                self.open_time.opened(connection, ports.clock().now_ms());
            }
            Effect::SendAudio(connection, frame) => ports.sockets().send_audio(connection, &frame),
            Effect::Say(connection, message) => ports.sockets().say(connection, message),
            Effect::SayText(connection, message) => ports.sockets().say_text(connection, &message),
            Effect::CloseSocket(connection) => {
                ports.sockets().close(connection);
                self.open_time.closed(connection, ports.clock().now_ms());
            }
            Effect::StartTimer(run, timer, ms) => ports.timers().start(run, timer, ms),
            Effect::RotateBefore(run, expires_at_s) => ports.timers().rotate_before(run, expires_at_s),
            Effect::StopTimer(timer) => ports.timers().stop(timer),
            Effect::StopTimers => ports.timers().stop_all(),
            Effect::Connected(connection, from) => self.transcript.connected(connection, ms(from)),
            Effect::ShowTurn(connection, turn) => {
                if let Some(change) = self.transcript.apply(connection, &turn) {
                    show(ports, change);
                    self.latency.shown(&turn, ports.clock().now_ms());
                }
            }
            Effect::ReviseSpeakers(connection, revision) => {
                let changed = self.transcript.revise(connection, &revision);
                self.redraw(changed);
            }
            Effect::ShowGap(after, from, to) => {
                if let Some(change) = self.transcript.gap(after, ms(from), ms(to)) {
                    show(ports, change);
                }
            }
            Effect::Confirmed(position) => ports.store().keep_confirmed(position),
            Effect::Notify(notice) => {
                self.unnotify(&notice);
                self.notices.push(notice);
            }
            Effect::Unnotify(notice) => self.unnotify(&notice),
            Effect::Report(failure) => ports.view().show_failure(Some(&failure.sentence())),
            Effect::ClearReport => {
                ports.view().show_failure(None);
                self.notices.clear();
                self.open_time = OpenTime::default();
                self.latency = Latency::default();
            }
            Effect::End => self.end(true),
            Effect::BreakOff => self.end(false),
        }
    }

    /// The recording is over, with or without its end.
    fn end(&mut self, is_complete: bool) {
        for key in self.transcript.settle() {
            if let Some(turn) = self.transcript.turn(key) {
                self.ports.view().draw(key, turn, Place::Same);
                // Where it goes on, such a turn is heard again.
                if is_complete {
                    self.ports.store().keep_turn(key, turn);
                }
            }
        }
        self.ports.store().end(is_complete);
        self.notices.retain(|notice| matches!(notice, Notice::Miscounted { .. }));
    }

    /// A recording is kept no longer, or one that was kept is found.
    fn recover(&mut self, event: recovery::Event) {
        match event {
            // What is over needs no backup.
            recovery::Event::Refused(_) if self.state() == State::Idle => {}
            recovery::Event::Refused(refusal) => self.notices.push(Notice::NoBackup(refusal)),
            recovery::Event::Found(unfinished) => {
                self.ports.view().show_offer(Some(&unfinished.offer()));
                self.unfinished = Some(unfinished);
            }
            // While another is recorded, it waits.
            recovery::Event::ContinuePressed if self.state() == State::Idle => self.go_on(),
            recovery::Event::ContinuePressed => {}
            recovery::Event::DiscardPressed => {
                if self.unfinished.take().is_some() {
                    self.ports.view().show_offer(None);
                    self.ports.store().discard();
                }
            }
        }
    }

    /// Goes on with the recording that is offered.
    fn go_on(&mut self) {
        let Some(mut unfinished) = self.unfinished.take() else { return };
        self.ports.view().show_offer(None);
        if let Some(here) = unfinished.here {
            for (key, turn) in &mut unfinished.turns {
                if let Some(shown) = self.transcript.turn(here.shown(*key)) {
                    turn.take_wishes(shown);
                }
            }
        }
        let here = self.place_to_go_on(unfinished.here);
        self.ports.store().resume(here);
        let (kept, turns, given_up) = unfinished.at(here);
        for key in given_up {
            self.transcript.remove(key);
            self.ports.view().remove(key);
            self.ports.store().forget_turn(key);
        }
        for (key, turn) in turns {
            let has_wishes = turn.has_wishes();
            if let Some(change) = self.transcript.restore(key, turn) {
                self.ports.view().draw(change.key, change.turn, change.place);
                // They may be younger than what is kept.
                if has_wishes {
                    self.ports.store().keep_turn(change.key, change.turn);
                }
            }
        }
        self.follow(Input::Resumed(kept));
    }

    /// Where a recording is shown that goes on: where it is, or behind a recording that has come after it.
    fn place_to_go_on(&mut self, here: Option<Here>) -> Here {
        if let Some(here) = here {
            let (from, to) = (here.first, self.firsts.iter().find(|first| **first > here.first).copied());
            let Some(to) = to else { return here };
            let keys = self.transcript.turns().map(|(key, _)| *key);
            let of_it = keys.filter(|key| (from..to).contains(&key.connection)).collect::<Vec<_>>();
            for key in of_it {
                self.transcript.remove(key);
                self.ports.view().remove(key);
            }
            self.firsts.retain(|first| *first != from);
        }
        let here = Here::behind(self.session.newest_connection());
        self.firsts.push(here.first);
        here
    }

    /// The user corrects a turn, or takes the correction back.
    pub fn edit(&mut self, key: TurnKey, text: Option<String>) {
        if self.transcript.edit(key, text) {
            self.redraw(vec![key]);
        }
    }

    /// The user says who a speaker of a connection is.
    pub fn rename(&mut self, connection: ConnectionId, label: &str, name: &str) {
        let changed = self.transcript.rename(connection, label, name);
        self.redraw(changed);
    }

    /// Takes away all turns, and what is kept of their recordings; not while one is made. Tells whether it did.
    pub fn clear(&mut self) -> bool {
        if self.state() != State::Idle {
            return false;
        }
        self.ports.view().clear();
        self.transcript = Transcript::default();
        self.ports.store().clear();
        true
    }

    /// The turns in the order in which they are shown.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Draws and keeps turns that are there already.
    fn redraw(&mut self, keys: Vec<TurnKey>) {
        for key in keys {
            if let Some(turn) = self.transcript.turn(key) {
                self.ports.view().draw(key, turn, Place::Same);
                self.ports.store().keep_turn(key, turn);
            }
        }
    }

    /// The adapters.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// Nothing is heard, and nothing is wrong with that.
    fn deaf(&mut self) {
        self.hearing = Hearing::default();
        self.unnotify(&Notice::Unheard(Heard::Sound));
    }

    fn unnotify(&mut self, notice: &Notice) {
        self.notices.retain(|other| !other.is_like(notice));
    }

    /// Shows what has changed since it was shown last.
    fn show(&mut self) {
        let view = self.ports.view();
        let elapsed_s = self.session.journal().captured() / u64::from(SAMPLE_RATE_HZ);
        if self.shown.elapsed_s.replace(elapsed_s) != Some(elapsed_s) {
            view.show_elapsed_s(elapsed_s);
        }
        let notice = self.notices.iter().max_by_key(|notice| notice.weight());
        if self.shown.notice.as_ref() != notice {
            view.show_notice(notice.map(Notice::sentence).as_deref());
            self.shown.notice = notice.cloned();
        }
        let phase = self.session.phase();
        let was = self.shown.phase.replace(phase);
        if was != Some(phase) {
            view.show_phase(phase);
            let is_at_work = |phase| !matches!(phase, Phase::Idle | Phase::Paused | Phase::NoMicrophone);
            if was.is_some_and(is_at_work) != is_at_work(phase) {
                self.ports.wake_lock().hold(is_at_work(phase));
            }
        }
        let now_ms = self.ports.clock().now_ms();
        let figures = Figures {
            ledger: self.session.ledger(),
            open_ms: self.open_time.total_ms(now_ms),
            latency_ms: self.latency.percentiles_ms(),
        };
        if figures.lines() != self.shown.figures.lines() {
            self.ports.view().show_figures(&figures);
            self.shown.figures = figures;
        }
    }
}

/// Draws and keeps a change and, when its turn has just ended, announces it.
fn show<P: Ports>(ports: &mut P, change: Change<'_>) {
    for key in change.replaced {
        ports.view().remove(key);
        ports.store().forget_turn(key);
    }
    ports.view().draw(change.key, change.turn, change.place);
    ports.store().keep_turn(change.key, change.turn);
    if change.has_just_ended {
        ports.view().announce(&change.turn.text());
    }
}
