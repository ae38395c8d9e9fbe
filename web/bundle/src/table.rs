use std::fs;
use std::path::Path;

use crate::asset::Asset;
use crate::compress;
use crate::error::BundleError;

/// Writes the files with their compressed variants into `out_dir/page/`, and the table that embeds them into
/// `out_dir/page.rs`.
pub(crate) fn write(assets: &[Asset], out_dir: &Path) -> Result<(), BundleError> {
    let folder = out_dir.join("page");
    // Removes the files of earlier builds, which have other hashes in their names.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(BundleError::io(&folder))?;
    }
    fs::create_dir_all(&folder).map_err(BundleError::io(&folder))?;
    let save = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(BundleError::io(path))
    };

    let mut rows = String::new();
    for asset in assets {
        let name = asset.file_name();
        save(name, &asset.bytes)?;
        let brotli = compress::brotli(&asset.bytes).map_err(BundleError::io(name))?;
        if let Some(bytes) = &brotli {
            save(&format!("{name}.br"), bytes)?;
        }
        let gzip = compress::gzip(&asset.bytes).map_err(BundleError::io(name))?;
        if let Some(bytes) = &gzip {
            save(&format!("{name}.gz"), bytes)?;
        }
        rows += &row(asset, brotli.is_some(), gzip.is_some());
    }
    let table = out_dir.join("page.rs");
    fs::write(&table, format!("&[\n{rows}]\n")).map_err(BundleError::io(table))
}

/// One element of the table. The type `File` must match the one in server/src/assets.rs.
fn row(asset: &Asset, brotli: bool, gzip: bool) -> String {
    let name = asset.file_name();
    let include =
        |ending: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/page/{name}{ending}\"))");
    let variant = |there: bool, ending| {
        if there { format!("Some({})", include(ending)) } else { "None".to_owned() }
    };
    format!(
        "    File {{\n        path: {:?},\n        content_type: {:?},\n        immutable: {},\n        \
         hash: {:?},\n        identity: {},\n        brotli: {},\n        gzip: {},\n    }},\n",
        asset.path,
        asset.content_type,
        asset.immutable,
        asset.hash,
        include(""),
        variant(brotli, ".br"),
        variant(gzip, ".gz"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn a_row_is_an_expression_that_embeds_the_file() -> TestResult {
        let asset = Asset::hashed("styles.css", b"abc".to_vec())?;
        let expected = r#"    File {
        path: "/assets/styles-ba7816bf.css",
        content_type: "text/css; charset=utf-8",
        immutable: true,
        hash: "ba7816bf8f01cfea",
        identity: include_bytes!(concat!(env!("OUT_DIR"), "/page/styles-ba7816bf.css")),
        brotli: Some(include_bytes!(concat!(env!("OUT_DIR"), "/page/styles-ba7816bf.css.br"))),
        gzip: None,
    },
"#;
        assert_eq!(row(&asset, true, false), expected);
        Ok(())
    }
}
