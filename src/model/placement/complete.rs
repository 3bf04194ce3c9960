//! Places what pins leave open, without moving anything that is pinned.

use super::Seated;
use super::hosts::Sites;
use super::pins::Pin;
use crate::spec::PinRole;

/// Fills each shard up to its size, its primary first.
///
/// Missing nodes go one by one where they stand best; a node that could only stand beside its shard's others
/// then makes others without a pin move on, along a chain (an augmenting path), where that helps.
pub(super) fn complete(sites: &Sites, shards: usize, members: usize, pins: &[Pin]) -> Vec<Vec<Seated>> {
    let mut board = Board::new(sites, shards, members, pins);
    for rank in 0..members {
        for shard in 0..shards {
            if board.slots[shard][rank].is_none() {
                let site = board.best(shard, rank == 0);
                board.put(shard, rank, Seated { site, pin: None });
            }
        }
    }
    board.mend();
    board.slots.into_iter().map(|group| group.into_iter().flatten().collect()).collect()
}

struct Board<'a> {
    sites: &'a Sites,
    /// Each entry of the list takes one node.
    exact: bool,
    /// By shard and rank; rank 0 leads.
    slots: Vec<Vec<Option<Seated>>>,
    loads: Vec<usize>,
    in_zone: Vec<usize>,
    leading_in_zone: Vec<usize>,
    leading_on: Vec<usize>,
}

impl<'a> Board<'a> {
    fn new(sites: &'a Sites, shards: usize, members: usize, pins: &[Pin]) -> Self {
        let mut board = Board {
            sites,
            exact: sites.entries() == shards * members,
            slots: vec![vec![None; members]; shards],
            loads: vec![0; sites.len()],
            in_zone: vec![0; sites.zones()],
            leading_in_zone: vec![0; sites.zones()],
            leading_on: vec![0; sites.machines()],
        };
        for pin in pins {
            let shard = usize::from(pin.shard) - 1;
            let rank = match pin.role {
                PinRole::Primary => Some(0),
                PinRole::Replica => (1..members).find(|&rank| board.slots[shard][rank].is_none()),
            };
            if let Some(rank) = rank {
                board.put(shard, rank, Seated { site: pin.site, pin: Some(pin.clone()) });
            }
        }
        board
    }

    fn put(&mut self, shard: usize, rank: usize, node: Seated) {
        let site = node.site;
        self.loads[site] += 1;
        self.in_zone[self.sites.zone[site]] += 1;
        if rank == 0 {
            self.leading_in_zone[self.sites.zone[site]] += 1;
            self.leading_on[self.sites.machine[site]] += 1;
        }
        self.slots[shard][rank] = Some(node);
    }

    /// Nodes of a shard on the machine and in the zone of a site, without the node of rank `but`. Replicas count
    /// their primary heavier than each other.
    fn mates(&self, shard: usize, but: usize, site: usize) -> (usize, usize) {
        let (mut on_machine, mut in_zone) = (0, 0);
        for (rank, node) in self.slots[shard].iter().enumerate() {
            let Some(node) = node.as_ref().filter(|_| rank != but) else { continue };
            let weight = if rank == 0 || but == 0 { self.slots[shard].len() } else { 1 };
            on_machine += usize::from(self.sites.machine[node.site] == self.sites.machine[site]) * weight;
            in_zone += usize::from(self.sites.zone[node.site] == self.sites.zone[site]) * weight;
        }
        (on_machine, in_zone)
    }

    fn is_full(&self, site: usize) -> bool {
        self.exact && self.loads[site] >= self.sites.seats[site]
    }

    fn best(&self, shard: usize, leads: bool) -> usize {
        let rank = if leads { 0 } else { usize::MAX };
        let best = (0..self.sites.len()).min_by_key(|&site| {
            let (zone, machine) = (self.sites.zone[site], self.sites.machine[site]);
            let led = if leads { (self.leading_in_zone[zone], self.leading_on[machine]) } else { (0, 0) };
            let round = self.loads[site] / self.sites.seats[site].max(1);
            (self.is_full(site), self.mates(shard, rank, site), led, round, self.in_zone[zone], site)
        });
        best.unwrap_or_default()
    }

