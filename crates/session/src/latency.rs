//! How long a word takes from its end in the audio to the page.

use assemblyai_protocol::Turn;

/// The newest words count.
const WORDS: usize = 1_000;
/// Chunks of audio that come later than this, in ms, come after a break in capture, such as a pause.
const BREAK_MS: i64 = 1_000;
/// No message of the audio thread is longer, in ms (AssemblyAI's limit for a message of audio).
const LONGEST_CHUNK_MS: u64 = 1_000;

/// When audio was captured, and how long its words took.
#[derive(Debug, Default)]
pub struct Latency {
    /// From which place in the recording on, in ms, how many ms the clock was ahead of the audio: less than none in a
    /// recording that an earlier page has begun; ascending.
    pieces: Vec<(u64, i64)>,
    captured_ms: u64,
    /// The newest words' latencies in ms, the oldest of them replaced first.
    words: Vec<u64>,
    next: usize,
    /// Up to where words have been shown, in ms.
    shown_ms: u64,
    percentiles: Option<(u64, u64)>,
}

impl Latency {
    /// Audio up to this place in the recording has just come, in ms.
    pub fn captured(&mut self, captured_ms: u64, now_ms: u64) {
        let behind = now_ms.cast_signed() - captured_ms.cast_signed();
        match self.pieces.last_mut() {
            // A chunk that comes late is not one that was captured late: the soonest tells.
            Some((_, soonest)) if behind < *soonest + BREAK_MS => *soonest = behind.min(*soonest),
            _ => {
                // No chunk is that long: what is before it was captured by an earlier page, nobody knows when.
                let is_continued = captured_ms > self.captured_ms + LONGEST_CHUNK_MS;
                self.pieces.push((if is_continued { captured_ms } else { self.captured_ms }, behind));
            }
        }
        self.captured_ms = captured_ms;
    }

    /// A turn, its times on the recording's clock, is on the page: words that were not there before count.
    pub fn shown(&mut self, turn: &Turn, now_ms: u64) {
        let shown_ms = self.shown_ms;
        for end_ms in
            turn.words.iter().map(|word| word.end_ms.round() as u64).filter(|end_ms| *end_ms > shown_ms)
        {
            let Some((_, behind)) = self.pieces.iter().rfind(|(from, _)| *from < end_ms) else { continue };
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

    /// What half of the words took less than, and 95 of 100, in ms; `None` before the first.
    pub fn percentiles_ms(&mut self) -> Option<(u64, u64)> {
        if self.percentiles.is_none() && !self.words.is_empty() {
            self.percentiles = Some((percentile(&self.words, 50), percentile(&self.words, 95)));
        }
        self.percentiles
    }
}

/// The least of the values that so many percent of them do not exceed. By halves, because a sort takes 3 kB of code.
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
    fn a_word_counts_from_its_end_to_when_it_is_first_shown() {
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
    fn a_pause_and_a_busy_page_are_not_taken_for_latency_of_the_audio() {
        let mut latency = Latency::default();
        capture(&mut latency, 0, 50_000, 1_000);
        capture(&mut latency, 1_000, 90_000, 1_000);
        latency.shown(&turn(&[900, 1_500]), 91_000);
        assert_eq!(latency.words, [40_100, 500]);
        // Chunks that all come at once, because the page was busy.
        for captured_ms in (2_100..=2_900).step_by(100) {
            latency.captured(captured_ms, 91_900);
        }
        latency.shown(&turn(&[2_800]), 91_900);
        assert_eq!(latency.words[2], 100);
    }

    #[test]
    fn a_recording_that_an_earlier_page_began_is_measured_by_this_pages_clock() {
        let mut latency = Latency::default();
        // An hour of it is there, and this page for 2 s.
        capture(&mut latency, 3_600_000, 2_000, 2_000);
        // What this page did not capture counts for nothing, though it comes only now.
        latency.shown(&turn(&[3_599_000, 3_601_000]), 3_700);
        latency.shown(&turn(&[3_601_900]), 4_000);
        assert_eq!(latency.words, [700, 100]);
    }

    #[test]
    fn the_newest_words_count_and_percentiles_are_of_them() {
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
