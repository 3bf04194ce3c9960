//! Moving into place.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::TreeError;
use super::folders::parent;
use super::owned;
use super::path::{self, Found};
use super::stage::Staging;
use super::whole;
use super::{PENDING, PENDING_END, STAGED, UNFINISHED_END};
use crate::emit::{MANIFEST, Manifest};

/// Moves what is staged into place, corrects modes, removes what is rendered no more, and puts the manifest
/// there last.
pub(super) fn commit(staging: &mut Staging, manifest: &Manifest) -> Result<(), TreeError> {
    let ways = std::mem::take(&mut staging.in_the_way);
    let left = staging.owned.left().into_iter().filter(|path| !ways.contains(*path));
    let left: Vec<String> = left.map(str::to_owned).collect();
    let nothing_moves = staging.summary.written == 0 && staging.modes.is_empty() && left.is_empty();
    let is_the_same = || path::holds(&staging.root.join(MANIFEST), |to| manifest.write(to));
    if nothing_moves && staging.owned.pending == 0 && is_the_same() {
        return Ok(());
    }
    let staged = staging.work.join(STAGED);
    check(&staged, &staging.root, &ways.iter().map(|path| staging.root.join(path)).collect())?;
    for path in ways.iter().chain(&left) {
        path::writable(&staging.root.join(parent(path)))?;
    }
    let pending = write_pending(staging, manifest)?;
    staging.moving = true;
    make_way(staging, &ways)
        .and_then(|()| move_all(staging, &staged, &left, &pending))
        .map_err(|cause| TreeError::Halfway { cause: Box::new(cause) })?;
    for path in owned::pending(&staging.work) {
        // Whoever finds it later learns of files that the manifest has as well.
        let _ = fs::remove_file(path);
    }
    staging.moving = false;
    staging.owned.pending = 0;
    Ok(())
}

/// Removes what of ours stands where something of another kind belongs, before anything moves there.
fn make_way(staging: &mut Staging, ways: &BTreeSet<String>) -> Result<(), TreeError> {
    ways.iter().try_for_each(|path| remove(staging, path))
}

fn move_all(staging: &mut Staging, staged: &Path, left: &[String], pending: &Path) -> Result<(), TreeError> {
    merge(staged, &staging.root)?;
    for (path, mode) in &staging.modes {
        let done = fs::set_permissions(path, fs::Permissions::from_mode(*mode));
        done.map_err(TreeError::io("set the mode of", path))?;
    }
    for path in left {
        remove(staging, path)?;
    }
    let place = staging.root.join(MANIFEST);
    fs::rename(pending, &place).map_err(TreeError::io("write", &place))
}

/// Says which files are about to be ours, in a manifest aside: whole or not at all.
fn write_pending(staging: &Staging, manifest: &Manifest) -> Result<PathBuf, TreeError> {
    let path = |number: usize| staging.work.join(format!("{PENDING}{number}{PENDING_END}"));
    let mut number = staging.owned.pending;
    while fs::symlink_metadata(path(number)).is_ok() {
        number += 1;
    }
    let pending = path(number);
    let aside = pending.with_extension(UNFINISHED_END.trim_start_matches('.'));
    whole::write_by_way_of(&aside, &pending, Manifest::MODE, |to| manifest.write(to))
        .map_err(TreeError::io("write", &staging.root.join(MANIFEST)))?;
    Ok(pending)
}

/// Whether every folder that is to receive something can be written to. Files in `ways` will be gone by then.
fn check(from: &Path, to: &Path, ways: &BTreeSet<PathBuf>) -> Result<(), TreeError> {
    let mut receives = false;
    for (entry, is_folder) in entries(from)? {
        let place = to.join(entry.file_name());
        if is_folder && !ways.contains(&place) && path::is_folder(&place)? {
            check(&entry.path(), &place, ways)?;
        } else {
            receives = true;
        }
    }
    if receives { path::writable(to) } else { Ok(()) }
}

/// Moves what waits in one folder into another: as whole folders where the other has none of the name.
fn merge(from: &Path, to: &Path) -> Result<(), TreeError> {
    for (entry, is_folder) in entries(from)? {
        let (waiting, place) = (entry.path(), to.join(entry.file_name()));
        if is_folder && path::is_folder(&place)? {
            merge(&waiting, &place)?;
        } else {
            fs::rename(&waiting, &place).map_err(TreeError::io("write", &place))?;
        }
    }
    Ok(())
}

/// What is in a folder, by name, and whether it is a folder itself.
fn entries(folder: &Path) -> Result<Vec<(DirEntry, bool)>, TreeError> {
    let read = || -> std::io::Result<Vec<(DirEntry, bool)>> {
        let with_kind = |entry: std::io::Result<DirEntry>| {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            Ok((entry, is_folder))
        };
        fs::read_dir(folder)?.map(with_kind).collect()
    };
    let mut entries = read().map_err(TreeError::io("read", folder))?;
    entries.sort_by_key(|(entry, _)| entry.file_name());
    Ok(entries)
}

/// Removes a file that is rendered no more, and the folders that become empty. One that somebody changed
/// since is theirs.
fn remove(staging: &mut Staging, relative: &str) -> Result<(), TreeError> {
    let place = staging.root.join(relative);
    if fs::symlink_metadata(&place).is_err() {
        return Ok(());
    }
    let is_ours = path::leads_through_folders(&staging.root, relative)
        && match path::look(&place) {
            Ok(Found::File(old)) => staging.owned.is_untouched(relative, &old),
            Ok(Found::Nothing) => return Ok(()),
            Err(TreeError::InTheWay { .. }) => false,
            Err(error) => return Err(error),
        };
    if !is_ours {
        staging.summary.kept.push(relative.to_owned());
        return Ok(());
    }
    fs::remove_file(&place).map_err(TreeError::io("remove", &place))?;
    staging.summary.removed.push(relative.to_owned());
    let mut folder = parent(relative);
    while !folder.is_empty() && fs::remove_dir(staging.root.join(folder)).is_ok() {
        folder = parent(folder);
    }
    Ok(())
}
