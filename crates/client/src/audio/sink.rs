use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use assemblyai_session::SAMPLE_RATE_HZ;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most samples on their way to the session: 2 s.
const CAPACITY: usize = 2 * SAMPLE_RATE_HZ as usize;

/// Takes the samples of a session: 16 kHz, 16 bits, one channel. Clones send to the same session.
///
/// Once all clones are dropped, the session finishes.
#[derive(Debug, Clone)]
pub struct AudioSink {
    blocks: UnboundedSender<Block>,
    room: Arc<Semaphore>,
    /// Samples that found no room since the last block that did.
    lost: Arc<AtomicU64>,
}

/// Samples in order, and the room that they take.
#[derive(Debug)]
pub(crate) struct Block {
    /// Samples that found no room before these.
    pub(crate) lost_before: u64,
    pub(crate) samples: Vec<i16>,
    _room: OwnedSemaphorePermit,
}

/// The session's end of an [`AudioSink`].
#[derive(Debug)]
pub(crate) struct AudioReceiver {
    blocks: UnboundedReceiver<Block>,
    room: Arc<Semaphore>,
    lost: Arc<AtomicU64>,
}

/// The session has ended and takes no audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended; its last event says why")]
#[non_exhaustive]
pub struct SinkClosed;

/// Why [`AudioSink::try_send`] did not take the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Full {
    /// There are 2 s of audio that the session has not taken; these samples are dropped and will be reported as a gap.
    #[error("2 s of audio wait already; these samples are dropped")]
    Dropped,
    /// The session has ended.
    #[error(transparent)]
    Closed(#[from] SinkClosed),
}

/// A sink and its other end.
pub(crate) fn channel() -> (AudioSink, AudioReceiver) {
    let (sender, receiver) = unbounded_channel();
    let (room, lost) = (Arc::new(Semaphore::new(CAPACITY)), Arc::new(AtomicU64::new(0)));
    let sink = AudioSink { blocks: sender, room: room.clone(), lost: lost.clone() };
    (sink, AudioReceiver { blocks: receiver, room, lost })
}

/// The room that a block of so many samples takes; a block longer than the queue fills it.
fn permits(samples: usize) -> u32 {
    samples.min(CAPACITY) as u32
}

impl AudioSink {
    /// Sends samples, and waits while 2 s of audio are on their way. The session takes audio in real time, with a burst
    /// of 5 s, so that a file can be sent in a loop.
    ///
    /// Cancel-safe: either all samples are sent or none.
    ///
    /// # Errors
    /// If the session has ended.
    pub async fn send(&self, samples: &[i16]) -> Result<(), SinkClosed> {
        let room = self.room.clone().acquire_many_owned(permits(samples.len()));
        let room = room.await.map_err(|_| SinkClosed)?;
        self.push(samples, room)
    }

    /// Sends samples if there is room, and otherwise drops them: for callbacks of audio devices, which must not wait.
    /// Dropped samples keep their place in time and are reported as an [`Event::Gap`](crate::Event::Gap).
    ///
    /// # Errors
    /// If there is no room, or the session has ended.
    pub fn try_send(&self, samples: &[i16]) -> Result<(), Full> {
        let room = self.room.clone().try_acquire_many_owned(permits(samples.len()));
        match room {
            Ok(room) => Ok(self.push(samples, room)?),
            Err(tokio::sync::TryAcquireError::Closed) => Err(SinkClosed.into()),
            Err(tokio::sync::TryAcquireError::NoPermits) => {
                self.lost.fetch_add(samples.len() as u64, Ordering::Relaxed);
                Err(Full::Dropped)
            }
        }
    }

    /// Counts samples that were never captured; they are reported with the next ones, as those that found no room.
    pub(crate) fn lose(&self, samples: u64) {
        self.lost.fetch_add(samples, Ordering::Relaxed);
    }

    /// Waits until the session takes no more audio. Cancel-safe.
    pub(crate) async fn closed(&self) {
        self.blocks.closed().await;
    }

    fn push(&self, samples: &[i16], room: OwnedSemaphorePermit) -> Result<(), SinkClosed> {
        let lost_before = self.lost.swap(0, Ordering::Relaxed);
        let block = Block { lost_before, samples: samples.to_vec(), _room: room };
        self.blocks.send(block).map_err(|_| SinkClosed)
    }
}

impl AudioReceiver {
    /// The next block; `None` once all sinks are dropped or the receiver is closed, and all blocks are taken.
    /// Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Block> {
        self.blocks.recv().await
    }

    /// Takes no more: what waits for room gets an error.
    pub(crate) fn close(&mut self) {
        self.room.close();
        self.blocks.close();
    }

    /// What is left after [`Self::close`], and the samples that were lost after it.
    pub(crate) fn rest(&mut self) -> (Vec<Block>, u64) {
        let rest = std::iter::from_fn(|| self.blocks.try_recv().ok()).collect();
        (rest, self.lost.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn samples_without_room_are_counted_and_reported_with_the_next_ones() {
        let (sink, mut receiver) = channel();
        assert_eq!(sink.try_send(&vec![1; CAPACITY]), Ok(()));
        assert_eq!([(); 2].map(|()| sink.try_send(&[2; 100])), [Err(Full::Dropped); 2]);
        let block = receiver.next().now_or_never().flatten();
        assert_eq!(block.map(|block| (block.lost_before, block.samples.len())), Some((0, CAPACITY)));
        assert_eq!(sink.try_send(&[3; 100]), Ok(()));
        let block = receiver.next().now_or_never().flatten();
        assert_eq!(block.map(|block| (block.lost_before, block.samples.len())), Some((200, 100)));
    }

    #[test]
    fn send_waits_for_room_and_a_cancelled_send_sends_nothing() {
        let (sink, mut receiver) = channel();
        assert_eq!(sink.send(&vec![1; CAPACITY]).now_or_never(), Some(Ok(())));
        assert_eq!(sink.send(&[2; 100]).now_or_never(), None);
        receiver.next().now_or_never();
        assert_eq!(sink.send(&[3; 100]).now_or_never(), Some(Ok(())));
        let block = receiver.next().now_or_never().flatten();
        assert_eq!(block.map(|block| block.samples), Some(vec![3; 100]));
    }

    #[test]
    fn after_the_end_nothing_is_taken_and_what_was_sent_is_delivered() {
        let (sink, mut receiver) = channel();
        assert_eq!(sink.try_send(&[1; 100]), Ok(()));
        receiver.close();
        assert_eq!(sink.try_send(&[2; 100]), Err(Full::Closed(SinkClosed)));
        assert_eq!(sink.send(&[2; 100]).now_or_never(), Some(Err(SinkClosed)));
        let (rest, lost) = receiver.rest();
        assert_eq!((rest.len(), lost), (1, 0));
    }
}
