//! One writer at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::TreeError;
use super::path;

/// How often the work folder of a run that is just ending is tried again.
const TRIES: usize = 100;

/// A held lock. The system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _held: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock in a work folder, which is made if it is not there.
    pub(super) fn take(work: &Path) -> Result<Self, TreeError> {
        let path = work.join("lock");
        for _ in 0..TRIES {
            path::make_folder(work).map_err(TreeError::io("write to", work.parent().unwrap_or(work)))?;
            match path::is_folder(work) {
                Ok(true) => {}
                // Whoever held the lock has just finished, and took it away with the folder.
                Ok(false) => continue,
                Err(error) => return Err(error),
            }
            let held = match open(&path) {
                Ok(held) => held,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(path::unopened("write", &path, error)),
            };
            match held.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(TreeError::Locked { lock: path }),
                Err(TryLockError::Error(error)) => return Err(TreeError::io("lock", &path)(error)),
            }
            if is_at(&held, &path) {
                return Ok(Lock { _held: held, path });
            }
        }
        Err(TreeError::Locked { lock: path })
    }

    /// Takes the lock file away, and the work folder with it where that is empty by now.
    pub(super) fn remove(self) {
        // What stays is only found and taken by the next run.
        let _ = fs::remove_file(&self.path);
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

/// Opens the lock file, which is made if it is not there. A link in its place is not followed, and a pipe not
/// waited for.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    File::options().create(true).write(true).truncate(false).custom_flags(flags).open(path)
}

/// Whether the file at a path is still this one: a lock on a removed file keeps nobody out.
fn is_at(held: &File, path: &Path) -> bool {
    match (held.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}
