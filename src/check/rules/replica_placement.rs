//! The rule `replica-placement`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::machine;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, Topology};
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
replication = { password = { env = "SESSIONS_PASSWORD" } }
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
replication = { password = { env = "SESSIONS_PASSWORD" } }
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
            findings.append(together(model, deployment).into_iter().collect());
        }
    }
}

/// A primary and its replicas, as places in [`Deployment::nodes`].
pub(in crate::check) fn groups(deployment: &Deployment) -> Vec<(usize, Vec<usize>)> {
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

/// One finding for all replicas of a deployment that stand beside their primary.
fn together(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let beside = |(primary, replicas): (usize, Vec<usize>)| {
        let primary = deployment.nodes.get(primary)?;
        let replicas = replicas.into_iter().filter_map(|replica| deployment.nodes.get(replica));
        let same = |replica: &&Node| machine(model, replica.host) == machine(model, primary.host);
        Some(replicas.filter(same).map(move |replica| (primary, replica)).collect::<Vec<_>>())
    };
    let pairs: Vec<(&Node, &Node)> = groups(deployment).into_iter().filter_map(beside).flatten().collect();
    let ((primary, replica), others) = pairs.split_first()?;
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
    if !others.is_empty() {
        let others: Vec<&str> = others.iter().map(|(_, replica)| replica.id.0.as_str()).collect();
        let are = if others.len() == 1 { "is" } else { "are" };
        finding = finding.note(format!("so {are} {}", listed(&others)));
    }
    Some(
        finding
            .help("put it on another host, or say `survives = \"nothing\"` if this is meant")
            .note("when the machine fails, both are gone")
            .of(&deployment.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn all_replicas_of_a_deployment_are_one_finding_unless_they_are_meant() {
        let text = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n[redis.s]\nversion = \"7.2\"\n\
            topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"a\", \"a\"]\n";
        assert_eq!(codes_of(text), ["replica-placement"]);
        assert!(codes_of(&format!("{text}survives = \"nothing\"\n")).is_empty());
        assert_eq!(codes_of(&format!("{text}survives = \"host\"\n")).len(), 2);
    }
}
