//! Looking at the output folder without following links out of it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::error::TreeError;

/// Permission bits of a mode.
const PERMISSIONS: u32 = 0o7777;

/// What stands at a path where a file belongs.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A file.
    File(Old),
}

/// A file as it is.
#[derive(Debug)]
pub(super) struct Old {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: u32,
}

/// Looks at a file. Anything else that stands there is in the way, a link among them.
pub(super) fn look(path: &Path) -> Result<Found, TreeError> {
    // Not following links, and not waiting for whoever writes to a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut file = match fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(unopened(path, error)),
    };
    let metadata = file.metadata().map_err(TreeError::io("read", path))?;
    if !metadata.is_file() {
        return Err(in_the_way(path, metadata.file_type(), "a file"));
    }
    let bytes = read(&mut file, metadata.len()).map_err(TreeError::io("read", path))?;
    Ok(Found::File(Old { bytes, mode: metadata.mode() & PERMISSIONS }))
}

/// Reads a file of a known length: one call, as long as the length is right.
fn read(file: &mut File, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0).saturating_add(1)];
    let mut filled = 0;
    loop {
        match file.read(&mut bytes[filled..])? {
            0 => break,
            more => filled += more,
        }
        if filled < bytes.len() {
            break;
        }
        bytes.resize(2 * bytes.len(), 0);
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn unopened(path: &Path, error: io::Error) -> TreeError {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => in_the_way(path, metadata.file_type(), "a file"),
        _ => TreeError::io("read", path)(error),
    }
}

/// Whether a folder is there. Anything else at its place is in the way.
pub(super) fn is_folder(path: &Path) -> Result<bool, TreeError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(metadata) => Err(in_the_way(path, metadata.file_type(), "a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(TreeError::io("read", path)(error)),
    }
}

/// Whether each folder on the way from the root to a file is a folder indeed; not where one is missing or
/// something else stands there.
pub(super) fn leads_through_folders(root: &Path, relative: &str) -> bool {
    let mut path = root.to_owned();
    let Some((folders, _)) = relative.rsplit_once('/') else { return true };
    folders.split('/').all(|part| {
        path.push(part);
        fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir())
    })
}

fn in_the_way(path: &Path, kind: fs::FileType, wanted: &'static str) -> TreeError {
    let what = if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_file() {
        "a file"
    } else if kind.is_fifo() {
        "a pipe"
    } else {
        "no file"
    };
    TreeError::InTheWay { path: path.to_owned(), what, wanted }
}

/// Whether a relative path, as manifests have them, stays below its folder and out of the work folder.
pub(super) fn stays_below(relative: &str) -> bool {
    !relative.is_empty()
        && !relative.ends_with('/')
        && !relative.contains(['\0', '\\'])
        && relative.split('/').all(|part| !part.is_empty() && part != super::WORK)
        && Path::new(relative).components().all(|part| matches!(part, Component::Normal(_)))
        && relative.split('/').count() == Path::new(relative).components().count()
}

/// Whether this process may put files into a folder.
pub(super) fn writable(path: &Path) -> Result<(), TreeError> {
    use rustix::fs::{Access, access};

    match access(path, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(TreeError::io("write to", path)(errno.into())),
    }
}

/// Makes a folder, which may be there already.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_folder() {
        for path in ["a", "a/b", "a/b/c.conf", "...", "a b/ü"] {
            assert!(stays_below(path), "{path}");
        }
        for path in ["", "/", "/a", "a/", "a//b", "..", "a/..", "../a", "a/./b", "./a", "a\\b", "a\0"] {
            assert!(!stays_below(path), "{path}");
        }
        assert!(!stays_below(".cachewright/lock"));
    }
}
