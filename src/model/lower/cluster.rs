//! Clusters: shards and their nodes, placed by [`crate::model::placement`].

use std::collections::BTreeMap;

use super::Lowering;
use super::nodes::{Seat, report_no_hosts};
use super::redis::{PORT, Placed, required};
use crate::diag::{Code, Finding};
use crate::model::placement::{self, PlaceHost, Placement, Problem, Request};
use crate::model::topology::{NodeId, Shard, ShardId, Topology};
use crate::source::{At, Span};
use crate::spec::{RedisSpec, Replicas, Survives, TopologyKind};

/// Places the nodes of a cluster.
pub(super) fn place(
    lowering: &mut Lowering<'_>,
    name: &At<String>,
    spec: &RedisSpec,
    topology: At<TopologyKind>,
) -> Option<Placed> {
    let hosts = required(lowering, spec.hosts.as_ref(), "hosts", name, topology);
    let shards = required(lowering, spec.shards.as_ref(), "shards", name, topology);
    let replicas = replicas(lowering, spec, name);
    let listed: Vec<_> = hosts?.value.iter().map(|host| (host, lowering.host(host))).collect();
    report_no_hosts(lowering, name, hosts?);
    // With a host missing, every place would be another one.
    let known: Option<Vec<_>> = listed.into_iter().map(|(host, id)| Some((host, id?))).collect();
    let known = known.filter(|known| !known.is_empty())?;
    let shards = u16::try_from(shards?.value).ok().filter(|shards| (1..=1000).contains(shards))?;
    let place_hosts: Vec<PlaceHost<'_>> = known
        .iter()
        .map(|(name, id)| {
            let host = &lowering.hosts[id.0];
            PlaceHost { id: *id, name: &name.value, address: &host.address.value, zone: host.zone() }
        })
        .collect();
    let request = Request {
        hosts: &place_hosts,
        shards,
        replicas: replicas?,
        port: spec.port.map_or(PORT, |port| port.value.0),
        pins: &spec.pins,
    };
    let placement = placement::place(&request);
    let names: Vec<&str> = known.iter().map(|(name, _)| name.value.as_str()).collect();
    let intended = lowering.survives_lost(name, spec)
        || spec.survives.is_some_and(|survives| survives.value == Survives::Nothing);
    for problem in &placement.problems {
        // Zones matter where the spec says what is to be survived; that is a rule of its own.
        let own_rule = matches!(problem, Problem::SharedZone { .. });
        let meant = intended && matches!(problem, Problem::SharedMachine { .. });
        if !own_rule && !meant {
            lowering.findings.extend(problem.finding(name, hosts?.span, &names));
        }
    }
    if placement.nodes.is_empty() {
        return None;
    }
    let base = At::new(request.port, spec.port.map_or(hosts?.span, |port| port.span));
    Some(placed(&placement, &known.iter().map(|(name, _)| *name).collect::<Vec<_>>(), base, lowering))
}

fn replicas(lowering: &mut Lowering<'_>, spec: &RedisSpec, name: &At<String>) -> Option<u16> {
    match &spec.replicas {
        None if lowering.mentions(name, "replicas") => None,
        None => Some(0),
        Some(At { value: Replicas::PerShard(number), .. }) => Some(*number),
        Some(At { value: Replicas::Hosts(_), span }) => {
            let title = format!("`replicas` of the cluster `{}` is a number", name.value);
            let finding = Finding::new(Code::WrongType, *span, title);
            lowering.findings.push(
                finding.help("write how many replicas each shard has; `hosts` lists them all").of(name),
            );
            None
        }
    }
}

fn placed(placement: &Placement, hosts: &[&At<String>], base: At<u16>, lowering: &Lowering<'_>) -> Placed {
    let port_span = base.span;
    let mut mentions: BTreeMap<&str, Span> = BTreeMap::new();
    for host in hosts {
        mentions.entry(&host.value).or_insert(host.span);
    }
    let seats = placement
        .nodes
        .iter()
        .map(|node| {
            let name = lowering.hosts[node.host.0].name.value.as_str();
            let mention = mentions.get(name).copied().unwrap_or(port_span);
            let span = node.pin.as_ref().map_or(mention, |pin| pin.span);
            let port_span = node.pin.as_ref().map_or(port_span, |pin| pin.span);
            // A pin may stand below the deployment's port; it was there first.
            let step = node.port.saturating_sub(base.value);
            Seat { id: NodeId(node.name.clone()), host: node.host, span, port: node.port, port_span, step }
        })
        .collect();
    let shards = placement
        .shards
        .iter()
        .filter_map(|shard| {
            let (primary, replicas) = shard.nodes.split_first()?;
            let id = ShardId(shard.number);
            Some(Shard { id, primary: *primary, replicas: replicas.to_vec(), slots: shard.slots.clone() })
        })
        .collect();
    Placed { seats, topology: Topology::Cluster { shards }, complete: true }
}
