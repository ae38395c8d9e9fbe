//! An open turn: what was heard, what was decoded, and what is to be decoded next.

use super::hypothesis::{Hypothesis, Word};
use super::job::{JobResult, Priority};
use super::segment::Segment;
use super::settings::{MAX_SEGMENT_MS, Settings};
use super::to_samples;

/// Audio after the last voice that a final is decoded with, in ms: the end of a word can be too soft for the voice
/// detector. When so much silence was heard, the text is decoded that a final will have if the silence goes on.
pub(super) const TAIL_MS: u32 = 240;
/// Silence from which no partial is started, in ms: the decoding after [`TAIL_MS`] is near.
const NO_PARTIAL_MS: u32 = 96;
/// Audio before and after the gap at which a partial may start, in ms: a word at the end may still change.
const WINDOW_MARGINS_MS: (u64, u64) = (500, 1500);
/// A gap at which words are committed before the segment is too long, in ms.
const GOOD_GAP_MS: u64 = 150;
/// Audio after which words are committed if no gap was good enough, in ms.
const RETRY_COMMIT_MS: u32 = 1_000;
/// How far the times of words are off, in ms: their median error.
const GAP_ERROR_MS: u64 = 50;

/// Up to where the turn was decoded last.
#[derive(Clone, Copy, Debug)]
struct Decoded {
    end_sample: u64,
    last_voice_sample: u64,
}

/// Where partials start that leave out the first words of a segment.
#[derive(Clone, Copy, Debug)]
struct Window {
    start_sample: u64,
    /// Words of the turn before it.
    words: usize,
}

#[derive(Debug)]
pub(super) struct Turn {
    pub(super) number: u64,
    pub(super) last_voice_sample: u64,
    pub(super) voiced_frames: usize,
    /// Where the turn has to end, once that is decided.
    pub(super) ends_at_sample: Option<u64>,
    /// Words whose audio is dropped.
    pub(super) committed: Vec<Word>,
    /// All words, as the last result has them.
    pub(super) words: Vec<Word>,
    /// Those that were reported.
    pub(super) reported: Vec<Word>,
    /// Whether they were reported as those up to a pause.
    pub(super) reported_at_pause: bool,
    window: Option<Window>,
    /// The end of the audio at which words were to be committed and no gap was good enough.
    refused_sample: Option<u64>,
    decoded: Option<Decoded>,
    started_sample: u64,
    /// Results in a row that had no plausible word.
    pub(super) empty_results: u32,
}

impl Turn {
    pub(super) fn new(number: u64, now: u64, voiced_frames: usize) -> Self {
        Self {
            number,
            last_voice_sample: now,
            voiced_frames,
            ends_at_sample: None,
            committed: vec![],
            words: vec![],
            reported: vec![],
            reported_at_pause: false,
            window: None,
            refused_sample: None,
            decoded: None,
            started_sample: now,
            empty_results: 0,
        }
    }

    pub(super) fn set_decoded(&mut self, end_sample: u64, last_voice_sample: u64) {
        self.decoded = Some(Decoded { end_sample, last_voice_sample });
    }

    /// Where the audio of a final ends if no further voice is heard.
    pub(super) fn final_end(&self) -> u64 {
        let end = self.last_voice_sample + to_samples(TAIL_MS);
        self.ends_at_sample.map_or(end, |limit| end.min(limit))
    }

    /// Whether the words are those of all audio up to [`Self::final_end`].
    fn is_decoded(&self) -> bool {
        self.decoded.is_some_and(|decoded| {
            decoded.last_voice_sample == self.last_voice_sample && decoded.end_sample >= self.final_end()
        })
    }

    /// Whether the turn is over and its words are known.
    pub(super) fn is_complete(&self, now: u64, settings: &Settings) -> bool {
        let silence = now - self.last_voice_sample.min(now);
        let is_finished = self.words.last().is_none_or(Word::ends_sentence);
        self.is_decoded()
            && (self.ends_at_sample.is_some()
                || silence >= to_samples(settings.max_silence_ms)
                || silence >= to_samples(settings.min_silence_ms) && is_finished)
    }

    /// Where the audio of a job starts, and how many words come before it. A segment that is long enough to commit
    /// words is decoded whole: they become final.
    pub(super) fn start_of(
        &self,
        priority: Priority,
        segment: &Segment,
        settings: &Settings,
    ) -> (u64, usize) {
        let is_whole =
            priority == Priority::Final || self.is_to_commit(segment.start(), segment.end(), settings);
        match self.window {
            Some(window) if !is_whole => (window.start_sample.max(segment.start()), window.words),
            _ => (segment.start(), self.committed.len()),
        }
    }

    /// What is to be decoded now, where a partial would decode so many samples.
    pub(super) fn wanted(&self, now: u64, partial_samples: u64, settings: &Settings) -> Option<Priority> {
        let silence = now - self.last_voice_sample.min(now);
        if !self.is_decoded() && (self.ends_at_sample.is_some() || silence >= to_samples(TAIL_MS)) {
            return Some(Priority::Final);
        }
        let last_end = self.decoded.map_or(self.started_sample, |decoded| decoded.end_sample);
        let has_new_voice =
            self.decoded.is_none_or(|decoded| self.last_voice_sample > decoded.last_voice_sample);
        let is_due = now.saturating_sub(last_end) >= self.partial_interval(partial_samples, settings);
        (has_new_voice && is_due && silence < to_samples(NO_PARTIAL_MS)).then_some(Priority::Partial)
    }

    /// Samples between two partials. Where nothing plausible is heard (music), they become rare.
    fn partial_interval(&self, partial_samples: u64, settings: &Settings) -> u64 {
        let share = (partial_samples as f32 * settings.partial_interval_share) as u64;
        (to_samples(settings.partial_interval_ms) + share) << self.empty_results.saturating_sub(1).min(3)
    }

