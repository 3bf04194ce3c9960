//! Declared artifacts in each other's way, or in the way of our own files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::diag::{Code, Finding};
use crate::source::Span;

use super::MANIFEST;
use super::error::{EmitError, Problem};
use super::manifest::Record;

/// Whether a path is one that the spec declares.
pub(super) fn is_declared(declared: &[(String, Span)], path: &str) -> bool {
    declared.iter().any(|(own, _)| own == path)
}

/// What stands in the way of declared artifacts; `records` are of all files but the manifest, by path.
pub(super) fn errors(declared: &[(String, Span)], records: &[Record]) -> Vec<EmitError> {
    if declared.is_empty() {
        return Vec::new();
    }
    let mut files: BTreeMap<&str, usize> = BTreeMap::from([(MANIFEST, 1)]);
    for record in records {
        *files.entry(&record.path).or_default() += 1;
    }
    let mut places: BTreeMap<&str, BTreeSet<Span>> = BTreeMap::new();
    for (path, span) in declared {
        places.entry(path).or_default().insert(*span);
    }
    let clash = |(path, span): &(String, Span)| {
        let twin = places.get(path.as_str()).and_then(|places| places.iter().find(|place| *place != span));
        let title = if twin.is_some() {
            format!("two artifacts are rendered to `{path}`")
        } else if files.get(path.as_str()).is_some_and(|count| *count > 1) || path == MANIFEST {
            format!("`{path}` is a file of ours already")
        } else if let Some(folder) = parents(path).find(|folder| files.contains_key(folder)) {
            format!("`{path}` cannot be a file, for `{folder}` is a file and no folder")
        } else if let Some(below) = below(&files, path) {
            format!("`{path}` cannot be a file, for it is the folder of `{below}`")
        } else {
            return None;
        };
        let mut finding = Finding::new(Code::ArtifactClash, *span, title);
        finding = match twin {
            Some(other) => finding.related(*other, "the other one").help("give one of them another `path`"),
            None => finding.help("give it another `path`; to change a file of ours, replace its template"),
        };
        let deployment = path.split_once('/').map_or("", |(folder, _)| folder).to_owned();
        Some(EmitError {
            artifact: path.clone(),
            deployment,
            node: None,
            problem: Problem::Own(Box::new(finding)),
        })
    };
    declared.iter().filter_map(clash).collect()
}

/// The folders that a path leads through.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// A file below a path.
fn below<'f>(files: &BTreeMap<&'f str, usize>, path: &str) -> Option<&'f str> {
    let folder = format!("{path}/");
    let after = (Bound::Excluded(folder.as_str()), Bound::Unbounded);
    let (next, _) = files.range::<str, _>(after).next()?;
    next.starts_with(&folder).then_some(next)
}
