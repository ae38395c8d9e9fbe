//! The rules for audio messages: duration, size and rate.

use std::time::Duration;

use assemblyai_protocol::{Encoding, FRAME_DURATION_MS, MAX_MESSAGE_BYTES};

use crate::parameters::{Parameters, REFUSAL};
use crate::strictness::Strictness;
use crate::violation::ViolationKind;

/// Consecutive short messages are rejected from this much audio on, in ms (observed: 48 to 49 messages of 20 ms).
const SHORT_AUDIO_MS: f64 = 980.0;
/// Maximum audio ahead of real time, in s (observed: 314.9 s of audio after 1.3 s are rejected).
const LOOK_AHEAD_S: f64 = 300.0;
/// How many times faster than it is spoken the audio of a file comes, at least. After an outage a client of live audio
/// sends what it has kept at twice the speed.
const FAST: u64 = 3;

/// A rule that an audio message breaks.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) kind: ViolationKind,
    pub(super) what: String,
    /// Code and text of the error that ends the session; `None` if the violation is tolerated.
    pub(super) error: Option<(u16, String)>,
}

/// Measures the audio of a session and checks its messages.
#[derive(Debug)]
pub(super) struct AudioMeter {
    rate_hz: u32,
    encoding: Encoding,
    strictness: Strictness,
    bytes: u64,
    short_ms: f64,
    /// When the last message came.
    last_at: Duration,
    /// How long messages were waited for, without the time in which they were left unread.
    awaited: Duration,
    /// Whether the next message is left unread for a while.
    is_held: bool,
}

impl AudioMeter {
    pub(super) fn new(parameters: &Parameters, strictness: Strictness) -> Self {
        let (rate_hz, encoding) = (parameters.sample_rate_hz.max(1), parameters.encoding);
        Self {
            rate_hz,
            encoding,
            strictness,
            bytes: 0,
            short_ms: 0.0,
            last_at: Duration::ZERO,
            awaited: Duration::ZERO,
            is_held: false,
        }
    }

    /// Whether the next message may be left unread, because the recogniser is behind.
    pub(super) fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// Whether the audio comes much faster than it was spoken wherever it is read: that of a file.
    pub(super) fn is_fast(&self) -> bool {
        u128::from(self.audio_ms()) > u128::from(FAST) * self.awaited.as_millis()
    }

    /// Duration of the audio so far, in ms.
    pub(super) fn audio_ms(&self) -> u64 {
        self.samples() * 1000 / u64::from(self.rate_hz)
    }

    /// The whole samples so far: one that is cut between two messages counts with the second.
    fn samples(&self) -> u64 {
        self.bytes / self.encoding.bytes_per_sample() as u64
    }

    /// Duration of the audio so far, rounded to seconds.
    pub(super) fn audio_s(&self) -> u64 {
        (self.audio_ms() + 500) / 1000
    }

    /// Adds a message that came this long after the socket opened; returns the rules that it breaks.
    pub(super) fn count(&mut self, bytes: &[u8], open_for: Duration) -> Vec<Finding> {
        let mut findings = Vec::new();
        let per_sample = self.encoding.bytes_per_sample();
        let before = self.samples();
        self.bytes += bytes.len() as u64;
        if !self.is_held {
            self.awaited += open_for.saturating_sub(self.last_at);
        }
        self.last_at = open_for;
        let ms = (self.samples() - before) as f64 * 1000.0 / f64::from(self.rate_hz);
        let what = format!("{} bytes ({ms:.1} ms) at {} ms of audio", bytes.len(), self.audio_ms());

        if bytes.len() > MAX_MESSAGE_BYTES {
            // The service sends only the close code here.
            findings.push(Finding {
                kind: ViolationKind::TooLarge,
                what: what.clone(),
                error: Some((1009, String::new())),
            });
        }
        if !bytes.len().is_multiple_of(per_sample) {
            // The service's behaviour is not known.
            let text =
                format!("{REFUSAL}Invalid audio: {} bytes are no whole number of samples", bytes.len());
            findings.push(Finding {
                kind: ViolationKind::OddBytes,
                what: what.clone(),
                error: Some((3006, text)).filter(|_| self.strictness == Strictness::Strict),
            });
        }
        if let Some((kind, refused)) = self.duration(ms) {
            let text = format!(
                "Input Duration Error: Input Duration Violation: {ms:.1} ms. Expected between {} and {} ms",
                FRAME_DURATION_MS.start(),
                FRAME_DURATION_MS.end()
            );
            findings.push(Finding { kind, what: what.clone(), error: refused.then_some((3007, text)) });
        }
        let (received_s, elapsed_s) =
            (self.samples() as f64 / f64::from(self.rate_hz), open_for.as_secs_f64());
        if received_s - elapsed_s > LOOK_AHEAD_S {
            let text = format!(
                "Audio Transmission Rate Exceeded: Received {received_s:.1} sec. audio in {elapsed_s:.6} sec"
            );
            findings.push(Finding { kind: ViolationKind::TooFast, what, error: Some((3007, text)) });
        }
        findings
    }

