//! The files of the repository.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(super) fn repository() -> PathBuf {
    crate::root()
}

/// The files that git tracks, relative to the root; without git or a repository, all that git would not ignore.
pub(super) fn tracked() -> io::Result<Vec<PathBuf>> {
    let root = repository();
    let files = listed_by_git(&root).map_or_else(|| walked(&root), Ok)?;
    assert!(files.contains(&PathBuf::from("Cargo.toml")), "these are not the repository's files: {files:?}");
    Ok(files)
}

/// The text of a file; `None` if it is not text, or is deleted but still tracked.
pub(super) fn read(file: &Path) -> Option<String> {
    let bytes = std::fs::read(repository().join(file)).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn listed_by_git(root: &Path) -> Option<Vec<PathBuf>> {
    // For an unpacked tarball inside of another repository git lists no files.
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().ok()?;
    let list = String::from_utf8(output.stdout).ok()?;
    let files: Vec<PathBuf> = list.split_terminator('\0').map(PathBuf::from).collect();
    (output.status.success() && !files.is_empty()).then_some(files)
}

fn walked(root: &Path) -> io::Result<Vec<PathBuf>> {
    const IGNORED: [&str; 3] = [".git", "target", ".env"];
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)?.flatten() {
            let path = entry.path();
            if IGNORED.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(file) = path.strip_prefix(root) {
                files.push(file.to_owned());
            }
        }
    }
    Ok(files)
}

#[test]
fn a_tree_without_git_is_walked() -> io::Result<()> {
    let files = walked(&repository())?;
    assert!(files.contains(&PathBuf::from("xtask/src/main.rs")));
    assert!(!files.iter().any(|file| file.starts_with("target") || file.starts_with(".git")));
    Ok(())
}
