//! The recording's audio from the moment it is captured until the transcript confirms it.
//!
//! ```text
//!         dropped        confirmed                 sent           not yet sent
//!     ├───────────────┼──────────────┼─────────────────────────┼──────────────────┤
//!     0             first        confirmed                    next             captured
//!                     └─────────────── kept, for at most 10 minutes ──────────────┘
//! ```
//!
//! Positions are samples since the recording's first one: the one clock of all that the page shows.

use std::collections::VecDeque;

/// Samples in a second, at which the worklet delivers and the service is told to listen, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Samples in a ms.
const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1000;
/// Samples in a frame: 100 ms, which AssemblyAI's own browser client sends, within its 50 to 1000 ms.
pub const FRAME_SAMPLES: usize = 1_600;
/// Samples in the longest frame that the service takes: 1000 ms (error 3007).
pub const LONGEST_FRAME_SAMPLES: usize = 16_000;
/// Samples in the shortest frame that the service takes: 50 ms (error 3007).
pub const SHORTEST_FRAME_SAMPLES: usize = 800;
/// The most that is kept: 10 minutes, 19 MB.
pub const LIMIT_SAMPLES: u64 = 10 * 60 * SAMPLE_RATE_HZ as u64;
/// ResumeState before what is confirmed, to look for a good place to begin again: 500 ms.
const MARGIN_SAMPLES: u64 = 500 * SAMPLES_PER_MS;

/// One binary message: 16-bit samples, 1 send_window, [`SAMPLE_RATE_HZ`].
pub type Frame = Vec<i16>;

/// A position on the recording's clock in ms.
pub fn ms(position: u64) -> u64 {
    position / SAMPLES_PER_MS
}

/// The position of a time on the recording's clock; none is before its beginning.
pub fn position(ms: f64) -> u64 {
    // As a float it saturates: what the service says is not ours to trust.
    (ms * SAMPLES_PER_MS as f64) as u64
}

/// What is captured goes in; frames come out, each sample at least once, until it is confirmed.
#[derive(Debug, Default)]
pub struct Journal {
    samples: VecDeque<i16>,
    /// Where `samples` begins.
    first: u64,
    next: u64,
    /// Up to where some connection was given everything.
    sent: u64,
    confirmed: u64,
    /// Where `confirmed` is the end of a word, as the service heard it: the middle of that word.
    word_middle: Option<u64>,
}

impl Journal {
    /// A journal that goes on with what another page kept: `samples` begin at `first`, and up to `confirmed` they
    /// are in the transcript.
    pub fn restored(samples: Vec<i16>, first: u64, confirmed: u64) -> Self {
        let confirmed = confirmed.min(first + samples.len() as u64);
        // What lies between the two is not kept: it is a gap.
        let next = confirmed.max(first);
        Self { samples: samples.into(), first, next, sent: next, confirmed, word_middle: Some(0) }
    }

    /// Keeps what was captured, any number of samples.
    pub fn push(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        let surplus = (self.captured() - self.first).saturating_sub(LIMIT_SAMPLES);
        self.forget_before(self.first + surplus);
    }

    /// Takes the next frame, if there are `FRAME_SAMPLES` at least: whole tenths of a second, `most` samples and
    /// [`LONGEST_FRAME_SAMPLES`] at most.
    pub fn next_frame(&mut self, most: u64) -> Option<Frame> {
        let unsent = usize::try_from(self.unsent().min(most)).unwrap_or(usize::MAX);
        let frames = unsent.min(LONGEST_FRAME_SAMPLES) / FRAME_SAMPLES;
        (frames > 0).then(|| self.take(frames * FRAME_SAMPLES))
    }

    /// Takes what is less than a frame when capture has ended, padded with silence where it is shorter than the
    /// service takes.
    pub fn tail(&mut self) -> Option<Frame> {
        let unsent = self.unsent();
        if unsent == 0 || unsent >= FRAME_SAMPLES as u64 {
            return None;
        }
        let mut tail = self.take(unsent as usize);
        tail.resize(tail.len().max(SHORTEST_FRAME_SAMPLES), 0);
        Some(tail)
    }

    /// The next `count` samples, of those that are there.
    fn take(&mut self, count: usize) -> Frame {
        let from = (self.next - self.first) as usize;
        self.next += count as u64;
        self.sent = self.sent.max(self.next);
        self.samples.range(from..from + count).copied().collect()
    }

    /// The transcript has the last word up to here, and the turn is final.
    pub fn confirm_word(&mut self, start: u64, end: u64) {
        self.confirm(end, Some(start.midpoint(end)));
    }

    /// There is no word up to here that the transcript does not have.
    pub fn confirm_silence(&mut self, until: u64) {
        self.confirm(until, None);
    }

    fn confirm(&mut self, until: u64, word_middle: Option<u64>) {
        let until = until.min(self.sent);
        if until > self.confirmed {
            self.confirmed = until;
            self.word_middle = word_middle;
            self.forget_before(until.saturating_sub(MARGIN_SAMPLES));
        }
    }

    /// What a new connection has to hear again comes next. Tells where that begins.
    pub fn rewind(&mut self) -> u64 {
        self.next = self
            .word_middle
            .map_or(self.confirmed, |middle| self.quietest_near_confirmed(middle))
            .max(self.first);
        self.next
    }

    /// Captured and not kept any more, though nothing says that it was transcribed: from and to where.
    pub fn gap(&self) -> Option<(u64, u64)> {
        (self.first > self.confirmed).then_some((self.confirmed, self.first))
    }

    /// What is dropped will not be asked for again.
    pub fn forget_gap(&mut self) {
        self.confirmed = self.confirmed.max(self.first);
    }

    /// Samples captured since the recording began: the recording's clock, at [`SAMPLE_RATE_HZ`].
    pub fn captured(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    /// Up to where the transcript has all words.
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// The position of the sample that goes out next.
    pub fn next_position(&self) -> u64 {
        self.next
    }

    /// Samples that the present connection has not been given.
    pub fn unsent(&self) -> u64 {
        self.captured() - self.next
    }

    fn forget_before(&mut self, position: u64) {
        let count = position.saturating_sub(self.first).min(self.samples.len() as u64);
        self.samples.drain(..count as usize);
        self.first += count;
        self.next = self.next.max(self.first);
    }

    /// Where no word is cut in two.
    ///
    /// The service tells ends of words up to 240 ms late (public test report, 2026-09), so the next word may have
    /// begun there. The quietest 20 ms around it are between the two; of several, the latest.
    fn quietest_near_confirmed(&self, word_middle: u64) -> u64 {
        const BLOCK: u64 = 20 * SAMPLES_PER_MS;
        let from = self.confirmed.saturating_sub(250 * SAMPLES_PER_MS).max(word_middle).max(self.first);
        let to = (self.confirmed + 100 * SAMPLES_PER_MS).min(self.sent);
        let loudness = |at: u64| {
            let at = (at - self.first) as usize;
            let block = self.samples.range(at..at + BLOCK as usize);
            block.map(|&sample| u64::from(sample.unsigned_abs())).sum::<u64>()
        };
        let blocks = (from..).step_by(BLOCK as usize).take_while(|at| at + BLOCK <= to);
        let quietest = blocks.min_by_key(|&at| (loudness(at), std::cmp::Reverse(at)));
        quietest.map_or(self.confirmed, |at| at + BLOCK / 2)
    }
}

#[cfg(test)]
mod tests;
