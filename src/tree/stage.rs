//! Writing aside: new and changed files into the work folder, one by one as they are rendered.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, mkdirat};

use super::commit;
use super::error::TreeError;
use super::folders::{Folders, parent};
use super::lock::Lock;
use super::owned::{self, OwnedFiles};
use super::whole;
use super::{STAGED, WORK, way};
use crate::emit::{Artifact, Manifest};

/// What a run did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Files that are new or changed, the manifest not counted.
    pub written: usize,
    /// Files that were right already.
    pub unchanged: usize,
    /// Files whose content was right, and whose mode was not.
    pub modes: usize,
    /// Those of the written files that somebody had changed since they were rendered, by path.
    pub replaced: Vec<String>,
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
    /// Files of ours that stand where something of another kind belongs.
    pub(super) in_the_way: BTreeSet<String>,
    pub(super) summary: Summary,
    /// What the system takes away from modes of new files.
    pub(super) umask: u32,
    folders: Folders,
    /// What was in the place of the last file: one buffer for all.
    old: Vec<u8>,
    /// The folder where new files wait, open.
    staged: Option<File>,
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
            in_the_way: BTreeSet::new(),
            summary: Summary::default(),
            umask: 0,
            folders: Folders::of(root)?,
            old: Vec::new(),
            staged: None,
            staged_folders: HashSet::new(),
            made_root,
            moving: false,
            lock: Some(lock),
        };
        staging.owned = OwnedFiles::read(root)?;
        staging.prepare()?;
        Ok(staging)
    }

    /// Refuses a folder that holds the files of another spec.
    pub fn is_for(&self, spec: &str) -> Result<(), TreeError> {
        self.owned.belong_to(spec)
    }

    /// An empty place for new files, out of version control's sight.
    fn prepare(&mut self) -> Result<(), TreeError> {
        use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

        let staged = self.work.join(STAGED);
        clear(&staged).map_err(TreeError::io("clear", &staged))?;
        fs::create_dir(&staged).map_err(TreeError::io("write", &staged))?;
        self.staged = Some(File::open(&staged).map_err(TreeError::io("read", &staged))?);
        for unfinished in owned::unfinished(&self.work) {
            clear(&unfinished).map_err(TreeError::io("clear", &unfinished))?;
        }
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
    pub fn add(&mut self, artifact: &Artifact) -> Result<(), TreeError> {
        let was_ours = self.owned.rendered(&artifact.path);
        let has_folder = self.folders.has_folder_of(&artifact.path);
        if has_folder.or_else(|error| self.make_way(error))? {
            let found = self.folders.look_into(&artifact.path, &mut self.old);
            if let Some(mode) = found.or_else(|error| self.make_way(error).map(|_| None))? {
                if *self.old == *artifact.bytes {
                    if mode == artifact.mode {
                        self.summary.unchanged += 1;
                    } else {
                        self.summary.modes += 1;
                        self.modes.push((self.root.join(&artifact.path), artifact.mode));
                    }
                    return Ok(());
                }
                if !was_ours {
                    return Err(TreeError::Foreign { path: self.root.join(&artifact.path) });
                }
                if !self.owned.is_untouched(&artifact.path, &self.old) {
                    self.summary.replaced.push(artifact.path.clone());
                }
            }
        }
        self.summary.written += 1;
        self.put_aside(artifact)
    }

    /// Notes what of ours is to go before anything moves, because something else belongs in its place: what
    /// belongs there is not there then.
    fn make_way(&mut self, error: TreeError) -> Result<bool, TreeError> {
        self.in_the_way.extend(way::made(&self.root, &self.owned, error)?);
        Ok(false)
    }

    fn put_aside(&mut self, artifact: &Artifact) -> Result<(), TreeError> {
        let Some(staged) = &self.staged else { return Ok(()) };
        stage_folder(staged, &mut self.staged_folders, &self.root, parent(&artifact.path))?;
        // Its final place is what people know; where it waits is not their business.
        let failed = |cause| TreeError::io("write", &self.root.join(&artifact.path))(cause);
        whole::write_new(staged, Path::new(&artifact.path), &artifact.bytes, artifact.mode, self.umask)
            .map_err(failed)?;
        Ok(())
    }

    /// Moves everything into place and removes what is rendered no more; the manifest comes last.
    pub fn commit(mut self, manifest: &Manifest) -> Result<Summary, TreeError> {
        commit::commit(&mut self, manifest)?;
        Ok(std::mem::take(&mut self.summary))
    }
}

/// Makes a folder, and those that lead there, where new files wait.
fn stage_folder(
    staged: &File,
    made: &mut HashSet<String>,
    root: &Path,
    folder: &str,
) -> Result<(), TreeError> {
    if made.contains(folder) {
        return Ok(());
    }
    stage_folder(staged, made, root, parent(folder))?;
    mkdirat(staged, folder, Mode::from_raw_mode(0o777))
        .map_err(|cause| TreeError::io("make the folder", &root.join(folder))(cause.into()))?;
    made.insert(folder.to_owned());
    Ok(())
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
