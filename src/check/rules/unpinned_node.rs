//! The rule `unpinned-node`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Topology};
use crate::spec::listed;

/// Nodes of a cluster without a pin although others have one.
pub(super) static RULE: Rule = Rule {
    code: Code::UnpinnedNode,
    group: RuleGroup::Topology,
    about: "Nodes of a cluster without a pin although others have one",
    why: "Pins record where each node of a cluster stands and which shard it belongs to, so that a later change of the
spec moves as little as it can. A node without a pin is placed anew in every run, by what the spec says then:
another host in the list may move it, and moving a node means copying its data.

Run `cachewright place --write` and check in the layer that it writes.",
    source: "the placement of this program",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[redis.catalog]
version = "7.2"
topology = "cluster"
hosts = ["cache-a", "cache-b", "cache-c"]
shards = 3
replicas = 0
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.pins]
cache-a-6379 = { host = "cache-a", port = 6379, shard = 1, role = "primary", slots = "0-5460" }
cache-b-6379 = { host = "cache-b", port = 6379, shard = 2, role = "primary", slots = "5461-10922" }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[redis.catalog]
version = "7.2"
topology = "cluster"
hosts = ["cache-a", "cache-b", "cache-c"]
shards = 3
replicas = 0
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.pins]
cache-a-6379 = { host = "cache-a", port = 6379, shard = 1, role = "primary", slots = "0-5460" }
cache-b-6379 = { host = "cache-b", port = 6379, shard = 2, role = "primary", slots = "5461-10922" }
cache-c-6379 = { host = "cache-c", port = 6379, shard = 3, role = "primary", slots = "10923-16383" }
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let pins = &deployment.spec.pins;
        let in_cluster = matches!(deployment.topology, Topology::Cluster { .. });
        if !in_cluster || !deployment.complete {
            continue;
        }
        let Some(first) = pins.entries().next() else { continue };
        let unpinned: Vec<&str> =
            deployment.nodes.iter().map(|node| node.id.0.as_str()).filter(|id| !pins.declares(id)).collect();
        if unpinned.is_empty() {
            continue;
        }
        let verb = if unpinned.len() == 1 { "is" } else { "are" };
        let title = format!("{} of `{}` {verb} not pinned", listed(&unpinned), deployment.name.value);
        findings.push(
            Finding::new(Code::UnpinnedNode, deployment.name.span, title)
                .related(first.name.span, "other nodes are pinned")
                .help("run `cachewright place --write` and check in what it writes")
                .of(&deployment.name),
        );
    }
}
