//! What the page's code must not do, wherever it is written.

use std::fs;
use std::path::Path;

#[test]
fn nothing_that_is_said_becomes_html() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let code = fs::read_to_string(&path).expect("a file");
        for way in ["inner_html", "outer_html", "insert_adjacent_html", "document_write", "eval("] {
            assert!(!code.contains(way), "{way} in {}", path.display());
        }
        files += 1;
    }
    assert!(files >= 5, "{files} files");
}
