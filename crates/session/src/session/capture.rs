use assemblyai_protocol::Signal;

use super::{Effect, Pause, Session, State, Timer};
use crate::failure::Loss;
use crate::journal::SAMPLE_RATE_HZ;
use crate::notice::{Notice, NoticeKind};

/// What is kept after Pause was pressed, in samples: 200 ms. What was said right before is still in the device's
/// and the browser's buffers.
const PAUSE_TAIL: u64 = SAMPLE_RATE_HZ as u64 / 5;
/// A microphone that got lost so often in a row, without this much captured between, is given up.
const LOSSES: u32 = 4;
const BETWEEN_LOSSES: u64 = 5 * SAMPLE_RATE_HZ as u64;

/// The microphone, and what comes from it.
impl<M> Session<M> {
    /// The microphone is there.
    pub(super) fn record(&mut self, mut effects: Vec<Effect<M>>) -> Vec<Effect<M>> {
        self.state = State::Recording;
        if self.link.is_off() {
            effects.extend(self.connect());
        }
        effects
    }

    pub(super) fn captured(&mut self, samples: &[i16]) -> Vec<Effect<M>> {
        let next = self.journal.next_position();
        self.journal.push(samples);
        let mut effects = vec![];
        if let Some(open) = self.link.open {
            self.send_window.advance(samples.len() as u64);
            // A socket that takes next to nothing for 10 minutes: what waited for it longest is gone.
            let (from, to) = (next, self.journal.next_position());
            if to > from {
                self.give_up_gap();
                effects.push(Effect::ShowGap(open, from, to));
            }
        }
        effects.extend(self.send());
        effects
    }

    pub(super) fn captured_in_pause(&mut self, samples: &[i16]) -> Vec<Effect<M>> {
        if self.pause_tail == 0 {
            return vec![];
        }
        let kept = samples.len().min(self.pause_tail as usize);
        self.pause_tail -= kept as u64;
        let mut effects = self.captured(&samples[..kept]);
        if self.pause_tail == 0 {
            effects.push(Effect::MuteMicrophone(self.recording, true));
            // Nothing will come that could end the turn.
            effects.extend(self.link.open.map(|open| Effect::SendMessage(open, Signal::ForceEndpoint)));
        }
        effects
    }

    pub(super) fn pause(&mut self) -> Vec<Effect<M>> {
        self.state = State::Paused(Pause::Wanted);
        self.pause_tail = PAUSE_TAIL;
        let mut effects = vec![self.wait(Timer::Pause)];
        effects.extend(self.send_late());
        effects
    }

    pub(super) fn resume(&mut self) -> Vec<Effect<M>> {
        if self.is_microphone_gone {
            self.state = State::Paused(Pause::NoMicrophone);
            return vec![
                Effect::ShowNotice(Notice::NoMicrophone(Loss::Unplugged)),
                Effect::OpenMicrophone(self.recording),
            ];
        }
        let mut effects = vec![Effect::MuteMicrophone(self.recording, false)];
        effects.extend(self.leave_pause());
        effects
    }

    /// Back from a pause, with the connection made anew where it was closed.
    fn leave_pause(&mut self) -> Vec<Effect<M>> {
        self.pause_tail = 0;
        let mut effects = vec![Effect::StopTimer(Timer::Pause)];
        // What it would still have said is heard anew.
        effects.extend(self.finish_closing());
        self.record(effects)
    }

    pub(super) fn microphone_opened(&mut self) -> Vec<Effect<M>> {
        self.is_microphone_gone = false;
        let switched = Effect::ClearNotice(NoticeKind::NotSwitched);
        match self.state {
            State::Paused(Pause::NoMicrophone) => {
                let mut effects = vec![Effect::ClearNotice(NoticeKind::NoMicrophone), switched];
                effects.extend(self.leave_pause());
                effects
            }
            State::Paused(Pause::Wanted) => vec![switched, Effect::MuteMicrophone(self.recording, true)],
            _ => vec![switched],
        }
    }

    pub(super) fn not_switched(failure: M) -> Vec<Effect<M>> {
        vec![Effect::ShowNotice(Notice::NotSwitched(failure))]
    }

    pub(super) fn muted(is_muted: bool) -> Vec<Effect<M>> {
        vec![if is_muted {
            Effect::ShowNotice(Notice::Muted)
        } else {
            Effect::ClearNotice(NoticeKind::Muted)
        }]
    }

    /// The recording goes on as soon as there is a microphone again.
    pub(super) fn microphone_lost(&mut self, loss: Loss) -> Vec<Effect<M>> {
        if self.state == State::Paused(Pause::Wanted) {
            // However often: nobody needs it now.
            self.is_microphone_gone = true;
            return vec![Effect::ClearNotice(NoticeKind::Muted), Effect::OpenMicrophone(self.recording)];
        }
        let captured = self.journal.captured();
        let (count, since) = self.losses;
        let count = if captured < since + BETWEEN_LOSSES { count + 1 } else { 1 };
        self.losses = (count, captured);
        if count >= LOSSES {
            let mut effects = self.finish();
            effects.push(Effect::ShowError(loss.into()));
            return effects;
        }
        self.state = State::Paused(Pause::NoMicrophone);
        let mut effects = vec![
            Effect::ClearNotice(NoticeKind::Muted),
            Effect::ShowNotice(Notice::NoMicrophone(loss)),
            Effect::OpenMicrophone(self.recording),
            self.wait(Timer::Pause),
        ];
        effects.extend(self.send_late());
        effects
    }

    pub(super) fn drain(&mut self) -> Vec<Effect<M>> {
        self.state = State::Draining;
        vec![Effect::DrainMicrophone(self.recording), self.wait(Timer::Drain)]
    }
}
