//! One run: files go to whoever takes them as soon as they are made, and errors are collected.

use std::collections::BTreeMap;

use crate::model::{HostId, Model, NodeId, SentinelSet};
use crate::source::Span;

use super::artifact::{Artifact, Install, PRIVATE, SecretSlot};
use super::bytes::Bytes;
use super::error::{EmitError, Problem};
use super::made::Made;
use super::secret::Vault;
use super::server_conf::SharedLines;
use super::templates::Templates;
use super::{EmitOptions, Layout};

/// A run: what every emitter needs, and where each puts what it made.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) templates: Templates,
    pub(super) vault: Vault<'a>,
    pub(super) shared_lines: SharedLines<'a>,
    sink: &'a mut dyn FnMut(Item),
    hosts: Option<Hosts<'a>>,
    errors: Vec<EmitError>,
    /// The paths of declared artifacts, and where each is declared.
    declared: Vec<(String, Span)>,
}

/// The hosts that nodes stand on, by folder and node: where every host has a folder of its own.
#[derive(Debug)]
struct Hosts<'a>(BTreeMap<(String, &'a NodeId), &'a str>);

/// A file on its way.
pub(super) struct Item {
    pub(super) artifact: Artifact,
    /// Nothing stood in the way of any file before it. After an error nothing will be written, and there may still be
    /// errors to find.
    pub(super) wanted: bool,
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
        sink: &'a mut dyn FnMut(Item),
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
            shared_lines: SharedLines::default(),
            sink,
            hosts: (options.layout == Layout::Host).then(|| Hosts::of(model)),
            declared: Vec::new(),
            errors: Vec::new(),
        })
    }

    /// The path of a file below the output folder.
    pub(super) fn path(&self, place: Place<'_>) -> String {
        let (folder, file) = (place.folder, place.file);
        match (self.host(place), place.node) {
            (Some(host), Some(node)) => [host, folder, &node.0, file].join("/"),
            (None, Some(node)) => [folder, &node.0, file].join("/"),
            (_, None) => [folder, file].join("/"),
        }
    }

    /// The host of a node, where hosts have folders.
    fn host(&self, place: Place<'_>) -> Option<&'a str> {
        self.hosts.as_ref()?.of_node(place.folder, place.node?)
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
        (self.sink)(Item { artifact, wanted: self.errors.is_empty() });
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

    /// What is left to be looked at once all files are made.
    pub(super) fn done(self) -> Made {
        let hosts = self.hosts.iter().flat_map(|hosts| hosts.0.values());
        Made {
            hosts: hosts.map(|host| (*host).to_owned()).collect(),
            declared: self.declared,
            errors: self.errors,
        }
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

    /// The host of a node.
    fn of_node(&self, folder: &str, node: &NodeId) -> Option<&'a str> {
        self.0.get(&(folder.to_owned(), node)).copied()
    }
}

/// Whether a name stays inside its folder and on its line, on any file system.
fn is_safe(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}
