use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::Resampler;

/// Audio as a stream of blocks: 16 kHz, 16 bits, one channel.
pub struct AudioSource {
    blocks: BoxStream<'static, io::Result<Vec<i16>>>,
    kind: SourceKind,
}

/// How a source may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// In real time, or later: it can wait for the end of an outage.
    #[cfg_attr(not(feature = "files"), expect(dead_code, reason = "only files can wait"))]
    File,
    /// In real time: what writes into a pipe may not be able to wait.
    Pipe,
    /// As it comes.
    Device,
}

impl AudioSource {
    /// Any stream of blocks, which is read no faster than real time.
    pub fn new(blocks: impl Stream<Item = io::Result<Vec<i16>>> + Send + 'static) -> Self {
        Self { blocks: blocks.boxed(), kind: SourceKind::Pipe }
    }

    /// A stream that sets its own pace, such as a microphone's: it is never made to wait.
    pub fn live(blocks: impl Stream<Item = io::Result<Vec<i16>>> + Send + 'static) -> Self {
        Self { blocks: blocks.boxed(), kind: SourceKind::Device }
    }

    /// 16-bit little-endian samples without a header, such as from a pipe.
    ///
    /// # Errors
    /// If the rate is out of range or there is no channel.
    pub fn pcm(
        reader: impl AsyncRead + Send + Unpin + 'static,
        rate_hz: u32,
        channels: u16,
    ) -> io::Result<Self> {
        let resampler = Resampler::new(rate_hz, channels).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{channels} channels at {rate_hz} Hz"))
        })?;
        let pcm = Pcm { reader, resampler, odd: None, is_over: false };
        Ok(Self::new(stream::unfold(pcm, |mut pcm| async {
            let block = pcm.read().await.transpose()?;
            Some((block, pcm))
        })))
    }

    /// A stream that can also wait: during an outage of more than a minute it is not read.
    #[cfg(feature = "files")]
    pub(super) fn file(blocks: impl Stream<Item = io::Result<Vec<i16>>> + Send + 'static) -> Self {
        Self { blocks: blocks.boxed(), kind: SourceKind::File }
    }

    /// Shows each block to a function before it is sent: to store it, or to measure its level.
    #[must_use]
    pub fn inspect(self, mut show: impl FnMut(&[i16]) + Send + 'static) -> Self {
        let shown = self.blocks.inspect(move |block| {
            if let Ok(samples) = block {
                show(samples);
            }
        });
        Self { blocks: shown.boxed(), kind: self.kind }
    }

    pub(crate) fn kind(&self) -> SourceKind {
        self.kind
    }
}

impl Stream for AudioSource {
    type Item = io::Result<Vec<i16>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.blocks.poll_next_unpin(context)
    }
}

impl fmt::Debug for AudioSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioSource").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Samples without a header.
struct Pcm<R> {
    reader: R,
    resampler: Resampler,
    /// The first byte of a sample whose second one has not arrived yet.
    odd: Option<u8>,
    is_over: bool,
}

impl<R: AsyncRead + Unpin> Pcm<R> {
    /// The next block; `None` after the last one.
    async fn read(&mut self) -> io::Result<Option<Vec<i16>>> {
        while !self.is_over {
            let mut bytes = vec![0; 8_192];
            let read = self.reader.read(&mut bytes).await?;
            if read == 0 {
                self.is_over = true;
                return Ok(Some(self.resampler.finish()));
            }
            let mut bytes = self.odd.take().into_iter().chain(bytes[..read].iter().copied());
            let mut samples = Vec::with_capacity(read / 2 + 1);
            while let Some(low) = bytes.next() {
                match bytes.next() {
                    Some(high) => samples.push(i16::from_le_bytes([low, high])),
                    None => self.odd = Some(low),
                }
            }
            let block = self.resampler.convert(&samples);
            if !block.is_empty() {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    #[tokio::test]
    async fn raw_samples_are_read_to_the_last_one_also_if_a_read_ends_in_the_middle_of_one() -> io::Result<()>
    {
        let samples: Vec<i16> = (0..20_001).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let (mut writer, reader) = tokio::io::duplex(4_095);
        let writing =
            tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await });
        let blocks: Vec<Vec<i16>> = AudioSource::pcm(reader, 16_000, 1)?.try_collect().await?;
        assert_eq!(blocks.concat(), samples);
        writing.await?
    }
}
