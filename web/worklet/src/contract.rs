//! The messages between the page and the worklet. They must match processor.js; a test reads that file.
//!
//! | from → to | message |
//! | --- | --- |
//! | page → worklet | `{type: "finish", afterMs}`: capture that much more, then send the rest and end |
//! | worklet → page | `{type: "chunk", pcm, peak}`: 1600 samples; in the last chunk there may be fewer |
//! | worklet → page | `{type: "end", samples}`: nothing follows |

/// The rate of the worklet's output, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// The length of a chunk, in ms; only the last one of a recording may be shorter.
pub const CHUNK_MS: u32 = 100;

/// The number of samples in a chunk.
pub const CHUNK_SAMPLES: usize = (SAMPLE_RATE_HZ * CHUNK_MS / 1000) as usize;

/// The name under which the processor is registered.
pub const PROCESSOR_NAME: &str = "transcription-capture";

/// Processor option: an `ArrayBuffer` with the bytes of this crate's wasm.
pub const WASM_OPTION: &str = "wasm";

/// Field of every message: its type.
pub const TYPE: &str = "type";

/// Type of the page's only message: end the recording. A second message can only make the end earlier.
pub const FINISH: &str = "finish";

/// Field of [`FINISH`]: how long to capture before the end, in ms of the audio clock; 0 ends at once, even if that clock
/// has stopped.
pub const AFTER_MS: &str = "afterMs";

/// Type of the message that carries audio.
pub const CHUNK: &str = "chunk";

/// Field of [`CHUNK`]: an `ArrayBuffer` of 16-bit little-endian samples, moved rather than copied.
pub const PCM: &str = "pcm";

/// Field of [`CHUNK`]: the largest absolute sample, 0 to 1 of full scale.
pub const PEAK: &str = "peak";

/// Type of the last message of a recording.
pub const END: &str = "end";

/// Field of [`END`]: the number of samples in all chunks.
pub const SAMPLES: &str = "samples";
