use assemblyai_session::TurnKey;
use assemblyai_session::journal::{LIMIT_SAMPLES, SAMPLE_RATE_HZ};
use transcription_common::MAX_VALUE_SAMPLES;

/// The most audio that is buffered, in samples: as much as a journal holds, which gives the user ten minutes to make room
/// on a full disk.
const MAX_SAMPLES: usize = LIMIT_SAMPLES as usize;
/// The audio, in samples, from which on the writes are too slow: a minute. A slow disk catches up in seconds.
const LATE_SAMPLES: usize = 60 * SAMPLE_RATE_HZ as usize;
/// The most values of audio in one write: a minute.
const MAX_VALUES: usize = 60;

/// Data to be written together: a transaction each second costs far less than one for each chunk of 100 ms.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WriteBuffer {
    /// The values to store, each of contiguous audio with its recording position.
    pub audio: Vec<(u64, Vec<i16>)>,
    /// Turns as text; `None` for a turn that was removed.
    pub turns: Vec<(TurnKey, Option<String>)>,
    /// Whether the status of the recording has changed: its confirmed position, or that it has ended.
    pub has_new_status: bool,
    /// Whether it must be written at once.
    is_urgent: bool,
    samples: usize,
}

impl WriteBuffer {
    /// Adds audio. If there is no room for it, the oldest is dropped: the newest may not be transcribed yet.
    pub fn push_audio(&mut self, at_sample: u64, samples: &[i16]) {
        self.samples += samples.len();
        match self.audio.last_mut() {
            Some((from, value))
                if *from + value.len() as u64 == at_sample
                    && value.len() + samples.len() <= MAX_VALUE_SAMPLES =>
            {
                value.extend_from_slice(samples);
            }
            _ => self.audio.push((at_sample, samples.to_vec())),
        }
        self.drop_oldest();
    }

    /// Drops the oldest audio until no more is left than may be buffered.
    fn drop_oldest(&mut self) {
        while self.samples > MAX_SAMPLES {
            self.samples -= self.audio.remove(0).1.len();
        }
    }

    /// Replaces the samples from one recording position to before another with silence.
    pub fn silence(&mut self, from: u64, to: u64) {
        for (at, samples) in &mut self.audio {
            for (position, sample) in (*at..).zip(samples) {
                if from <= position && position < to {
                    *sample = 0;
                }
            }
        }
    }

    /// Adds a turn, or its removal, in place of an earlier version of the turn.
    pub fn push_turn(&mut self, key: TurnKey, text: Option<String>) {
        self.turns.retain(|(other, _)| *other != key);
        self.turns.push((key, text));
    }

