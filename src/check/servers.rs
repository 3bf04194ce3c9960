//! What rules ask of servers, whatever they are: their settings in effect, their machine, whether all
//! of a deployment's nodes are there. No rule lives here.

use crate::catalog::{Directive, Target, directive};
use crate::model::{Assigned, Deployment, HostId, Model, Node, SentinelSet, Setting, Settings, Topology};
use crate::source::{At, Span};
use crate::spec::TlsSpec;
use crate::value::{Defaults, OutputLimits, Value};

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
    defaults: &'static Defaults,
}

/// The directive that [`Servers::output_limits`] reads.
pub(super) const OUTPUT_LIMITS: &str = "client-output-buffer-limit";

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
            defaults: Defaults::of(deployment.target.engine, deployment.target.versions),
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
            defaults: Defaults::of(set.target.engine, set.target.versions),
        }
    }

    /// One setting of one node, by any of the directive's names.
    pub(super) fn setting(&self, node: &'m Node, name: &str) -> Option<&'m Setting> {
        match self.known(name) {
            Some((directive, spelled)) => self.of(&node.own, directive, spelled),
            // A module may bring it.
            None => node.own.get(name).or_else(|| self.shared.get(name)),
        }
    }

    /// A setting of a node that has these settings of its own.
    pub(super) fn of(&self, own: &'m Settings, directive: &Directive, spelled: &str) -> Option<&'m Setting> {
        own.of(directive, spelled).or_else(|| self.shared.of(directive, spelled))
    }

    /// A directive that the version has, and what it calls it, whatever name it is asked for by.
    pub(super) fn known(&self, name: &str) -> Option<(&'static Directive, &'static str)> {
        let directive = directive(self.target.engine, name)?;
        Some((directive, directive.at(self.target.versions.last)?.name))
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

    /// The value in effect on a node: what the spec sets or what follows from it, else the server's default. None
    /// where it failed, may have been lost, is a secret or a list of lines, and where the version does not have the
    /// directive or its default is not the same in all of the versions.
    pub(super) fn value(&self, node: &'m Node, name: &str) -> Option<&'m Value> {
        let (directive, spelled) = self.known(name)?;
        self.value_of(&node.own, directive, spelled)
    }

    /// As [`Servers::value`], for a node that has these settings of its own.
    pub(super) fn value_of(
        &self,
        own: &'m Settings,
        directive: &Directive,
        spelled: &str,
    ) -> Option<&'m Value> {
        if self.is_poisoned(&[spelled, "config", "profiles"]) {
            return None;
        }
        match self.of(own, directive, spelled).map(|setting| &setting.value) {
            Some(Assigned::Value(value)) => Some(value),
            Some(_) => None,
            None if self.may_be_lost() => None,
            None => self.defaults.get(directive),
        }
    }

    /// Whether what is not there may have been lost: with a line of bad syntax, or under a misspelled name.
    fn may_be_lost(&self) -> bool {
        // What failed of the deployment's own table.
        const KEYS: [&str; 4] = ["survives", "replicas", "replication", "users"];
        let misspelled =
            |name: &String| !KEYS.contains(&name.as_str()) && directive(self.target.engine, name).is_none();
        self.deployment.is_some_and(|deployment| deployment.lossy) || self.poisoned.iter().any(misspelled)
    }

    /// A number or a number of bytes in effect.
    pub(super) fn number(&self, node: &'m Node, name: &str) -> Option<i128> {
        self.value(node, name)?.as_number()
    }

    /// A number of bytes in effect.
    pub(super) fn bytes(&self, node: &'m Node, name: &str) -> Option<u64> {
        self.value(node, name)?.as_bytes()
    }

    /// A word in effect.
    pub(super) fn word(&self, node: &'m Node, name: &str) -> Option<&'static str> {
        self.value(node, name)?.as_word()
    }

    /// A switch in effect.
    pub(super) fn switch(&self, node: &'m Node, name: &str) -> Option<bool> {
        self.value(node, name)?.as_switch()
    }

    /// The limits of output buffers in effect: a line sets those of its class, the others keep their defaults.
    pub(super) fn output_limits(&self, node: &'m Node) -> Option<OutputLimits> {
        let limits = |value: &Value| match value {
            Value::OutputLimits(limits) => Some(**limits),
            _ => None,
        };
        let set = self.value(node, OUTPUT_LIMITS).and_then(limits)?;
        let default = self.defaults.get(directive(self.target.engine, OUTPUT_LIMITS)?);
        Some(default.and_then(limits).map_or(set, |default| set.or(default)))
    }

    /// Whether a setting says what holds without it.
    pub(super) fn says_the_default(&self, setting: &Setting) -> bool {
        let default = setting.directive.and_then(|directive| self.defaults.get(directive));
        matches!(&setting.value, Assigned::Value(value) if Some(value) == default)
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
