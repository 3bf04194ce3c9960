//! What one run collects: files and errors.

use crate::model::{Model, NodeId};
use crate::source::Span;

use super::EmitOptions;
use super::artifact::{Artifact, Install, PRIVATE, SecretSlot};
use super::clash;
use super::error::{EmitError, Problem};
use super::secret::Vault;
use super::templates::Templates;

/// A run: what every emitter needs, and where each puts what it made.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) templates: Templates,
    pub(super) vault: Vault<'a>,
    artifacts: Vec<Artifact>,
    errors: Vec<EmitError>,
    /// The paths of declared artifacts, and where each is declared.
    declared: Vec<(String, Span)>,
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
    pub(super) fn new(model: &'a Model, options: &EmitOptions<'a>) -> Result<Self, Vec<EmitError>> {
        let templates = Templates::new(&model.own).map_err(|problems| {
            let error = |problem| EmitError {
                artifact: "*".to_owned(),
                deployment: String::new(),
                node: None,
                problem,
            };
            problems.into_iter().map(error).collect::<Vec<_>>()
        })?;
        let vault = Vault(options.secrets);
        Ok(Run { model, templates, vault, artifacts: Vec::new(), errors: Vec::new(), declared: Vec::new() })
    }

    /// Adds a file. One that holds a secret is nobody else's to read.
    pub(super) fn add(
        &mut self,
        place: Place<'_>,
        install: Install,
        mode: u32,
        bytes: Vec<u8>,
        secrets: Vec<SecretSlot>,
    ) {
        let names = [Some(place.folder), place.node.map(|node| node.0.as_str())];
        for name in names.into_iter().flatten() {
            if !is_safe(name) {
                return self.fail(place, Problem::UnsafeName { name: name.to_owned() });
            }
        }
        let mode = if secrets.iter().any(|slot| slot.filled) { PRIVATE } else { mode };
        self.artifacts.push(Artifact {
            path: path(place),
            bytes,
            install,
            mode,
            deployment: place.folder.to_owned(),
            node: place.node.cloned(),
            secrets,
        });
    }

    /// Adds a file of everything, by its path below the output folder.
    pub(super) fn add_at_top(&mut self, path: &str, mode: u32, bytes: Vec<u8>) {
        self.artifacts.push(Artifact {
            path: path.to_owned(),
            bytes,
            install: Install::Replace,
            mode,
            deployment: String::new(),
            node: None,
            secrets: Vec::new(),
        });
    }

    /// Notes what stands in the way of a file of everything.
    pub(super) fn fail_at_top(&mut self, path: &str, problem: Problem) {
        let (artifact, deployment) = (path.to_owned(), String::new());
        self.errors.push(EmitError { artifact, deployment, node: None, problem });
    }

    /// Notes that the spec declares a file, which is not to stand in the way of others.
    pub(super) fn declare(&mut self, path: String, span: Span) {
        self.declared.push((path, span));
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

    /// The files by path, or everything that stands in the way.
    pub(super) fn finish(mut self) -> Result<Vec<Artifact>, Vec<EmitError>> {
        self.artifacts.sort_by(|a, b| a.path.cmp(&b.path));
        for pair in self.artifacts.windows(2) {
            if pair[0].path == pair[1].path && !clash::is_declared(&self.declared, &pair[0].path) {
                self.errors.push(EmitError {
                    artifact: pair[1].path.clone(),
                    deployment: pair[1].deployment.clone(),
                    node: pair[1].node.clone(),
                    problem: Problem::SamePath,
                });
            }
        }
        self.errors.extend(clash::errors(&self.declared, &self.artifacts));
        if self.errors.is_empty() { Ok(self.artifacts) } else { Err(self.errors) }
    }
}

/// The path of a file below the output folder.
pub(super) fn path(place: Place<'_>) -> String {
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