    /// The violation of the rules for a message's duration, if any, and whether it ends the session.
    fn duration(&mut self, ms: f64) -> Option<(ViolationKind, bool)> {
        if ms > f64::from(*FRAME_DURATION_MS.end()) {
            return Some((ViolationKind::LongFrame, true));
        }
        if ms >= f64::from(*FRAME_DURATION_MS.start()) {
            self.short_ms = 0.0;
            return None;
        }
        // An empty message counts as 1 ms, so that a stream of them ends as well.
        self.short_ms += ms.max(1.0);
        Some((
            ViolationKind::ShortFrame,
            self.strictness == Strictness::Strict || self.short_ms >= SHORT_AUDIO_MS,
        ))
    }
}

/// Decodes the messages of a session. Some clients cut their audio at any byte; a sample that is cut between two
/// messages is decoded with the second.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The first byte of a sample whose second has not come.
    rest: Option<u8>,
}

impl Decoder {
    /// The samples that are whole with this message.
    pub(super) fn decode(&mut self, bytes: &[u8], encoding: Encoding) -> Vec<i16> {
        if self.rest.is_none() && bytes.len().is_multiple_of(encoding.bytes_per_sample()) {
            return decode(bytes, encoding);
        }
        let mut bytes: Vec<u8> = self.rest.take().into_iter().chain(bytes.iter().copied()).collect();
        if !bytes.len().is_multiple_of(encoding.bytes_per_sample()) {
            self.rest = bytes.pop();
        }
        decode(&bytes, encoding)
    }
}

/// Decodes whole samples.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Vec<i16> {
    match encoding {
        Encoding::PcmS16le => bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect(),
        Encoding::PcmMulaw => bytes.iter().map(|byte| from_mulaw(*byte)).collect(),
    }
}

