use std::io::{self, Write as _};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

/// The content in brotli's format, or `None` where that is not smaller.
pub(crate) fn brotli(content: &[u8]) -> io::Result<Option<Vec<u8>>> {
    // The best of 0 to 11; the window of 2^22 bytes is the largest that browsers take, and more than the page.
    let parameters =
        BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: content.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
    Ok(Some(compressed).filter(|compressed| compressed.len() < content.len()))
}

/// The content in gzip's format, or `None` where that is not smaller.
pub(crate) fn gzip(content: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    let compressed = encoder.finish()?;
    Ok(Some(compressed).filter(|compressed| compressed.len() < content.len()))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let content = "speech to text, ".repeat(500);

        let compressed = brotli(content.as_bytes()).expect("memory does not fail").expect("it is smaller");
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut back).expect("it is brotli");
        assert_eq!(back, content.as_bytes());

        let compressed = gzip(content.as_bytes()).expect("memory does not fail").expect("it is smaller");
        let mut back = String::new();
        flate2::read::GzDecoder::new(&compressed[..]).read_to_string(&mut back).expect("it is gzip");
        assert_eq!(back, content);
    }

    #[test]
    fn what_would_grow_is_dropped() {
        assert_eq!(brotli(b"a").expect("memory does not fail"), None);
        assert_eq!(gzip(b"a").expect("memory does not fail"), None);
    }
}
