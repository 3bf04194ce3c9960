//! The rule `replica-placement`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::machine;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::source::Span;
use crate::spec::{Survives, listed};

/// A replica on its primary's machine, or pins that break a rule of placement.
pub(super) static RULE: Rule = Rule {
    code: Code::ReplicaPlacement,
    group: RuleGroup::Topology,
    about: "A replica on its primary's machine, or pins that break a rule of placement",
    why: r#"A replica on the machine of its primary fails together with it: it costs memory and protects from nothing but
a crash of the process. Hosts with the same address are one machine.

Put it on another host. In a cluster, list more hosts, or fewer nodes on the same one, or mend the pins that
`place --write` recorded. If it is meant, on a laptop for instance, say so with `survives = "nothing"`."#,
    source: "measured on local clusters; cluster.c, replication.c",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
nodes.cache-b.port = 6380
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
nodes.cache-b.port = 6380
"#,
    ),
    stage: Stage::Model(run),
};

/// Primaries and replicas that the spec itself puts together. A cluster's are placed while names are
/// looked up, and reported there, with its pins.
fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let meant = deployment.spec.survives.is_some_and(|survives| survives.value == Survives::Nothing)
            || deployment.poisoned.iter().any(|name| name == "survives");
        let placed = matches!(deployment.topology, Topology::Cluster { .. });
        if !meant && !placed {
            findings.append(together(model, deployment));
        }
    }
}

/// A primary and its replicas, as places in [`Deployment::nodes`].
pub(super) fn groups(deployment: &Deployment) -> Vec<(usize, Vec<usize>)> {
    match &deployment.topology {
        Topology::Standalone => Vec::new(),
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            let replicas = (0..deployment.nodes.len()).filter(|node| node != primary).collect();
            vec![(*primary, replicas)]
        }
        Topology::Cluster { shards } => {
            shards.iter().map(|shard| (shard.primary, shard.replicas.clone())).collect()
        }
    }
}

/// One finding for each place in the spec that puts replicas beside their primaries.
fn together(model: &Model, deployment: &Deployment) -> Findings {
    let mut found: Vec<(Span, Finding, Vec<&str>)> = Vec::new();
    for (primary, replicas) in groups(deployment) {
        let Some(primary) = deployment.nodes.get(primary) else { continue };
        for replica in replicas.into_iter().filter_map(|replica| deployment.nodes.get(replica)) {
            if machine(model, replica.host) != machine(model, primary.host) {
                continue;
            }
            if let Some((_, _, others)) = found.iter_mut().find(|(span, ..)| *span == replica.span) {
                others.push(&replica.id.0);
                continue;
            }
            let (leader, follower) = (model.host(primary.host), model.host(replica.host));
            let title = format!(
                "the replica `{}` of `{}` is on the machine of its primary `{}`",
                replica.id, deployment.name.value, primary.id
            );
            let mut finding = Finding::new(Code::ReplicaPlacement, replica.span, title);
            if primary.span != replica.span {
                finding = finding.label("a replica").related(primary.span, "its primary");
            }
            if leader.name.value != follower.name.value {
                let same = format!("`{}` has the same address", follower.name.value);
                finding = finding.related(leader.address.span, same);
            }
            found.push((replica.span, finding, Vec::new()));
        }
    }
    let finish = |(_, finding, others): (Span, Finding, Vec<&str>)| {
        let finding = if others.is_empty() {
            finding
        } else {
            finding.note(format!("so are the replicas {}", listed(&others)))
        };
        finding
            .help("put it on another host, or say `survives = \"nothing\"` if this is meant")
            .note("when the machine fails, both are gone")
            .of(&deployment.name)
    };
    found.into_iter().map(finish).collect()
}
