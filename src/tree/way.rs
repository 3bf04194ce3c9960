//! What an earlier run wrote, where now something of another kind belongs: a file for a folder, or the reverse.

use std::fs;
use std::path::Path;

use super::error::TreeError;
use super::owned::OwnedFiles;
use super::path::{self, Found};

/// The files to remove, by path, so that what is in the way is gone: none where anything of it is not as an
/// earlier run wrote it. Any other error is handed on.
pub(super) fn made(root: &Path, owned: &OwnedFiles, error: TreeError) -> Result<Vec<String>, TreeError> {
    let TreeError::InTheWay { path: place, .. } = &error else { return Err(error) };
    let mut files = Vec::new();
    if is_ours(root, owned, place, &mut files) { Ok(files) } else { Err(error) }
}

fn is_ours(root: &Path, owned: &OwnedFiles, place: &Path, files: &mut Vec<String>) -> bool {
    let Ok(metadata) = fs::symlink_metadata(place) else { return false };
    if metadata.is_dir() {
        let Ok(entries) = fs::read_dir(place) else { return false };
        let entries: Vec<_> = entries.collect();
        // Runs leave no empty folders.
        let all = |entry: &std::io::Result<fs::DirEntry>| match entry {
            Ok(entry) => is_ours(root, owned, &entry.path(), files),
            Err(_) => false,
        };
        return place != root && !entries.is_empty() && entries.iter().all(all);
    }
    let Some(relative) = place.strip_prefix(root).ok().and_then(Path::to_str) else { return false };
    let is_ours = matches!(path::look(place), Ok(Found::File(old)) if owned.is_untouched(relative, &old));
    if is_ours {
        files.push(relative.to_owned());
    }
    is_ours
}
