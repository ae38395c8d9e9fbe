//! One session's hearing: which words of the reference were heard in it, and where.

use super::Recording;
use super::compare::{Found, HOP, SLIP, find};
use super::downsampler::{DOWNSAMPLED_HZ, Downsampler, SAMPLES_PER_MS};
use super::history::AudioHistory;
use super::locate::{confirm, locate};
use crate::transcript::SpokenWord;

/// The sound by which a place is looked for, in samples: the last 800 ms, and 600 ms at least.
const PROBE: i64 = 800 * SAMPLES_PER_MS;
const LEAST_PROBE: i64 = 600 * SAMPLES_PER_MS;
/// At the end of a session there will be no more.
const LAST_PROBE: i64 = 250 * SAMPLES_PER_MS;
/// Loud sound in a probe, in pieces of 10 ms; a quarter of a second tells one place from another.
const LEAST_LOUD: usize = 25;
const LAST_LOUD: usize = 12;
/// Loud sound where the reference has no word, in pieces: it may come from elsewhere in the reference.
const SURPRISING: usize = 40;
/// Between two searches, in samples: 250 ms, and after searches in vain up to 1 s.
const SEARCH_EVERY: i64 = 250 * SAMPLES_PER_MS;
const SEARCH_SELDOM: i64 = 1_000 * SAMPLES_PER_MS;
/// A pause, in samples: sound before it comes to its end.
const PAUSE: i64 = 300 * SAMPLES_PER_MS;
/// How long unexplained sound keeps a turn open, in samples: 5 s, or until 1 s of silence came behind it.
const PATIENCE: i64 = 5_000 * SAMPLES_PER_MS;
const SILENCE: i64 = 1_000 * SAMPLES_PER_MS;
/// Words in a row that are not found before the search backwards ends.
const MISSES: usize = 4;

/// Hears a session, and finds the reference's words in it.
#[derive(Debug)]
pub(crate) struct RecordingRecognizer {
    recording: Recording,
    downsampler: Downsampler,
    history: AudioHistory,
    place: Option<Alignment>,
    /// Up to here all words are found, or given up.
    decided: i64,
    /// Up to here the session's sound is known to be the reference's.
    explained: i64,
    search_at: i64,
    search_every: i64,
    /// Up to here nothing more will be said, in samples of the session.
    settled: i64,
}

/// Where in the reference the session is.
#[derive(Debug, Clone, Copy)]
struct Alignment {
    /// A sample's number in the session less its number in the reference.
    shift: i64,
    /// The next word of the reference.
    next: usize,
    /// A word was not where it should have been.
    doubted: bool,
}

impl RecordingRecognizer {
    /// For a session whose audio has this rate, in Hz.
    pub(crate) fn new(recording: Recording, rate_hz: u32) -> Self {
        Self {
            recording,
            downsampler: Downsampler::new(rate_hz),
            history: AudioHistory::default(),
            place: None,
            decided: 0,
            explained: 0,
            search_at: 0,
            search_every: SEARCH_EVERY,
            settled: 0,
        }
    }

    /// Hears samples; `step` is called every 10 ms of audio with the time up to which all is settled, and the words
    /// that were found, so that what follows does not depend on how the audio was cut into messages.
    pub(crate) fn hear(&mut self, samples: &[i16], mut step: impl FnMut(u64, Vec<SpokenWord>)) {
        for sample in samples {
            let Some(sample) = self.downsampler.push(*sample) else { continue };
            if self.history.push(sample) {
                let mut words = Vec::new();
                self.follow(false, &mut words);
                self.history.forget(self.decided.min(self.explained) - PROBE);
                let now = self.history.end();
                if now >= self.search_at && self.is_lost() {
                    self.search(&mut words);
                }
                self.settle();
                step((self.settled / SAMPLES_PER_MS) as u64, words);
            }
        }
    }

    /// No more audio will come: finds what is left.
    pub(crate) fn finish(&mut self) -> Vec<SpokenWord> {
        let mut words = Vec::new();
        self.follow(true, &mut words);
        let mut until = self.history.end();
        while self.is_lost() && until - self.explained >= LAST_PROBE {
            let near = self.place.map_or(0, |place| place.shift);
            if self.locate_before(until, LAST_PROBE, LAST_LOUD, Some(near), &mut words) {
                self.follow(true, &mut words);
                break;
            }
            until -= PROBE / 2;
        }
        self.settled = self.history.end();
        words
    }

