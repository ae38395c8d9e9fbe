/// What became of the audio, in samples, and of the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudioStats {
    /// Captured since the recording began.
    pub captured: u64,
    /// Given to sockets, what was sent again counted again.
    pub sent: u64,
    /// Captured, and in the transcript or found to be without words.
    pub confirmed: u64,
    /// Captured, and lost to the transcript.
    pub dropped: u64,
    /// What of that the journal has passed over, so that it goes on behind it.
    pub given_up: u64,
    /// Connections that were made after the first.
    pub reconnects: u32,
    /// What the service said it received and what was sent to it, in s, where the two differ.
    pub miscounted_s: Option<(u64, u64)>,
}