    /// Tries to move each node without a pin that stands beside its primary or, as a primary, beside a replica.
    fn mend(&mut self) {
        if !self.exact {
            return;
        }
        for level in [Level::Machine, Level::Zone] {
            for shard in 0..self.slots.len() {
                for rank in 0..self.slots[shard].len() {
                    if self.is_free(shard, rank) && self.clashes(shard, rank, self.site(shard, rank), level) {
                        let before = (self.slots.clone(), self.loads.clone(), self.trouble());
                        let site = self.site(shard, rank);
                        self.loads[site] -= 1;
                        let mut visited = vec![false; self.sites.len()];
                        if !self.relocate(shard, rank, level, &mut visited) || self.trouble() >= before.2 {
                            (self.slots, self.loads) = (before.0, before.1);
                        }
                    }
                }
            }
        }
    }

    /// Seats a node that has given up its place; others may have to move on.
    fn relocate(&mut self, shard: usize, rank: usize, level: Level, visited: &mut [bool]) -> bool {
        let fits: Vec<usize> =
            (0..self.sites.len()).filter(|&site| !self.clashes(shard, rank, site, level)).collect();
        if let Some(&site) = fits.iter().find(|&&site| !self.is_full(site)) {
            self.seat(shard, rank, site);
            return true;
        }
        for site in fits {
            if std::mem::replace(&mut visited[site], true) {
                continue;
            }
            for (other, place) in self.free_on(site) {
                if other == shard {
                    continue;
                }
                let old = self.site(shard, rank);
                self.loads[site] -= 1;
                self.seat(shard, rank, site);
                if self.relocate(other, place, level, visited) {
                    return true;
                }
                self.loads[site] -= 1;
                self.seat(other, place, site);
                if let Some(node) = &mut self.slots[shard][rank] {
                    node.site = old;
                }
            }
        }
        false
    }

    fn seat(&mut self, shard: usize, rank: usize, site: usize) {
        self.loads[site] += 1;
        if let Some(node) = &mut self.slots[shard][rank] {
            node.site = site;
        }
    }

    fn site(&self, shard: usize, rank: usize) -> usize {
        self.slots[shard][rank].as_ref().map_or(0, |node| node.site)
    }

    fn is_free(&self, shard: usize, rank: usize) -> bool {
        self.slots[shard][rank].as_ref().is_some_and(|node| node.pin.is_none())
    }

    fn free_on(&self, site: usize) -> Vec<(usize, usize)> {
        let all = (0..self.slots.len())
            .flat_map(|shard| (0..self.slots[shard].len()).map(move |rank| (shard, rank)));
        all.filter(|&(shard, rank)| self.site(shard, rank) == site && self.is_free(shard, rank)).collect()
    }

    /// Whether a node would stand beside its primary, or a primary beside a replica.
    fn clashes(&self, shard: usize, rank: usize, site: usize, level: Level) -> bool {
        let (on_machine, in_zone) = self.mates(shard, rank, site);
        let heavy = self.slots[shard].len();
        match level {
            Level::Machine => on_machine >= heavy,
            Level::Zone => in_zone >= heavy,
        }
    }

    /// How many replicas share machine and zone with their primary.
    fn trouble(&self) -> (usize, usize) {
        let groups: Vec<Vec<usize>> =
            self.slots.iter().map(|group| group.iter().flatten().map(|node| node.site).collect()).collect();
        (
            super::primaries::pairs(&self.sites.machine, &groups),
            super::primaries::pairs(&self.sites.zone, &groups),
        )
    }
}

#[derive(Clone, Copy)]
enum Level {
    Machine,
    Zone,
}
