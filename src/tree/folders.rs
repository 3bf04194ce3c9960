//! The folders of an output folder, each looked at once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::TreeError;
use super::path;

/// Which folders are there.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    /// The output folder, open: none where it is not there.
    open: Option<File>,
    known: HashMap<String, bool>,
}

impl Folders {
    /// Looks at the output folder itself, which may be a link to one.
    pub(super) fn of(root: &Path) -> Result<Self, TreeError> {
        let is_there = match fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => true,
            Ok(_) => {
                let (what, wanted) = ("no folder", "the output folder");
                return Err(TreeError::InTheWay { path: root.to_owned(), what, wanted });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // A link that leads nowhere is no folder to make.
                path::is_folder(root)?
            }
            Err(error) => return Err(TreeError::io("read", root)(error)),
        };
        let open = is_there.then(|| File::open(root)).transpose().map_err(TreeError::io("read", root))?;
        let known = HashMap::from([(String::new(), is_there)]);
        Ok(Folders { root: root.to_owned(), open, known })
    }

    /// Whether the output folder is there.
    pub(super) fn has_root(&self) -> bool {
        self.known.get("").copied().unwrap_or(false)
    }

    /// Whether the folder of a file is there. Anything else at its place, or on the way to it, is in the way.
    pub(super) fn has_folder_of(&mut self, file: &str) -> Result<bool, TreeError> {
        self.has(parent(file))
    }

    /// Looks at a file whose folder is there, as [`path::look_into`] does.
    pub(super) fn look_into(&self, file: &str, bytes: &mut Vec<u8>) -> Result<Option<u32>, TreeError> {
        let Some(root) = &self.open else { return Ok(None) };
        path::look_into(root, Path::new(file), || self.root.join(file), bytes)
    }

    fn has(&mut self, folder: &str) -> Result<bool, TreeError> {
        if let Some(known) = self.known.get(folder) {
            return Ok(*known);
        }
        let is_there = self.has(parent(folder))? && path::is_folder(&self.root.join(folder))?;
        self.known.insert(folder.to_owned(), is_there);
        Ok(is_there)
    }
}

/// The folder of a relative path; empty for the root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