    /// Moves the window of partials behind a gap between the words of a result, once it is long.
    pub(super) fn move_window(&mut self, result: &JobResult, segment: &Segment, settings: &Settings) {
        let fresh = &self.words[result.kept_words..];
        let (start, end) = (result.start_sample, result.end_sample);
        // The result of more audio may have other words, and another number of them, before the window.
        self.window = self.window.filter(|window| window.start_sample <= start && !fresh.is_empty());
        if end - start < to_samples(settings.partial_window_ms) {
            return;
        }
        if let Some(gap) = best_gap(fresh, (start, end), WINDOW_MARGINS_MS) {
            let start_sample = gap.quietest(segment);
            self.window = Some(Window { start_sample, words: result.kept_words + gap.after + 1 });
        }
    }

    /// Whether the segment is long enough to commit words, and has grown since that was refused.
    fn is_to_commit(&self, start: u64, end: u64, settings: &Settings) -> bool {
        let has_grown = self
            .refused_sample
            .is_none_or(|sample| end.saturating_sub(sample) >= to_samples(RETRY_COMMIT_MS));
        let samples = end - start;
        samples >= to_samples(MAX_SEGMENT_MS)
            || samples >= to_samples(settings.commit_after_ms.min(MAX_SEGMENT_MS)) && has_grown
    }

    /// Commits words up to the best gap once the segment is long; returns where the audio before can be dropped. The
    /// words are those of the whole segment up to `end`.
    pub(super) fn commit(&mut self, segment: &Segment, end: u64, settings: &Settings) -> Option<u64> {
        let start = segment.start();
        if !self.is_to_commit(start, end, settings) {
            return None;
        }
        let is_too_long = end - start >= to_samples(MAX_SEGMENT_MS);
        // Words at either end may still change or lack their context; at the last, any gap will do.
        let (margins_ms, least_ms) = if is_too_long { ((1000, 500), 0) } else { ((3000, 2500), GOOD_GAP_MS) };
        let fresh = &self.words[self.committed.len().min(self.words.len())..];
        let gap = best_gap(fresh, (start, end), margins_ms).filter(|gap| gap.value_ms >= least_ms);
        let Some(gap) = gap else {
            self.refused_sample = Some(end);
            // No word to cut at: half of the audio is given up, so that no sound makes the work grow.
            return is_too_long.then(|| {
                self.committed.clone_from(&self.words);
                self.window = None;
                start.midpoint(end)
            });
        };
        self.refused_sample = None;
        let committed = fresh[..=gap.after].iter().cloned().map(|word| Word { committed: true, ..word });
        let committed: Vec<_> = committed.collect();
        self.committed.extend(committed);
        self.words.splice(..self.committed.len(), self.committed.iter().cloned());
        self.window = self.window.filter(|window| window.words > self.committed.len());
        Some(gap.quietest(segment))
    }

    /// Ends a turn that has become too long at its last committed word, before `sample`, and goes on as the next one with
    /// the words that are left.
    pub(super) fn split_off_committed(&mut self, sample: u64, settings: &Settings) -> Option<Hypothesis> {
        let is_long = sample.saturating_sub(self.started_sample) >= to_samples(settings.max_turn_ms);
        if !is_long || self.committed.is_empty() {
            return None;
        }
        let words = std::mem::take(&mut self.committed);
        self.words.drain(..words.len());
        self.window = self.window.map(|window| Window { words: window.words - words.len(), ..window });
        let hypothesis = Hypothesis {
            turn: self.number,
            voice_end_ms: words.last().map_or(0, |word| word.end_ms),
            words,
            at_pause: true,
            end_of_turn: true,
        };
        self.number += 1;
        self.started_sample = sample;
        self.reported.clear();
        Some(hypothesis)
    }
}

/// A place between two words.
struct Gap {
    /// The word before it, by its number.
    after: usize,
    /// Where the words around it end and start, in ms of the stream.
    range_ms: std::ops::Range<u64>,
    /// Its length; a mark at the word before counts as time.
    value_ms: u64,
}

impl Gap {
    /// Where to cut: times of words are not exact, so the sound around the gap decides.
    fn quietest(&self, segment: &Segment) -> u64 {
        let to_samples = |ms: u64| ms * u64::from(crate::SAMPLE_RATE_HZ) / 1000;
        let range_ms = self.range_ms.start.saturating_sub(GAP_ERROR_MS)..self.range_ms.end + GAP_ERROR_MS;
        segment.quietest(to_samples(range_ms.start)..to_samples(range_ms.end))
    }
}

/// The longest gap between words. The words before and after it have at least the margins, in ms, from start and end of
/// the audio.
fn best_gap(words: &[Word], (start, end): (u64, u64), margins_ms: (u64, u64)) -> Option<Gap> {
    let (start_ms, end_ms) = (super::to_ms(start), super::to_ms(end));
    let gap = |(after, pair): (usize, &[Word])| {
        let mark_ms = match pair[0].text.chars().last() {
            Some('.' | '?' | '!') => 400,
            Some(',' | ';' | ':') => 200,
            _ => 0,
        };
        let range_ms = pair[0].end_ms..pair[1].start_ms.max(pair[0].end_ms);
        Gap { after, value_ms: range_ms.end - range_ms.start + mark_ms, range_ms }
    };
    let is_inside =
        |gap: &Gap| gap.range_ms.start > start_ms + margins_ms.0 && gap.range_ms.end + margins_ms.1 < end_ms;
    words.windows(2).enumerate().map(gap).filter(is_inside).max_by_key(|gap| gap.value_ms)
}
