//! Counts the allocations of a test, whose program takes [`CountingAllocator`] as its allocator:
//!
//! ```
//! use test_allocations::{CountingAllocator, calls};
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator;
//!
//! let before = calls();
//! drop(std::hint::black_box(Box::new(1)));
//! assert_eq!(calls() - before, 2);
//! ```

#![allow(unsafe_code)] // A counting allocator cannot be written without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Per thread, so that the test harness at work on another one is not counted.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// The allocations, reallocations and releases of this thread so far.
pub fn calls() -> u64 {
    CALLS.get()
}

/// The system's allocator, whose calls are counted.
#[derive(Debug)]
pub struct CountingAllocator;

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: each call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for CountingAllocator {
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
