use super::{Effect, RecordingId, Timer};

/// The effects of one input, in order.
pub(super) struct Effects<M> {
    /// The recording that timers are started for.
    pub(super) recording: RecordingId,
    effects: Vec<Effect<M>>,
}

impl<M> Effects<M> {
    pub(super) fn new(recording: RecordingId) -> Self {
        Self { recording, effects: Vec::new() }
    }

    pub(super) fn push(&mut self, effect: Effect<M>) {
        self.effects.push(effect);
    }

    /// Starts, or restarts, a timer with its usual limit.
    pub(super) fn start(&mut self, timer: Timer) {
        self.start_for(timer, timer.limit_ms());
    }

    /// Starts, or restarts, a timer with a limit of `ms`.
    pub(super) fn start_for(&mut self, timer: Timer, ms: u32) {
        self.push(Effect::StartTimer(self.recording, timer, ms));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.push(Effect::StopTimer(timer));
    }

    pub(super) fn into_vec(self) -> Vec<Effect<M>> {
        self.effects
    }
}