    /// The ms of audio up to which all is settled.
    pub(crate) fn settled_ms(&self) -> u64 {
        (self.settled / SAMPLES_PER_MS) as u64
    }

    /// Where in the recording the session is, in ms; `None` while that is not known.
    pub(crate) fn recording_ms(&self) -> Option<u64> {
        let place = self.place.filter(|place| !place.doubted)?;
        u64::try_from((self.history.end() - place.shift) / SAMPLES_PER_MS).ok()
    }

    /// Looks for the words that should have come by now where the session is thought to be.
    fn follow(&mut self, last: bool, words: &mut Vec<SpokenWord>) {
        let Some(mut place) = self.place else { return };
        let now = self.history.end();
        let reference = self.recording.reference();
        while let Some(word) = reference.words.get(place.next) {
            let ends = word.to as i64 + place.shift;
            if ends + if last { 0 } else { SLIP } > now {
                break;
            }
            place.next += 1;
            match self.look_for(place.next - 1, place.shift) {
                Some((spoken, found)) => {
                    words.push(spoken);
                    place.shift = found.end_shift;
                    place.doubted = false;
                    self.decided = word.to as i64 + found.end_shift;
                    self.explained = self.decided;
                }
                None => place.doubted = true,
            }
        }
        self.place = Some(place);
    }

    /// The word of this index, if the session has it near this shift, and its shifts.
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

    /// Whether there is sound of which it is not known where in the reference it comes from.
    fn is_lost(&self) -> bool {
        let Some(place) = self.place else { return true };
        place.doubted || self.surprises(place) >= SURPRISING
    }

    /// Loud pieces where the reference should be silent.
    fn surprises(&self, place: Alignment) -> usize {
        let next = self.recording.reference().words.get(place.next);
        let until =
            next.map_or(i64::MAX, |word| word.from as i64 + place.shift - SLIP).min(self.history.end());
        self.history.loud(self.explained.max(self.history.end() - 2 * PROBE), until)
    }

    fn search(&mut self, words: &mut Vec<SpokenWord>) {
        let now = self.history.end();
        // Behind a pause there is no more of the same to wait for.
        let paused = self.history.loud(now - PAUSE, now) == 0;
        let (until, probe) = if paused { (now - PAUSE, LAST_PROBE) } else { (now, LEAST_PROBE) };
        let found = self.locate_before(until, probe, LEAST_LOUD, None, words);
        if found {
            self.follow(false, words);
        }
        self.search_every = if found { SEARCH_EVERY } else { (self.search_every * 5 / 4).min(SEARCH_SELDOM) };
        self.search_at = now + self.search_every;
    }

    /// Finds the place of the sound before `until`, and the words up to there; one of several equal places where
    /// that near to a shift will do.
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
        if let Some(place) = &mut self.place
            && let Some(shift) = confirm(reference, session, from, place.shift - start)
        {
            place.shift = shift + start;
            place.doubted = false;
            self.explained = until;
            return true;
        }
        let any = any.map(|near| near - start);
        let Some(shift) = locate(reference, session, from, any) else { return false };
        self.move_to(shift + start, until, words);
        true
    }

    /// The session is here in the reference: finds the words before, back to where it came here.
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
        self.place = Some(Alignment { shift, next, doubted: false });
        self.explained = until;
        self.decided = self.decided.max(words.last().map_or(0, |word| word.end_ms as i64 * SAMPLES_PER_MS));
    }

    /// Up to the next word that may come, or the first sound that is not explained, nothing more will be said.
    fn settle(&mut self) {
        let now = self.history.end();
        let settled = match self.place {
            Some(place) if !self.is_lost() => {
                let next = self.recording.reference().words.get(place.next);
                next.map_or(now, |word| now.min(word.from as i64 + place.shift - SLIP))
            }
            _ if self.history.loud(now - SILENCE, now) == 0 => now,
            _ => self.history.first_loud(self.explained.max(now - PATIENCE)).unwrap_or(now),
        };
        self.settled = self.settled.max(settled);
    }
}

const _: () = assert!(SAMPLES_PER_MS * 1000 == DOWNSAMPLED_HZ as i64 && HOP as i64 == 10 * SAMPLES_PER_MS);
