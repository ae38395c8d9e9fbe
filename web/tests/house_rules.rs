//! Rules for all code of the page.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_page_never_sets_html() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser"));
    for path in &files {
        let code = fs::read_to_string(path).expect("a file");
        for way in ["inner_html", "outer_html", "insert_adjacent_html", "document_write", "eval("] {
            assert!(!code.contains(way), "{way} in {}", path.display());
        }
    }
    assert!(files.iter().any(|path| path.ends_with("microphone/graph.rs")), "{files:?}");
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
