use sha2::{Digest, Sha256};

use crate::error::BundleError;

/// One file of the page, as it is served.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its name in placeholders, such as `styles.css`.
    name: &'static str,
    /// Its path on the server, such as `/assets/styles-0123456789abcdef.css`.
    pub(crate) path: String,
    /// The value of its `Content-Type`.
    pub(crate) content_type: &'static str,
    /// Whether its path changes with its content, so that browsers may cache it for good.
    pub(crate) immutable: bool,
    /// The first 16 hexadecimal digits of the content's SHA-256.
    pub(crate) hash: String,
    /// The content, not compressed.
    pub(crate) bytes: Vec<u8>,
}

impl Asset {
    /// A file whose name carries the start of the hash of its content.
    pub(crate) fn hashed(name: &'static str, bytes: Vec<u8>) -> Result<Self, BundleError> {
        let (stem, extension) = name.rsplit_once('.').ok_or(BundleError::ContentType(name))?;
        let content_type = content_type(extension).ok_or(BundleError::ContentType(name))?;
        let hash = hash(&bytes);
        let path = format!("/assets/{stem}-{}.{extension}", &hash[..8]);
        Ok(Self { name, path, content_type, immutable: true, hash, bytes })
    }

    /// The page itself. Browsers must revalidate it on each visit, because it names all other files.
    pub(crate) fn index(bytes: Vec<u8>) -> Self {
        Self {
            name: "index.html",
            path: "/".to_owned(),
            content_type: "text/html; charset=utf-8",
            immutable: false,
            hash: hash(&bytes),
            bytes,
        }
    }

    /// Its placeholder's name, and what replaces it: its path from the page, which may be below a path of a proxy.
    pub(crate) fn placeholder(&self) -> (&str, &str) {
        (self.name, self.path.trim_start_matches('/'))
    }

    /// The name of the file that the server embeds.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(self.name)
    }
}

/// The content type for a file extension; `None` for one that the page does not use.
fn content_type(extension: &str) -> Option<&'static str> {
    match extension {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "txt" => Some("text/plain; charset=utf-8"),
        "png" => Some("image/png"),
        "svg" => Some("image/svg+xml"),
        "webmanifest" => Some("application/manifest+json"),
        "wasm" => Some("application/wasm"), // Browsers compile while loading only with this type.
        _ => None,
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn the_name_carries_the_first_digits_of_a_sha256() -> TestResult {
        // "abc" is the first test vector of FIPS 180-2: ba7816bf 8f01cfea 414140de …
        let asset = Asset::hashed("styles.css", b"abc".to_vec())?;
        assert_eq!(asset.path, "/assets/styles-ba7816bf.css");
        assert_eq!(asset.file_name(), "styles-ba7816bf.css");
        assert_eq!(asset.placeholder(), ("styles.css", "assets/styles-ba7816bf.css"));
        assert!(asset.immutable);
        Ok(())
    }

    #[test]
    fn another_content_is_another_name() -> TestResult {
        let path = |content: &str| -> TestResult<_> { Ok(Asset::hashed("page.js", content.into())?.path) };
        assert_eq!(path("let a")?, path("let a")?);
        assert_ne!(path("let a")?, path("let b")?);
        Ok(())
    }

    #[test]
    fn the_page_is_at_the_root_and_may_change() {
        let index = Asset::index(b"<!doctype html>".to_vec());
        assert_eq!((index.path.as_str(), index.file_name()), ("/", "index.html"));
        assert!(!index.immutable);
    }

    #[test]
    fn each_kind_of_file_has_its_content_type() {
        let of = |name| Asset::hashed(name, vec![]).map(|asset| asset.content_type);
        assert!(matches!(of("page.wasm"), Ok("application/wasm")));
        assert!(matches!(of("page.js"), Ok("text/javascript; charset=utf-8")));
        assert!(matches!(of("styles.css"), Ok("text/css; charset=utf-8")));
        assert!(matches!(of("favicon.svg"), Ok("image/svg+xml")));
        assert!(matches!(of("icon.png"), Ok("image/png")));
        assert!(matches!(of("manifest.webmanifest"), Ok("application/manifest+json")));
        assert!(matches!(of("page.exe"), Err(BundleError::ContentType("page.exe"))));
        assert!(matches!(of("page"), Err(BundleError::ContentType("page"))));
    }
}