/// One µ-law byte as a 16-bit sample (ITU-T G.711).
fn from_mulaw(byte: u8) -> i16 {
    let inverted = !byte;
    let exponent = (inverted >> 4) & 7;
    let mantissa = i16::from(inverted & 15);
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    if inverted & 0x80 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn meter(query: &str, strictness: Strictness) -> TestResult<AudioMeter> {
        Ok(AudioMeter::new(&Parameters::from_query(query)?.0, strictness))
    }

    fn kinds(findings: &[Finding]) -> Vec<(ViolationKind, bool)> {
        findings.iter().map(|finding| (finding.kind, finding.error.is_some())).collect()
    }

    #[test]
    fn messages_of_50_to_1000_ms_are_accepted_at_every_rate() -> TestResult {
        for (query, bytes_per_s) in [
            ("sample_rate=16000", 32_000),
            ("sample_rate=8000&encoding=pcm_mulaw", 8000),
            ("sample_rate=48000", 96_000),
        ] {
            let mut meter = meter(query, Strictness::Strict)?;
            for ms in [50, 100, 1000] {
                assert_eq!(
                    meter.count(&vec![0; bytes_per_s * ms / 1000], Duration::ZERO),
                    [],
                    "{query} {ms}"
                );
            }
            assert_eq!(meter.audio_ms(), 1150);
        }
        Ok(())
    }

    #[test]
    fn a_long_message_is_rejected_with_its_duration() -> TestResult {
        let findings = meter("", Strictness::Lenient)?.count(&vec![0; 38_400], Duration::ZERO);
        assert_eq!(kinds(&findings), [(ViolationKind::LongFrame, true)]);
        let text =
            "Input Duration Error: Input Duration Violation: 1200.0 ms. Expected between 50 and 1000 ms";
        assert_eq!(findings[0].error, Some((3007, text.to_owned())));
        Ok(())
    }

    #[test]
    fn short_messages_are_rejected_after_about_a_second_of_them() -> TestResult {
        let mut meter = meter("", Strictness::Lenient)?;
        let refused = (1..100).find(|_| meter.count(&[0; 640], Duration::ZERO)[0].error.is_some());
        assert_eq!(refused, Some(49));
        Ok(())
    }

    #[test]
    fn a_valid_message_resets_the_count_of_short_ones() -> TestResult {
        let mut meter = meter("", Strictness::Lenient)?;
        for _ in 0..200 {
            assert_eq!(kinds(&meter.count(&[0; 640], Duration::ZERO)), [(ViolationKind::ShortFrame, false)]);
            assert_eq!(meter.count(&[0; 3200], Duration::ZERO), []);
        }
        Ok(())
    }

    #[test]
    fn a_short_message_is_rejected_at_once_if_the_rules_are_strict() -> TestResult {
        let findings = meter("", Strictness::Strict)?.count(&[0; 640], Duration::ZERO);
        assert_eq!(kinds(&findings), [(ViolationKind::ShortFrame, true)]);
        Ok(())
    }

    #[test]
    fn an_incomplete_sample_is_a_violation() -> TestResult {
        assert_eq!(
            kinds(&meter("", Strictness::Lenient)?.count(&[0; 3201], Duration::ZERO)),
            [(ViolationKind::OddBytes, false)]
        );
        assert_eq!(
            kinds(&meter("", Strictness::Strict)?.count(&[0; 3201], Duration::ZERO)),
            [(ViolationKind::OddBytes, true)]
        );
        Ok(())
    }

    #[test]
    fn audio_that_is_cut_at_any_byte_has_the_same_samples_and_duration() -> TestResult {
        let bytes: Vec<u8> = (0..6400_u32).map(|n| (n * 7) as u8).collect();
        for at in [[1, 3, 6], [3201, 3202, 3203], [0, 1, 1], [2, 4, 6399]] {
            let parts = [&bytes[..at[0]], &bytes[at[0]..at[1]], &bytes[at[1]..at[2]], &bytes[at[2]..]];
            let (mut decoder, mut meter) = (Decoder::default(), meter("", Strictness::Lenient)?);
            let samples = parts.map(|part| {
                meter.count(part, Duration::ZERO);
                decoder.decode(part, Encoding::PcmS16le)
            });
            assert_eq!(samples.concat(), decode(&bytes, Encoding::PcmS16le), "{at:?}");
            assert_eq!(meter.audio_ms(), 200, "{at:?}");
        }
        assert_eq!(Decoder::default().decode(&[0x80; 3], Encoding::PcmMulaw), [32_124; 3]);
        Ok(())
    }

    #[test]
    fn a_message_over_128_kb_is_rejected_with_1009() -> TestResult {
        let findings =
            meter("sample_rate=96000", Strictness::Lenient)?.count(&vec![0; 131_074], Duration::ZERO);
        assert_eq!(kinds(&findings), [(ViolationKind::TooLarge, true)]);
        assert_eq!(findings[0].error, Some((1009, String::new())));
        Ok(())
    }

    #[test]
    fn audio_five_minutes_ahead_of_real_time_is_rejected() -> TestResult {
        let mut meter = meter("", Strictness::Lenient)?;
        let second = vec![0; 32_000];
        for _ in 0..301 {
            assert_eq!(meter.count(&second, Duration::from_millis(1250)), []);
        }
        let text = "Audio Transmission Rate Exceeded: Received 302.0 sec. audio in 1.250000 sec";
        assert_eq!(meter.count(&second, Duration::from_millis(1250))[0].error, Some((3007, text.to_owned())));
        Ok(())
    }

    #[test]
    fn audio_is_fast_where_it_is_read_also_if_it_is_left_unread_for_longer_than_it_lasts() -> TestResult {
        // Each message is 100 ms; the gap before it, and how long it is left unread.
        let is_fast = |gap_ms: u64, held_ms: u64| -> TestResult<_> {
            let mut meter = meter("", Strictness::Lenient)?;
            let mut at = Duration::ZERO;
            for _ in 0..100 {
                at += Duration::from_millis(gap_ms + held_ms);
                meter.count(&[0; 3_200], at);
                meter.hold(held_ms > 0);
            }
            Ok(meter.is_fast())
        };
        assert!(is_fast(1, 0)? && is_fast(1, 300)?);
        // As it is spoken, and what was kept during an outage.
        assert!(!is_fast(100, 0)? && !is_fast(50, 0)?);
        Ok(())
    }

    #[test]
    fn mulaw_is_decoded_as_in_g711() {
        // The extremes, the zeros and one value in between from the table in ITU-T G.711.
        let cases = [(0x00, -32_124), (0x80, 32_124), (0xFF, 0), (0x7F, 0), (0xF0, 120), (0x70, -120)];
        for (byte, sample) in cases {
            assert_eq!(from_mulaw(byte), sample, "{byte:#x}");
        }
    }
}
