use proptest::prelude::*;

use super::*;

fn frames(journal: &mut Journal) -> Vec<Frame> {
    let whole: Vec<Frame> = std::iter::from_fn(|| journal.next_frame(FRAME_SAMPLES as u64)).collect();
    whole.into_iter().chain(journal.tail()).collect()
}

/// Samples that differ from their neighbours.
fn running(from: u64, count: usize) -> Vec<i16> {
    (from..from + count as u64).map(|n| n as i16).collect()
}

#[test]
fn a_tail_is_padded_with_silence_to_50_ms() {
    let mut journal = Journal::default();
    journal.push(&[7; FRAME_SAMPLES + 1]);
    let frames = frames(&mut journal);
    assert_eq!(frames[0], [7; FRAME_SAMPLES]);
    assert_eq!(frames[1].len(), SHORTEST_FRAME_SAMPLES);
    assert_eq!(frames[1][..2], [7, 0]);
    assert_eq!(journal.captured(), 1601);
}

#[test]
fn a_tail_of_more_than_50_ms_is_not_padded() {
    let mut journal = Journal::default();
    journal.push(&[7; 801]);
    assert_eq!(frames(&mut journal), [vec![7; 801]]);
}

#[test]
fn an_empty_journal_has_no_frames() {
    assert!(frames(&mut Journal::default()).is_empty());
}

#[test]
fn late_audio_is_sent_in_frames_of_at_most_1_s_and_the_budget() {
    let mut journal = Journal::default();
    journal.push(&vec![7; 40_000]);
    let lengths: Vec<usize> = [100_000, 16_000, 3_300, 1_599, 100_000]
        .map(|most| journal.next_frame(most).map_or(0, |frame| frame.len()))
        .into();
    assert_eq!(lengths, [16_000, 16_000, 3_200, 0, 4_800]);
}

#[test]
fn audio_that_is_not_confirmed_is_sent_again() {
    let mut journal = Journal::default();
    journal.push(&running(0, 48_000));
    while journal.next_frame(16_000).is_some() {}
    journal.confirm_silence(16_000);
    assert_eq!(journal.rewind(), 16_000);
    assert_eq!(journal.next_frame(16_000), Some(running(16_000, 16_000)));
}

#[test]
fn audio_that_was_not_sent_cannot_be_confirmed() {
    let mut journal = Journal::default();
    journal.push(&running(0, 48_000));
    journal.confirm_word(0, 40_000);
    assert_eq!(journal.confirmed(), 0);
}

#[test]
fn a_new_connection_begins_between_two_words_even_if_the_end_is_reported_240_ms_late() {
    // A word until 1000 ms, a pause of 120 ms, the next word from 1120 ms on; the end is reported as 1240 ms.
    let mut journal = Journal::default();
    let loud = |ms: usize| [4000, -4000].into_iter().cycle().take(ms * 16);
    let audio: Vec<i16> = loud(1000).chain([3; 120 * 16]).chain(loud(1000)).collect();
    journal.push(&audio);
    while journal.next_frame(16_000).is_some() {}
    journal.confirm_word(0, position(1240.0));
    let begin_ms = ms(journal.rewind());
    assert!((1000..=1120).contains(&begin_ms), "{begin_ms} ms");
}

#[test]
fn a_new_connection_never_begins_before_the_middle_of_the_last_word() {
    // The quietest is before the word.
    let mut journal = Journal::default();
    journal.push(&[[0; 1000].as_slice(), &[900; 3000]].concat());
    while journal.next_frame(16_000).is_some() {}
    journal.confirm_word(1600, 3200);
    assert!(journal.rewind() >= 2400);
}

#[test]
fn more_than_10_minutes_without_a_word_are_a_gap() {
    let mut journal = Journal::default();
    let minute = vec![5; 60 * 16_000];
    for _ in 0..10 {
        journal.push(&minute);
    }
    assert_eq!(journal.gap(), None);
    journal.push(&minute[..32_000]);
    assert_eq!(journal.gap(), Some((0, 32_000)));
    assert_eq!(journal.rewind(), 32_000);
    journal.forget_gap();
    assert_eq!((journal.gap(), journal.confirmed()), (None, 32_000));
}

#[test]
fn confirmed_audio_uses_no_memory() {
    let mut journal = Journal::default();
    for _ in 0..6000 {
        journal.push(&[1; FRAME_SAMPLES]);
        while journal.next_frame(16_000).is_some() {}
        journal.confirm_word(0, journal.captured());
        assert!(journal.samples.len() <= FRAME_SAMPLES + MARGIN_SAMPLES as usize);
    }
    assert_eq!(journal.captured(), 9_600_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sample_is_sent_once_and_in_order(
        chunks in prop::collection::vec((0..4000_usize, 0..3_usize, 1600..20_000_u64), 0..40)
    ) {
        let mut journal = Journal::default();
        let (mut pushed, mut sent) = (0_u64, Vec::new());
        for (count, frames_taken, most) in chunks {
            journal.push(&running(pushed, count));
            pushed += count as u64;
            for frame in (0..frames_taken).filter_map(|_| journal.next_frame(most)) {
                prop_assert!(frame.len() as u64 <= most && frame.len() % FRAME_SAMPLES == 0);
                sent.extend(frame);
            }
        }
        sent.extend(frames(&mut journal).concat());
        let expected = running(0, pushed as usize);
        prop_assert_eq!(&sent[..expected.len()], &expected[..]);
        prop_assert!(sent[expected.len()..].iter().all(|&padding| padding == 0));
        prop_assert_eq!((journal.unsent(), journal.captured()), (0, pushed));
    }

    /// However often the connection is lost, and whatever is confirmed: the audio of a new one continues from there.
    #[test]
    fn after_a_loss_no_unconfirmed_audio_is_skipped(
        steps in prop::collection::vec((0..6000_usize, 0..20_000_u64, any::<bool>(), any::<bool>()), 1..40)
    ) {
        let mut journal = Journal::default();
        let mut pushed = 0_u64;
        let mut next = 0_u64;
        for (count, back, is_word, is_lost) in steps {
            journal.push(&running(pushed, count));
            pushed += count as u64;
            while let Some(frame) = journal.next_frame(16_000) {
                prop_assert_eq!(&frame, &running(next, frame.len()));
                next += frame.len() as u64;
            }
            let until = next.saturating_sub(back);
            if is_word { journal.confirm_word(0, until) } else { journal.confirm_silence(until) }
            if is_lost {
                next = journal.rewind();
                let confirmed = journal.confirmed();
                prop_assert!(next <= confirmed + 1_600 && next + 4_000 >= confirmed, "{next} for {confirmed}");
                prop_assert_eq!(journal.next_position(), next);
            }
        }
    }
}
