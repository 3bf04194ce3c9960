//! What rules ask of servers, whatever they are: their settings in effect, their machine, whether all
//! of a deployment's nodes are there. No rule lives here.

use std::collections::BTreeMap;

use crate::catalog::{self, Target};
use crate::model::{Assigned, Deployment, HostId, Model, Node, SentinelSet, Setting, Settings, Topology};
use crate::source::{At, Span};
use crate::spec::TlsSpec;
use crate::value::{FileProblem, FileSettings, Value, asked_by_file_rules, file_rules, observed};

/// Servers that read a redis.conf or a sentinel.conf: a deployment's or a set's of sentinels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Servers<'m> {
    pub(super) name: &'m At<String>,
    pub(super) target: &'m Target,
    pub(super) shared: &'m Settings,
    pub(super) nodes: &'m [Node],
    pub(super) poisoned: &'m [String],
    /// TLS as the spec has it, whether or not the build can do it.
    pub(super) tls_spec: Option<&'m At<TlsSpec>>,
    pub(super) build_tls: Option<At<bool>>,
    pub(super) deployment: Option<&'m Deployment>,
}

impl<'m> Servers<'m> {
    /// Every deployment of Redis and Valkey, then every set of sentinels.
    pub(super) fn all(model: &'m Model) -> impl Iterator<Item = Servers<'m>> {
        let deployments = model.deployments.iter().map(Servers::of_deployment);
        deployments.chain(model.sentinels.iter().map(Servers::of_sentinels))
    }

    pub(super) fn of_deployment(deployment: &'m Deployment) -> Self {
        let build = deployment.spec.build.as_ref();
        Servers {
            name: &deployment.name,
            target: &deployment.target,
            shared: &deployment.shared,
            nodes: &deployment.nodes,
            poisoned: &deployment.poisoned,
            tls_spec: deployment.spec.tls.as_ref(),
            build_tls: build.and_then(|build| build.tls),
            deployment: Some(deployment),
        }
    }

    fn of_sentinels(set: &'m SentinelSet) -> Self {
        let build = set.spec.build.as_ref();
        Servers {
            name: &set.name,
            target: &set.target,
            shared: &set.shared,
            nodes: &set.nodes,
            poisoned: &set.poisoned,
            tls_spec: set.spec.tls.as_ref(),
            build_tls: build.and_then(|build| build.tls),
            deployment: None,
        }
    }

    /// One setting of one node.
    pub(super) fn setting(&self, node: &'m Node, name: &str) -> Option<&'m Setting> {
        node.own.get(name).or_else(|| self.shared.get(name))
    }

    /// A number in effect, where the spec or what follows from it sets one.
    pub(super) fn integer(&self, node: &'m Node, name: &str) -> Option<i128> {
        match self.setting(node, name)?.value {
            Assigned::Value(Value::Integer(number)) => Some(number),
            _ => None,
        }
    }

    /// Whether a switch that is off by default is on.
    pub(super) fn is_on(&self, node: &'m Node, name: &str) -> bool {
        self.setting(node, name).is_some_and(|setting| setting.value == Assigned::Value(Value::Bool(true)))
    }

    /// A number in effect, the server's default where nothing sets one.
    pub(super) fn number(&self, node: &'m Node, name: &str) -> Option<i128> {
        match self.in_effect(node, name)? {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// A switch in effect, the server's default where nothing sets one.
    pub(super) fn switch(&self, node: &'m Node, name: &str) -> Option<bool> {
        match self.in_effect(node, name)? {
            Value::Bool(on) => Some(on),
            _ => None,
        }
    }

    fn in_effect(&self, node: &'m Node, name: &str) -> Option<Value> {
        match self.setting(node, name).map(|setting| &setting.value) {
            Some(Assigned::Value(value)) => Some(value.clone()),
            Some(_) => None,
            None => default_value(name, self.target),
        }
    }

    /// Whether a setting says what holds without it.
    pub(super) fn says_the_default(&self, setting: &Setting) -> bool {
        let default = setting.directive.and_then(|directive| default_value(directive.name, self.target));
        matches!(&setting.value, Assigned::Value(value) if Some(value) == default.as_ref())
    }

    /// Whether the value of one of the directives failed: nothing can be said of what depends on it.
    pub(super) fn is_poisoned(&self, names: &[&str]) -> bool {
        self.poisoned.iter().any(|poisoned| names.contains(&poisoned.as_str()))
    }

    /// Where a setting of a node comes from; the node's own place where nothing sets it.
    pub(super) fn place(&self, node: &'m Node, name: &str) -> Span {
        let origin = self.setting(node, name).and_then(|setting| setting.origin.span());
        origin.unwrap_or(node.span)
    }

    /// Whether the servers are nodes of a cluster.
    pub(super) fn in_cluster(&self) -> bool {
        self.deployment.is_some_and(|deployment| matches!(deployment.topology, Topology::Cluster { .. }))
    }

    /// What stops the servers, each with the first node that it stops.
    pub(super) fn file_problems(&self) -> BTreeMap<FileProblem, &'m Node> {
        let mut shared = FileSettings::default();
        add_asked(&mut shared, self.shared);
        let mut problems = BTreeMap::new();
        for node in self.nodes {
            let mut file = shared.clone();
            add_asked(&mut file, &node.own);
            for problem in file_rules(&file, self.target) {
                problems.entry(problem).or_insert(node);
            }
        }
        problems
    }
}

/// A directive's default in the newest version of a target.
fn default_value(name: &str, target: &Target) -> Option<Value> {
    let version = target.versions.last;
    let directive = catalog::directive(target.engine, name)?;
    observed(directive, target.engine, version, directive.at(version)?.default?.as_bytes())
}

/// Lays settings over a file, as far as its rules ask for them.
fn add_asked(file: &mut FileSettings, settings: &Settings) {
    for setting in settings.list() {
        let Some(directive) = setting.directive else { continue };
        file.has_user_lines |= directive.name == "user";
        if !asked_by_file_rules(directive.name) {
            continue;
        }
        match &setting.value {
            Assigned::Value(value) => file.values.insert(directive.name, value.clone()),
            _ => file.values.remove(directive.name),
        };
    }
}

/// What people call the servers of a deployment or a set: `sessions`, or the sentinels `main`.
impl std::fmt::Display for Servers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.deployment.is_none() { "the sentinels " } else { "" };
        write!(f, "{what}`{}`", self.name.value)
    }
}

/// The machine that a host is: hosts with one address are one machine.
pub(super) fn machine(model: &Model, host: HostId) -> &str {
    &model.host(host).address.value
}

/// The set of sentinels that a deployment names, if it could be resolved with all of its sentinels.
pub(super) fn watching<'m>(model: &'m Model, name: &str) -> Option<&'m SentinelSet> {
    let at = model.sentinels.binary_search_by(|set| set.name.value.as_str().cmp(name)).ok()?;
    let set = model.sentinels.get(at)?;
    let hosts = set.spec.hosts.as_ref()?;
    (set.nodes.len() == hosts.value.len()).then_some(set)
}
