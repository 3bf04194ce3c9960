//! How many nodes each site takes.

use super::hosts::{Sites, totals};
use super::separate::can_separate;

/// The number of nodes on each site, `shards * members` together.
///
/// A list with exactly as many entries decides by itself. Otherwise nodes go evenly over the entries,
/// but no machine, and where there are zones no zone, takes more than keeps shards apart.
pub(super) fn loads(sites: &Sites, shards: usize, members: usize) -> Vec<usize> {
    let nodes = shards * members;
    if sites.entries() == nodes {
        return sites.seats.clone();
    }
    let mut loads = even(sites, shards, members);
    let (level, classes) = match (sites.zones(), sites.machines()) {
        (2.., _) => (&sites.zone, sites.zones()),
        (_, machines) => (&sites.machine, machines),
    };
    // Large shards in few zones: two and two cannot be told apart, one and three can.
    if classes > 1 && members > 2 {
        for _ in 0..nodes {
            if can_separate(&totals(level, &loads), shards, members)
                || !skew(sites, level, &mut loads, shards)
            {
                break;
            }
        }
    }
    loads
}

/// Hands out nodes one by one: to the site with the fewest for its entries, then in the emptiest zone, then
/// on the emptiest machine, then to the first of the list.
fn even(sites: &Sites, shards: usize, members: usize) -> Vec<usize> {
    let mut loads = vec![0; sites.len()];
    let (mut on, mut within) = (vec![0; sites.machines()], vec![0; sites.zones()]);
    // With as many zones as a shard has nodes, each shard takes at most one from each zone.
    let share = |classes: usize| shards * members.div_ceil(classes.max(1));
    let most_on_machine = share(sites.machines());
    let mut most_in_zone = share(sites.zones());
    for _ in 0..shards * members {
        let site = loop {
            let open = (0..sites.len()).filter(|&site| {
                on[sites.machine[site]] < most_on_machine && within[sites.zone[site]] < most_in_zone
            });
            let best = open.min_by_key(|&site| {
                let round = loads[site] / sites.seats[site].max(1);
                (round, within[sites.zone[site]], on[sites.machine[site]], site)
            });
            match best {
                Some(site) => break site,
                // Too few machines in the other zones: machines come before zones.
                None => most_in_zone += shards,
            }
        };
        loads[site] += 1;
        on[sites.machine[site]] += 1;
        within[sites.zone[site]] += 1;
    }
    loads
}

/// Moves one node from the emptiest class to the fullest; false where nothing can be moved.
fn skew(sites: &Sites, level: &[usize], loads: &mut [usize], shards: usize) -> bool {
    let totals = totals(level, loads);
    let classes = || (0..totals.len()).filter(|&class| totals[class] > 0);
    let Some(least) = classes().min_by_key(|&class| totals[class]) else { return false };
    let others = classes().filter(|&class| class != least && totals[class] > shards);
    let Some(most) = others.max_by_key(|&class| totals[class]) else { return false };
    let sites_in = |class: usize| (0..sites.len()).filter(move |&site| level[site] == class);
    let from = sites_in(least).max_by_key(|&site| loads[site]);
    let to = sites_in(most).min_by_key(|&site| loads[site]);
    match (from, to) {
        (Some(from), Some(to)) if loads[from] > 0 => {
            loads[from] -= 1;
            loads[to] += 1;
            true
        }
        _ => false,
    }
}
