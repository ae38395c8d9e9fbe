use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// A file of the page as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Where the browser finds it.
    pub path: String,
    /// Its media type.
    pub content_type: &'static str,
    /// The name holds a hash of the content, so a browser may keep it for ever.
    pub is_immutable: bool,
    /// The quoted entity tag.
    pub etag: String,
    /// The content.
    pub identity: Vec<u8>,
    /// The content, brotli, where that is smaller.
    pub brotli: Option<Vec<u8>>,
    /// The content, gzip, where that is smaller.
    pub gzip: Option<Vec<u8>>,
}

impl Asset {
    /// A file whose name is its own, such as `/`.
    pub(crate) fn named(path: &str, content_type: &'static str, identity: Vec<u8>) -> Self {
        let etag = format!("\"{}\"", hash(&identity));
        let smaller = |compressed: Vec<u8>| (compressed.len() < identity.len()).then_some(compressed);
        Self {
            path: path.to_owned(),
            content_type,
            is_immutable: false,
            etag,
            brotli: smaller(brotli(&identity)),
            gzip: smaller(gzip(&identity)),
            identity,
        }
    }

    /// A file below `/assets/` whose name holds the hash of its content.
    pub(crate) fn hashed(name: &str, identity: Vec<u8>) -> Self {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let path = format!("/assets/{stem}-{}.{extension}", hash(&identity));
        Self { is_immutable: true, ..Self::named(&path, content_type(extension), identity) }
    }
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// 64 bits of SHA-256, in hex: enough that no two versions of a file share a name.
fn hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn brotli(content: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    // Reading from and writing to memory cannot fail; were it to, the size says "not smaller".
    match brotli::BrotliCompress(&mut &content[..], &mut compressed, &params) {
        Ok(_) => compressed,
        Err(_) => content.to_vec(),
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // As above.
    match encoder.write_all(content).and_then(|()| encoder.finish()) {
        Ok(compressed) => compressed,
        Err(_) => content.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_hashed_name_changes_with_the_content_and_keeps_its_extension() {
        let (one, other) = (Asset::hashed("page.js", b"1".to_vec()), Asset::hashed("page.js", b"2".to_vec()));
        assert_ne!(one.path, other.path);
        assert!(one.path.starts_with("/assets/page-") && one.path.ends_with(".js"), "{}", one.path);
        assert_eq!(one.path.len(), "/assets/page-0123456789abcdef.js".len());
        assert_eq!((one.content_type, one.is_immutable), ("text/javascript; charset=utf-8", true));
    }

    #[test]
    fn what_is_compressed_is_the_same_content_in_fewer_bytes() {
        let content = b"nothing is said twice ".repeat(50);
        let asset = Asset::named("/", "text/html; charset=utf-8", content.clone());
        let (brotli, gzip) = (asset.brotli.expect("smaller"), asset.gzip.expect("smaller"));
        assert!(brotli.len() < gzip.len() && gzip.len() < content.len());
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &brotli[..], &mut plain).expect("brotli");
        assert_eq!(plain, content);
        plain.clear();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut plain).expect("gzip");
        assert_eq!(plain, content);
    }

    #[test]
    fn what_would_grow_is_not_compressed() {
        let asset = Asset::named("/x", "text/plain", vec![7]);
        assert!(asset.brotli.is_none() && asset.gzip.is_none());
    }
}
