//! The rule `shard-without-replica`.

use crate::check::failover::{Promise, groups, promise};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::spec::Purpose;

/// A cluster without replicas that does not say that this is meant.
pub(super) static RULE: Rule = Rule {
    code: Code::ShardWithoutReplica,
    group: RuleGroup::Opinion,
    about: "A cluster without replicas that does not say that this is meant",
    why: r#"Without a replica a shard's keys are gone while its server is: until it is back, or for good. Nothing takes over, and by
default the whole cluster refuses queries meanwhile (`cluster-require-full-coverage`).

Write `replicas = 1`, or say that it is meant with `survives = "nothing"`. Caches are often run like this, so a
deployment with `purpose = "cache"` is not asked."#,
    source: "cluster.c (clusterUpdateState) of Redis 7.0.15",
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
replication = { password = { env = "SESSIONS_PASSWORD" } }

[lints]
shard-without-replica = "warn"
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

[lints]
shard-without-replica = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        findings.extend(lone(deployment));
    }
}

fn lone(deployment: &Deployment) -> Option<Finding> {
    let Topology::Cluster { .. } = &deployment.topology else { return None };
    let is_cache = deployment.spec.purpose.is_some_and(|purpose| purpose.value == Purpose::Cache);
    let replicas = groups(deployment).iter().any(|(_, replicas)| !replicas.is_empty());
    // What a deployment promises to survive is proven elsewhere.
    if is_cache || replicas || promise(deployment) != Promise::Undeclared {
        return None;
    }
    let name = &deployment.name.value;
    let spec = &deployment.spec;
    let shards = spec.replicas.as_ref().map(|replicas| replicas.span).or(spec.shards.map(|shards| shards.span));
    let title = format!("the shards of `{name}` have no replicas: the keys of a failed server are gone with it");
    Some(
        Finding::new(Code::ShardWithoutReplica, shards.unwrap_or(deployment.name.span), title)
            .help("write `replicas = 1`")
            .help("or write `survives = \"nothing\"` if this is meant")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn what_is_meant_is_not_asked() {
        let spec = super::RULE.fails.spec;
        let with = |line: &str| codes_of(&spec.replace("shards = 3\n", &format!("shards = 3\n{line}\n")));
        assert_eq!(with("replicas = 0"), ["shard-without-replica"]);
        assert_eq!(with("survives = \"nothing\""), [""; 0]);
        assert_eq!(with("survives = \"host\""), ["does-not-survive"]);
    }
}
