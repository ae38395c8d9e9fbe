use crate::journal::SAMPLE_RATE_HZ;
use crate::voice::VoiceDetector;

/// How much from before the first sound of speech is sent, in samples: 3 s.
const LEAD_IN: u64 = 3 * SAMPLE_RATE_HZ as u64;
/// How long after the last sound of speech its last word may end, in samples: 1 s. The service reports ends of words up
/// to 240 ms late (public test report, 2026-09).
const TRAILING: u64 = SAMPLE_RATE_HZ as u64;

/// Decides when a recording in which nobody speaks needs no connection.
#[derive(Debug, Default)]
pub(super) struct Standby {
    /// The samples without speech after which the connection is closed; `None` keeps it open.
    after: Option<u64>,
    voice: VoiceDetector,
    /// Samples since the last speech that was heard here.
    unheard: u64,
    /// Samples since the last speech that was heard here or by the service.
    quiet: u64,
    /// Whether the service has had words where no speech was heard here.
    is_deaf: bool,
    /// The recording position at which the connection was closed.
    since: Option<u64>,
    /// Samples captured on standby.
    total: u64,
}

impl Standby {
    /// Sets after how many ms without speech the connection is closed; `None` keeps it open, or opens one with the next
    /// samples.
    pub(super) fn set_after_ms(&mut self, ms: Option<u32>) {
        self.after = ms.map(|ms| u64::from(ms) * u64::from(SAMPLE_RATE_HZ / 1000));
    }

    /// That of the next recording.
    pub(super) fn next(&self) -> Self {
        Self { after: self.after, ..Self::default() }
    }

    /// Whether the connection is closed because nobody speaks.
    pub(super) fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// The recording position at which the connection was closed.
    pub(super) fn since(&self) -> Option<u64> {
        self.since
    }

    /// Samples captured on standby.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Captured samples; returns whether there may be speech among them.
    pub(super) fn hear(&mut self, samples: &[i16]) -> bool {
        if self.after.is_none() {
            // While standby is off, silence is not counted.
            (self.unheard, self.quiet) = (0, 0);
            return true;
        }
        let is_speech = self.voice.push(samples);
        for since in [&mut self.unheard, &mut self.quiet] {
            *since = if is_speech { 0 } else { *since + samples.len() as u64 };
        }
        if self.is_on() {
            self.total += samples.len() as u64;
        }
        is_speech
    }

    /// The service has words up to this many samples ago. If no speech was heard there, this detector does not hear what
    /// the service hears, and the connection stays open.
    pub(super) fn on_words(&mut self, samples_ago: u64) {
        if samples_ago + TRAILING < self.unheard {
            self.is_deaf = true;
        }
        self.quiet = self.quiet.min(samples_ago);
    }

    /// Whether there was no speech for long enough.
    pub(super) fn is_due(&self) -> bool {
        let is_quiet = self.after.is_some_and(|after| self.quiet >= after);
        is_quiet && !self.is_deaf && !self.voice.may_have_begun()
    }

    /// The connection was closed at this recording position.
    pub(super) fn enter(&mut self, position: u64) {
        self.since = Some(position);
    }

    /// A connection is needed.
    pub(super) fn leave(&mut self) {
        self.since = None;
    }

    /// The recording position up to which nobody has spoken.
    pub(super) fn silent_until(captured: u64) -> u64 {
        captured.saturating_sub(LEAD_IN)
    }

    /// Whether a word may have begun that is not recognised as speech yet.
    pub(super) fn may_have_begun(&self) -> bool {
        self.voice.may_have_begun()
    }
}
