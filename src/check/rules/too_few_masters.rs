//! The rule `too-few-masters`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Topology};

/// A cluster of fewer than three shards.
pub(super) static RULE: Rule = Rule {
    code: Code::TooFewMasters,
    group: RuleGroup::Topology,
    about: "A cluster of fewer than three shards",
    why: r#"A failed master is replaced by one of its replicas if a majority of all masters agrees. With two masters the
majority is both, with one it is the one that failed: nobody can ever be replaced. `redis-cli --cluster create`
therefore refuses fewer than three.

Use three shards or more. For a data set that fits on one server, `topology = "sentinel"` gives failover
without splitting the keys."#,
    source: "cluster.c (clusterSendFailoverAuthIfNeeded) and redis-cli.c (clusterManagerCommandCreate) of Redis 7.0.15",
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
shards = 2
replicas = 1
replication = { password = { env = "SESSIONS_PASSWORD" } }
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
replicas = 1
replication = { password = { env = "SESSIONS_PASSWORD" } }
"#,
    ),
    stage: Stage::Model(run),
};

/// The fewest masters of which a majority is left when one fails.
pub(super) const FEWEST: usize = 3;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Topology::Cluster { shards } = &deployment.topology else { continue };
        if shards.len() >= FEWEST {
            continue;
        }
        let place = deployment.spec.shards.map_or(deployment.name.span, |shards| shards.span);
        let count = if shards.len() == 1 { "1 shard".to_owned() } else { format!("{} shards", shards.len()) };
        let title =
            format!("the cluster `{}` has {count}, and needs {FEWEST} or more", deployment.name.value);
        findings.push(
            Finding::new(Code::TooFewMasters, place, title)
                .help("write `shards = 3` or more, or use `topology = \"sentinel\"` for one data set")
                .note("a majority of all masters must be left to replace a failed one; redis-cli refuses to create such a cluster")
                .of(&deployment.name),
        );
    }
}
