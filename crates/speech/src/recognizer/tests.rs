//! The rules of a turn, without a model.

use super::job::Priority::{Final, Partial};
use super::turn::TAIL_MS;
use super::*;

fn word(text: &str, start_ms: u64, end_ms: u64) -> Word {
    Word { text: text.into(), start_ms, end_ms, confidence: 1.0, committed: false, pieces: vec![7] }
}

/// A turn whose last voice was at 1 s.
fn turn() -> Turn {
    Turn::new(0, to_samples(1000), 20)
}

fn wanted(turn: &Turn, now_ms: u32) -> Option<Priority> {
    turn.wanted(to_samples(now_ms), to_samples(1000), &Settings::default())
}

#[test]
fn a_partial_waits_for_its_interval_and_for_a_new_voice() {
    let mut turn = turn();
    assert_eq!(wanted(&turn, 1050), None, "too soon");
    turn.last_voice_sample = to_samples(1400);
    assert_eq!(wanted(&turn, 1400), Some(Partial));
    turn.set_decoded(to_samples(1400), to_samples(1400));
    assert_eq!(wanted(&turn, 1450), None, "nothing new was said");
}

#[test]
fn no_partial_starts_when_the_decoding_of_the_pause_is_near() {
    let mut turn = turn();
    turn.last_voice_sample = to_samples(1400);
    assert_eq!(wanted(&turn, 1400 + 100), None);
    assert_eq!(wanted(&turn, 1400 + TAIL_MS), Some(Final));
}

#[test]
fn a_pause_is_decoded_once() {
    let mut turn = turn();
    turn.set_decoded(turn.final_end(), turn.last_voice_sample);
    for now_ms in [1240, 1400, 2000, 3000] {
        assert_eq!(wanted(&turn, now_ms), None);
    }
}

#[test]
fn a_sentence_ends_after_the_short_silence_and_other_text_after_the_long_one() {
    let settings = Settings::default();
    let is_complete = |text, now_ms| {
        let mut turn = turn();
        turn.words = vec![word(text, 500, 900)];
        turn.set_decoded(turn.final_end(), turn.last_voice_sample);
        turn.is_complete(to_samples(now_ms), &settings)
    };
    assert!(!is_complete("Done.", 1000 + settings.min_silence_ms - 1));
    assert!(is_complete("Done.", 1000 + settings.min_silence_ms));
    assert!(!is_complete("and", 1000 + settings.max_silence_ms - 1));
    assert!(is_complete("and", 1000 + settings.max_silence_ms));
}

#[test]
fn a_long_segment_is_committed_up_to_its_best_gap() {
    let mut turn = turn();
    turn.words = vec![
        word("One", 500, 4000),
        word("two.", 4100, 5000),
        word("Three", 5300, 6000),
        word("four", 6100, 8000),
    ];
    let settings = Settings::default();
    assert_eq!(turn.commit(0, to_samples(settings.commit_after_ms) - 1, &settings), None);
    let cut = turn.commit(0, to_samples(settings.commit_after_ms), &settings);
    assert_eq!(cut, Some(to_samples(5150)));
    assert_eq!(turn.committed.len(), 2);
    assert!(turn.words[1].committed && !turn.words[2].committed);
    assert_eq!(turn.draft, [7, 7], "the pieces of the words that are still open");
}

#[test]
fn a_long_sound_without_words_is_dropped() {
    let mut turn = turn();
    let settings = Settings::default();
    assert_eq!(turn.commit(0, to_samples(settings.commit_after_ms), &settings), None);
    assert_eq!(turn.commit(0, to_samples(MAX_SEGMENT_MS), &settings), Some(to_samples(MAX_SEGMENT_MS / 2)));
}

#[test]
fn a_sound_without_words_is_decoded_ever_less_often() {
    let mut turn = turn();
    turn.set_decoded(to_samples(1000), to_samples(1000));
    turn.last_voice_sample = to_samples(2000);
    assert_eq!(wanted(&turn, 2000), Some(Partial));
    turn.empty_results = 3;
    assert_eq!(wanted(&turn, 2000), None);
}

#[test]
fn repetitions_without_audio_are_cut() {
    let mut words =
        vec![word("Thank", 0, 300), word("you.", 300, 600), word("Thank", 600, 610), word("you.", 610, 620)];
    plausibility::cut_repetitions(&mut words);
    assert_eq!(words.len(), 2);
    let mut spoken = vec![word("no,", 0, 300), word("no,", 300, 600), word("no", 600, 900)];
    plausibility::cut_repetitions(&mut spoken);
    assert_eq!(spoken.len(), 3);
}
