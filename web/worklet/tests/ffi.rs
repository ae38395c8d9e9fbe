//! The exported functions, called as processor.js calls them.

#![allow(unsafe_code)] // Here the test is JavaScript: it reads and writes the other side's memory by address.

mod support;

use std::ptr;

use support::{capture, joined, tone};
use transcription_worklet::ffi::{
    capture_input, capture_input_frames, capture_last_chunk, capture_next_chunk, capture_pcm, capture_peak,
    capture_push, capture_start,
};

/// What processor.js does with a block that fits into the input buffer.
fn push(block: &[f32]) {
    assert!(block.len() <= capture_input_frames());
    let input = ptr::with_exposed_provenance_mut::<f32>(capture_input());
    // SAFETY: the buffer has room for capture_input_frames, and nothing else looks at it meanwhile.
    unsafe { ptr::copy_nonoverlapping(block.as_ptr(), input, block.len()) };
    capture_push(block.len());
}

/// The chunks that one of the two functions returns until it returns 0.
fn chunks(next: extern "C" fn() -> usize) -> Vec<(Vec<i16>, f32)> {
    std::iter::from_fn(|| match next() {
        0 => None,
        samples => {
            let pcm = ptr::with_exposed_provenance::<i16>(capture_pcm());
            // SAFETY: so many samples lie there until the next call.
            let pcm = unsafe { std::slice::from_raw_parts(pcm, samples) };
            Some((pcm.to_vec(), capture_peak()))
        }
    })
    .collect()
}

#[test]
fn the_chunks_are_those_of_the_capture() {
    for rate_hz in [8_000, 16_000, 44_100] {
        // At 8 kHz the largest block makes five chunks at once.
        for block in [128, 4_096] {
            assert!(capture_start(rate_hz));
            let frames = tone(rate_hz, 440.0, rate_hz as usize);
            let mut received = Vec::new();
            for block in frames.chunks(block) {
                push(block);
                received.extend(chunks(capture_next_chunk));
                push(&[]);
                received.extend(chunks(capture_next_chunk));
            }
            received.extend(chunks(capture_last_chunk));
            assert_eq!(received, capture(rate_hz, [&frames[..]]), "{rate_hz} Hz by {block}");
        }
    }
}

#[test]
fn a_second_start_resets_the_recording() {
    assert!(capture_start(16_000));
    push(&[0.5; 100]);
    assert!(chunks(capture_next_chunk).is_empty());
    assert!(capture_start(16_000));
    push(&[0.25; 10]);
    assert!(chunks(capture_next_chunk).is_empty());
    assert_eq!(joined(&chunks(capture_last_chunk)), [8192; 10]);
}

#[test]
fn a_claim_of_more_frames_than_fit_is_cut() {
    assert!(capture_start(16_000));
    capture_push(usize::MAX);
    let samples: usize = chunks(capture_next_chunk).iter().map(|(pcm, _)| pcm.len()).sum();
    assert_eq!(samples + joined(&chunks(capture_last_chunk)).len(), capture_input_frames());
}

#[test]
fn without_a_start_or_with_a_rate_that_is_refused_there_is_nothing() {
    for start in [|| true, || !capture_start(1)] {
        assert!(start());
        capture_push(128);
        assert_eq!((capture_input(), capture_input_frames(), capture_pcm()), (0, 0, 0));
        assert_eq!((capture_next_chunk(), capture_last_chunk()), (0, 0));
    }
}
