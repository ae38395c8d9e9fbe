//! Folders of recordings with their words, for the bench's `--corpus`; none is in this repository.

use super::Outcome;
use std::path::{Path, PathBuf};

/// Reads `transcripts.tsv` of a folder: on each line the name of a WAV file (mono, 16 bits), a tab, and its words.
pub(crate) fn corpus(folder: &Path) -> Outcome<Vec<(PathBuf, String)>> {
    let list = folder.join("transcripts.tsv");
    let text = std::fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.map(|(file, words)| (folder.join(file), words.to_owned())).collect())
}
