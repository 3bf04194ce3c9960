//! What earlier runs wrote, as their manifests say.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::CWD;
use sha2::{Digest, Sha256};

use super::error::TreeError;
use super::manifest::{self, Unread};
use super::path;
use super::{PENDING, PENDING_END, UNFINISHED_END, WORK};
use crate::emit::MANIFEST;

/// The version of the manifest's format that is understood.
const FORMAT: u32 = 1;

/// A file that an earlier run wrote, or was about to write.
#[derive(Debug)]
struct Owned {
    sha256: [u8; 32],
    holds_secrets: bool,
    /// Whether this run has rendered it again.
    rendered: bool,
    /// What another manifest says of it.
    also: Option<Box<Owned>>,
}

impl Owned {
    fn of(file: &manifest::File<'_>) -> Result<Self, String> {
        if !path::stays_below(&file.path) {
            return Err(format!("`{}` lies outside the folder", file.path.escape_debug()));
        }
        let sha256 =
            from_hex(&file.sha256).ok_or_else(|| format!("the checksum of `{}` is none", file.path))?;
        Ok(Owned { sha256, holds_secrets: file.holds_secrets(), rendered: false, also: None })
    }
}

/// The files of one manifest.
#[derive(Default)]
struct Files {
    by_path: HashMap<Box<str>, Owned>,
    /// What is wrong with the first file that cannot be ours.
    broken: Option<String>,
}

impl Files {
    fn note(&mut self, file: &manifest::File<'_>) {
        match Owned::of(file) {
            Ok(owned) => note(&mut self.by_path, file.path.as_ref().into(), owned),
            Err(why) => self.broken = self.broken.take().or(Some(why)),
        }
    }
}

/// Notes a file, or what another manifest says of it.
fn note(files: &mut HashMap<Box<str>, Owned>, path: Box<str>, owned: Owned) {
    match files.entry(path) {
        Entry::Occupied(mut known) => {
            let known = known.get_mut();
            known.holds_secrets |= owned.holds_secrets;
            let mut also = &mut known.also;
            while let Some(other) = also {
                also = &mut other.also;
            }
            *also = Some(Box::new(owned));
        }
        Entry::Vacant(new) => {
            new.insert(owned);
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct OwnedFiles {
    files: HashMap<Box<str>, Owned>,
    /// The specs that the files came from, by the manifests that say so.
    specs: Vec<(PathBuf, String)>,
    /// The number of manifests of runs that did not come to their end.
    pub(super) pending: usize,
}

impl OwnedFiles {
    /// Reads the manifests of an output folder.
    pub(super) fn read(root: &Path) -> Result<Self, TreeError> {
        let mut owned = OwnedFiles::default();
        owned.add(&root.join(MANIFEST))?;
        for path in pending(&root.join(WORK)) {
            owned.pending += usize::from(owned.add(&path)?);
        }
        Ok(owned)
    }

    /// Adds the files of a manifest; whether it is there.
    fn add(&mut self, path: &Path) -> Result<bool, TreeError> {
        let Some((file, _)) = path::open(CWD, path, || path.to_owned())? else { return Ok(false) };
        let broken = |why: String| TreeError::Manifest { path: path.to_owned(), why };
        let (head, Files { by_path, broken: wrong }) =
            manifest::read(file, Files::note).map_err(|error| match error {
                Unread::Io(error) => TreeError::io("read", path)(error),
                Unread::Json(error) => broken(error.to_string()),
            })?;
        if head.format != FORMAT {
            let why = format!("its format is {}, and this cachewright knows {FORMAT}", head.format);
            return Err(broken(why));
        }
        self.specs.extend(head.spec.map(|spec| (path.to_owned(), spec)));
        if let Some(why) = wrong {
            return Err(broken(why));
        }
        if self.files.is_empty() {
            self.files = by_path;
        } else {
            // Which of several manifests says something first makes no difference.
            #[expect(clippy::iter_over_hash_type, reason = "each file by itself")]
            for (path, owned) in by_path {
                note(&mut self.files, path, owned);
            }
        }
        Ok(true)
    }

    /// Refuses files of another spec than this one, which would all be removed as rendered no more.
    pub(super) fn belong_to(&self, spec: &str) -> Result<(), TreeError> {
        match self.specs.iter().find(|(_, other)| other != spec) {
            None => Ok(()),
            Some((manifest, other)) => Err(TreeError::OtherSpec {
                manifest: manifest.clone(),
                other: other.clone(),
                spec: spec.to_owned(),
            }),
        }
    }

    /// Notes that a path is rendered again; whether it was owned before.
    pub(super) fn rendered(&mut self, path: &str) -> bool {
        let file = self.files.get_mut(path);
        file.map(|file| file.rendered = true).is_some()
    }

    /// Whether an earlier run put secrets into the file.
    pub(super) fn holds_secrets(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|file| file.holds_secrets)
    }

    /// The paths that were rendered before and not again, by path.
    pub(super) fn left(&self) -> Vec<&str> {
        let left = self.files.iter().filter(|(_, file)| !file.rendered);
        let mut left: Vec<&str> = left.map(|(path, _)| &**path).collect();
        left.sort_unstable();
        left
    }

    /// Whether a file is still as some run wrote it.
    pub(super) fn is_untouched(&self, path: &str, bytes: &[u8]) -> bool {
        let sha256: [u8; 32] = Sha256::digest(bytes).into();
        std::iter::successors(self.files.get(path), |file| file.also.as_deref())
            .any(|file| file.sha256 == sha256)
    }
}

/// The pending manifests in a work folder. None where the work folder is no folder: nothing is read
/// through links.
pub(super) fn pending(work: &Path) -> Vec<PathBuf> {
    manifests(work, PENDING_END)
}

/// Pending manifests that runs did not come to write to their end: nothing was moved under them.
pub(super) fn unfinished(work: &Path) -> Vec<PathBuf> {
    manifests(work, UNFINISHED_END)
}

fn manifests(work: &Path, end: &str) -> Vec<PathBuf> {
    if !path::is_folder(work).unwrap_or(false) {
        return Vec::new();
    }
    let entries = fs::read_dir(work).into_iter().flatten().filter_map(Result::ok);
    let is_pending = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| name.starts_with(PENDING) && name.ends_with(end))
    };
    let mut paths: Vec<PathBuf> = entries.filter(is_pending).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut sha256 = [0; 32];
    for (byte, [high, low]) in sha256.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(sha256)
}
