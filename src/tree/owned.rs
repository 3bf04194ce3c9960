//! What earlier runs wrote, as their manifests say.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use super::error::TreeError;
use super::path::{self, Found};
use super::{PENDING, PENDING_END, UNFINISHED_END, WORK};
use crate::emit::MANIFEST;

/// The version of the manifest's format that is understood.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
struct Manifest<'m> {
    format: u32,
    spec: Option<String>,
    #[serde(borrow)]
    files: Files<'m>,
}

/// The files of a manifest, by path: noted as they are read, for a list of them takes as much memory as its text.
struct Files<'m> {
    by_path: HashMap<Box<str>, Owned>,
    /// What is wrong with the first file that cannot be ours.
    broken: Option<String>,
    text: PhantomData<&'m str>,
}

impl<'de: 'm, 'm> Deserialize<'de> for Files<'m> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let files = Files { by_path: HashMap::new(), broken: None, text: PhantomData };
        deserializer.deserialize_seq(files)
    }
}

impl<'de: 'm, 'm> Visitor<'de> for Files<'m> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        while let Some(file) = list.next_element::<File<'m>>()? {
            match Owned::of(&file) {
                Ok(owned) => note(&mut self.by_path, file.path.into(), owned),
                Err(why) => self.broken = self.broken.or(Some(why)),
            }
        }
        Ok(self)
    }
}

#[derive(Deserialize)]
struct File<'m> {
    #[serde(borrow)]
    path: Cow<'m, str>,
    #[serde(borrow)]
    sha256: Cow<'m, str>,
    #[serde(default)]
    secrets: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    filled: bool,
}

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
    fn of(file: &File<'_>) -> Result<Self, String> {
        if !path::stays_below(&file.path) {
            return Err(format!("`{}` lies outside the folder", file.path.escape_debug()));
        }
        let sha256 =
            from_hex(&file.sha256).ok_or_else(|| format!("the checksum of `{}` is none", file.path))?;
        let holds_secrets = file.secrets.iter().any(|slot| slot.filled);
        Ok(Owned { sha256, holds_secrets, rendered: false, also: None })
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
        let path = root.join(MANIFEST);
        if let Found::File(old) = path::look(&path)? {
            owned.add(&path, &old)?;
        }
        for path in pending(&root.join(WORK)) {
            if let Found::File(old) = path::look(&path)? {
                owned.pending += 1;
                owned.add(&path, &old)?;
            }
        }
        Ok(owned)
    }

    fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<(), TreeError> {
        let broken = |why: String| TreeError::Manifest { path: path.to_owned(), why };
        let manifest: Manifest<'_> =
            serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
        if manifest.format != FORMAT {
            let why = format!("its format is {}, and this cachewright knows {FORMAT}", manifest.format);
            return Err(broken(why));
        }
        self.specs.extend(manifest.spec.map(|spec| (path.to_owned(), spec)));
        let Files { by_path: files, broken: why, .. } = manifest.files;
        if let Some(why) = why {
            return Err(broken(why));
        }
        if self.files.is_empty() {
            self.files = files;
        } else {
            // Which of several manifests says something first makes no difference.
            #[expect(clippy::iter_over_hash_type, reason = "each file by itself")]
            for (path, owned) in files {
                note(&mut self.files, path, owned);
            }
        }
        Ok(())
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
