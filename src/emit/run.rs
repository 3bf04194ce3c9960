//! One run: files go to whoever takes them as soon as they are made, and what is kept of them is what the
//! manifest says; errors are collected.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::model::{HostId, Model, NodeId, SentinelSet};
use crate::source::Span;

use super::artifact::{Artifact, Install, PRIVATE, SecretSlot};
use super::bytes::Bytes;
use super::clash;
use super::error::{EmitError, Problem};
use super::manifest::{Record, Secrets};
use super::secret::Vault;
use super::templates::Templates;
use super::{EmitOptions, Layout, MANIFEST};

/// A run: what every emitter needs, and where each puts what it made.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) templates: Templates,
    pub(super) vault: Vault<'a>,
    sink: &'a mut dyn FnMut(Artifact) -> ControlFlow<()>,
    records: Vec<Record>,
    secrets: Secrets,
    hosts: Option<Hosts<'a>>,
    errors: Vec<EmitError>,
    /// The paths of declared artifacts, and where each is declared.
    declared: Vec<(String, Span)>,
    /// Nobody takes files any more.
    broken_off: bool,
}

/// The hosts that nodes stand on, by folder and node: where every host has a folder of its own.
#[derive(Debug)]
struct Hosts<'a>(BTreeMap<(String, &'a NodeId), &'a str>);

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
        let templates = Templates::new(&model.own).map_err(|problems| {
            let error = |problem| EmitError {
                artifact: "*".to_owned(),
                deployment: String::new(),
                node: None,
                problem,
            };
            problems.into_iter().map(error).collect::<Vec<_>>()
        })?;
        Ok(Run {
            model,
            templates,
            vault: Vault(options.secrets),
            sink,
            records: Vec::new(),
            secrets: Secrets::default(),
            hosts: (options.layout == Layout::Host).then(|| Hosts::of(model)),
            declared: Vec::new(),
            errors: Vec::new(),
            broken_off: false,
        })
    }

    /// The path of a file below the output folder.
    pub(super) fn path(&self, place: Place<'_>) -> String {
        match (self.host(place), place.node) {
            (Some(host), Some(node)) => format!("{host}/{}/{node}/{}", place.folder, place.file),
            (None, Some(node)) => format!("{}/{node}/{}", place.folder, place.file),
            (_, None) => format!("{}/{}", place.folder, place.file),
        }
    }

    /// The host of a node, where hosts have folders.
    fn host(&self, place: Place<'_>) -> Option<&'a str> {
        let hosts = self.hosts.as_ref()?;
        hosts.0.get(&(place.folder.to_owned(), place.node?)).copied()
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
        let names = [Some(place.folder), place.node.map(|node| node.0.as_str()), self.host(place)];
        for name in names.into_iter().flatten() {
            if !is_safe(name) {
                return self.fail(place, Problem::UnsafeName { name: name.to_owned() });
            }
        }
        let mode = if secrets.iter().any(|slot| slot.filled) { PRIVATE } else { mode };
        self.hand_over(Artifact {
            path: self.path(place),
            bytes: bytes.into(),
            install,
            mode,
            deployment: place.folder.to_owned(),
            node: place.node.cloned(),
            secrets,
        });
    }

    /// Adds a file of everything, by its path below the output folder.
    pub(super) fn add_at_top(&mut self, path: &str, mode: u32, bytes: impl Into<Bytes>) {
        self.hand_over(Artifact {
            path: path.to_owned(),
            bytes: bytes.into(),
            install: Install::Replace,
            mode,
            deployment: String::new(),
            node: None,
            secrets: Vec::new(),
        });
    }

    fn hand_over(&mut self, artifact: Artifact) {
        let record = Record::new(&artifact, self.records.last(), &mut self.secrets);
        self.records.push(record);
        // After an error nothing will be written, and there may still be errors to find.
        if !self.broken_off && self.errors.is_empty() {
            self.broken_off = (self.sink)(artifact).is_break();
        }
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
            artifact: self.path(place),
            deployment: place.folder.to_owned(),
            node: place.node.cloned(),
            problem,
        });
    }

    /// Notes what stands in the way of a file of every node of a deployment, once.
    pub(super) fn fail_all(&mut self, place: Place<'_>, problem: Problem) {
        self.errors.push(EmitError {
            artifact: match self.hosts {
                Some(_) => format!("*/{}/*/{}", place.folder, place.file),
                None => format!("{}/*/{}", place.folder, place.file),
            },
            deployment: place.folder.to_owned(),
            node: None,
            problem,
        });
    }

    /// A file whose path is a folder of other files: nobody could write both.
    fn refuse_files_in_the_way(&mut self) {
        let is_file = |path: &str| {
            let known = self.records.binary_search_by(|record| (*record.path).cmp(path));
            known.is_ok() || path == MANIFEST
        };
        let mut last = "";
        let mut errors = Vec::new();
        for record in &self.records {
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
    fn refuse_shared_folders(&mut self) {
        let Some(hosts) = &self.hosts else { return };
        let hosts: BTreeSet<&str> = hosts.0.values().copied().collect();
        let shared = |record: &&Record| record.node.is_none() && hosts.contains(&*record.deployment);
        let found = self.records.iter().filter(shared);
        let problem = |record: &Record| Problem::FolderOfHost { name: record.deployment.to_string() };
        let errors: Vec<EmitError> = found.map(|record| error(record, problem(record))).collect();
        self.errors.extend(errors);
    }

    /// What was made, by path, or everything that stands in the way.
    pub(super) fn finish(mut self) -> Result<Vec<Record>, Vec<EmitError>> {
        self.records.sort_by(|a, b| a.path.cmp(&b.path));
        for pair in self.records.windows(2) {
            if pair[0].path == pair[1].path && !clash::is_declared(&self.declared, &pair[0].path) {
                self.errors.push(error(&pair[1], Problem::SamePath));
            }
        }
        let clashes = clash::errors(&self.declared, &self.records);
        if clashes.is_empty() {
            self.refuse_files_in_the_way();
        }
        self.errors.extend(clashes);
        self.refuse_shared_folders();
        if self.errors.is_empty() { Ok(self.records) } else { Err(self.errors) }
    }
}

impl<'a> Hosts<'a> {
    fn of(model: &'a Model) -> Self {
        let mut hosts = BTreeMap::new();
        let mut note = |folder: &str, node: &'a NodeId, host: HostId| {
            hosts.insert((folder.to_owned(), node), model.host(host).name.value.as_str());
        };
        for deployment in &model.deployments {
            deployment.nodes.iter().for_each(|node| note(&deployment.name, &node.id, node.host));
        }
        for set in &model.sentinels {
            let folder = SentinelSet::folder(&set.name);
            set.nodes.iter().for_each(|node| note(&folder, &node.id, node.host));
        }
        for deployment in &model.memcached {
            deployment.nodes.iter().for_each(|node| note(&deployment.name, &node.id, node.host));
        }
        Hosts(hosts)
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

/// Whether a name stays inside its folder and on its line, on any file system.
fn is_safe(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}
