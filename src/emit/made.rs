//! What shows only when all files are made: which of them cannot lie beside each other.

use std::collections::BTreeSet;

use crate::model::NodeId;
use crate::source::Span;

use super::MANIFEST;
use super::clash;
use super::error::{EmitError, Problem};
use super::manifest::{Record, Records};

/// What a run knows when all files are made.
pub(super) struct Made {
    /// The hosts that have folders.
    pub(super) hosts: BTreeSet<String>,
    /// The paths of declared artifacts, and where each is declared.
    pub(super) declared: Vec<(String, Span)>,
    pub(super) errors: Vec<EmitError>,
}

impl Made {
    /// The records of all files, by path, or everything that stands in the way.
    pub(super) fn finish(mut self, records: Records) -> Result<Records, Vec<EmitError>> {
        let records = records.sorted();
        for pair in records.windows(2) {
            if pair[0].path == pair[1].path && !clash::is_declared(&self.declared, &pair[0].path) {
                self.errors.push(error(&pair[1], Problem::SamePath));
            }
        }
        let clashes = clash::errors(&self.declared, &records);
        if clashes.is_empty() {
            self.refuse_files_in_the_way(&records);
        }
        self.errors.extend(clashes);
        self.refuse_shared_folders(&records);
        if self.errors.is_empty() { Ok(records) } else { Err(self.errors) }
    }

    /// A file whose path is a folder of other files: nobody could write both.
    fn refuse_files_in_the_way(&mut self, records: &[Record]) {
        let is_file = |path: &str| {
            let known = records.binary_search_by(|record| (*record.path).cmp(path));
            known.is_ok() || path == MANIFEST
        };
        let mut last = "";
        let mut errors = Vec::new();
        for record in records {
            let folder = record.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if std::mem::replace(&mut last, folder) == folder {
                continue;
            }
            let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
            if let Some(file) = ends.map(|end| &folder[..end]).find(|folder| is_file(folder)) {
                let problem = Problem::FileInTheWay { file: file.to_owned() };
                errors.push(error(record, problem));
            }
        }
        self.errors.extend(errors);
    }

    /// A host and a deployment of one name: the host's folder would hold what is not the host's.
    fn refuse_shared_folders(&mut self, records: &[Record]) {
        let shared = |record: &&Record| record.node.is_none() && self.hosts.contains(&*record.deployment);
        let found = records.iter().filter(shared);
        let problem = |record: &Record| Problem::FolderOfHost { name: record.deployment.to_string() };
        let errors: Vec<EmitError> = found.map(|record| error(record, problem(record))).collect();
        self.errors.extend(errors);
    }
}

fn error(record: &Record, problem: Problem) -> EmitError {
    EmitError {
        artifact: record.path.to_string(),
        deployment: record.deployment.to_string(),
        node: record.node.as_deref().map(|node| NodeId(node.to_owned())),
        problem,
    }
}
