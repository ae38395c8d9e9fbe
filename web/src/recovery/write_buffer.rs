use assemblyai_session::SAMPLE_RATE_HZ;
use assemblyai_session::TurnKey;

/// The most audio that is buffered, in samples: one minute. A slow disk catches up in seconds; one that has not after a
/// minute does not write at all.
const LIMIT_SAMPLES: usize = 60 * SAMPLE_RATE_HZ as usize;

/// Data to be written while the database is busy with earlier data.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WriteBuffer {
    /// Chunks of audio, each with its recording position.
    pub audio: Vec<(u64, Vec<i16>)>,
    /// Turns as text; `None` for a turn that was removed.
    pub turns: Vec<(TurnKey, Option<String>)>,
    /// Whether the status of the recording has changed: its confirmed position, or that it has ended.
    pub has_new_status: bool,
    samples: usize,
}

impl WriteBuffer {
    /// Adds audio; returns whether there was room for it. If there was none, no later audio may be stored: a recording
    /// with a hole would be restored as one without.
    #[must_use]
    pub fn push_audio(&mut self, at_sample: u64, samples: &[i16]) -> bool {
        if self.samples + samples.len() > LIMIT_SAMPLES {
            return false;
        }
        self.samples += samples.len();
        self.audio.push((at_sample, samples.to_vec()));
        true
    }

    /// Adds a turn, or its removal, in place of an earlier version of the turn.
    pub fn push_turn(&mut self, key: TurnKey, text: Option<String>) {
        self.turns.retain(|(other, _)| *other != key);
        self.turns.push((key, text));
    }

    /// Takes all data, if there is any.
    pub fn take(&mut self) -> Option<Self> {
        let is_empty = self.audio.is_empty() && self.turns.is_empty() && !self.has_new_status;
        (!is_empty).then(|| std::mem::take(self))
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_session::ConnectionId;

    use super::*;

    const KEY: TurnKey = TurnKey { connection: ConnectionId(1), turn_order: 0 };

    #[test]
    fn one_minute_of_audio_is_buffered_in_order() {
        let mut buffer = WriteBuffer::default();
        for chunk in 0..600 {
            assert!(buffer.push_audio(chunk * 1_600, &[chunk as i16; 1_600]), "{chunk}");
        }
        assert!(!buffer.push_audio(960_000, &[0]));
        let taken = buffer.take().expect("audio");
        assert_eq!(taken.audio.len(), 600);
        assert_eq!(taken.audio[599], (599 * 1_600, vec![599; 1_600]));
        // Taking data makes room.
        assert!(buffer.push_audio(960_000, &[0]));
    }

    #[test]
    fn only_the_last_version_of_a_turn_is_buffered() {
        let mut buffer = WriteBuffer::default();
        buffer.push_turn(KEY, Some("book".to_owned()));
        buffer.push_turn(KEY, Some("book a table".to_owned()));
        let taken = buffer.take().expect("a turn");
        assert_eq!(taken.turns, [(KEY, Some("book a table".to_owned()))]);
    }

    #[test]
    fn nothing_is_taken_from_an_empty_buffer() {
        let mut buffer = WriteBuffer::default();
        assert_eq!(buffer.take(), None);
        buffer.has_new_status = true;
        assert!(buffer.take().is_some());
        assert_eq!(buffer.take(), None);
        buffer.push_turn(KEY, None);
        assert!(buffer.take().is_some_and(|taken| taken.turns == [(KEY, None)]));
    }
}
