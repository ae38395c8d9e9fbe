//! Converts 32-bit floating-point mono audio of any rate to 16 kHz, 16-bit, from standard input to standard output.
//!
//! ```text
//! sox talk.flac -t f32 -r 44100 -c 1 - | cargo run -p transcription-worklet --example resample -- 44100 > talk.raw
//! ```

use std::io::{self, Read as _, Write as _};

use transcription_worklet::{Capture, Chunk};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rate_hz = std::env::args().nth(1).ok_or("name the rate in Hz")?.parse()?;
    let mut capture = Capture::new(rate_hz)?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let (samples, _rest) = bytes.as_chunks();
    let mut samples = samples.iter().map(|sample| f32::from_le_bytes(*sample));
    let mut output = io::stdout().lock();
    let mut write = |chunk: Chunk<'_>| {
        let bytes: Vec<u8> = chunk.pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        output.write_all(&bytes)
    };
    while let Some(chunk) = capture.next_chunk(&mut samples) {
        write(chunk)?;
    }
    while let Some(chunk) = capture.last_chunk() {
        write(chunk)?;
    }
    Ok(())
}
