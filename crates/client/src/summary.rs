use std::time::Duration;

use assemblyai_session::SessionStats;

use crate::Error;
use crate::audio::duration;

/// How a session ended, and the account of its audio.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended early; `None` if it was finished.
    pub error: Option<Error>,
    /// Audio that was captured.
    pub captured: Duration,
    /// Audio that was captured and is not in the transcript; each part was an [`Event::Gap`](crate::Event::Gap).
    pub dropped: Duration,
    /// Audio that was captured on standby, without a connection.
    pub standby: Duration,
    /// Connections that replaced a lost one.
    pub reconnects: u32,
    /// How long connections were open, which is billed.
    pub open: Duration,
    /// The time from the end of a word in the audio until its event: the median and the 95th percentile.
    pub latency: Option<(Duration, Duration)>,
}

impl Summary {
    pub(crate) fn new(error: Option<Error>, stats: &SessionStats, unheard_samples: u64) -> Self {
        let audio = stats.audio;
        let reconnects = audio.reconnects;
        Self {
            error,
            captured: duration(audio.captured),
            dropped: duration(audio.dropped + unheard_samples),
            standby: duration(audio.standby),
            reconnects,
            open: Duration::from_millis(stats.open_ms),
            latency: stats
                .latency_ms
                .map(|(median, most)| (Duration::from_millis(median), Duration::from_millis(most))),
        }
    }

    /// The summary of a session whose task was cancelled.
    pub(crate) fn cut_off() -> Self {
        Self::new(Some(Error::CutOff), &SessionStats::default(), 0)
    }

    /// Whether all audio was transcribed.
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.dropped.is_zero()
    }

    /// The error that ended the session, as a `Result`.
    ///
    /// # Errors
    /// [`Self::error`].
    pub fn into_result(self) -> Result<(), Error> {
        self.error.map_or(Ok(()), Err)
    }
}
