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

/// Lower-case words without punctuation. British spellings become American, as the models write.
pub(crate) fn normalize(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['-', '—', '–'], " ").replace('’', "'");
    let word = |word: &str| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>();
    text.split_whitespace().map(word).filter(|word| !word.is_empty()).collect()
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
}
