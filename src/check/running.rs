//! What single servers run with: what the spec sets, under whatever name their version has for it, and else the
//! server's own default. And faults that several servers share, by the place that they come from. No rule lives here.

use std::collections::BTreeMap;

use super::servers::Servers;
use crate::model::{Deployment, HostId, Model, Node, Setting, Topology};
use crate::source::{At, Span};
use crate::spec::{Purpose, listed};
use crate::text::sysctl::dotted;
use crate::value::{SavePoint, Value};

/// One server of a deployment or a set of sentinels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running<'m> {
    pub(super) servers: Servers<'m>,
    pub(super) node: &'m Node,
}

impl<'m> Running<'m> {
    pub(super) fn each(servers: Servers<'m>) -> impl Iterator<Item = Running<'m>> {
        servers.nodes.iter().map(move |node| Running { servers, node })
    }

    /// What the spec or what follows from it sets, by any of the directive's names.
    pub(super) fn setting(&self, name: &str) -> Option<&'m Setting> {
        self.servers.setting(self.node, self.servers.spelled(name)?)
    }

    /// Whether the version has the directive.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.servers.spelled(name).is_some()
    }

    /// Where a setting of the spec stands; none where the server's default holds.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.setting(name)?.origin.span()
    }

    /// Where the value itself stands, for a fix.
    pub(super) fn value_place(&self, name: &str) -> Option<Span> {
        self.setting(name)?.value_span
    }

    /// The value in effect, as far as it is known: see [`Servers::value`].
    pub(super) fn value(&self, name: &str) -> Option<&'m Value> {
        self.servers.value(self.node, name)
    }

    /// Whether a switch is known to be on, or known to be off.
    pub(super) fn is(&self, name: &str, on: bool) -> bool {
        self.value(name) == Some(&Value::Bool(on))
    }

    /// A number or a number of bytes.
    pub(super) fn number(&self, name: &str) -> Option<i128> {
        self.servers.number(self.node, name)
    }

    /// Whether the value is this word.
    pub(super) fn says(&self, name: &str, word: &str) -> bool {
        self.servers.word(self.node, name) == Some(word)
    }

    /// When it saves snapshots of its own accord.
    pub(super) fn save_points(&self) -> Option<&'m [SavePoint]> {
        match self.value("save")? {
            Value::Save(points) => Some(points.as_slice()),
            _ => None,
        }
    }

    /// Whether its data outlast it.
    pub(super) fn persists(&self) -> Option<bool> {
        let log = *self.value("appendonly")? == Value::Bool(true);
        Some(log || !self.save_points()?.is_empty())
    }

    /// Whether snapshots are all that it keeps.
    pub(super) fn only_snapshots(&self) -> bool {
        self.is("appendonly", false) && self.save_points().is_some_and(|points| !points.is_empty())
    }
}

/// Servers that share a fault, by the place where they have it from.
pub(super) fn faults<'m>(
    servers: Servers<'m>,
    place: impl Fn(&Running<'m>) -> Option<Span>,
) -> BTreeMap<Span, Vec<Running<'m>>> {
    let mut faults: BTreeMap<Span, Vec<Running<'m>>> = BTreeMap::new();
    for running in Running::each(servers) {
        if let Some(place) = place(&running) {
            faults.entry(place).or_default().push(running);
        }
    }
    faults
}

/// Servers in words: the deployment where it is all of them, else their names, or how many they are.
pub(super) fn whose(running: &[Running<'_>]) -> String {
    let Some(first) = running.first() else { return String::new() };
    let servers = first.servers;
    if running.len() == servers.nodes.len() {
        return servers.to_string();
    }
    if running.len() > 3 {
        return format!("{} nodes of {servers}", running.len());
    }
    let names: Vec<&str> = running.iter().map(|running| running.node.id.0.as_str()).collect();
    format!("{} of {servers}", listed(&names))
}

/// What a deployment is declared to be for, where losing data is losing them for good.
pub(super) fn kept_data(deployment: &Deployment) -> Option<At<Purpose>> {
    deployment.spec.purpose.filter(|purpose| purpose.value != Purpose::Cache)
}

/// Nodes that hold copies of each other's data, the first day's primary first.
pub(super) fn copies(deployment: &Deployment) -> Vec<Vec<Running<'_>>> {
    let servers = Servers::of_deployment(deployment);
    let running = |at: &usize| servers.nodes.get(*at).map(|node| Running { servers, node });
    match &deployment.topology {
        Topology::Standalone => Running::each(servers).map(|running| vec![running]).collect(),
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            let others = (0..servers.nodes.len()).filter(|at| at != primary);
            vec![std::iter::once(*primary).chain(others).filter_map(|at| running(&at)).collect()]
        }
        Topology::Cluster { shards } => {
            let nodes = |shard: &crate::model::Shard| {
                std::iter::once(&shard.primary).chain(&shard.replicas).filter_map(running).collect()
            };
            shards.iter().map(nodes).collect()
        }
    }
}

/// Servers and sentinels of a machine.
pub(super) fn on_machine(model: &Model, host: HostId) -> impl Iterator<Item = Running<'_>> {
    let address = super::servers::machine(model, host);
    let each = Servers::all(model).flat_map(Running::each);
    each.filter(move |running| super::servers::machine(model, running.node.host) == address)
}

/// A kernel setting that a host declares: where, and its value.
pub(super) fn kernel_setting<'m>(model: &'m Model, host: HostId, name: &str) -> Option<&'m At<String>> {
    let sysctl = model.host(host).spec.sysctl.as_ref()?;
    sysctl.value.0.iter().rev().find(|(key, _)| dotted(&key.value) == name).map(|(_, value)| value)
}

/// The deployments of some servers, each once, in words.
pub(super) fn deployments_of<'m>(running: impl Iterator<Item = Running<'m>>) -> Vec<&'m str> {
    let mut names: Vec<&str> = running.map(|running| running.servers.name.value.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
