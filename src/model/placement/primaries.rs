//! Who leads: in each shard a node that shares its zone and machine with as few others of the shard as can
//! be, and over all shards as evenly over zones and machines as that allows.

use std::collections::VecDeque;

use super::hosts::{Sites, count};

/// Puts each shard's primary first.
pub(super) fn choose(sites: &Sites, mut groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let candidates: Vec<Vec<usize>> = groups.iter().map(|group| candidates(sites, group)).collect();
    let mut leading: Vec<usize> = Vec::with_capacity(groups.len());
    let (mut in_zone, mut on) = (vec![0usize; sites.zones()], vec![0usize; sites.machines()]);
    for candidates in &candidates {
        let best = candidates
            .iter()
            .copied()
            .min_by_key(|&site| (in_zone[sites.zone[site]], on[sites.machine[site]], site));
        let best = best.unwrap_or_default();
        in_zone[sites.zone[best]] += 1;
        on[sites.machine[best]] += 1;
        leading.push(best);
    }
    balance(&sites.zone, &sites.zone, &candidates, &mut leading);
    balance(&sites.machine, &sites.zone, &candidates, &mut leading);
    for (group, primary) in groups.iter_mut().zip(leading) {
        if let Some(at) = group.iter().position(|&site| site == primary) {
            group.swap(0, at);
        }
    }
    groups
}

/// How many replicas share their primary's class.
pub(super) fn pairs(class: &[usize], groups: &[Vec<usize>]) -> usize {
    let shared = |group: &Vec<usize>| match group.split_first() {
        Some((&primary, replicas)) => replicas.iter().filter(|&&r| class[r] == class[primary]).count(),
        None => 0,
    };
    groups.iter().map(shared).sum()
}

/// The sites of a shard that share machine, then zone, with the fewest others; each once.
fn candidates(sites: &Sites, group: &[usize]) -> Vec<usize> {
    let mates = |site: usize| {
        let shares = |class: &[usize]| group.iter().filter(|&&other| class[other] == class[site]).count();
        (shares(&sites.machine), shares(&sites.zone))
    };
    let least = group.iter().map(|&site| mates(site)).min();
    let mut best: Vec<usize> = group.iter().copied().filter(|&site| Some(mates(site)) == least).collect();
    best.sort_unstable();
    best.dedup();
    best
}

/// Moves primaries along chains of shards, each handing over to another of its candidates, until no
/// chain evens out the classes any more (augmenting paths of a bipartite graph: the result is the most
/// even one that the candidates allow). Evenness over zones is never given up for that over machines.
fn balance(class: &[usize], zone: &[usize], candidates: &[Vec<usize>], leading: &mut [usize]) {
    let classes = count(class);
    let mut zone_of = vec![0; classes];
    for (site, &class) in class.iter().enumerate() {
        zone_of[class] = zone[site];
    }
    let (mut loads, mut in_zone) = (vec![0usize; classes], vec![0usize; count(zone)]);
    for &site in leading.iter() {
        loads[class[site]] += 1;
        in_zone[zone[site]] += 1;
    }
    // As many as a class must lead, for the emptiest to be better.
    let enough = |loads: &[usize]| loads.iter().min().copied().unwrap_or_default() + 2;
    let (mut many, mut many_in_zone) = (enough(&loads), enough(&in_zone));
    let mut from = 0;
    while from < classes {
        let better = |to: usize| {
            let same = zone_of[from] == zone_of[to];
            let neutral = same || in_zone[zone_of[from]] == in_zone[zone_of[to]] + 1;
            let evens_zones = !same && in_zone[zone_of[from]] >= in_zone[zone_of[to]] + 2;
            evens_zones || (neutral && loads[from] >= loads[to] + 2)
        };
        // Where not even the emptiest class is better, no search finds one.
        let hopeless = loads[from] < many && in_zone[zone_of[from]] < many_in_zone;
        let found = if hopeless { None } else { chain(class, candidates, leading, from, better) };
        let Some(chain) = found else {
            from += 1;
            continue;
        };
        let Some(&(_, last)) = chain.last() else { continue };
        loads[from] -= 1;
        loads[class[last]] += 1;
        in_zone[zone_of[from]] -= 1;
        in_zone[zone[last]] += 1;
        for (shard, site) in chain {
            leading[shard] = site;
        }
        // What was even before may not be any more.
        (many, many_in_zone) = (enough(&loads), enough(&in_zone));
        from = 0;
    }
}

/// The shortest chain of handovers from a class to one that `better` accepts: shards and their new primaries.
fn chain(
    class: &[usize],
    candidates: &[Vec<usize>],
    leading: &[usize],
    from: usize,
    better: impl Fn(usize) -> bool,
) -> Option<Vec<(usize, usize)>> {
    let classes = count(class);
    let mut led = vec![Vec::new(); classes];
    for (shard, &site) in leading.iter().enumerate() {
        led[class[site]].push(shard);
    }
    let mut reached: Vec<Option<(usize, usize)>> = vec![None; classes];
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        for &shard in &led[at] {
            for &site in &candidates[shard] {
                let to = class[site];
                if to == from || reached[to].is_some() {
                    continue;
                }
                reached[to] = Some((shard, site));
                if better(to) {
                    return Some(walk_back(class, leading, &reached, from, to));
                }
                queue.push_back(to);
            }
        }
    }
    None
}

fn walk_back(
    class: &[usize],
    leading: &[usize],
    reached: &[Option<(usize, usize)>],
    from: usize,
    mut to: usize,
) -> Vec<(usize, usize)> {
    let mut chain = Vec::new();
    while to != from {
        let Some((shard, site)) = reached[to] else { break };
        chain.push((shard, site));
        to = class[leading[shard]];
    }
    chain.reverse();
    chain
}
