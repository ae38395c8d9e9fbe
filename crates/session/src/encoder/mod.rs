//! Encodes audio for a socket, in the encoding and at the sample rate that the socket's address asks for.
//!
//! Everywhere else audio is 16 kHz and 16 bits.

#[cfg(test)]
mod tests;

/// Non-zero coefficients of the filter on each side of its middle. With these, frequencies above 4.5 kHz are attenuated
/// by more than 80 dB, and those below 3.5 kHz, the band of a telephone, pass unchanged.
const REACH: usize = 21;
/// Samples that one output sample is computed from.
const TAPS: usize = 4 * REACH - 1;
/// A half-band low pass (every second coefficient but the middle one, a half, is 0), from the middle outwards:
/// sin(πn/2) / πn under a Kaiser window with β = 8 and its zeros at ±42, scaled to a sum of 1.
const HALF_BAND: [f32; REACH] = [
    0.317_625_9,
    -0.104_091_88,
    0.060_362_26,
    -0.040_955_725,
    0.029_728_977,
    -0.022_292_99,
    0.016_967_455,
    -0.012_971_356_7,
    0.009_890_757,
    -0.007_482_897,
    0.005_592_578,
    -0.004_112_589,
    0.002_963_607_5,
    -0.002_083_491_3,
    0.001_421_432_5,
    -0.000_934_729,
    0.000_587_006_32,
    -0.000_347_232_14,
    0.000_189_145_64,
    -0.000_090_876_76,
    0.000_034_625_144,
];
/// Added to a magnitude so that the segments of µ-law are powers of two (ITU-T G.711, scaled to 16 bits).
const MULAW_BIAS: u16 = 0x84;
/// The largest magnitude that µ-law can encode.
const MULAW_MOST: u16 = 32_635;

/// Encodes the samples of one connection as its socket expects them.
#[derive(Debug)]
pub struct AudioEncoder {
    halver: Option<Halver>,
    is_mulaw: bool,
}

impl AudioEncoder {
    /// The encoder for a socket with this address; `sample_rate=8000` and `encoding=pcm_mulaw` are supported besides
    /// the default of 16 kHz and 16-bit samples.
    pub fn for_url(url: &str) -> Self {
        // Split by characters, because a search for strings takes 2 kB of wasm.
        let asks = |wanted| url.split(['?', '&']).any(|pair| pair == wanted);
        Self { halver: asks("sample_rate=8000").then(Halver::new), is_mulaw: asks("encoding=pcm_mulaw") }
    }

    /// Encodes the next samples.
    pub fn encode(&mut self, samples: &[i16]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let is_mulaw = self.is_mulaw;
        let mut put = |sample: i16| {
            if is_mulaw {
                bytes.push(to_mulaw(sample));
            } else {
                bytes.extend_from_slice(&sample.to_le_bytes());
            }
        };
        for &sample in samples {
            match &mut self.halver {
                None => put(sample),
                Some(halver) => {
                    if let Some(sample) = halver.next(sample) {
                        put(sample);
                    }
                }
            }
        }
        bytes
    }

    /// Converts encoded bytes to bytes of 16-bit samples at 16 kHz, so that they measure the same time.
    pub fn captured_bytes(&self, bytes: u32) -> u32 {
        let by_rate = if self.halver.is_some() { 2 } else { 1 };
        let by_encoding = if self.is_mulaw { 2 } else { 1 };
        bytes.saturating_mul(by_rate * by_encoding)
    }
}

/// Halves the sample rate: removes what is above 4 kHz and drops every second sample. The output is 2.5 ms late.
#[derive(Debug)]
struct Halver {
    /// The last samples as a ring, the newest at `at`.
    samples: [f32; TAPS],
    at: usize,
    /// Whether the next sample completes an output sample.
    is_second: bool,
}

impl Halver {
    fn new() -> Self {
        Self { samples: [0.0; TAPS], at: 0, is_second: false }
    }

    /// Adds a sample; returns an output sample for every second one.
    fn next(&mut self, sample: i16) -> Option<i16> {
        self.at = (self.at + 1) % TAPS;
        self.samples[self.at] = f32::from(sample);
        self.is_second = !self.is_second;
        if self.is_second {
            return None;
        }
        // Counted back from the newest sample.
        let back = |samples: usize| self.samples[(self.at + TAPS - samples) % TAPS];
        let middle = TAPS / 2;
        let mut sum = back(middle) / 2.0;
        for (index, coefficient) in HALF_BAND.iter().enumerate() {
            let distance = 2 * index + 1;
            sum += coefficient * (back(middle - distance) + back(middle + distance));
        }
        // `as` saturates. This kind of rounding is one instruction.
        Some(sum.round_ties_even() as i16)
    }
}

/// Encodes a 16-bit sample as µ-law (ITU-T G.711): sign, segment, and step in the segment, inverted.
fn to_mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(MULAW_MOST) + MULAW_BIAS;
    // The bias makes it at least 8 bits long, and it is at most 15.
    let segment = 8 - magnitude.leading_zeros();
    let step = (magnitude >> (segment + 3)) & 15;
    !(sign | (segment as u8) << 4 | step as u8)
}
