//! What rules ask of failovers: what can fail at once, who takes over then, and who must agree. No rule lives here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::running::{Running, those};
use super::servers::{Servers, machine, watching};
use crate::model::{Deployment, HostId, Model, Node, SentinelSet, Topology, Watch};
use crate::source::Span;
use crate::spec::Survives;
use crate::spec::raw::Raw;

/// Hosts that fail together.
pub(super) struct Domain<'m> {
    is_zone: bool,
    name: &'m str,
    pub(super) hosts: BTreeSet<HostId>,
}

/// With its article: the host `cache-a`.
impl fmt::Display for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}`", if self.is_zone { "zone" } else { "host" }, self.name)
    }
}

impl Domain<'_> {
    pub(super) fn holds(&self, node: &Node) -> bool {
        self.hosts.contains(&node.host)
    }

    /// The failure of the host `cache-a`.
    pub(super) fn failure(&self) -> String {
        format!("the failure of {self}")
    }
}

/// What can fail at once of a deployment's nodes and their sentinels, by name: each machine, or each zone. A host
/// without a zone stands in one of its own.
pub(super) fn domains<'m>(model: &'m Model, deployment: &Deployment, survives: Survives) -> Vec<Domain<'m>> {
    let set = match &deployment.topology {
        Topology::Sentinel { watch, .. } => watching(model, &watch.set.value),
        _ => None,
    };
    let nodes = deployment.nodes.iter().chain(set.map_or(&[][..], |set| &set.nodes));
    let hosts: BTreeSet<HostId> = nodes.map(|node| node.host).collect();
    let mut domains: BTreeMap<(bool, &str), Domain<'_>> = BTreeMap::new();
    for id in hosts {
        let host = model.host(id);
        let zone = host.zone().filter(|_| survives == Survives::Zone);
        let key = zone.map_or((true, machine(model, id)), |zone| (false, zone));
        let name = zone.unwrap_or(&host.name.value);
        let new = || Domain { is_zone: zone.is_some(), name, hosts: BTreeSet::new() };
        let domain = domains.entry(key).or_insert_with(new);
        domain.hosts.insert(id);
    }
    domains.into_values().collect()
}

/// What most of `all` are: how many must agree in an election.
pub(super) fn majority(all: usize) -> usize {
    all / 2 + 1
}

/// A primary and its replicas, as places in [`Deployment::nodes`].
pub(super) fn groups(deployment: &Deployment) -> Vec<(usize, Vec<usize>)> {
    match &deployment.topology {
        Topology::Standalone => Vec::new(),
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            let replicas = (0..deployment.nodes.len()).filter(|node| node != primary).collect();
            vec![(*primary, replicas)]
        }
        Topology::Cluster { shards } => {
            shards.iter().map(|shard| (shard.primary, shard.replicas.clone())).collect()
        }
    }
}

/// The groups of a deployment by the hosts that their nodes are on: a failure touches few groups of many.
pub(super) struct GroupsByHost<'m> {
    deployment: &'m Deployment,
    groups: Vec<(usize, Vec<usize>)>,
    on: BTreeMap<HostId, Vec<usize>>,
}

impl<'m> GroupsByHost<'m> {
    pub(super) fn of(deployment: &'m Deployment) -> Self {
        let groups = groups(deployment);
        let mut on: BTreeMap<HostId, Vec<usize>> = BTreeMap::new();
        for (at, (primary, replicas)) in groups.iter().enumerate() {
            for node in std::iter::once(primary).chain(replicas) {
                if let Some(node) = deployment.nodes.get(*node) {
                    on.entry(node.host).or_default().push(at);
                }
            }
        }
        GroupsByHost { deployment, groups, on }
    }

    /// The groups with a node in a domain, each with its number.
    pub(super) fn touched(&self, domain: &Domain<'_>) -> impl Iterator<Item = (usize, &(usize, Vec<usize>))> {
        let on = domain.hosts.iter().filter_map(|host| self.on.get(host));
        let touched: BTreeSet<usize> = on.flatten().copied().collect();
        touched.into_iter().filter_map(|at| Some((at, self.groups.get(at)?)))
    }

    /// How many of the first day's primaries stand in a domain.
    pub(super) fn primaries(&self, domain: &Domain<'_>) -> usize {
        let inside = |(primary, _): &(usize, Vec<usize>)| {
            self.deployment.nodes.get(*primary).is_some_and(|node| domain.holds(node))
        };
        self.touched(domain).filter(|(_, group)| inside(group)).count()
    }
}

/// Whether a replica may be promoted without anybody's hand.
pub(super) fn may_be_promoted(deployment: &Deployment, node: &Node) -> bool {
    let servers = Servers::of_deployment(deployment);
    match &deployment.topology {
        Topology::Cluster { .. } => !servers.is_on(node, "cluster-replica-no-failover"),
        _ => servers.integer(node, "replica-priority") != Some(0),
    }
}

/// Whether a node may lead: who leads on the first day does already.
pub(super) fn may_lead(deployment: &Deployment, node: &Node) -> bool {
    let is = |primary: usize| deployment.nodes.get(primary).is_some_and(|first| first.id == node.id);
    may_be_promoted(deployment, node)
        || match &deployment.topology {
            Topology::Standalone => false,
            Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => is(*primary),
            Topology::Cluster { shards } => shards.iter().any(|shard| is(shard.primary)),
        }
}

/// Every node that leads or may lead, with the number of replicas that it has then.
pub(super) fn leaders(deployment: &Deployment) -> Vec<(&Node, usize)> {
    if deployment.topology == Topology::Standalone {
        return deployment.nodes.iter().map(|node| (node, 0)).collect();
    }
    let of_group = |(primary, replicas): (usize, Vec<usize>)| {
        let followers = replicas.len();
        let promoted = replicas.into_iter().filter(|replica| {
            deployment.nodes.get(*replica).is_some_and(|node| may_be_promoted(deployment, node))
        });
        let leaders: Vec<usize> = std::iter::once(primary).chain(promoted).collect();
        leaders.into_iter().filter_map(move |leader| Some((deployment.nodes.get(leader)?, followers)))
    };
    groups(deployment).into_iter().flat_map(of_group).collect()
}

/// How many replicas a node wants before it takes a write; none where it does not ask.
pub(super) fn replicas_to_write(running: &Running<'_>) -> Option<i128> {
    let wanted = running.integer("min-replicas-to-write").filter(|number| *number > 0)?;
    // A lag of 0 switches the rule off as well (refreshGoodSlavesCount in replication.c).
    (running.integer("min-replicas-max-lag") != Some(0)).then_some(wanted)
}

/// Whether any node of a deployment wants replicas before it takes a write.
pub(super) fn wants_replicas(deployment: &Deployment) -> bool {
    let wants = |running: &Running<'_>| replicas_to_write(running).is_some();
    !those(Servers::of_deployment(deployment), wants).is_empty()
}

/// What a deployment promises to survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// Nothing is said.
    Undeclared,
    /// Nothing is to be survived, or what is could not be read.
    Nothing,
    /// The failure of any one host or zone, which `does-not-survive` proves.
    Failure,
}

pub(super) fn promise(deployment: &Deployment) -> Promise {
    match deployment.spec.survives.map(|survives| survives.value) {
        None if deployment.poisoned.iter().any(|name| name == "survives") => Promise::Nothing,
        None => Promise::Undeclared,
        Some(Survives::Nothing) => Promise::Nothing,
        Some(Survives::Host | Survives::Zone) => Promise::Failure,
    }
}

/// The fewest sentinels of which a majority is left when one fails.
pub(super) const FEWEST_SENTINELS: usize = 3;

/// The number of sentinels that the spec asks for.
pub(super) fn declared(set: &SentinelSet) -> usize {
    set.spec.hosts.as_ref().map_or(0, |hosts| hosts.value.len()).max(set.nodes.len())
}

/// A deployment with all of its nodes, how it is watched, and the sentinels: all of them, and resolved.
pub(super) fn watched(model: &Model) -> impl Iterator<Item = (&Deployment, &Watch, &SentinelSet)> {
    model.deployments.iter().filter_map(|deployment| {
        let Topology::Sentinel { watch, .. } = &deployment.topology else { return None };
        let set = watching(model, &watch.set.value)?;
        Some((deployment, watch, set))
    })
}

/// Where the sentinels of a set are listed.
pub(super) fn listed_at(set: &SentinelSet) -> Span {
    set.spec.hosts.as_ref().map_or(set.name.span, |hosts| hosts.span)
}

/// The number of one of Sentinel's settings for a deployment, with its place; none where it is not set, or is no
/// number as written: what Sentinel makes of `30s` is told already.
pub(super) fn watch_number(deployment: &Deployment, watch: &Watch, name: &str) -> Option<(i64, Span)> {
    let setting = watch.settings.iter().find(|setting| setting.name.value == name)?;
    let number = setting.lines.first()?.first()?.parse().ok()?;
    let place = setting.name.span;
    let written = &deployment.spec.sentinel.as_ref()?.settings.entries;
    let as_written = match &written.iter().find(|entry| entry.name.span == place)?.value.value {
        Raw::Integer(written) => *written == number,
        Raw::Text(written) => written.parse() == Ok(number),
        _ => false,
    };
    as_written.then_some((number, place))
}

/// A number of things in words: `1 replica`, `2 replicas`.
pub(super) fn counted(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
