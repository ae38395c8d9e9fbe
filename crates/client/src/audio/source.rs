use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Resampler, WavFile};

/// Audio as a stream of blocks: 16 kHz, 16 bits, one channel.
pub struct AudioSource {
    parts: BoxStream<'static, io::Result<Part>>,
    kind: SourceKind,
}

/// A part of a source's audio.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Samples.
    Samples(Vec<i16>),
    /// So many samples were lost before they could be captured, such as while a microphone was unplugged. They are
    /// reported as an [`Event::Gap`](crate::Event::Gap), and silence stands for them.
    Lost(u64),
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
        Self::of_samples(blocks, SourceKind::Pipe)
    }

    /// A stream that sets its own pace, such as a microphone's: it is never made to wait.
    pub fn live(blocks: impl Stream<Item = io::Result<Vec<i16>>> + Send + 'static) -> Self {
        Self::of_samples(blocks, SourceKind::Device)
    }

    /// As [`Self::live`], of a device that can lose samples.
    pub fn live_parts(parts: impl Stream<Item = io::Result<Part>> + Send + 'static) -> Self {
        Self { parts: parts.boxed(), kind: SourceKind::Device }
    }

    fn of_samples(
        blocks: impl Stream<Item = io::Result<Vec<i16>>> + Send + 'static,
        kind: SourceKind,
    ) -> Self {
        Self { parts: blocks.map_ok(Part::Samples).boxed(), kind }
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
        let pcm = Pcm { reader, samples: RawSamples::new(resampler), is_over: false };
        Ok(Self::new(stream::unfold(pcm, |mut pcm| async {
            let block = pcm.read().await.transpose()?;
            Some((block, pcm))
        })))
    }

    /// A stream that can also wait: during an outage of more than a minute it is not read.
    #[cfg(feature = "files")]
    pub(super) fn file(blocks: impl Stream<Item = io::Result<Vec<i16>>> + Send + 'static) -> Self {
        Self::of_samples(blocks, SourceKind::File)
    }

    /// Shows each part to a function before it is sent: to store it, or to measure its level.
    #[must_use]
    pub fn inspect(self, mut show: impl FnMut(&Part) + Send + 'static) -> Self {
        let shown = self.parts.inspect(move |part| {
            if let Ok(part) = part {
                show(part);
            }
        });
        Self { parts: shown.boxed(), kind: self.kind }
    }

    /// Also stores the audio in a file. An error of the file ends the source.
    #[must_use]
    pub fn stored(self, mut file: WavFile) -> Self {
        let stored = self.parts.map(move |part| {
            let part = part?;
            match &part {
                Part::Samples(samples) => file.write(samples)?,
                Part::Lost(lost) => file.write_lost(*lost)?,
            }
            Ok(part)
        });
        let stored = stored.scan(false, |has_failed, part| {
            let next = (!*has_failed).then_some(part);
            *has_failed = matches!(next, Some(Err(_)));
            std::future::ready(next)
        });
        Self { parts: stored.boxed(), kind: self.kind }
    }

    pub(crate) fn kind(&self) -> SourceKind {
        self.kind
    }
}

impl Stream for AudioSource {
    type Item = io::Result<Part>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.parts.poll_next_unpin(context)
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
    samples: RawSamples,
    is_over: bool,
}

impl<R: AsyncRead + Unpin> Pcm<R> {
    /// The next block; `None` after the last one.
    async fn read(&mut self) -> io::Result<Option<Vec<i16>>> {
        while !self.is_over {
            let mut bytes = vec![0; READ_BYTES];
            let read = self.reader.read(&mut bytes).await?;
            if read == 0 {
                self.is_over = true;
                return Ok(Some(self.samples.finish()));
            }
            let block = self.samples.convert(&bytes[..read]);
            if !block.is_empty() {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }
}

/// The most bytes of raw samples that are read at once.
pub(super) const READ_BYTES: usize = 8_192;

/// Converts bytes, 16-bit little-endian samples, as they come.
pub(super) struct RawSamples {
    resampler: Resampler,
    /// The first byte of a sample whose second one has not arrived yet.
    odd: Option<u8>,
}

impl RawSamples {
    pub(super) fn new(resampler: Resampler) -> Self {
        Self { resampler, odd: None }
    }

    pub(super) fn convert(&mut self, bytes: &[u8]) -> Vec<i16> {
        let mut samples = Vec::with_capacity(bytes.len() / 2 + 1);
        let mut bytes = self.odd.take().into_iter().chain(bytes.iter().copied());
        while let Some(low) = bytes.next() {
            match bytes.next() {
                Some(high) => samples.push(i16::from_le_bytes([low, high])),
                None => self.odd = Some(low),
            }
        }
        self.resampler.convert(&samples)
    }

    /// The last samples, after all others were converted.
    pub(super) fn finish(&mut self) -> Vec<i16> {
        self.resampler.finish()
    }
}

/// All samples of a source.
#[cfg(test)]
pub(crate) fn samples_of(parts: Vec<Part>) -> Vec<i16> {
    let samples = parts.into_iter().map(|part| match part {
        Part::Samples(samples) => samples,
        Part::Lost(lost) => vec![0; lost as usize],
    });
    samples.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn raw_samples_are_read_to_the_last_one_also_if_a_read_ends_in_the_middle_of_one() -> io::Result<()>
    {
        let samples: Vec<i16> = (0..20_001).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let (mut writer, reader) = tokio::io::duplex(4_095);
        let writing =
            tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await });
        let parts: Vec<Part> = AudioSource::pcm(reader, 16_000, 1)?.try_collect().await?;
        assert_eq!(samples_of(parts), samples);
        writing.await?
    }
}
