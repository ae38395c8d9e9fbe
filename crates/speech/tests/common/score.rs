//! Word error rate.

/// Differences from a reference: substitutions, deletions, insertions; and the reference's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordErrors {
    pub(crate) errors: usize,
    pub(crate) words: usize,
}

impl WordErrors {
    pub(crate) fn percent(self) -> f64 {
        100.0 * self.errors as f64 / self.words.max(1) as f64
    }
}

/// Words that are spelled in several ways; the models write the right-hand side.
const SPELLINGS: [(&str, &str); 8] = [
    ("mr", "mister"),
    ("mrs", "missus"),
    ("okay", "ok"),
    ("favour", "favor"),
    ("colour", "color"),
    ("honour", "honor"),
    ("neighbour", "neighbor"),
    ("touchtone", "touch tone"),
];
const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Lower-case words without punctuation, numbers up to 99 in words, one spelling for each word.
pub(crate) fn normalize(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['-', '—', '–', '/'], " ").replace('’', "'");
    let text = text.replace('*', " star ").replace('#', " pound ");
    let word = |word: &str| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>();
    let words = text.split_whitespace().map(word).filter(|word| !word.is_empty());
    words.flat_map(|word| spell_out(&word).split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn spell_out(word: &str) -> String {
    match word.parse::<usize>() {
        Ok(number @ 0..20) => ONES[number].to_owned(),
        Ok(number @ 20..100) if number % 10 == 0 => TENS[number / 10].to_owned(),
        Ok(number @ 20..100) => format!("{} {}", TENS[number / 10], ONES[number % 10]),
        _ => SPELLINGS.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to).to_owned(),
    }
}

/// Compares by the least number of changed, missing and added words.
pub(crate) fn word_errors(reference: &str, text: &str) -> WordErrors {
    let (reference, text) = (normalize(reference), normalize(text));
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (at, expected) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, word) in text.iter().enumerate() {
            let change = diagonal + usize::from(word != expected);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(row[column + 1] + 1);
        }
    }
    WordErrors { errors: row[text.len()], words: reference.len() }
}

#[test]
fn errors_are_substitutions_deletions_and_insertions() {
    let errors = |text| word_errors("It was the best of times,", text).errors;
    assert_eq!(errors("it was the BEST of times"), 0);
    assert_eq!(errors("it is the best of"), 2);
    assert_eq!(errors("it was the the best of times"), 1);
    assert_eq!(
        normalize("Mr. Smith, dial 42-7 & wait…"),
        ["mister", "smith", "dial", "forty", "two", "seven", "wait"]
    );
}
