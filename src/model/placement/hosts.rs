//! Hosts as placement sees them: sites with the machine and zone that each stands in.

use std::collections::BTreeMap;

use super::PlaceHost;
use crate::model::HostId;

/// The distinct hosts of a list, each a site, in the order of the list. Machines and zones are numbered
/// in the order that they first come up in.
#[derive(Debug)]
pub(super) struct Sites {
    ids: Vec<HostId>,
    names: Vec<String>,
    /// How often each site is listed.
    pub(super) seats: Vec<usize>,
    /// The machine of each site.
    pub(super) machine: Vec<usize>,
    /// The zone of each site. A machine stands in one zone.
    pub(super) zone: Vec<usize>,
}

impl Sites {
    pub(super) fn new(hosts: &[PlaceHost<'_>]) -> Self {
        let mut sites = Sites { ids: vec![], names: vec![], seats: vec![], machine: vec![], zone: vec![] };
        let mut machines = BTreeMap::new();
        let mut known = BTreeMap::new();
        for host in hosts {
            let site = *known.entry(host.id).or_insert_with(|| {
                let next = machines.len();
                sites.ids.push(host.id);
                sites.names.push(host.name.to_owned());
                sites.seats.push(0);
                sites.machine.push(*machines.entry(host.address).or_insert(next));
                sites.ids.len() - 1
            });
            sites.seats[site] += 1;
        }
        sites.zone = zones(hosts, &sites.machine, &known);
        sites
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How many nodes the list has room for when each entry takes one.
    pub(super) fn entries(&self) -> usize {
        self.seats.iter().sum()
    }

    pub(super) fn id(&self, site: usize) -> HostId {
        self.ids[site]
    }

    pub(super) fn name(&self, site: usize) -> &str {
        &self.names[site]
    }

    /// The site of a host's name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(super) fn machines(&self) -> usize {
        count(&self.machine)
    }

    pub(super) fn zones(&self) -> usize {
        count(&self.zone)
    }

    /// The site of each node, for so many nodes on each site.
    pub(super) fn expand(loads: &[usize]) -> impl Iterator<Item = usize> {
        loads.iter().enumerate().flat_map(|(site, &load)| std::iter::repeat_n(site, load))
    }
}

/// The number of classes that sites fall into.
pub(super) fn count(class: &[usize]) -> usize {
    class.iter().max().map_or(0, |last| last + 1)
}

/// How many nodes stand in each class.
pub(super) fn totals(class: &[usize], loads: &[usize]) -> Vec<usize> {
    let mut totals = vec![0; count(class)];
    for (site, load) in loads.iter().enumerate() {
        totals[class[site]] += load;
    }
    totals
}

/// The zone of each site: the first that one of its machine's hosts declares, else the machine's own.
fn zones(hosts: &[PlaceHost<'_>], machine: &[usize], known: &BTreeMap<HostId, usize>) -> Vec<usize> {
    let mut declared: Vec<Option<&str>> = vec![None; count(machine)];
    for host in hosts {
        if let Some(&site) = known.get(&host.id) {
            let zone = &mut declared[machine[site]];
            *zone = zone.or(host.zone);
        }
    }
    let mut numbers = BTreeMap::new();
    machine
        .iter()
        .map(|&machine| {
            let key = declared[machine].ok_or(machine);
            let next = numbers.len();
            *numbers.entry(key).or_insert(next)
        })
        .collect()
}
