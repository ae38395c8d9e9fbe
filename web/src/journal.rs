//! Audio that is captured but not yet sent, cut into the frames that go out.

use std::collections::VecDeque;

/// Samples in a second, at which the worklet delivers and the service is told to listen, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Samples in a frame: 100 ms, which AssemblyAI's own browser client sends, within its 50 to 1000 ms.
pub const FRAME_SAMPLES: usize = 1_600;
/// Samples in the shortest frame that the service takes: 50 ms (error 3007).
pub const SHORTEST_FRAME_SAMPLES: usize = 800;

/// One binary message: 16-bit samples, 1 channel, [`SAMPLE_RATE_HZ`].
pub type Frame = Vec<i16>;

/// What is captured goes in; frames of exactly 100 ms come out, each sample in exactly one of them.
#[derive(Debug, Default)]
pub struct Journal {
    samples: VecDeque<i16>,
    captured_samples: u64,
}

impl Journal {
    /// Keeps what was captured, any number of samples.
    pub fn push(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        self.captured_samples += samples.len() as u64;
    }

    /// Takes the next whole frame, if there is one.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if self.samples.len() < FRAME_SAMPLES {
            return None;
        }
        Some(self.samples.drain(..FRAME_SAMPLES).collect())
    }

    /// Takes all that is left when capture has ended: whole frames, and the tail, padded with silence where
    /// it is shorter than the service takes.
    pub fn drain(&mut self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = std::iter::from_fn(|| self.next_frame()).collect();
        if !self.samples.is_empty() {
            let mut tail: Frame = self.samples.drain(..).collect();
            tail.resize(tail.len().max(SHORTEST_FRAME_SAMPLES), 0);
            frames.push(tail);
        }
        frames
    }

    /// Whether all that was captured has been taken.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Samples captured since the recording began: the recording's clock, at [`SAMPLE_RATE_HZ`].
    pub fn captured_samples(&self) -> u64 {
        self.captured_samples
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tail_is_padded_with_silence_to_50_ms() {
        let mut journal = Journal::default();
        journal.push(&[7; FRAME_SAMPLES + 1]);
        let frames = journal.drain();
        assert_eq!(frames[0], [7; FRAME_SAMPLES]);
        assert_eq!(frames[1].len(), SHORTEST_FRAME_SAMPLES);
        assert_eq!(frames[1][..2], [7, 0]);
        assert_eq!(journal.captured_samples(), 1601);
    }

    #[test]
    fn a_tail_of_more_than_50_ms_is_not_padded() {
        let mut journal = Journal::default();
        journal.push(&[7; 801]);
        assert_eq!(journal.drain(), [vec![7; 801]]);
    }

    #[test]
    fn silence_alone_is_not_sent() {
        assert!(Journal::default().drain().is_empty());
    }

    proptest! {
        #[test]
        fn every_sample_leaves_once_and_in_order(
            chunks in prop::collection::vec((0..4000_usize, 0..3_usize), 0..40)
        ) {
            let mut journal = Journal::default();
            let (mut pushed, mut sent) = (0_u32, Vec::new());
            for (count, frames_taken) in chunks {
                // The low 16 bits of a running number tell each sample from its neighbours.
                let samples: Vec<i16> = (pushed..pushed + count as u32).map(|n| n as i16).collect();
                pushed += count as u32;
                journal.push(&samples);
                for frame in (0..frames_taken).filter_map(|_| journal.next_frame()) {
                    prop_assert_eq!(frame.len(), FRAME_SAMPLES);
                    sent.extend(frame);
                }
            }
            let rest = journal.drain();
            for (index, frame) in rest.iter().enumerate() {
                prop_assert!(
                    frame.len() == FRAME_SAMPLES
                        || index + 1 == rest.len() && (SHORTEST_FRAME_SAMPLES..FRAME_SAMPLES).contains(&frame.len())
                );
            }
            sent.extend(rest.into_iter().flatten());
            let expected: Vec<i16> = (0..pushed).map(|n| n as i16).collect();
            prop_assert_eq!(&sent[..expected.len()], &expected[..]);
            prop_assert!(sent[expected.len()..].iter().all(|&padding| padding == 0));
            prop_assert!(journal.is_empty());
            prop_assert_eq!(journal.captured_samples(), u64::from(pushed));
        }
    }
}
