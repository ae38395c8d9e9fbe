//! The rules of a turn, without a model.

use super::job::Priority::{Final, Partial};
use super::turn::TAIL_MS;
use super::*;
use test_result::TestResult;

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
fn a_long_segment_is_committed_up_to_its_best_gap() -> TestResult {
    let mut turn = turn();
    turn.words = vec![
        word("One", 500, 4000),
        word("two.", 4100, 5000),
        word("Three", 5300, 6000),
        word("four", 6100, 8000),
    ];
    let settings = Settings::default();
    let segment = segment_of(settings.commit_after_ms + 16);
    assert_eq!(turn.commit(&segment, to_samples(settings.commit_after_ms) - 1, &settings), None);
    let cut = turn.commit(&segment, to_samples(settings.commit_after_ms), &settings).ok_or("no gap")?;
    assert!(cut.abs_diff(to_samples(5150)) <= 128, "{cut}");
    assert_eq!(turn.committed.len(), 2);
    assert!(turn.words[1].committed && !turn.words[2].committed);
    Ok(())
}

#[test]
fn a_long_sound_without_words_is_dropped() {
    let mut turn = turn();
    let settings = Settings::default();
    let segment = segment_of(MAX_SEGMENT_MS + 16);
    assert_eq!(turn.commit(&segment, to_samples(settings.commit_after_ms), &settings), None);
    let cut = turn.commit(&segment, to_samples(MAX_SEGMENT_MS), &settings);
    assert_eq!(cut, Some(to_samples(MAX_SEGMENT_MS / 2)));
}

#[test]
fn a_sound_without_words_is_decoded_ever_less_often() {
    let mut turn = turn();
    turn.set_decoded(to_samples(1000), to_samples(1000));
    turn.last_voice_sample = to_samples(2000);
    assert_eq!(wanted(&turn, 2000), Some(Partial));
    turn.empty_results = 1;
    assert_eq!(wanted(&turn, 2000), Some(Partial), "the first word of a turn may be half spoken");
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

fn result_of(range_ms: std::ops::Range<u32>, kept_words: usize) -> JobResult {
    let transcription = crate::model::Transcription {
        words: vec![],
        stop: crate::model::Stop::End,
        mean_log_probability: 0.0,
    };
    JobResult {
        priority: Partial,
        turn: 0,
        start_sample: to_samples(range_ms.start),
        end_sample: to_samples(range_ms.end),
        last_voice_sample: to_samples(range_ms.end),
        kept_words,
        transcription,
    }
}

fn segment_of(ms: u32) -> Segment {
    let mut segment = Segment::default();
    for _ in 0..to_samples(ms) / VOICE_FRAME as u64 {
        segment.push(&[0.0; VOICE_FRAME], 0.9);
    }
    segment
}

#[test]
fn partials_of_a_long_segment_leave_out_the_words_before_a_gap_and_finals_do_not() {
    let settings = Settings { partial_window_ms: 4_000, ..Settings::default() };
    let mut turn = turn();
    turn.words = vec![word("One", 500, 1000), word("two.", 1100, 1500), word("Three", 2100, 4400)];
    turn.move_window(&result_of(0..settings.partial_window_ms - 1, 0), &segment_of(4000), &settings);
    assert_eq!(turn.start_of(Partial, &segment_of(4000), &settings), (0, 0), "the segment is short");
    turn.move_window(&result_of(0..settings.partial_window_ms, 0), &segment_of(4000), &settings);
    let (start, words) = turn.start_of(Partial, &segment_of(4500), &settings);
    assert!(start.abs_diff(to_samples(1800)) <= 128 && words == 2, "{start} {words}");
    assert_eq!(turn.start_of(Final, &segment_of(4500), &settings), (0, 0));
    let long = segment_of(settings.commit_after_ms + 16);
    assert_eq!(turn.start_of(Partial, &long, &settings), (0, 0), "words that become final are decoded whole");
}

#[test]
fn a_whole_result_with_fewer_words_ends_the_window() {
    let settings = Settings { partial_window_ms: 4_000, ..Settings::default() };
    let mut turn = turn();
    turn.words = vec![word("One", 500, 1000), word("two.", 1100, 1500), word("Three", 2100, 4400)];
    turn.move_window(&result_of(0..settings.partial_window_ms, 0), &segment_of(4000), &settings);
    turn.words = vec![word("Wonderful.", 500, 1500)];
    turn.move_window(&result_of(0..settings.partial_window_ms, 0), &segment_of(4000), &settings);
    assert_eq!(turn.start_of(Partial, &segment_of(4500), &settings), (0, 0));
}

#[test]
fn a_long_segment_without_a_good_gap_waits_for_one_and_is_not_decoded_whole_each_time() {
    let settings = Settings::default();
    let mut turn = turn();
    turn.words = (0u64..20).map(|at| word("on", 500 + 400 * at, 900 + 400 * at)).collect();
    turn.move_window(&result_of(0..9000, 0), &segment_of(9016), &settings);
    assert_eq!(turn.start_of(Partial, &segment_of(9016), &settings).0, 0);
    assert_eq!(turn.commit(&segment_of(9016), to_samples(9000), &settings), None);
    assert!(turn.start_of(Partial, &segment_of(9500), &settings).0 > 0);
    assert_eq!(turn.start_of(Partial, &segment_of(10_016), &settings).0, 0);
    assert!(turn.commit(&segment_of(12_016), to_samples(12_000), &settings).is_some(), "any gap will do");
}
