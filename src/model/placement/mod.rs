//! Where the nodes of a cluster stand: a pure function of the hosts, the numbers and the pins.
//! The same input gives the same placement on any machine. Here live the algorithm, the slots and the
//! text of pins; how a spec's names become hosts, and whether a problem stops anything, does not.
//!
//! What counts, in this order:
//! 1. a list of hosts as long as the nodes are many gives each entry one node;
//! 2. no replica on its primary's machine, wherever that can be had;
//! 3. no replica in its primary's zone, wherever that can be had;
//! 4. primaries spread over zones, then over machines; the nodes of a shard over zones and machines;
//! 5. nodes spread evenly over the hosts.
//!
//! 2 and 3 are exact without pins: nodes sorted by zone and machine are dealt to the shards like cards,
//! which parts every zone and machine as evenly as it can be; where that still leaves a pair together
//! (large shards in few zones), a construction that never spends what a later shard needs takes over.

mod complete;
mod deal;
mod hosts;
mod layer;
mod loads;
mod pins;
mod primaries;
mod problem;
mod separate;
mod slots;
#[cfg(test)]
mod tests;

use crate::source::At;
use crate::spec::{Named, PinRole, PinSpec};

use super::topology::{HostId, Slots};
pub use layer::pins_of;
pub use pins::Pin;
pub use problem::Problem;
pub use slots::{BadSlots, even_slots};

use complete::complete;
use hosts::Sites;

/// The highest port of a cluster node: its bus listens 10,000 above (`CLUSTER_PORT_INCR`, cluster.h).
const LAST_PORT: u16 = 55_535;

/// A host that a deployment lists. It may be listed several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceHost<'a> {
    /// The host.
    pub id: HostId,
    /// Its name.
    pub name: &'a str,
    /// Its address; hosts with one address are one machine.
    pub address: &'a str,
    /// Its zone; without one, its machine is a zone of its own.
    pub zone: Option<&'a str>,
}

/// A cluster to place.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The hosts in the order of the spec, as often as they stand there.
    pub hosts: &'a [PlaceHost<'a>],
    /// The number of shards, 1 to 1000.
    pub shards: u16,
    /// Replicas of each shard, 0 to 100.
    pub replicas: u16,
    /// The first port on each machine; further nodes count upwards from it.
    pub port: u16,
    /// The pins by name of node.
    pub pins: &'a Named<PinSpec>,
}

/// A placed node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedNode {
    /// Its name: the pin's, or `HOST-PORT`.
    pub name: String,
    /// Its host.
    pub host: HostId,
    /// The port for clients.
    pub port: u16,
    /// Its shard, counted from 1.
    pub shard: u16,
    /// Its role on the first day.
    pub role: PinRole,
    /// Where it is pinned.
    pub pin: Option<At<String>>,
}

/// A placed shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedShard {
    /// Its number, counted from 1.
    pub number: u16,
    /// Its nodes, as places in [`Placement::nodes`], the first day's primary first. One without hosts
    /// to stand on has none.
    pub nodes: Vec<usize>,
    /// Its slots.
    pub slots: Slots,
}

/// A placed cluster, as far as it could be placed, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// The nodes by shard, each shard's primary first.
    pub nodes: Vec<PlacedNode>,
    /// The shards by number.
    pub shards: Vec<PlacedShard>,
    /// What is wrong, in the order of pins and shards.
    pub problems: Vec<Problem>,
}

/// A node that has a site but no port and name yet, unless a pin gives them.
#[derive(Debug, Clone)]
struct Seated {
    site: usize,
    pin: Option<Pin>,
}

/// Places a cluster. Without hosts the result has no nodes.
pub fn place(request: &Request<'_>) -> Placement {
    let sites = Sites::new(request.hosts);
    let mut problems = Vec::new();
    let pins = pins::valid_pins(request, &sites, &mut problems);
    if sites.is_empty() {
        return Placement { problems, ..Placement::default() };
    }
    let (shards, size) = (usize::from(request.shards), usize::from(request.replicas) + 1);
    let groups = if pins.is_empty() {
        let groups = fresh(&sites, shards, size);
        let seat = |group: Vec<usize>| group.into_iter().map(|site| Seated { site, pin: None }).collect();
        groups.into_iter().map(seat).collect()
    } else {
        complete(&sites, shards, size, &pins)
    };
    let mut found = Vec::new();
    problem::find_shared(&sites, &groups, &mut found);
    let slots = slots::assign(&groups, &mut found);
    let (nodes, members) = name_nodes(request, &sites, groups, &mut found);
    // With a pin that does not hold, the rest follows from it.
    if problems.is_empty() {
        problems = found;
    }
    let shards = members
        .into_iter()
        .zip(slots)
        .zip(1..)
        .map(|((nodes, slots), number)| PlacedShard { number, nodes, slots })
        .collect();
    Placement { nodes, shards, problems }
}

/// The sites of each shard, its primary's first, where nothing is pinned.
fn fresh(sites: &Sites, shards: usize, size: usize) -> Vec<Vec<usize>> {
    let loads = loads::loads(sites, shards, size);
    let dealt = deal::deal(sites, &loads, shards);
    let mut groups = primaries::choose(sites, dealt);
    for level in [&sites.zone, &sites.machine] {
        if primaries::pairs(level, &groups) > 0
            && let Some(apart) = separate::separate(sites, level, &loads, shards, size)
        {
            groups = apart;
            break;
        }
    }
    // Shard 1 leads on the first host, shard 2 on the next, as people expect.
    let mut groups = interleave(sites, groups);
    for group in &mut groups {
        group[1..].sort_unstable();
    }
    groups
}

/// Orders shards by their primaries: one for each site in the order of the spec, then the second ones.
fn interleave(sites: &Sites, groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut seen = vec![0usize; sites.len()];
    let mut keyed: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let primary = group[0];
            seen[primary] += 1;
            (seen[primary], primary, group)
        })
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, _, group)| group).collect()
}

/// Gives ports and names: primaries count upwards from the base port first, then replicas.
fn name_nodes(
    request: &Request<'_>,
    sites: &Sites,
    groups: Vec<Vec<Seated>>,
    problems: &mut Vec<Problem>,
) -> (Vec<PlacedNode>, Vec<Vec<usize>>) {
    let mut namer = pins::Namer::new(request, sites, groups.iter().flatten());
    let primaries: Vec<_> = groups.iter().map(|group| group.first().map(|node| namer.place(node))).collect();
    let (mut nodes, mut members) = (Vec::new(), Vec::new());
    for ((group, primary), shard) in groups.into_iter().zip(primaries).zip(1..) {
        let replicas: Vec<_> = group.iter().skip(1).map(|node| namer.place(node)).collect();
        let first = nodes.len();
        for (index, (seated, (name, port))) in
            group.into_iter().zip(primary.into_iter().chain(replicas)).enumerate()
        {
            let role = if index == 0 { PinRole::Primary } else { PinRole::Replica };
            let pin = seated.pin.map(|pin| pin.name);
            nodes.push(PlacedNode { name, host: sites.id(seated.site), port, shard, role, pin });
        }
        members.push((first..nodes.len()).collect());
    }
    problems.extend(namer.exhausted());
    (nodes, members)
}
