//! Writing a file whole or not at all: aside first, then moved into its place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};

/// How much is written at once of what is made on the way.
const PART: usize = 64 << 10;

/// Writes a file that is not there yet; its path starts at an open folder. Whose mode the umask would change gets
/// it set.
pub(super) fn write_new(
    folder: impl AsFd,
    path: &Path,
    bytes: &[u8],
    mode: u32,
    umask: u32,
) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, path, flags, Mode::from_raw_mode(mode))?);
    file.write_all(bytes)?;
    if mode & umask != 0 {
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    Ok(file)
}

/// Puts other bytes into a file that somebody wrote by hand, whole or not at all: it keeps its mode and its
/// owner, or stays as it is where this process may not give files away. The path leads to the file itself, not to a link.
pub(crate) fn replace_by_way_of(aside: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    use rustix::fs::{Access, access};

    // Moving over a file asks for no right to it: what is read-only is so on purpose.
    access(path, Access::WRITE_OK)?;
    let old = fs::metadata(path)?;
    let _ = fs::remove_file(aside);
    // Only its owner may read it until it is somebody else's.
    let written = write_new(CWD, aside, bytes, 0o600, 0).and_then(|file| {
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(aside, path)).inspect_err(|_| {
        let _ = fs::remove_file(aside);
    })
}

/// Writes a file whole, synced to the disk, by way of another name in its folder that no other run uses.
pub(crate) fn write_by_way_of(
    aside: &Path,
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    // A killed run may have left one.
    let _ = fs::remove_file(aside);
    let written = write_new(CWD, aside, &[], mode, mode).and_then(|file| {
        let mut to = BufWriter::with_capacity(PART, file);
        write(&mut to)?;
        to.into_inner()?.sync_all()
    });
    written.and_then(|()| fs::rename(aside, path)).inspect_err(|_| {
        // It may not even exist; the first error is the one to report.
        let _ = fs::remove_file(aside);
    })
}
