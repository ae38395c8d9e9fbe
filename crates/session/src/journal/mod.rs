//! Holds the audio of a recording from its capture until the transcript confirms it.
//!
//! ```text
//!         dropped        confirmed                 sent           not yet sent
//!     ├───────────────┼──────────────┼─────────────────────────┼──────────────────┤
//!     0             first        confirmed                    next             captured
//!                     └──────────────── held, at most 10 minutes ─────────────────┘
//! ```
//!
//! A position is the number of samples since the beginning of the recording. All times that are shown derive from it.

use std::collections::VecDeque;

/// The sample rate of all audio of a recording, in Hz; AssemblyAI recommends it.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Samples in one ms.
const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1000;
/// Samples in a frame: 100 ms, as AssemblyAI's own browser client sends; 50 to 1000 ms are allowed.
pub const FRAME_SAMPLES: usize = 1_600;
/// Samples in the longest frame that the service accepts: 1000 ms (error 3007).
pub const LONGEST_FRAME_SAMPLES: usize = 16_000;
/// Samples in the shortest frame that the service accepts: 50 ms (error 3007).
pub const SHORTEST_FRAME_SAMPLES: usize = 800;
/// The most samples that a journal holds: 10 minutes, 19 MB.
pub const LIMIT_SAMPLES: u64 = 10 * 60 * SAMPLE_RATE_HZ as u64;
/// How much audio before the end of what is confirmed is kept, to find a good place to begin again: 500 ms.
const MARGIN_SAMPLES: u64 = 500 * SAMPLES_PER_MS;

/// One binary message: 16-bit samples, one channel, [`SAMPLE_RATE_HZ`].
pub type Frame = Vec<i16>;

/// Converts a position to ms.
pub fn ms(position: u64) -> u64 {
    position / SAMPLES_PER_MS
}

/// Converts a time in ms to a position; a negative time becomes 0.
pub fn position(ms: f64) -> u64 {
    // The conversion saturates: the time may come from the service.
    (ms * SAMPLES_PER_MS as f64) as u64
}

/// Takes captured samples and returns them as frames, each sample at least once until it is confirmed.
#[derive(Debug, Default)]
pub struct Journal {
    samples: VecDeque<i16>,
    /// The position of the first of `samples`.
    first: u64,
    next: u64,
    /// The position up to which some connection was given all samples.
    sent: u64,
    confirmed: u64,
    /// The middle of the last confirmed word, if `confirmed` is the end of a word as the service reported it.
    word_middle: Option<u64>,
}

impl Journal {
    /// The journal of a recording that is resumed: `samples` begin at `first`, and the transcript is complete up to
    /// `confirmed`.
    pub fn restored(samples: Vec<i16>, first: u64, confirmed: u64) -> Self {
        let confirmed = confirmed.min(first + samples.len() as u64);
        // The audio between the two is not available: it is a gap.
        let next = confirmed.max(first);
        Self { samples: samples.into(), first, next, sent: next, confirmed, word_middle: Some(0) }
    }

    /// Adds captured samples, any number.
    pub fn push(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        let surplus = (self.captured() - self.first).saturating_sub(LIMIT_SAMPLES);
        self.forget_before(self.first + surplus);
    }

    /// Takes the next frame, if there are at least [`FRAME_SAMPLES`]: a multiple of these, at most `most` samples and
    /// [`LONGEST_FRAME_SAMPLES`].
    pub fn next_frame(&mut self, most: u64) -> Option<Frame> {
        let unsent = usize::try_from(self.unsent().min(most)).unwrap_or(usize::MAX);
        let frames = unsent.min(LONGEST_FRAME_SAMPLES) / FRAME_SAMPLES;
        (frames > 0).then(|| self.take(frames * FRAME_SAMPLES))
    }

    /// Takes the last samples after capture has ended, if they are less than a frame; pads them with silence to
    /// [`SHORTEST_FRAME_SAMPLES`].
    pub fn tail(&mut self) -> Option<Frame> {
        let unsent = self.unsent();
        if unsent == 0 || unsent >= FRAME_SAMPLES as u64 {
            return None;
        }
        let mut tail = self.take(unsent as usize);
        tail.resize(tail.len().max(SHORTEST_FRAME_SAMPLES), 0);
        Some(tail)
    }

    /// Takes the next `count` samples, which must be available.
    fn take(&mut self, count: usize) -> Frame {
        let from = self.next;
        self.next += count as u64;
        self.sent = self.sent.max(self.next);
        self.copy(from, self.next)
    }

    /// Copies the samples from one position to before another, which must be held.
    fn copy(&self, from: u64, to: u64) -> Frame {
        let [from, to] = [from, to].map(|position| (position - self.first) as usize);
        self.samples.range(from..to).copied().collect()
    }

    /// Confirms all samples up to the end of this word, which is the last of a final turn.
    pub fn confirm_word(&mut self, start: u64, end: u64) {
        self.confirm(end, Some(start.midpoint(end)));
    }

    /// Confirms all samples up to this position: the transcript has all their words.
    pub fn confirm_silence(&mut self, until: u64) {
        self.confirm(until, None);
    }

    /// Leaves out all samples up to this position, which need no transcript.
    pub fn skip(&mut self, until: u64) {
        self.next = self.next.max(until.min(self.captured()));
        self.sent = self.sent.max(self.next);
        self.confirm_silence(until);
    }

    fn confirm(&mut self, until: u64, word_middle: Option<u64>) {
        let until = until.min(self.sent);
        if until > self.confirmed {
            self.confirmed = until;
            self.word_middle = word_middle;
            self.forget_before(until.saturating_sub(MARGIN_SAMPLES));
        }
    }

    /// Replaces the samples from one position to before another with silence, as far as they are held.
    pub fn silence(&mut self, from: u64, to: u64) {
        for position in from.max(self.first)..to {
            if let Some(sample) = self.samples.get_mut((position - self.first) as usize) {
                *sample = 0;
            }
        }
    }

    /// The samples from a position on, as far as they are held.
    pub fn since(&self, position: u64) -> Frame {
        self.copy(position.max(self.first), self.captured())
    }

    /// Goes back to the position where a new connection has to begin, and returns it.
    pub fn rewind(&mut self) -> u64 {
        self.next = self
            .word_middle
            .map_or(self.confirmed, |middle| self.quietest_near_confirmed(middle))
            .max(self.first);
        self.next
    }

    /// The range of samples that are no longer held although they are not confirmed.
    pub fn gap(&self) -> Option<(u64, u64)> {
        (self.first > self.confirmed).then_some((self.confirmed, self.first))
    }

    /// Treats the gap as confirmed.
    pub fn forget_gap(&mut self) {
        self.confirmed = self.confirmed.max(self.first);
    }

    /// Samples captured since the beginning of the recording, at [`SAMPLE_RATE_HZ`].
    pub fn captured(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    /// The position up to which the transcript is complete.
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// The position of the sample that is sent next.
    pub fn next_position(&self) -> u64 {
        self.next
    }

    /// Samples that were not given to the current connection.
    pub fn unsent(&self) -> u64 {
        self.captured() - self.next
    }

    fn forget_before(&mut self, position: u64) {
        let count = position.saturating_sub(self.first).min(self.samples.len() as u64);
        self.samples.drain(..count as usize);
        self.first += count;
        self.next = self.next.max(self.first);
    }

    /// A position near the confirmed one that does not cut a word in two.
    ///
    /// The service reports ends of words up to 240 ms late (public test report, 2026-09), so the next word may have
    /// begun already. The quietest 20 ms nearby are between the two words; if there are several, the latest.
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
