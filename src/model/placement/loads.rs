//! How many nodes each site takes.

use std::collections::BTreeSet;

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
    // With as many zones as a shard has nodes, each shard takes at most one from each zone.
    let share = |classes: usize| shards * members.div_ceil(classes.max(1));
    let mut queue = Queue::new(sites, share(sites.machines()), share(sites.zones()));
    for _ in 0..shards * members {
        let site = loop {
            match queue.best() {
                Some(site) => break site,
                // Too few machines in the other zones: machines come before zones.
                None if queue.is_empty() => return queue.loads,
                None => queue.widen(shards),
            }
        };
        queue.take(site);
    }
    queue.loads
}

/// The sites in the order in which they take nodes: by zone, and the zones by their best site.
struct Queue<'a> {
    sites: &'a Sites,
    loads: Vec<usize>,
    on: Vec<usize>,
    within: Vec<usize>,
    most_on_machine: usize,
    most_in_zone: usize,
    on_machine: Vec<Vec<usize>>,
    /// Of each zone, its sites with room on their machines: rounds, nodes on the machine, site.
    open: Vec<BTreeSet<(usize, usize, usize)>>,
    /// The best site of each zone with room: rounds, nodes in the zone, nodes on the machine, site.
    zones: BTreeSet<(usize, usize, usize, usize)>,
}

impl<'a> Queue<'a> {
    fn new(sites: &'a Sites, most_on_machine: usize, most_in_zone: usize) -> Self {
        let mut on_machine = vec![Vec::new(); sites.machines()];
        for (site, &machine) in sites.machine.iter().enumerate() {
            on_machine[machine].push(site);
        }
        let mut queue = Queue {
            sites,
            loads: vec![0; sites.len()],
            on: vec![0; sites.machines()],
            within: vec![0; sites.zones()],
            most_on_machine,
            most_in_zone,
            on_machine,
            open: vec![BTreeSet::new(); sites.zones()],
            zones: BTreeSet::new(),
        };
        for machine in 0..queue.on_machine.len() {
            queue.open_machine(machine);
        }
        queue.widen(0);
        queue
    }

    fn best(&self) -> Option<usize> {
        self.zones.first().map(|&(.., site)| site)
    }

    /// Whether no machine has room.
    fn is_empty(&self) -> bool {
        self.open.iter().all(BTreeSet::is_empty)
    }

    /// Lets each zone take so many more.
    fn widen(&mut self, more: usize) {
        self.most_in_zone += more;
        for zone in 0..self.open.len() {
            self.close_zone(zone);
            self.open_zone(zone);
        }
    }

    fn take(&mut self, site: usize) {
        let (machine, zone) = (self.sites.machine[site], self.sites.zone[site]);
        self.close_zone(zone);
        for &mate in &self.on_machine[machine] {
            let key = self.key(mate);
            self.open[self.sites.zone[mate]].remove(&key);
        }
        self.loads[site] += 1;
        self.on[machine] += 1;
        self.within[zone] += 1;
        self.open_machine(machine);
        self.open_zone(zone);
    }

    fn key(&self, site: usize) -> (usize, usize, usize) {
        let round = self.loads[site] / self.sites.seats[site].max(1);
        (round, self.on[self.sites.machine[site]], site)
    }

    fn open_machine(&mut self, machine: usize) {
        if self.on[machine] < self.most_on_machine {
            for &site in &self.on_machine[machine] {
                let key = self.key(site);
                self.open[self.sites.zone[site]].insert(key);
            }
        }
    }

    /// The zone's place among the zones, as its best site has it.
    fn place(&self, zone: usize) -> Option<(usize, usize, usize, usize)> {
        self.open[zone].first().map(|&(round, on, site)| (round, self.within[zone], on, site))
    }

    fn close_zone(&mut self, zone: usize) {
        if let Some(place) = self.place(zone) {
            self.zones.remove(&place);
        }
    }

    fn open_zone(&mut self, zone: usize) {
        if self.within[zone] < self.most_in_zone
            && let Some(place) = self.place(zone)
        {
            self.zones.insert(place);
        }
    }
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
