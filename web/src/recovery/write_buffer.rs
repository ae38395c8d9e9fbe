use assemblyai_session::SAMPLE_RATE_HZ;
use assemblyai_session::TurnKey;

/// The most audio that waits for the database, in samples: a minute. Disks that are merely slow catch up in
/// seconds; what has not by then is taken as one that does not write at all.
const LIMIT_SAMPLES: usize = 60 * SAMPLE_RATE_HZ as usize;

/// What waits to be written, while the database writes what came before it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WriteBuffer {
    /// Audio, with where in the recording each piece begins, in samples.
    pub audio: Vec<(u64, Vec<i16>)>,
    /// Turns as text, or that a turn is no longer there.
    pub turns: Vec<(TurnKey, Option<String>)>,
    /// Whether anything else has changed: what is confirmed, or that the recording is finished.
    pub has_news: bool,
    samples: usize,
}

impl WriteBuffer {
    /// Adds audio; whether there was room for it. What has no room is not kept, and nothing may be kept after
    /// it: a recording with a hole would be given back as one without.
    #[must_use]
    pub fn push_audio(&mut self, at_sample: u64, samples: &[i16]) -> bool {
        if self.samples + samples.len() > LIMIT_SAMPLES {
            return false;
        }
        self.samples += samples.len();
        self.audio.push((at_sample, samples.to_vec()));
        true
    }

    /// Adds a turn, or that it is no longer there; of each turn, only what it is now is kept.
    pub fn push_turn(&mut self, key: TurnKey, text: Option<String>) {
        self.turns.retain(|(other, _)| *other != key);
        self.turns.push((key, text));
    }

    /// Takes all of it, if there is anything.
    pub fn take(&mut self) -> Option<Self> {
        let is_empty = self.audio.is_empty() && self.turns.is_empty() && !self.has_news;
        (!is_empty).then(|| std::mem::take(self))
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_session::ConnectionId;

    use super::*;

    const KEY: TurnKey = TurnKey { connection: ConnectionId(1), turn_order: 0 };

    #[test]
    fn audio_is_kept_in_order_up_to_a_minute_and_no_further() {
        let mut backlog = WriteBuffer::default();
        for chunk in 0..600 {
            assert!(backlog.push_audio(chunk * 1_600, &[chunk as i16; 1_600]), "{chunk}");
        }
        assert!(!backlog.push_audio(960_000, &[0]));
        let taken = backlog.take().expect("audio");
        assert_eq!(taken.audio.len(), 600);
        assert_eq!(taken.audio[599], (599 * 1_600, vec![599; 1_600]));
        // What is being written makes room.
        assert!(backlog.push_audio(960_000, &[0]));
    }

    #[test]
    fn of_a_turn_only_the_last_state_waits() {
        let mut backlog = WriteBuffer::default();
        backlog.push_turn(KEY, Some("book".to_owned()));
        backlog.push_turn(KEY, Some("book a table".to_owned()));
        let taken = backlog.take().expect("a turn");
        assert_eq!(taken.turns, [(KEY, Some("book a table".to_owned()))]);
    }

    #[test]
    fn nothing_is_taken_where_nothing_waits() {
        let mut backlog = WriteBuffer::default();
        assert_eq!(backlog.take(), None);
        backlog.has_news = true;
        assert!(backlog.take().is_some());
        assert_eq!(backlog.take(), None);
        backlog.push_turn(KEY, None);
        assert!(backlog.take().is_some_and(|taken| taken.turns == [(KEY, None)]));
    }
}
