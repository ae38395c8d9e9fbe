//! The audio thread must not wait for an allocator: after construction nothing is allocated or freed.

#![allow(unsafe_code)] // A counting allocator cannot be written without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use transcription_worklet::Capture;

struct Counting;

thread_local! {
    // Per thread, so that the test harness at work on another one is not counted.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: each call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_allocation_would_be_counted() {
    let calls_before = CALLS.get();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(CALLS.get() - calls_before, 2);
}

#[test]
fn a_recording_allocates_nothing_after_its_start() {
    for rate_hz in [8_000, 16_000, 44_056, 44_100, 48_000, 192_000] {
        let mut capture = Capture::new(rate_hz).unwrap();
        let calls_before = CALLS.get();
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
        assert_eq!(CALLS.get() - calls_before, 0, "{rate_hz} Hz");
        assert_eq!(chunks, 20, "{rate_hz} Hz");
    }
}
