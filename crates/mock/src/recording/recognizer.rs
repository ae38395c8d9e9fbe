//! Finds the words of a known recording in the audio of a session.

use super::Recording;
use super::compare::{Found, HOP, SLIP, find};
use super::downsampler::{DOWNSAMPLED_HZ, Downsampler, SAMPLES_PER_MS};
use super::history::AudioHistory;
use super::locate::{confirm, locate};
use super::position::Position;
use assemblyai_service::SpokenWord;
use assemblyai_service::{Recognizer, Report};

/// Audio used to search for the position in the recording, in samples: the last 800 ms, at least 600 ms.
const PROBE: i64 = 800 * SAMPLES_PER_MS;
const LEAST_PROBE: i64 = 600 * SAMPLES_PER_MS;
/// Minimum at the end of a session or before a pause, in samples: 250 ms.
const LAST_PROBE: i64 = 250 * SAMPLES_PER_MS;
/// Minimum of loud audio in a probe, in hops of 10 ms; a quarter of a second distinguishes positions.
const LEAST_LOUD: usize = 25;
/// The same at the end of a session.
const LAST_LOUD: usize = 12;
/// Loud audio where the reference has no word, in hops, after which the session may be elsewhere in the reference.
const UNEXPLAINED: usize = 40;
/// Interval of searches, in samples: 250 ms, growing to 1 s while they fail.
const SEARCH_EVERY: i64 = 250 * SAMPLES_PER_MS;
const SEARCH_AT_LEAST_EVERY: i64 = 1_000 * SAMPLES_PER_MS;
/// Duration of a pause that ends a probe, in samples.
const PAUSE: i64 = 300 * SAMPLES_PER_MS;
/// How long unexplained sound keeps a turn open, in samples: 5 s, or until 1 s of silence follows it.
const PATIENCE: i64 = 5_000 * SAMPLES_PER_MS;
const SILENCE: i64 = 1_000 * SAMPLES_PER_MS;
/// Missing words in a row that end the search backwards.
const MISSES: usize = 4;
/// Duration of the steps in which the alignment is updated, in ms.
const STEP_MS: u64 = 10;

/// Recognises the words of a recording whose sound occurs in the audio of a session.
#[derive(Debug)]
pub(crate) struct RecordingRecognizer {
    recording: Recording,
    downsampler: Downsampler,
    history: AudioHistory,
    alignment: Option<Alignment>,
    /// Up to this sample of the session all words are found or given up.
    decided: i64,
    /// Up to this sample the session's sound is known to come from the reference.
    explained: i64,
    search_at: i64,
    search_every: i64,
    /// Up to this sample no further word is expected.
    settled: i64,
    position: Position,
}

/// The relation between the session's samples and the reference's.
#[derive(Debug, Clone, Copy)]
struct Alignment {
    /// Index of a sample in the session minus its index in the reference.
    shift: i64,
    /// Index of the next word of the reference.
    next: usize,
    /// Whether the last word was not found where it was expected.
    doubted: bool,
}

impl RecordingRecognizer {
    /// For a session whose audio has this sample rate.
    pub(crate) fn new(recording: Recording, rate_hz: u32, position: Position) -> Self {
        Self {
            recording,
            downsampler: Downsampler::new(rate_hz),
            history: AudioHistory::default(),
            alignment: None,
            decided: 0,
            explained: 0,
            search_at: 0,
            search_every: SEARCH_EVERY,
            settled: 0,
            position,
        }
    }

    /// Position in the recording, in ms; `None` while it is unknown.
    pub(super) fn recording_ms(&self) -> Option<u64> {
        let alignment = self.alignment.filter(|alignment| !alignment.doubted)?;
        u64::try_from((self.history.end() - alignment.shift) / SAMPLES_PER_MS).ok()
    }

    pub(super) fn settled_ms(&self) -> u64 {
        (self.settled / SAMPLES_PER_MS) as u64
    }

    /// Looks for the words that are due by now at the current alignment. At the end of the session (`last`), words are
    /// due without a margin for slips.
    fn find_due_words(&mut self, last: bool, words: &mut Vec<SpokenWord>) {
        let Some(mut alignment) = self.alignment else { return };
        let now = self.history.end();
        let reference = self.recording.reference();
        while let Some(word) = reference.words.get(alignment.next) {
            let ends = word.to as i64 + alignment.shift;
            if ends + if last { 0 } else { SLIP } > now {
                break;
            }
            alignment.next += 1;
            match self.look_for(alignment.next - 1, alignment.shift) {
                Some((spoken, found)) => {
                    words.push(spoken);
                    alignment.shift = found.end_shift;
                    alignment.doubted = false;
                    self.decided = word.to as i64 + found.end_shift;
                    self.explained = self.decided;
                }
                None => alignment.doubted = true,
            }
        }
        self.alignment = Some(alignment);
    }

    /// Looks for the word with this index near a shift; returns it with its exact shifts.
    fn look_for(&self, index: usize, shift: i64) -> Option<(SpokenWord, Found)> {
        let reference = self.recording.reference();
        let word = reference.words.get(index)?;
        let sound = &reference.samples[word.from..word.to];
        let at = word.from as i64 + shift - self.history.start();
        let found = find(sound, self.history.samples(), at)?;
        let found = Found { start_shift: shift + found.start_shift, end_shift: shift + found.end_shift };
        let ms = |sample: i64| ((sample.max(0) + SAMPLES_PER_MS / 2) / SAMPLES_PER_MS) as u64;
        let end_ms = ms(word.to as i64 + found.end_shift);
        let start_ms = ms((word.from as i64 + found.start_shift).max(self.decided)).min(end_ms);
        Some((SpokenWord { start_ms, end_ms, ..word.spoken.clone() }, found))
    }

