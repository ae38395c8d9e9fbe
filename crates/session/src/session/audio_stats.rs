/// Counts of a recording's audio, in samples, and of its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudioStats {
    /// Captured since the recording began.
    pub captured: u64,
    /// Given to sockets; audio that was sent twice counts twice.
    pub sent: u64,
    /// Sent, and either in the transcript or known to contain no words.
    pub confirmed: u64,
    /// Captured, and lost to the transcript.
    pub dropped: u64,
    /// The part of `dropped` that lies before the confirmed position.
    pub given_up: u64,
    /// Captured without a connection because nobody spoke.
    pub standby: u64,
    /// Connections that were opened because the one before was lost, or its session time was over.
    pub reconnects: u32,
    /// The seconds that the service counted and the seconds sent, if the two differ.
    pub miscounted_s: Option<(u64, u64)>,
}
