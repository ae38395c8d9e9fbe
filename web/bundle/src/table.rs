use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{Asset, BundleError};

/// Writes each variant of each asset to a file, and `assets.rs`, a slice of `Asset` that includes them.
pub(crate) fn write(assets: &[Asset], out_dir: &Path) -> Result<(), BundleError> {
    let folder = out_dir.join("page");
    let put = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        let made = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, content));
        made.map_err(|source| BundleError::File { path, source })
    };
    for (index, asset) in assets.iter().enumerate() {
        put(&format!("{index}"), &asset.identity)?;
        for (suffix, compressed) in [("br", &asset.brotli), ("gz", &asset.gzip)] {
            if let Some(compressed) = compressed {
                put(&format!("{index}.{suffix}"), compressed)?;
            }
        }
    }
    let path = out_dir.join("assets.rs");
    fs::write(&path, source(assets)).map_err(|source| BundleError::File { path, source })
}

/// The table as Rust.
fn source(assets: &[Asset]) -> String {
    let mut source = "[\n".to_owned();
    for (index, Asset { path, content_type, is_immutable, etag, brotli, gzip, .. }) in
        assets.iter().enumerate()
    {
        let include = |suffix: &str| format!("include_bytes!(\"page/{index}{suffix}\")");
        let variant = |compressed: &Option<Vec<u8>>, suffix: &str| match compressed {
            Some(_) => format!("Some({})", include(suffix)),
            None => "None".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            source,
            "    Asset {{ path: {path:?}, content_type: {content_type:?}, is_immutable: {is_immutable}, \
             etag: {etag:?}, identity: {}, brotli: {}, gzip: {} }},",
            include(""),
            variant(brotli, ".br"),
            variant(gzip, ".gz"),
        );
    }
    source.push(']');
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_variant_that_is_there() {
        let small = Asset::named("/small", "text/plain", vec![7]);
        let large = Asset::named("/large", "text/plain", vec![7; 500]);
        let source = source(&[small, large]);
        assert!(
            source.contains(r#"identity: include_bytes!("page/0"), brotli: None, gzip: None"#),
            "{source}"
        );
        assert!(source.contains(r#"brotli: Some(include_bytes!("page/1.br"))"#), "{source}");
    }
}
