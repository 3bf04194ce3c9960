//! What concerns several servers of a deployment: who leads, who follows whom, who serves which slots.

use std::collections::BTreeMap;

use super::roles::Seen;
use super::{NodeReport, cluster, roles};
use crate::live::Heard;
use crate::model::{AnyNode, Deployment, Model, Topology};

/// Adds to the reports what the servers of each deployment say together.
pub(super) fn compare(model: &Model, heard: &[(AnyNode<'_>, Heard)], reports: &mut [NodeReport<'_>]) {
    let mut groups: BTreeMap<&str, (&Deployment, Vec<Seen<'_>>)> = BTreeMap::new();
    for (at, (node, heard)) in heard.iter().enumerate() {
        if let (AnyNode::Server(deployment, node), Heard::Server(answers)) = (node, heard) {
            let (_, seen) = groups.entry(&deployment.name.value).or_insert_with(|| (deployment, Vec::new()));
            seen.push(Seen { at, node, answers });
        }
    }
    for (deployment, mut seen) in groups.into_values() {
        let mut found = roles::compare(model, deployment, &seen);
        if matches!(deployment.topology, Topology::Cluster { .. }) {
            // That a server is no cluster node shows in its settings.
            seen.retain(|one| !cluster::is_off(one.answers));
            found.extend(cluster::compare(model, deployment, &seen));
        }
        for (at, difference) in found {
            if let Ok(differences) = &mut reports[at].outcome {
                differences.push(difference);
            }
        }
    }
}
