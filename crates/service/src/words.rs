//! Spoken words with their times, and how they are written.

/// Gap between two words of continuous speech, in ms.
const GAP_MS: u64 = 20;

/// A word and its position in the audio.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenWord {
    /// The word with capitals and punctuation.
    pub text: String,
    /// The text that the first partial with the word has instead; later ones correct it.
    pub misheard_as: Option<String>,
    /// Start, in ms of the audio.
    pub start_ms: u64,
    /// End, in ms of the audio.
    pub end_ms: u64,
    /// Confidence, 0 to 1.
    pub confidence: f64,
    /// Whether the recogniser has committed the word; it can still replace uncommitted ones.
    pub committed: bool,
    /// The speaker's label.
    pub speaker: Option<String>,
    /// The label in the final, if that is wrong; a `SpeakerRevision` corrects it.
    pub first_attributed_to: Option<String>,
}

impl SpokenWord {
    /// A word of an unknown speaker, with a confidence that follows from text and time.
    pub fn new(text: &str, start_ms: u64, end_ms: u64) -> Self {
        Self {
            text: text.to_owned(),
            misheard_as: None,
            start_ms,
            end_ms: end_ms.max(start_ms),
            confidence: confidence(text, start_ms),
            committed: true,
            speaker: None,
            first_attributed_to: None,
        }
    }

    /// Whether a sentence ends with this word.
    pub fn ends_a_sentence(&self) -> bool {
        self.text.trim_end_matches(['"', '\'', ')', '”', '’']).ends_with(['.', '?', '!', '…'])
    }
}

/// Duration of a spoken word, in ms, by its length: 155 words per minute on average for English text.
pub fn duration_ms(word: &str) -> u64 {
    // 4.5 letters is the mean length of a word of plain English: 4.5 * 45 + 185 = 387 ms = 60 s / 155.
    185 + 45 * word.chars().filter(|c| c.is_alphanumeric()).count().min(20) as u64
}

/// Distributes the words of a text over a range of audio in proportion to their length.
pub fn timed(text: &str, from_ms: u64, to_ms: u64) -> Vec<SpokenWord> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole: u64 = words.iter().map(|word| duration_ms(word)).sum();
    let span = to_ms.saturating_sub(from_ms);
    let mut said = 0;
    let at = |said: u64| from_ms.saturating_add(span.saturating_mul(said) / whole.max(1));
    let mut spoken = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let start_ms = at(said);
        said += duration_ms(word);
        let slot_end_ms = at(said);
        let gap = if index + 1 < words.len() && slot_end_ms - start_ms > 4 * GAP_MS { GAP_MS } else { 0 };
        spoken.push(SpokenWord::new(word, start_ms, slot_end_ms - gap));
    }
    spoken
}

/// A word in lower case without punctuation, as the universal models write it without `format_turns`.
pub(crate) fn raw(word: &str) -> String {
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if plain.is_empty() { word.to_lowercase() } else { plain }
}

/// The formatted words of a turn: adds a missing initial capital and, if the turn is over, a missing full stop.
pub(crate) fn formatted<'a>(words: impl IntoIterator<Item = &'a str>, over: bool) -> Vec<String> {
    let mut texts: Vec<String> = words.into_iter().map(str::to_owned).collect();
    if let Some(first) = texts.first_mut() {
        let mut letters = first.chars();
        if let Some(letter) = letters.next() {
            *first = letter.to_uppercase().chain(letters).collect();
        }
    }
    if let Some(last) = texts.last_mut().filter(|_| over) {
        if last.ends_with([',', ';', ':', '-', '–', '—']) {
            last.pop();
        }
        if last.ends_with(|c: char| c.is_alphanumeric()) {
            last.push('.');
        }
    }
    texts
}

/// A plausible confidence from 0.9 to 1 that depends only on the word and its time. It is the same with every version
/// of Rust, unlike the standard library's hashes, so that messages can be compared with earlier ones.
fn confidence(text: &str, start_ms: u64) -> f64 {
    // FNV-1a.
    let bytes = text.bytes().chain([0xFF]).chain(start_ms.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (900_000 + hash % 100_000) as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_the_range_in_order_without_overlap() {
        let words = timed("Book a table for two", 1000, 2600);
        assert_eq!(words.len(), 5);
        assert_eq!((words[0].start_ms, words[4].end_ms), (1000, 2600));
        for pair in words.windows(2) {
            assert!(pair[0].end_ms < pair[1].start_ms, "{pair:?}");
        }
        assert!(
            words[2].end_ms - words[2].start_ms > words[1].end_ms - words[1].start_ms,
            "table is longer than a"
        );
    }

    #[test]
    fn words_in_extreme_ranges_end_after_they_start() {
        assert!(timed("", 0, 1000).is_empty());
        for (from, to) in [(0, 0), (500, 100), (u64::MAX - 5, u64::MAX), (0, u64::MAX)] {
            for word in timed("one two three", from, to) {
                assert!(word.start_ms <= word.end_ms, "{word:?}");
            }
        }
    }

    #[test]
    fn english_is_spoken_at_about_155_words_per_minute() {
        let text =
            "Streaming speech to text works on small pieces of audio as they are recorded in the browser";
        let words = text.split_whitespace();
        let minutes = words.clone().map(duration_ms).sum::<u64>() as f64 / 60_000.0;
        let per_minute = words.count() as f64 / minutes;
        assert!((150.0..=160.0).contains(&per_minute), "{per_minute}");
    }

    #[test]
    fn the_confidence_of_a_word_stays_the_same() {
        let words = [("Hello", 0, 0.946_076), ("Hello", 500, 0.932_803), ("Grüße", 1250, 0.985_339)];
        for (text, start_ms, confidence) in words {
            let difference = SpokenWord::new(text, start_ms, start_ms + 300).confidence - confidence;
            assert!(difference.abs() < 1e-9, "{text}: {difference}");
        }
    }

    #[test]
    fn formatting_adds_only_what_is_missing() {
        let written = |text: &str, over| formatted(text.split(' '), over).join(" ");
        assert_eq!(written("book a table", true), "Book a table.");
        assert_eq!(written("book a table", false), "Book a table");
        assert_eq!(written("Really?", true), "Really?");
        assert_eq!(written("well,", true), "Well.");
        assert_eq!(formatted([], true), Vec::<String>::new());
    }

    #[test]
    fn raw_words_have_neither_capitals_nor_punctuation() {
        assert_eq!(raw("Sonny."), "sonny");
        assert_eq!(raw("don't,"), "don't");
        assert_eq!(raw("—"), "—");
    }
}
