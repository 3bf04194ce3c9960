//! What several nodes have in common is told once.

use std::collections::BTreeMap;

use crate::drift::{Class, Difference, NodeReport};

/// Differences that the same nodes have.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// The nodes, by their places among the reports, rising.
    pub(super) nodes: Vec<usize>,
    /// What differs on all of them.
    pub(super) differences: Vec<&'a Difference>,
}

/// The places of the reports of each deployment, in the order of the reports.
pub(super) fn groups(reports: &[NodeReport<'_>]) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, report) in reports.iter().enumerate() {
        let name = report.node.group();
        match groups.last_mut() {
            Some((last, places)) if *last == name => places.push(at),
            _ => groups.push((name, vec![at])),
        }
    }
    groups
}

/// The differences of some nodes that are of a class that is wanted, each once, those of the same nodes together.
pub(super) fn blocks<'a>(
    reports: &'a [NodeReport<'_>],
    places: &[usize],
    keep: impl Fn(Class) -> bool,
) -> Vec<Block<'a>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: Vec<(&Difference, Vec<usize>)> = Vec::new();
    for at in places {
        for one in reports[*at].differences().iter().filter(|one| keep(one.class)) {
            let place = *seen.entry(key(one)).or_insert_with(|| {
                found.push((one, Vec::new()));
                found.len() - 1
            });
            // A node can say a thing twice only where it means two things that read alike.
            if found[place].1.last() != Some(at) {
                found[place].1.push(*at);
            }
        }
    }
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for (difference, nodes) in found {
        match blocks.iter_mut().find(|block| block.nodes == nodes) {
            Some(block) => block.differences.push(difference),
            None => blocks.push(Block { nodes, differences: vec![difference] }),
        }
    }
    blocks
}

/// All that a reader sees of a difference; the place in the spec may be another one for each node.
fn key(difference: &Difference) -> String {
    let Difference { subject, class, wanted, live, mend, note, standing, span: _ } = difference;
    format!("{subject:?} {class:?} {wanted:?} {live:?} {mend:?} {note:?} {standing:?}")
}
