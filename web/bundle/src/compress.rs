use std::io::{self, Write as _};

use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode::{
    BROTLI_MODE_FONT, BROTLI_MODE_GENERIC, BROTLI_MODE_TEXT,
};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Compresses with brotli; `None` if the result is not smaller.
pub(crate) fn brotli(content: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut smallest = None;
    let mut length = content.len();
    // Which mode, size of blocks and coding of distances suit a file is found by trying: small blocks compress wasm
    // best, another coding of distances what is short.
    for (mode, lgblock, distance_postfix_bits) in [
        (BROTLI_MODE_GENERIC, 0, 0),
        (BROTLI_MODE_GENERIC, 0, 1),
        (BROTLI_MODE_GENERIC, 17, 0),
        (BROTLI_MODE_TEXT, 0, 0),
        (BROTLI_MODE_FONT, 17, 0),
    ] {
        // The best quality of 0 to 11. The window of 2^22 bytes is larger than any file of the page.
        let mut parameters = BrotliEncoderParams {
            mode,
            quality: 11,
            lgwin: 22,
            lgblock,
            size_hint: content.len(),
            ..Default::default()
        };
        parameters.dist.distance_postfix_bits = distance_postfix_bits;
        let mut compressed = Vec::new();
        brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
        if compressed.len() < length {
            length = compressed.len();
            smallest = Some(compressed);
        }
    }
    Ok(smallest)
}

/// Compresses with gzip; `None` if the result is not smaller.
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
    use test_result::TestResult;

    #[test]
    fn compressed_content_can_be_decompressed() -> TestResult {
        let content = "speech to text, ".repeat(500);

        let compressed = brotli(content.as_bytes())?.ok_or("it is not smaller")?;
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut back)?;
        assert_eq!(back, content.as_bytes());

        let compressed = gzip(content.as_bytes())?.ok_or("it is not smaller")?;
        let mut back = String::new();
        flate2::read::GzDecoder::new(&compressed[..]).read_to_string(&mut back)?;
        assert_eq!(back, content);
        Ok(())
    }

    #[test]
    fn content_that_would_grow_is_not_compressed() -> TestResult {
        assert_eq!(brotli(b"a")?, None);
        assert_eq!(gzip(b"a")?, None);
        Ok(())
    }
}
