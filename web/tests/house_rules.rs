//! Rules for all code of the page.

use std::path::{Path, PathBuf};
use std::{fs, io};

#[test]
fn the_page_never_sets_html() -> io::Result<()> {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser"))?;
    for path in &files {
        let code = fs::read_to_string(path)?;
        for way in ["inner_html", "outer_html", "insert_adjacent_html", "document_write", "eval("] {
            assert!(!code.contains(way), "{way} in {}", path.display());
        }
    }
    assert!(files.iter().any(|path| path.ends_with("microphone/graph.rs")), "{files:?}");
    Ok(())
}

/// All files below a folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
