use proptest::prelude::*;

use super::*;

/// The parts as `text=words`, several words joined by `+`.
fn parts(text: &str, words: &[&str]) -> Vec<String> {
    let shown = align(text, words).into_iter().map(|part| {
        let words: Vec<&str> = words[part.words].to_vec();
        format!("{}={}", &text[part.text], words.join("+"))
    });
    shown.collect()
}

#[test]
fn text_without_spaces_is_divided_into_its_words() {
    let words = ["今日", "は", "良い", "天気", "です", "。"];
    let expected = ["今日=今日", "は=は", "良い=良い", "天気=天気", "です=です", "。=。"];
    assert_eq!(parts("今日は良い天気です。", &words), expected);
    // The service's words need not have the punctuation.
    let expected = ["今日=今日", "は=は", "良い=良い", "天気=天気", "です。=です"];
    assert_eq!(parts("今日は良い天気です。", &words[..5]), expected);
}

#[test]
fn what_is_written_differently_stands_for_the_words_between_its_neighbours() {
    let words = ["it", "costs", "twenty", "five", "dollars", "fifty", "doctor", "Smith"];
    assert_eq!(
        parts("It costs $25.50, Dr. Smith.", &words),
        ["It=it", "costs=costs", "$25.50, Dr.=twenty+five+dollars+fifty+doctor", "Smith.=Smith"]
    );
    assert_eq!(parts("$25.50", &words[2..6]), ["$25.50=twenty+five+dollars+fifty"]);
}

#[test]
fn capitals_and_punctuation_make_no_difference() {
    let expected = ["„Über=über", "Ägypten“,=ägypten", "(sagte=sagte", "ΑΒΓ)=αβγ"];
    assert_eq!(parts("„Über Ägypten“, (sagte ΑΒΓ)", &["über", "ägypten", "sagte", "αβγ"]), expected);
}

#[test]
fn words_are_joined_and_divided_as_in_the_text() {
    assert_eq!(parts("cannot", &["can", "not"]), ["can=can", "not=not"]);
    assert_eq!(parts("can not", &["cannot"]), ["can not=cannot"]);
    assert_eq!(parts("t the", &["the"]), ["t=", "the=the"]);
}

#[test]
fn a_missing_or_additional_word_spoils_no_other() {
    let expected = ["One=one", "new=", "two=two", "four=four"];
    assert_eq!(parts("One new two four", &["one", "two", "three", "four"]), expected);
    assert_eq!(parts("Text alone.", &[]), ["Text alone.="]);
    assert!(parts(" ", &["word"]).is_empty());
}

#[test]
fn a_part_has_the_times_of_its_words_or_lies_between_its_neighbours() {
    let words = ["one", "twenty", "five", "two"];
    let times = [(100, 200), (300, 400), (400, 500), (900, 950)];
    let times_of = |text: &str| aligned_times(&align(text, &words), &times, (100, 950));
    assert_eq!(times_of("One 25 two"), [(100, 200), (300, 500), (900, 950)]);
    let between = ["one", "two"];
    let parts = align("Well, one new two more", &between);
    let expected = [(50, 100), (100, 200), (200, 900), (900, 950), (950, 990)];
    assert_eq!(aligned_times(&parts, &[(100, 200), (900, 950)], (50, 990)), expected);
    assert_eq!(aligned_times(&align("全然違う", &words), &times, (100, 950)), [(100, 950)]);
}

/// Steps for two texts of many letters of which every `differing`th differs.
fn steps(length: usize, differing: usize) -> usize {
    let text: String = (0..length).map(|at| if at % differing == 0 { 'x' } else { 'a' }).collect();
    let word: String = (0..length).map(|at| if at % differing == 0 { 'y' } else { 'a' }).collect();
    let mut steps = 0;
    align_counting(&text, &[&word], &mut steps);
    steps
}

#[test]
fn the_steps_grow_with_the_length_and_not_with_its_square() {
    for differing in [1, 2, 7, 1_000] {
        let (short, long) = (steps(5_000, differing), steps(40_000, differing));
        assert!(long <= short * 9, "{differing}: {short}, {long}");
        assert!(long <= 40_000 * 100, "{differing}: {long}");
    }
}

fn any_word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,3}",
        "[A-C]{1,2}[.,]",
        "[$0-9.]{1,3}",
        "[あ-う]{1,2}[。、]?",
        "[ -~]{0,3}",
        "\\PC{0,2}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn every_character_is_in_one_part_and_all_is_in_order(
        in_text in prop::collection::vec((any_word(), prop::bool::ANY), 0..30),
        words in prop::collection::vec(any_word(), 0..30),
        is_from_words in prop::bool::ANY,
    ) {
        let mut text = String::new();
        for (word, has_space) in &in_text {
            text.push_str(word);
            text.push_str(if *has_space { " " } else { "" });
        }
        // Half of the cases have mostly the same words.
        let words: Vec<&str> = if is_from_words {
            in_text.iter().map(|(word, _)| &**word).filter(|word| *word != "b").collect()
        } else {
            words.iter().map(|word| &**word).collect()
        };
        let parts = align(&text, &words);
        let (mut at, mut word) = (0, 0);
        for part in &parts {
            prop_assert!(text[at..part.text.start].trim().is_empty(), "{:?} {:?}", text, parts);
            prop_assert!(!part.text.is_empty() && part.words.start >= word && part.words.end <= words.len());
            let letters_of = |text: &str| letters(text).map(|letter| letter.letter).collect::<String>();
            if part.is_same {
                prop_assert_eq!(part.words.len(), 1);
                prop_assert_eq!(letters_of(&text[part.text.clone()]), letters_of(words[part.words.start]));
            }
            (at, word) = (part.text.end, part.words.end);
        }
        prop_assert!(text[at..].trim().is_empty());
        let times: Vec<(u64, u64)> = (0..words.len() as u64).map(|at| (at * 10, at * 10 + 8)).collect();
        let times = aligned_times(&parts, &times, (0, 1_000));
        prop_assert!(times.iter().is_sorted() && times.iter().all(|(start, end)| start <= end));
    }

    #[test]
    fn a_text_of_exactly_the_words_has_a_part_for_each(words in prop::collection::vec("[a-cあ-う]{1,3}[.,。]?", 1..20)) {
        let words: Vec<&str> = words.iter().map(|word| &**word).collect();
        for separator in ["", " "] {
            let text = words.join(separator);
            let parts = align(&text, &words);
            prop_assert!(parts.iter().zip(&words).all(|(part, word)| text[part.text.clone()] == **word));
            prop_assert_eq!(parts.len(), words.len());
        }
    }
}
