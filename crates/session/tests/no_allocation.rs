//! Voices are detected while audio is captured, ten times a second for hours: nothing is allocated or freed for it.

use assemblyai_session::VoiceDetector;
use test_allocations::{CountingAllocator, calls};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A second of a room, then one of speech, as chunks of a number of samples.
fn chunks(samples: usize) -> Vec<Vec<i16>> {
    let sound = (0..32_000_i32).map(|at| if at < 16_000 { at % 7 } else { (at * at) % 6_000 - 3_000 });
    let sound: Vec<i16> = sound.map(|sample| sample as i16).collect();
    sound.chunks(samples).map(<[i16]>::to_vec).collect()
}

#[test]
fn an_allocation_would_be_counted() {
    let calls_before = calls();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(calls() - calls_before, 2);
}

#[test]
fn a_minute_of_chunks_is_judged_without_an_allocation() {
    // 100 ms, a render quantum, a chunk that ends within a block.
    for samples in [1_600, 128, 333] {
        let chunks = chunks(samples);
        let mut detector = VoiceDetector::default();
        let calls_before = calls();
        let (mut voices, mut silences) = (0, 0);
        for chunk in chunks.iter().cycle().take(chunks.len() * 30) {
            *(if detector.push(chunk) { &mut voices } else { &mut silences }) += 1;
            std::hint::black_box(detector.may_have_begun());
        }
        assert_eq!(calls() - calls_before, 0, "chunks of {samples} samples");
        assert!(voices > 0 && silences > 0, "{voices} with a voice, {silences} without");
    }
}
