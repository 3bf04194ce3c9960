//! Writing aside: new and changed files into the work folder, one by one as they are rendered.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::commit;
use super::error::TreeError;
use super::folders::{Folders, parent};
use super::lock::Lock;
use super::owned::OwnedFiles;
use super::path::{self, Found};
use super::whole;
use super::{STAGED, WORK};
use crate::emit::{Artifact, MANIFEST};

/// What a run did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Files that are new or changed, the manifest not counted.
    pub written: usize,
    /// Files that were right already.
    pub unchanged: usize,
    /// Files that are rendered no more, by path.
    pub removed: Vec<String>,
    /// Files that are rendered no more but were changed by hand, by path: left alone.
    pub kept: Vec<String>,
}

/// An output folder that is being written. Until [`Staging::commit`] nothing in it has changed, and if it
/// is dropped before, nothing will have.
#[derive(Debug)]
pub struct Staging {
    pub(super) root: PathBuf,
    pub(super) work: PathBuf,
    pub(super) owned: OwnedFiles,
    /// Files whose content is right and whose mode is not.
    pub(super) modes: Vec<(PathBuf, u32)>,
    pub(super) manifest: Option<Artifact>,
    pub(super) summary: Summary,
    /// What the system takes away from modes of new files.
    pub(super) umask: u32,
    folders: Folders,
    staged_folders: HashSet<String>,
    /// The output folder was made by this run.
    made_root: bool,
    /// Files are moving into place: what the pending manifests say is needed until the manifest is there.
    pub(super) moving: bool,
    lock: Option<Lock>,
}

impl Staging {
    /// Locks an output folder, which is made if it is not there, and clears what a killed run left.
    pub fn open(root: &Path) -> Result<Self, TreeError> {
        let made_root = !Folders::of(root)?.has_root();
        fs::create_dir_all(root).map_err(TreeError::io("make the folder", root))?;
        let work = root.join(WORK);
        let lock = Lock::take(&work)?;
        let mut staging = Staging {
            root: root.to_owned(),
            work,
            owned: OwnedFiles::default(),
            modes: Vec::new(),
            manifest: None,
            summary: Summary::default(),
            umask: 0,
            folders: Folders::of(root)?,
            staged_folders: HashSet::new(),
            made_root,
            moving: false,
            lock: Some(lock),
        };
        staging.owned = OwnedFiles::read(root)?;
        staging.prepare()?;
        Ok(staging)
    }

    /// An empty place for new files, out of version control's sight.
    fn prepare(&mut self) -> Result<(), TreeError> {
        use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

        let staged = self.work.join(STAGED);
        clear(&staged).map_err(TreeError::io("clear", &staged))?;
        fs::create_dir(&staged).map_err(TreeError::io("write", &staged))?;
        self.staged_folders.insert(String::new());
        let ignore = self.work.join(".gitignore");
        let written = clear(&ignore).and_then(|()| {
            // Made with every permission: those that it lacks show the umask.
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o777).open(&ignore)?;
            std::io::Write::write_all(&mut file, b"*\n")?;
            file.metadata()
        });
        self.umask = 0o777 & !written.map_err(TreeError::io("write", &ignore))?.mode();
        Ok(())
    }

    /// Takes a file: puts it aside unless the one in its place is the same already.
    pub fn add(&mut self, artifact: Artifact) -> Result<(), TreeError> {
        if artifact.path == MANIFEST {
            self.manifest = Some(artifact);
            return Ok(());
        }
        let was_ours = self.owned.rendered(&artifact.path);
        if self.folders.has_folder_of(&artifact.path)? {
            let place = self.root.join(&artifact.path);
            if let Found::File(old) = path::look(&place)? {
                if old.bytes == *artifact.bytes {
                    self.summary.unchanged += 1;
                    if old.mode != artifact.mode {
                        self.modes.push((place, artifact.mode));
                    }
                    return Ok(());
                }
                if !was_ours {
                    return Err(TreeError::Foreign { path: place });
                }
            }
        }
        self.summary.written += 1;
        self.put_aside(&artifact)
    }

    fn put_aside(&mut self, artifact: &Artifact) -> Result<(), TreeError> {
        let staged = self.work.join(STAGED);
        self.stage_folder(&staged, parent(&artifact.path))?;
        // Its final place is what people know; where it waits is not their business.
        let failed = |cause| TreeError::io("write", &self.root.join(&artifact.path))(cause);
        whole::write_new(&staged.join(&artifact.path), &artifact.bytes, artifact.mode, self.umask)
            .map_err(failed)?;
        Ok(())
    }

    fn stage_folder(&mut self, staged: &Path, folder: &str) -> Result<(), TreeError> {
        if self.staged_folders.contains(folder) {
            return Ok(());
        }
        self.stage_folder(staged, parent(folder))?;
        let failed = |cause| TreeError::io("make the folder", &self.root.join(folder))(cause);
        fs::create_dir(staged.join(folder)).map_err(failed)?;
        self.staged_folders.insert(folder.to_owned());
        Ok(())
    }

    /// Moves everything into place and removes what is rendered no more; the manifest comes last.
    pub fn commit(mut self) -> Result<Summary, TreeError> {
        commit::commit(&mut self)?;
        Ok(std::mem::take(&mut self.summary))
    }
}

impl Drop for Staging {
    /// Takes the work folder away. What cannot be removed is cleared by the next run.
    fn drop(&mut self) {
        let _ = clear(&self.work.join(STAGED));
        let Some(lock) = self.lock.take() else { return };
        if !self.moving && self.owned.pending == 0 {
            let _ = clear(&self.work.join(".gitignore"));
        }
        lock.remove();
        if self.made_root {
            // Succeeds only where nothing was put into it.
            let _ = fs::remove_dir(&self.root);
        }
    }
}

/// Removes a file or a folder with all that is in it, where there is one. Links are not followed.
pub(super) fn clear(path: &Path) -> std::io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
