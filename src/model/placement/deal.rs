//! Deals nodes to shards so that every zone and every machine is parted evenly.

use super::hosts::Sites;

/// The sites of each shard.
///
/// Nodes sorted by zone and machine are dealt round by round. Each zone and each machine is then a run
/// of neighbours, and of any run every shard gets its share, rounded down or up: where a zone or machine holds
/// no more nodes than there are shards, no shard gets two of it.
pub(super) fn deal(sites: &Sites, loads: &[usize], shards: usize) -> Vec<Vec<usize>> {
    let mut nodes: Vec<usize> = Sites::expand(loads).collect();
    nodes.sort_by_key(|&site| (sites.zone[site], sites.machine[site], site));
    let mut groups = vec![Vec::new(); shards];
    for (index, site) in nodes.into_iter().enumerate() {
        groups[index % shards].push(site);
    }
    groups
}
