//! Latency: the time from the end of a word in the audio until it is shown.

use assemblyai_protocol::Turn;

/// The number of words, the newest, that percentiles are computed from.
const WORDS: usize = 1_000;
/// The delay of a chunk, in ms, above which capture was interrupted, for instance by a pause.
const BREAK_MS: i64 = 1_000;
/// The longest chunk, in ms: AssemblyAI's limit for a message of audio.
const LONGEST_CHUNK_MS: u64 = 1_000;

/// Measures when audio was captured and when its words are shown.
#[derive(Debug, Default)]
pub struct Latency {
    /// Uninterrupted ranges of capture: where each begins, in ms of the recording, and by how many ms the clock is
    /// ahead of the recording in it, negative in a resumed recording; ascending.
    ranges: Vec<(u64, i64)>,
    captured_ms: u64,
    /// The latencies of the newest words, in ms, as a ring: the oldest is replaced first.
    words: Vec<u64>,
    next: usize,
    /// The end of the last word shown, in ms of the recording.
    shown_ms: u64,
    percentiles: Option<(u64, u64)>,
}

impl Latency {
    /// Audio up to this time of the recording was just captured; both are in ms.
    pub fn captured(&mut self, captured_ms: u64, now_ms: u64) {
        let behind = now_ms.cast_signed() - captured_ms.cast_signed();
        match self.ranges.last_mut() {
            // A chunk may be delivered late; the earliest one shows when audio was captured.
            Some((_, least)) if behind < *least + BREAK_MS => *least = behind.min(*least),
            _ => {
                // Audio before a gap longer than a chunk was captured before the recording was resumed, at an unknown
                // time.
                let is_continued = captured_ms > self.captured_ms + LONGEST_CHUNK_MS;
                self.ranges.push((if is_continued { captured_ms } else { self.captured_ms }, behind));
            }
        }
        self.captured_ms = captured_ms;
    }

    /// A turn with times in ms of the recording is now shown: measures the words that were not shown before.
    pub fn shown(&mut self, turn: &Turn, now_ms: u64) {
        let shown_ms = self.shown_ms;
        for end_ms in
            turn.words.iter().map(|word| word.end_ms.round() as u64).filter(|end_ms| *end_ms > shown_ms)
        {
            let Some((_, behind)) = self.ranges.iter().rfind(|(from, _)| *from < end_ms) else { continue };
            let latency = now_ms.cast_signed() - behind - end_ms.cast_signed();
            let latency = latency.max(0).cast_unsigned();
            match self.words.get_mut(self.next) {
                Some(oldest) => *oldest = latency,
                None => self.words.push(latency),
            }
            self.next = (self.next + 1) % WORDS;
            self.shown_ms = self.shown_ms.max(end_ms);
            self.percentiles = None;
        }
    }

    /// The median and the 95th percentile, in ms; `None` before the first word.
    pub fn percentiles_ms(&mut self) -> Option<(u64, u64)> {
        if self.percentiles.is_none() && !self.words.is_empty() {
            self.percentiles = Some((percentile(&self.words, 50), percentile(&self.words, 95)));
        }
        self.percentiles
    }
}

/// The smallest of the values that `percent` of them do not exceed. By bisection, because a sort takes 3 kB of wasm.
fn percentile(values: &[u64], percent: usize) -> u64 {
    let wanted = (values.len() * percent).div_ceil(100);
    let (mut low, mut high) = (0, values.iter().copied().max().unwrap_or_default());
    while low < high {
        let middle = low + (high - low) / 2;
        if values.iter().filter(|value| **value <= middle).count() >= wanted {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use assemblyai_protocol::Word;

    use super::*;

    fn turn(ends_ms: &[u64]) -> Turn {
        let words = ends_ms.iter().map(|end_ms| Word { end_ms: *end_ms as f64, ..Word::default() });
        Turn { words: words.collect(), ..Turn::default() }
    }

    /// Ten chunks a second, from `from_ms` of the recording and `now_ms` on the clock.
    fn capture(latency: &mut Latency, from_ms: u64, now_ms: u64, ms: u64) {
        for after in (100..=ms).step_by(100) {
            latency.captured(from_ms + after, now_ms + after);
        }
    }

    #[test]
    fn latency_is_from_the_end_of_a_word_until_it_is_first_shown() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentiles_ms(), None);
        capture(&mut latency, 0, 50_000, 2_000);
        latency.shown(&turn(&[500, 1_000]), 51_600);
        // Shown again, as a part of the whole turn.
        latency.shown(&turn(&[500, 1_000, 1_900]), 52_000);
        assert_eq!(latency.words, [1_100, 600, 100]);
        assert_eq!(latency.percentiles_ms(), Some((600, 1_100)));
    }

    #[test]
    fn a_pause_and_a_blocked_page_do_not_count_as_latency() {
        let mut latency = Latency::default();
        capture(&mut latency, 0, 50_000, 1_000);
        capture(&mut latency, 1_000, 90_000, 1_000);
        latency.shown(&turn(&[900, 1_500]), 91_000);
        assert_eq!(latency.words, [40_100, 500]);
        // Chunks that are all delivered at once, because the page was blocked.
        for captured_ms in (2_100..=2_900).step_by(100) {
            latency.captured(captured_ms, 91_900);
        }
        latency.shown(&turn(&[2_800]), 91_900);
        assert_eq!(latency.words[2], 100);
    }

    #[test]
    fn a_resumed_recording_is_measured_from_its_resumption() {
        let mut latency = Latency::default();
        // An hour was captured before, and 2 s since.
        capture(&mut latency, 3_600_000, 2_000, 2_000);
        // Words of earlier audio are not measured, though they are shown only now.
        latency.shown(&turn(&[3_599_000, 3_601_000]), 3_700);
        latency.shown(&turn(&[3_601_900]), 4_000);
        assert_eq!(latency.words, [700, 100]);
    }

    #[test]
    fn percentiles_are_of_the_newest_words() {
        let mut latency = Latency::default();
        capture(&mut latency, 0, 0, 20_000);
        for end_ms in 1..=1_100 {
            latency.shown(&turn(&[end_ms]), end_ms + if end_ms <= 100 { 9_999 } else { end_ms - 100 });
        }
        assert_eq!(latency.words.len(), 1_000);
        // From 1 to 1000 ms.
        assert_eq!(latency.percentiles_ms(), Some((500, 950)));
    }
}
