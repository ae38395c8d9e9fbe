//! The audio thread must not wait for an allocator: after construction nothing is allocated or freed.

use test_allocations::{CountingAllocator, calls};
use test_result::TestResult;
use transcription_worklet::Capture;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn an_allocation_would_be_counted() {
    let calls_before = calls();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(calls() - calls_before, 2);
}

#[test]
fn a_recording_allocates_nothing_after_its_start() -> TestResult {
    for rate_hz in [8_000, 16_000, 44_056, 44_100, 48_000, 192_000] {
        let mut capture = Capture::new(rate_hz)?;
        let calls_before = calls();
        let mut chunks = 0;
        for block in 0..rate_hz as usize * 2 / 128 {
            let mut input = [block as f32 / 1e5; 128].into_iter();
            while capture.next_chunk(&mut input).is_some() {
                chunks += 1;
            }
        }
        while capture.last_chunk().is_some() {
            chunks += 1;
        }
        assert_eq!(calls() - calls_before, 0, "{rate_hz} Hz");
        assert_eq!(chunks, 20, "{rate_hz} Hz");
    }
    Ok(())
}
