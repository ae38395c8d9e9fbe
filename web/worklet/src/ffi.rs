//! The functions that processor.js calls. Each processor has a wasm instance of its own, with one recording.
//!
//! The order of calls: `capture_start` once; then for each block: write it at `capture_input`, `capture_push`,
//! `capture_next_chunk` until it returns 0; at the end `capture_last_chunk` until it returns 0. After each chunk its
//! samples are at `capture_pcm` and its level is `capture_peak`, until the next call.
//!
//! The addresses stay the same after `capture_start`, and nothing allocates after it.

#![allow(unsafe_code)] // Only for `no_mangle`: no pointer is dereferenced here.

use std::cell::RefCell;
use std::ops::Range;

use crate::{Capture, Chunk};

/// The input buffer's size in frames; a longer block is passed in parts. Browsers deliver blocks of 128.
const INPUT_FRAMES: usize = 4096;

struct Instance {
    capture: Capture,
    input: Vec<f32>,
    /// The part of `input` that has been pushed and not yet taken.
    pushed: Range<usize>,
    pcm_address: usize,
    peak: f32,
}

thread_local! {
    // A worklet has one thread; natively each test has one, and so a recording of its own.
    static INSTANCE: RefCell<Option<Instance>> = const { RefCell::new(None) };
}

/// Begins a recording of a context that runs at `rate_hz`; false if that rate is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn capture_start(rate_hz: u32) -> bool {
    let instance = Capture::new(rate_hz).ok().map(|capture| Instance {
        capture,
        input: vec![0.0; INPUT_FRAMES],
        pushed: 0..0,
        pcm_address: 0,
        peak: 0.0,
    });
    let is_started = instance.is_some();
    INSTANCE.set(instance);
    is_started
}

/// The address of the input buffer: `capture_input_frames` f32.
#[unsafe(no_mangle)]
pub extern "C" fn capture_input() -> usize {
    with_instance(|instance| instance.input.as_mut_ptr().expose_provenance())
}

/// The input buffer's size in frames.
#[unsafe(no_mangle)]
pub extern "C" fn capture_input_frames() -> usize {
    with_instance(|instance| instance.input.len())
}

/// Passes a block of so many frames, which the caller has written to the input buffer.
#[unsafe(no_mangle)]
pub extern "C" fn capture_push(frames: usize) {
    with_instance(|instance| instance.pushed = 0..frames.min(instance.input.len()));
}

/// Processes the block until a chunk is full; returns the chunk's number of samples, or 0 at the end of the block.
#[unsafe(no_mangle)]
pub extern "C" fn capture_next_chunk() -> usize {
    with_instance(|Instance { capture, input, pushed, pcm_address, peak }| {
        let mut frames = input[pushed.clone()].iter().copied();
        let chunk = capture.next_chunk(&mut frames);
        pushed.start = pushed.end - frames.len();
        publish(chunk, pcm_address, peak)
    })
}

/// After the last block: returns the number of samples in the next of the remaining chunks, or 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn capture_last_chunk() -> usize {
    with_instance(|Instance { capture, pcm_address, peak, .. }| {
        publish(capture.last_chunk(), pcm_address, peak)
    })
}

/// The address of the chunk's samples, i16.
#[unsafe(no_mangle)]
pub extern "C" fn capture_pcm() -> usize {
    with_instance(|instance| instance.pcm_address)
}

/// The chunk's level, 0 to 1.
#[unsafe(no_mangle)]
pub extern "C" fn capture_peak() -> f32 {
    with_instance(|instance| instance.peak)
}

fn publish(chunk: Option<Chunk<'_>>, pcm_address: &mut usize, peak: &mut f32) -> usize {
    let Some(chunk) = chunk else { return 0 };
    *pcm_address = chunk.pcm.as_ptr().expose_provenance();
    *peak = chunk.peak;
    chunk.pcm.len()
}

/// Returns 0 or `false` before `capture_start`.
fn with_instance<T: Default>(work: impl FnOnce(&mut Instance) -> T) -> T {
    INSTANCE.with_borrow_mut(|instance| instance.as_mut().map(work).unwrap_or_default())
}
