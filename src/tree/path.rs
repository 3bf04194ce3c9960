//! Looking at the output folder without following links out of it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;

use super::error::TreeError;

/// Permission bits of a mode.
const PERMISSIONS: u32 = 0o7777;
/// As much as is compared at once.
const PART: usize = 1 << 16;

/// What stands at a path where a file belongs.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A file, which holds this.
    File(Vec<u8>),
}

/// Looks at a file. Anything else that stands there is in the way, a link among them.
pub(super) fn look(path: &Path) -> Result<Found, TreeError> {
    let mut bytes = Vec::new();
    let mode = look_into(CWD, path, || path.to_owned(), &mut bytes)?;
    Ok(if mode.is_some() { Found::File(bytes) } else { Found::Nothing })
}

/// Looks at a file, whose content takes the place of what is in `bytes`. Its mode; none where nothing is there.
/// Its path starts at an open folder, which the system finds faster than a long path; `shown` is the whole of it.
pub(super) fn look_into(
    folder: impl AsFd,
    path: &Path,
    shown: impl Fn() -> PathBuf,
    bytes: &mut Vec<u8>,
) -> Result<Option<u32>, TreeError> {
    let Some((file, stat)) = open(folder, path, &shown)? else { return Ok(None) };
    read(&file, stat.st_size, bytes).map_err(|error| TreeError::io("read", &shown())(error))?;
    Ok(Some(stat.st_mode & PERMISSIONS))
}

/// Opens a file to look into it, as [`look_into`] does.
pub(super) fn open(
    folder: impl AsFd,
    path: &Path,
    shown: impl Fn() -> PathBuf,
) -> Result<Option<(File, Stat)>, TreeError> {
    // Not following links, and not waiting for whoever writes to a pipe.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match openat(folder, path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(unopened("read", &shown(), error.into())),
    };
    let stat = fstat(&file).map_err(|error| TreeError::io("read", &shown())(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(unopened("read", &shown(), Errno::INVAL.into()));
    }
    Ok(Some((file, stat)))
}

/// Whether a file holds what is written; false where it cannot be read.
pub(super) fn holds(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> bool {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let Ok(file) = File::options().read(true).custom_flags(flags).open(path) else { return false };
    let mut there = There(BufReader::with_capacity(PART, file));
    write(&mut there).is_ok() && matches!(there.0.fill_buf(), Ok([]))
}

/// What is there already: takes nothing else.
struct There<R>(R);

impl<R: BufRead> Write for There<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let there = self.0.fill_buf()?;
        let length = bytes.len().min(there.len());
        if length == 0 || there[..length] != bytes[..length] {
            return if bytes.is_empty() { Ok(0) } else { Err(io::ErrorKind::InvalidData.into()) };
        }
        self.0.consume(length);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a file of a known length: one call, as long as the length is right.
fn read(mut file: &File, len: i64, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.resize(usize::try_from(len).unwrap_or(0).saturating_add(1), 0);
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
    Ok(())
}

/// Why a file was not opened: something else in its place, or what the system says.
pub(super) fn unopened(doing: &'static str, path: &Path, error: io::Error) -> TreeError {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => in_the_way(path, metadata.file_type(), "a file"),
        _ => TreeError::io(doing, path)(error),
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
    let stays = |part| !matches!(part, "" | "." | ".." | super::WORK);
    !relative.bytes().any(|byte| matches!(byte, b'\0' | b'\\')) && relative.split('/').all(stays)
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
    fn what_is_written_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let parts = ["one", "", "two\n"];
        let written = |to: &mut dyn Write| parts.iter().try_for_each(|part| to.write_all(part.as_bytes()));
        assert!(!holds(&path, written));
        for (content, same) in
            [("onetwo\n", true), ("onetwo\nx", false), ("onetwo", false), ("", false), ("one2", false)]
        {
            fs::write(&path, content).unwrap();
            assert_eq!(holds(&path, written), same, "{content:?}");
        }
    }

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
