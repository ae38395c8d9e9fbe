//! What goes through a socket: the page's samples, in the encoding and at the rate that the socket's address names.
//!
//! Journal, store and clock stay at 16 kHz and 16 bits; only here that changes, once for each connection.

#[cfg(test)]
mod tests;

/// The filter reaches so many odd samples to each side: with it all above 4.5 kHz leaks less than -80 dB into what is
/// sent, and all below 3.5 kHz, what a telephone passes, goes through unchanged.
const REACH: usize = 21;
/// Samples that one sample of half the rate is made of.
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
/// What is added to a magnitude so that the segments of µ-law are the powers of two (G.711, here of 16 bits).
const MULAW_BIAS: u16 = 0x84;
/// The largest magnitude that µ-law has a code for.
const MULAW_MOST: u16 = 32_635;

/// The way of a connection's samples into its socket.
#[derive(Debug)]
pub struct AudioEncoder {
    halver: Option<Halver>,
    is_mulaw: bool,
}

impl AudioEncoder {
    /// The one that the address asks for: `sample_rate=8000` and `encoding=pcm_mulaw` make a difference.
    pub fn for_url(url: &str) -> Self {
        // By single characters, because to look for more takes 2 kB of code.
        let asks = |wanted| url.split(['?', '&']).any(|pair| pair == wanted);
        Self { halver: asks("sample_rate=8000").then(Halver::new), is_mulaw: asks("encoding=pcm_mulaw") }
    }

    /// The bytes of the samples that come next.
    pub fn bytes(&mut self, samples: &[i16]) -> Vec<u8> {
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

    /// Bytes of the socket as bytes of 16 kHz and 16 bits, so that what the page counts is time on every wire.
    pub fn as_captured(&self, bytes: u32) -> u32 {
        let by_rate = if self.halver.is_some() { 2 } else { 1 };
        let by_encoding = if self.is_mulaw { 2 } else { 1 };
        bytes.saturating_mul(by_rate * by_encoding)
    }
}

/// Takes every second sample of what is left of the sound below 4 kHz. What it gives is 2.5 ms late.
#[derive(Debug)]
struct Halver {
    /// The last samples, the latest at `at`, the others behind it as in a ring.
    samples: [f32; TAPS],
    at: usize,
    /// The next sample makes one of half the rate.
    is_second: bool,
}

impl Halver {
    fn new() -> Self {
        Self { samples: [0.0; TAPS], at: 0, is_second: false }
    }

    /// Takes a sample, and gives one with each second.
    fn next(&mut self, sample: i16) -> Option<i16> {
        self.at = (self.at + 1) % TAPS;
        self.samples[self.at] = f32::from(sample);
        self.is_second = !self.is_second;
        if self.is_second {
            return None;
        }
        // From the latest back: the middle of the ring is as far from both ends.
        let back = |samples: usize| self.samples[(self.at + TAPS - samples) % TAPS];
        let middle = TAPS / 2;
        let mut sum = back(middle) / 2.0;
        for (index, coefficient) in HALF_BAND.iter().enumerate() {
            let distance = 2 * index + 1;
            sum += coefficient * (back(middle - distance) + back(middle + distance));
        }
        // `as` clips at the ends. This way of rounding is one instruction.
        Some(sum.round_ties_even() as i16)
    }
}

/// A 16-bit sample as one byte of µ-law (ITU-T G.711): its sign, the segment, and where in the segment it is, inverted.
fn to_mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(MULAW_MOST) + MULAW_BIAS;
    // The bias is 8 bits long, and 15 are the most.
    let segment = 8 - magnitude.leading_zeros();
    let step = (magnitude >> (segment + 3)) & 15;
    !(sign | (segment as u8) << 4 | step as u8)
}
