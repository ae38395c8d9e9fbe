//! A connection's bytes: holds its slot, and fails if the client stops reading.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::connections::Slot;

/// How long a client may leave data unread.
const STALL_LIMIT: Duration = Duration::from_secs(20);

/// A stream that holds a slot among the connections.
#[derive(Debug)]
pub(super) struct Stream<S> {
    inner: S,
    /// Set while the client does not read.
    stalled: Option<Pin<Box<Sleep>>>,
    _slot: Option<Arc<Slot>>,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, slot: Option<Arc<Slot>>) -> Self {
        Self { inner, stalled: None, _slot: slot }
    }

    /// Fails once the client has not read for the limit, from the first byte that could not be written.
    fn unless_stalled<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let sleep = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL_LIMIT)));
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(context, slices);
        this.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.inner).poll_flush(context);
        this.unless_stalled(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.inner).poll_shutdown(context);
        this.unless_stalled(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn writing_fails_if_the_client_stops_reading_but_not_if_it_reads_slowly() -> TestResult {
        let (ours, mut theirs) = tokio::io::duplex(10);
        let mut ours = Stream::new(ours, None);
        let reading = tokio::spawn(async move {
            for _ in 0..3 {
                sleep(STALL_LIMIT / 2).await;
                theirs.read_exact(&mut [0; 10]).await?;
            }
            io::Result::Ok(theirs)
        });
        ours.write_all(&[0; 40]).await?;
        let _theirs = reading.await??;
        let start = Instant::now();
        let error = ours.write_all(&[0]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), STALL_LIMIT.as_secs());
        Ok(())
    }
}
