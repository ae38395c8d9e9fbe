//! The audio that is not decoded for good yet, and where in it a voice is.

use std::ops::Range;

use crate::vad::VOICE_FRAME;

/// A piece of the stream: whole voice frames.
#[derive(Debug, Default)]
pub(super) struct Segment {
    start_sample: u64,
    audio: Vec<f32>,
    /// Probability of voice of each frame.
    voice: Vec<f32>,
}

impl Segment {
    pub(super) fn start(&self) -> u64 {
        self.start_sample
    }

    pub(super) fn end(&self) -> u64 {
        self.start_sample + self.audio.len() as u64
    }

    pub(super) fn push(&mut self, frame: &[f32; VOICE_FRAME], voice: f32) {
        self.audio.extend_from_slice(frame);
        self.voice.push(voice);
    }

    /// Probability of voice of the frame that starts at a position in the stream.
    pub(super) fn voice_at(&self, sample: u64) -> Option<f32> {
        self.voice.get(sample.checked_sub(self.start_sample)? as usize / VOICE_FRAME).copied()
    }

    /// Samples in a range of the stream.
    pub(super) fn audio(&self, range: Range<u64>) -> &[f32] {
        let index =
            |sample: u64| sample.saturating_sub(self.start_sample).min(self.audio.len() as u64) as usize;
        let end = index(range.end);
        &self.audio[index(range.start).min(end)..end]
    }

    /// Drops what lies before a position in the stream, to whole frames.
    pub(super) fn drop_before(&mut self, sample: u64) {
        let frames = sample.saturating_sub(self.start_sample) as usize / VOICE_FRAME;
        let frames = frames.min(self.voice.len());
        self.audio.drain(..frames * VOICE_FRAME);
        self.voice.drain(..frames);
        self.start_sample += (frames * VOICE_FRAME) as u64;
    }

    /// Frames in a range of the stream whose voice is at least `threshold`: the first, the end, and how many.
    pub(super) fn voiced(&self, range: Range<u64>, threshold: f32) -> Option<(Range<u64>, usize)> {
        let index = |sample: u64| sample.saturating_sub(self.start_sample) as usize;
        let end = index(range.end).div_ceil(VOICE_FRAME).min(self.voice.len());
        let start = (index(range.start) / VOICE_FRAME).min(end);
        let mut voiced = (start..end).filter(|frame| self.voice[*frame] >= threshold);
        let first = voiced.next()?;
        let (last, count) = voiced.fold((first, 1), |(_, count), frame| (frame, count + 1));
        let sample = |frame: usize| self.start_sample + (frame * VOICE_FRAME) as u64;
        Some((sample(first)..sample(last + 1), count))
    }
}

impl Segment {
    /// The quietest place in a range of the stream, to whole frames; the one nearest to its middle among equals.
    pub(super) fn quietest(&self, range: Range<u64>) -> u64 {
        let frame = VOICE_FRAME as u64;
        let middle = u64::midpoint(range.start, range.end);
        let frames = range.start.saturating_sub(self.start_sample) / frame
            ..range.end.saturating_sub(self.start_sample) / frame;
        let power = |at: u64| {
            // With its neighbours, so that one quiet moment inside a word does not count.
            let start = self.start_sample + at * frame;
            let samples = self.audio(start.saturating_sub(frame)..start + 2 * frame);
            samples.iter().map(|sample| sample * sample).sum::<f32>()
        };
        let place = |at: u64| self.start_sample + at * frame + frame / 2;
        let quieter = |a: &u64, b: &u64| {
            power(*a).total_cmp(&power(*b)).then(place(*a).abs_diff(middle).cmp(&place(*b).abs_diff(middle)))
        };
        frames.min_by(quieter).map_or(middle, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(voice: &[f32]) -> Segment {
        let mut segment = Segment::default();
        for probability in voice {
            segment.push(&[0.0; VOICE_FRAME], *probability);
        }
        segment
    }

    #[test]
    fn positions_stay_those_of_the_stream_when_audio_is_dropped() {
        let mut segment = segment(&[0.1, 0.9, 0.2, 0.9, 0.1]);
        assert_eq!(segment.voiced(0..2000, 0.5), Some((256..1024, 2)));
        segment.drop_before(300);
        assert_eq!((segment.start(), segment.end()), (256, 1280));
        assert_eq!(segment.voiced(600..2000, 0.5), Some((768..1024, 1)));
        assert_eq!(segment.voiced(0..2000, 0.95), None);
        assert_eq!(segment.audio(0..300).len(), 44);
        segment.drop_before(u64::MAX);
        assert_eq!((segment.start(), segment.voiced(0..2000, 0.0)), (1280, None));
    }

    #[test]
    fn the_quietest_place_is_between_words_or_in_the_middle() {
        let mut segment = segment(&[0.0; 10]);
        assert_eq!(segment.quietest(0..10 * 256), 4 * 256 + 128);
        for (at, sample) in segment.audio.iter_mut().enumerate() {
            *sample = if (6 * 256..9 * 256).contains(&at) { 0.0 } else { 0.5 };
        }
        assert_eq!(segment.quietest(0..10 * 256), 7 * 256 + 128);
        assert_eq!(segment.quietest(700..710), 705, "no whole frame");
    }
}
