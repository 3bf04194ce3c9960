//! The rule `coverage-without-replicas`.

use crate::check::failover::{Promise, groups, promise};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::spec::Purpose;

/// A cache whose every server stops when one of them fails.
pub(super) static RULE: Rule = Rule {
    code: Code::CoverageWithoutReplicas,
    group: RuleGroup::Topology,
    about: "A cache whose every server stops when one of them fails",
    why: r#"A cluster that misses one slot refuses all queries, on all of its servers: "CLUSTERDOWN The cluster is down". That is
the default (`cluster-require-full-coverage`), and right where half an answer is worse than none. Without replicas
every failed server leaves slots without a node, so that one machine takes the whole cluster with it until it is back.

For a cache that is the wrong way round: a missing third is a lower hit rate. With
`cluster-require-full-coverage = false` the other servers go on. Where the deployment is no cache, or has replicas,
this rule is silent."#,
    source: "cluster.c (clusterUpdateState, getNodeByQuery) of Redis 7.0.15; measured there with one of three servers gone, both ways",
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
purpose = "cache"
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
save = []
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
purpose = "cache"
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
save = []
cluster-require-full-coverage = false
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        findings.extend(stops_whole(deployment));
    }
}

fn stops_whole(deployment: &Deployment) -> Option<Finding> {
    const NAME: &str = "cluster-require-full-coverage";
    let Topology::Cluster { shards } = &deployment.topology else { return None };
    let servers = Servers::of_deployment(deployment);
    let is_cache = deployment.spec.purpose.is_some_and(|purpose| purpose.value == Purpose::Cache);
    let lone = shards.len() > 1 && groups(deployment).iter().all(|(_, replicas)| replicas.is_empty());
    // What a deployment promises to survive is proven elsewhere.
    let told = promise(deployment) != Promise::Undeclared;
    if !is_cache || !lone || told || servers.is_poisoned(&[NAME, "config", "profiles"]) {
        return None;
    }
    let node = servers.nodes.iter().find(|node| servers.switch(node, NAME) == Some(true))?;
    let place = match servers.setting(node, NAME).and_then(|setting| setting.origin.span()) {
        Some(set) => set,
        None => deployment.spec.topology.map_or(deployment.name.span, |topology| topology.span),
    };
    let name = &deployment.name.value;
    let title = format!("one failed server of `{name}` stops all of them: its shards have no replicas");
    Some(
        Finding::new(Code::CoverageWithoutReplicas, place, title)
            .help(format!("write `{NAME} = false` under `config`: the other servers go on"))
            .help("or give each shard a replica with `replicas = 1`")
            .note("the others would answer \"CLUSTERDOWN The cluster is down\" until it is back")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn only_caches_without_replicas_are_meant() {
        let spec = super::RULE.fails.spec;
        let of = |from: &str, to: &str| codes_of(&spec.replace(from, to));
        assert_eq!(of("purpose = \"cache\"\n", ""), [""; 0]);
        assert_eq!(of("replicas = 0", "replicas = 1"), [""; 0]);
        assert_eq!(of("replicas = 0\n", ""), ["coverage-without-replicas"]);
        assert_eq!(of("replicas = 0", "replicas = 0\nsurvives = \"nothing\""), [""; 0]);
        assert_eq!(of("save = []", "save = []\ncluster-require-full-coverage = true"), ["coverage-without-replicas"]);
    }
}
