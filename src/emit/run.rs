//! One run: files go to whoever takes them as soon as they are made, and what is kept of them is what the
//! manifest says; errors are collected.

use std::ops::ControlFlow;

use crate::model::{Model, NodeId};

use super::EmitOptions;
use super::artifact::{Artifact, Install, PRIVATE, SecretSlot};
use super::bytes::Bytes;
use super::error::{EmitError, Problem};
use super::manifest::Record;
use super::secret::Vault;
use super::templates::Templates;

/// A run: what every emitter needs, and where each puts what it made.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) templates: Templates,
    pub(super) vault: Vault<'a>,
    sink: &'a mut dyn FnMut(Artifact) -> ControlFlow<()>,
    records: Vec<Record>,
    errors: Vec<EmitError>,
    /// Nobody takes files any more.
    broken_off: bool,
}

/// Where a file belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The folder of the deployment or set of sentinels.
    pub(super) folder: &'a str,
    /// The node, for files of one node.
    pub(super) node: Option<&'a NodeId>,
    /// The file's own name.
    pub(super) file: &'a str,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        model: &'a Model,
        options: &EmitOptions<'a>,
        sink: &'a mut dyn FnMut(Artifact) -> ControlFlow<()>,
    ) -> Result<Self, Vec<EmitError>> {
        let templates = Templates::built_in().map_err(|problem| {
            vec![EmitError { artifact: "*".to_owned(), deployment: String::new(), node: None, problem }]
        })?;
        let vault = Vault(options.secrets);
        let (records, errors) = (Vec::new(), Vec::new());
        Ok(Run { model, templates, vault, sink, records, errors, broken_off: false })
    }

    /// Adds a file. One that holds a secret is nobody else's to read.
    pub(super) fn add(
        &mut self,
        place: Place<'_>,
        install: Install,
        mode: u32,
        bytes: impl Into<Bytes>,
        secrets: Vec<SecretSlot>,
    ) {
        let names = [Some(place.folder), place.node.map(|node| node.0.as_str())];
        for name in names.into_iter().flatten() {
            if !is_safe(name) {
                return self.fail(place, Problem::UnsafeName { name: name.to_owned() });
            }
        }
        let mode = if secrets.iter().any(|slot| slot.filled) { PRIVATE } else { mode };
        // After an error nothing will be written, and there may still be errors to find.
        if self.broken_off || !self.errors.is_empty() {
            return;
        }
        let artifact = Artifact {
            path: path(place),
            bytes: bytes.into(),
            install,
            mode,
            deployment: place.folder.to_owned(),
            node: place.node.cloned(),
            secrets,
        };
        self.records.push(Record::from(&artifact));
        self.broken_off = (self.sink)(artifact).is_break();
    }

    /// Notes what stands in the way of a file.
    pub(super) fn fail(&mut self, place: Place<'_>, problem: Problem) {
        self.errors.push(EmitError {
            artifact: path(place),
            deployment: place.folder.to_owned(),
            node: place.node.cloned(),
            problem,
        });
    }

    /// Notes what stands in the way of a file of every node of a deployment, once.
    pub(super) fn fail_all(&mut self, place: Place<'_>, problem: Problem) {
        self.errors.push(EmitError {
            artifact: format!("{}/*/{}", place.folder, place.file),
            deployment: place.folder.to_owned(),
            node: None,
            problem,
        });
    }

    /// What was made, by path, or everything that stands in the way.
    pub(super) fn finish(mut self) -> Result<Vec<Record>, Vec<EmitError>> {
        self.records.sort_by(|a, b| a.path.cmp(&b.path));
        for pair in self.records.windows(2) {
            if pair[0].path == pair[1].path {
                self.errors.push(EmitError {
                    artifact: pair[1].path.clone(),
                    deployment: pair[1].deployment.clone(),
                    node: pair[1].node.clone(),
                    problem: Problem::SamePath,
                });
            }
        }
        if self.errors.is_empty() { Ok(self.records) } else { Err(self.errors) }
    }
}

fn path(place: Place<'_>) -> String {
    match place.node {
        Some(node) => format!("{}/{node}/{}", place.folder, place.file),
        None => format!("{}/{}", place.folder, place.file),
    }
}

/// Whether a name stays inside its folder and on its line, on any file system.
fn is_safe(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}