    /// Makes what it contains, or gets next, due at once.
    pub fn make_urgent(&mut self) {
        self.is_urgent = true;
    }

    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.audio.is_empty() && self.turns.is_empty() && !self.has_new_status
    }

    /// Whether more waits than a slow disk would explain.
    pub fn is_late(&self) -> bool {
        self.samples >= LATE_SAMPLES
    }

    /// Whether it is to be written now: it is urgent, or contains a second of audio.
    pub fn is_due(&self) -> bool {
        !self.is_empty() && (self.is_urgent || self.samples >= MAX_VALUE_SAMPLES)
    }

    /// Takes the data if it is due, with at most a minute of audio: what waits longer may not fit at once. The rest is due as
    /// what was taken was, and keeps the status, which may say that all of it is there.
    pub fn take_if_due(&mut self) -> Option<Self> {
        if !self.is_due() {
            return None;
        }
        let rest = self.audio.split_off(self.audio.len().min(MAX_VALUES));
        let mut taken = std::mem::take(self);
        if !rest.is_empty() {
            self.is_urgent = taken.is_urgent;
            self.has_new_status = std::mem::take(&mut taken.has_new_status);
        }
        self.samples = rest.iter().map(|(_, samples)| samples.len()).sum();
        self.audio = rest;
        Some(taken)
    }

    /// Adds data that came after this.
    pub fn append(&mut self, mut later: Self) {
        self.audio.append(&mut later.audio);
        // In the order in which they are written: the later version of a turn stays.
        self.turns.append(&mut later.turns);
        self.has_new_status |= later.has_new_status;
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_session::ConnectionId;

    use super::*;
    use test_result::TestResult;

    const KEY: TurnKey = TurnKey { connection: ConnectionId(1), turn_order: 0 };

    /// A chunk of 100 ms, and its position.
    fn push_chunk(buffer: &mut WriteBuffer, chunk: u64) {
        buffer.push_audio(chunk * 1_600, &[chunk as i16; 1_600]);
    }

    #[test]
    fn ten_minutes_of_audio_are_buffered_in_order_in_values_of_a_second() {
        let mut buffer = WriteBuffer::default();
        for chunk in 0..6_000 {
            assert_eq!(buffer.is_late(), chunk >= 600, "after {chunk} chunks");
            push_chunk(&mut buffer, chunk);
        }
        let mut audio = vec![];
        while let Some(taken) = buffer.take_if_due() {
            assert_eq!(taken.audio.len(), 60, "a minute in one write");
            audio.extend(taken.audio);
        }
        assert_eq!(audio.len(), 600);
        for (second, (from, value)) in audio.iter().enumerate() {
            assert_eq!((*from, value.len()), (second as u64 * 16_000, MAX_VALUE_SAMPLES));
            let chunks = value.chunks(1_600).map(|chunk| i64::from(chunk[0]));
            assert!(chunks.eq((0..10).map(|chunk| second as i64 * 10 + chunk)), "second {second}");
        }
        assert!(!buffer.is_late(), "taking data makes room");
    }

    #[test]
    fn the_oldest_audio_is_dropped_once_there_is_more_than_ten_minutes() {
        let mut buffer = WriteBuffer::default();
        for chunk in 0..6_001 {
            assert_eq!(buffer.audio.first().map_or(0, |(at, _)| *at), 0);
            push_chunk(&mut buffer, chunk);
        }
        assert_eq!(buffer.audio[0].0, 16_000);
        let kept: usize = buffer.audio.iter().map(|(_, value)| value.len()).sum();
        assert_eq!(kept, 599 * 16_000 + 1_600);
        assert_eq!(buffer.audio.last().map(|(at, value)| (*at, value.len())), Some((9_600_000, 1_600)));
    }

    #[test]
    fn audio_is_due_once_there_is_a_second_of_it() {
        let mut buffer = WriteBuffer::default();
        for chunk in 0..9 {
            push_chunk(&mut buffer, chunk);
            assert!(!buffer.is_due(), "{chunk}");
        }
        push_chunk(&mut buffer, 9);
        assert!(buffer.is_due());
        assert!(buffer.take_if_due().is_some_and(|taken| taken.audio.len() == 1));
        push_chunk(&mut buffer, 10);
        assert!(!buffer.is_due(), "the second after it counts from the start");
    }

    #[test]
    fn a_value_has_no_hole_and_at_most_a_second() -> TestResult {
        let mut buffer = WriteBuffer::default();
        for (at_sample, samples) in [(0, 800), (800, 15_200), (16_000, 1), (20_000, 5), (20_005, 5)] {
            buffer.push_audio(at_sample, &vec![1; samples]);
        }
        let taken = buffer.take_if_due().ok_or("nothing is due")?;
        let values: Vec<(u64, usize)> =
            taken.audio.iter().map(|(from, value)| (*from, value.len())).collect();
        assert_eq!(values, [(0, 16_000), (16_000, 1), (20_000, 10)]);
        Ok(())
    }

    #[test]
    fn samples_of_a_span_become_silence_and_the_others_stay() {
        let mut buffer = WriteBuffer::default();
        for (at_sample, samples) in [(0, 16_000), (16_000, 10), (20_000, 10)] {
            buffer.push_audio(at_sample, &vec![1; samples]);
        }
        buffer.silence(15_990, 20_005);
        let taken = buffer.audio.iter().flat_map(|(at, samples)| (*at..).zip(samples));
        for (position, sample) in taken {
            assert_eq!(*sample == 0, (15_990..20_005).contains(&position), "{position}");
        }
        assert_eq!(buffer.audio.iter().map(|(_, samples)| samples.len()).sum::<usize>(), 16_020);
    }

    #[test]
    fn what_is_urgent_is_due_with_all_that_came_before_it() -> TestResult {
        let mut buffer = WriteBuffer::default();
        push_chunk(&mut buffer, 0);
        buffer.push_turn(KEY, Some("book".to_owned()));
        buffer.has_new_status = true;
        assert_eq!(buffer.take_if_due(), None);
        buffer.make_urgent();
        let taken = buffer.take_if_due().ok_or("nothing is due")?;
        assert_eq!((taken.audio.len(), taken.turns.len(), taken.has_new_status), (1, 1, true));
        // Urgency ends with what was taken.
        push_chunk(&mut buffer, 1);
        assert!(!buffer.is_due());
        Ok(())
    }

    #[test]
    fn what_is_urgent_is_due_to_its_last_chunk_and_the_status_is_taken_with_it() {
        let mut buffer = WriteBuffer::default();
        // Two minutes and a chunk.
        for chunk in 0..1_201 {
            push_chunk(&mut buffer, chunk);
        }
        buffer.has_new_status = true;
        buffer.make_urgent();
        let taken: Vec<WriteBuffer> = std::iter::from_fn(|| buffer.take_if_due()).collect();
        let parts = taken.iter().map(|taken| (taken.audio.len(), taken.has_new_status));
        assert!(parts.eq([(60, false), (60, false), (1, true)]), "{:?}", taken.len());
        assert!(buffer.is_empty());
        push_chunk(&mut buffer, 1_201);
        assert!(!buffer.is_due(), "urgency ends with the last of it");
    }

    #[test]
    fn only_the_last_version_of_a_turn_is_buffered() -> TestResult {
        let mut buffer = WriteBuffer::default();
        buffer.push_turn(KEY, Some("book".to_owned()));
        buffer.push_turn(KEY, Some("book a table".to_owned()));
        buffer.make_urgent();
        let taken = buffer.take_if_due().ok_or("no turn")?;
        assert_eq!(taken.turns, [(KEY, Some("book a table".to_owned()))]);
        Ok(())
    }

    #[test]
    fn data_that_came_later_is_appended_and_written_after() {
        let (mut unwritten, mut later) = (WriteBuffer::default(), WriteBuffer::default());
        push_chunk(&mut unwritten, 0);
        unwritten.push_turn(KEY, Some("book".to_owned()));
        push_chunk(&mut later, 1);
        later.push_turn(KEY, Some("book a table".to_owned()));
        later.has_new_status = true;
        unwritten.append(later);
        unwritten.append(WriteBuffer::default());
        let audio: Vec<(u64, usize)> =
            unwritten.audio.iter().map(|(from, value)| (*from, value.len())).collect();
        assert_eq!(audio, [(0, 1_600), (1_600, 1_600)]);
        let texts = unwritten.turns.iter().map(|(_, text)| text.as_deref().unwrap_or_default());
        assert!(texts.eq(["book", "book a table"]));
        assert!(unwritten.has_new_status && !unwritten.is_empty());
    }

    #[test]
    fn nothing_is_taken_from_an_empty_buffer() {
        let mut buffer = WriteBuffer::default();
        buffer.make_urgent();
        assert_eq!(buffer.take_if_due(), None);
        // The first thing that it gets is urgent.
        buffer.push_turn(KEY, None);
        assert!(buffer.take_if_due().is_some_and(|taken| taken.turns == [(KEY, None)]));
        assert!(buffer.is_empty());
    }
}