    /// Whether the alignment is unknown or doubtful.
    fn is_lost(&self) -> bool {
        let Some(alignment) = self.alignment else { return true };
        alignment.doubted || self.unexplained_hops(alignment) >= UNEXPLAINED
    }

    /// The number of loud hops where the reference is silent.
    fn unexplained_hops(&self, alignment: Alignment) -> usize {
        let next = self.recording.reference().words.get(alignment.next);
        let until =
            next.map_or(i64::MAX, |word| word.from as i64 + alignment.shift - SLIP).min(self.history.end());
        self.history.loud(self.explained.max(self.history.end() - 2 * PROBE), until)
    }

    fn search(&mut self, words: &mut Vec<SpokenWord>) {
        let now = self.history.end();
        // After a pause the probe does not grow any more, so a shorter one has to do.
        let paused = self.history.loud(now - PAUSE, now) == 0;
        let (until, probe) = if paused { (now - PAUSE, LAST_PROBE) } else { (now, LEAST_PROBE) };
        let found = self.locate_before(until, probe, LEAST_LOUD, None, words);
        if found {
            self.find_due_words(false, words);
        }
        self.search_every =
            if found { SEARCH_EVERY } else { (self.search_every * 5 / 4).min(SEARCH_AT_LEAST_EVERY) };
        self.search_at = now + self.search_every;
    }

    /// Finds the alignment of the sound before `until` and the words up to there. With `any`, of several equally good
    /// alignments the one nearest to that shift is taken.
    fn locate_before(
        &mut self,
        until: i64,
        shortest: i64,
        loud: usize,
        any: Option<i64>,
        words: &mut Vec<SpokenWord>,
    ) -> bool {
        let from = (until - PROBE).max(self.explained).max(self.history.start());
        if until - from < shortest || self.history.loud(from, until) < loud {
            return false;
        }
        let start = self.history.start();
        let session = &self.history.samples()[..(until - start) as usize];
        let from = (from - start) as usize;
        let reference = self.recording.reference();
        if let Some(alignment) = &mut self.alignment
            && let Some(shift) = confirm(reference, session, from, alignment.shift - start)
        {
            alignment.shift = shift + start;
            alignment.doubted = false;
            self.explained = until;
            return true;
        }
        let any = any.map(|near| near - start);
        let Some(shift) = locate(reference, session, from, any) else { return false };
        self.move_to(shift + start, until, words);
        true
    }

    /// Sets the alignment and finds the words before `until`, back to where the session reached this part.
    fn move_to(&mut self, shift: i64, until: i64, words: &mut Vec<SpokenWord>) {
        let reference = self.recording.reference();
        let next = reference.words.partition_point(|word| word.to as i64 + shift + SLIP <= until);
        let mut found = Vec::new();
        let (mut back, mut misses) = (shift, 0);
        for index in (0..next).rev() {
            if reference.words[index].to as i64 + back <= self.decided || misses == MISSES {
                break;
            }
            match self.look_for(index, back) {
                Some((word, at)) => {
                    misses = 0;
                    back = at.start_shift;
                    found.push(word);
                }
                None => misses += 1,
            }
        }
        words.extend(found.into_iter().rev());
        self.alignment = Some(Alignment { shift, next, doubted: false });
        self.explained = until;
        self.decided = self.decided.max(words.last().map_or(0, |word| word.end_ms as i64 * SAMPLES_PER_MS));
    }

    /// Advances `settled` to the next possible word or the first unexplained sound.
    fn settle(&mut self) {
        let now = self.history.end();
        let settled = match self.alignment {
            Some(alignment) if !self.is_lost() => {
                let next = self.recording.reference().words.get(alignment.next);
                next.map_or(now, |word| now.min(word.from as i64 + alignment.shift - SLIP))
            }
            _ if self.history.loud(now - SILENCE, now) == 0 => now,
            _ => self.history.first_loud(self.explained.max(now - PATIENCE)).unwrap_or(now),
        };
        self.settled = self.settled.max(settled);
    }
}

impl Recognizer for RecordingRecognizer {
    fn push(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        for sample in samples {
            let Some(sample) = self.downsampler.push(*sample) else { continue };
            if self.history.push(sample) {
                let mut words = Vec::new();
                self.find_due_words(false, &mut words);
                self.history.forget(self.decided.min(self.explained) - PROBE);
                let now = self.history.end();
                if now >= self.search_at && self.is_lost() {
                    self.search(&mut words);
                }
                self.settle();
                report(Report { settled_ms: self.settled_ms(), speaking: false, words, ..Report::default() });
            }
        }
        self.position.set(self.recording_ms());
    }

    fn finish(&mut self, audio_ms: u64) -> Report {
        let mut words = Vec::new();
        self.find_due_words(true, &mut words);
        let mut until = self.history.end();
        while self.is_lost() && until - self.explained >= LAST_PROBE {
            let near = self.alignment.map_or(0, |alignment| alignment.shift);
            if self.locate_before(until, LAST_PROBE, LAST_LOUD, Some(near), &mut words) {
                self.find_due_words(true, &mut words);
                break;
            }
            until -= PROBE / 2;
        }
        self.settled = self.history.end();
        Report { settled_ms: audio_ms, speaking: false, words, ..Report::default() }
    }

    fn is_settled(&self, audio_ms: u64) -> bool {
        self.settled_ms() >= audio_ms.saturating_sub(STEP_MS)
    }
}

const _: () = assert!(SAMPLES_PER_MS * 1000 == DOWNSAMPLED_HZ as i64 && HOP as i64 == 10 * SAMPLES_PER_MS);
