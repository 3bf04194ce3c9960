//! What a rendering would change, without changing anything.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::TreeError;
use super::folders::Folders;
use super::owned::OwnedFiles;
use super::way;
use crate::emit::{Artifact, MANIFEST};

/// How a file differs from what is rendered now.
#[derive(PartialEq, Eq)]
pub enum Difference {
    /// It is not there.
    Missing,
    /// Its content is another.
    Content {
        /// What it holds.
        old: Vec<u8>,
        /// One of both holds secrets, or may: it is not to be shown.
        secret: bool,
    },
    /// Only its mode is another.
    Mode {
        /// What it is.
        old: u32,
    },
}

impl fmt::Debug for Difference {
    /// Without the content, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Missing => f.write_str("Missing"),
            Difference::Content { old, secret } => {
                write!(f, "Content({} bytes, secret: {secret})", old.len())
            }
            Difference::Mode { old } => write!(f, "Mode({old:04o})"),
        }
    }
}

/// An output folder that rendered files are compared with.
#[derive(Debug)]
pub struct Comparison {
    root: PathBuf,
    owned: OwnedFiles,
    folders: Folders,
    /// What was in the place of the last file: one buffer for all.
    old: Vec<u8>,
}

/// Opens an output folder, which need not be there, for comparison.
pub fn compare(root: &Path) -> Result<Comparison, TreeError> {
    let folders = Folders::of(root)?;
    let owned = if folders.has_root() { OwnedFiles::read(root)? } else { OwnedFiles::default() };
    Ok(Comparison { root: root.to_owned(), owned, folders, old: Vec::new() })
}

impl Comparison {
    /// Refuses a folder that holds the files of another spec.
    pub fn is_for(&self, spec: &str) -> Result<(), TreeError> {
        self.owned.belong_to(spec)
    }

    /// Compares a file with what is in its place.
    pub fn with(&mut self, artifact: &Artifact) -> Result<Option<Difference>, TreeError> {
        self.owned.rendered(&artifact.path);
        // What an earlier run wrote is in nobody's way.
        let ours = |error| way::made(&self.root, &self.owned, error).map(drop);
        if !self.folders.has_folder_of(&artifact.path).or_else(|error| ours(error).map(|()| false))? {
            return Ok(Some(Difference::Missing));
        }
        let found = self.folders.look_into(&artifact.path, &mut self.old);
        let Some(mode) = found.or_else(|error| ours(error).map(|()| None))? else {
            return Ok(Some(Difference::Missing));
        };
        if self.old != *artifact.bytes {
            let secret = artifact.secrets.iter().any(|slot| slot.filled)
                || self.owned.holds_secrets(&artifact.path)
                || (artifact.path != MANIFEST && is_private(mode));
            return Ok(Some(Difference::Content { old: std::mem::take(&mut self.old), secret }));
        }
        Ok(modes_differ(mode, artifact.mode).then_some(Difference::Mode { old: mode }))
    }

    /// Files that an earlier run wrote and that are rendered no more, by path, as far as they are there.
    pub fn left(&self) -> Vec<String> {
        let is_there = |path: &&str| std::fs::symlink_metadata(self.root.join(path)).is_ok();
        self.owned.left().into_iter().filter(is_there).map(str::to_owned).collect()
    }
}

/// Whether a mode differs in what version control keeps, which is one bit; a file that is to be private
/// must be so.
fn modes_differ(old: u32, new: u32) -> bool {
    (old ^ new) & 0o100 != 0 || (is_private(new) && !is_private(old))
}

fn is_private(mode: u32) -> bool {
    (mode & 0o070, mode & 0o007) == (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_keeps_one_bit_of_a_mode() {
        assert!(!modes_differ(0o644, 0o640));
        assert!(!modes_differ(0o664, 0o644));
        assert!(modes_differ(0o644, 0o755));
        assert!(modes_differ(0o755, 0o640));
        assert!(modes_differ(0o644, 0o600));
        assert!(!modes_differ(0o600, 0o600));
    }
}
