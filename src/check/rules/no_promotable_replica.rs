//! The rule `no-promotable-replica`.

use crate::check::failover::{Promise, groups, may_be_promoted, promise};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, Topology};
use crate::spec::listed;

/// Nobody that could be promoted when the primary fails.
pub(super) static RULE: Rule = Rule {
    code: Code::NoPromotableReplica,
    group: RuleGroup::Topology,
    about: "Nobody that could be promoted when the primary fails",
    why: r#"Sentinel promotes the replica with the lowest `replica-priority`, and never one whose priority is 0. With no replica, or
with 0 on all of them, it finds the primary down, tries, finds nobody ("-failover-abort-no-good-slave"), and tries
again until the primary is back. In a cluster `cluster-replica-no-failover` does the same: the replica waits for
`CLUSTER FAILOVER` by hand.

Leave one replica that may lead, at best on another host. Where sentinels are there only to tell clients the
address, or a cluster is failed over by hand on purpose, write `survives = "nothing"`."#,
    source: "sentinel.c (sentinelSelectSlave) and cluster.c (clusterHandleSlaveFailover) of Redis 7.0.15; all three measured there",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
replica-priority = 0
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.nodes.cache-c.config]
replica-priority = 0
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let servers = Servers::of_deployment(deployment);
        let unknown = ["replica-priority", "cluster-replica-no-failover", "config", "profiles"];
        // What a deployment promises to survive is proven elsewhere.
        let told = promise(deployment) != Promise::Undeclared;
        if !deployment.complete || told || servers.is_poisoned(&unknown) {
            continue;
        }
        findings.extend(match &deployment.topology {
            Topology::Sentinel { .. } => watched(deployment, &servers),
            Topology::Cluster { .. } => cluster(deployment, &servers),
            Topology::Standalone | Topology::Replicated { .. } => None,
        });
    }
}

/// The replicas of each group that has some, of which none may be promoted.
fn stuck(deployment: &Deployment) -> Vec<(usize, Vec<&Node>)> {
    let nodes = |replicas: Vec<usize>| -> Vec<&Node> {
        replicas.iter().filter_map(|replica| deployment.nodes.get(*replica)).collect()
    };
    let groups = groups(deployment).into_iter().map(|(_, replicas)| nodes(replicas)).enumerate();
    let stuck = |replicas: &[&Node]| !replicas.iter().any(|node| may_be_promoted(deployment, node));
    groups.filter(|(_, replicas)| !replicas.is_empty() && stuck(replicas)).collect()
}

fn watched(deployment: &Deployment, servers: &Servers<'_>) -> Option<Finding> {
    let name = &deployment.name.value;
    if deployment.nodes.len() == 1 {
        let place = deployment.spec.topology.map_or(deployment.name.span, |topology| topology.span);
        let title = format!("`{name}` has no replica: its sentinels have nobody to promote");
        return Some(or_nothing(
            Finding::new(Code::NoPromotableReplica, place, title)
                .help("add `replicas = [ … ]` on other hosts")
                .of(name),
        ));
    }
    let stuck = stuck(deployment);
    let (_, replicas) = stuck.first()?;
    let first = replicas.first()?;
    let title = match replicas.as_slice() {
        [only] => format!("`{}`, the only replica of `{name}`, is never promoted: its `replica-priority` is 0", only.id),
        _ => format!("no replica of `{name}` is ever promoted: their `replica-priority` is 0"),
    };
    Some(or_nothing(
        Finding::new(Code::NoPromotableReplica, servers.place(first, "replica-priority"), title)
            .help("give a replica on another host a `replica-priority` above 0; 100 is the default")
            .note("the sentinels log \"-failover-abort-no-good-slave\" and try again until the primary is back")
            .of(name),
    ))
}

fn cluster(deployment: &Deployment, servers: &Servers<'_>) -> Option<Finding> {
    let name = &deployment.name.value;
    let stuck = stuck(deployment);
    let first = stuck.first()?.1.first()?;
    let title = if stuck.len() == groups(deployment).len() {
        format!("no replica of `{name}` takes over by itself: `cluster-replica-no-failover` is on")
    } else {
        let shards: Vec<String> = stuck.iter().map(|(at, _)| format!("shard {}", at + 1)).collect();
        let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
        format!(
            "no replica takes over by itself in {} of `{name}`: `cluster-replica-no-failover` is on",
            listed(&shards)
        )
    };
    Some(or_nothing(
        Finding::new(Code::NoPromotableReplica, servers.place(first, "cluster-replica-no-failover"), title)
            .help("remove it from a replica of each shard")
            .note("only `CLUSTER FAILOVER` by hand promotes such a replica")
            .of(name),
    ))
}

fn or_nothing(finding: Finding) -> Finding {
    finding.help("or write `survives = \"nothing\"` if this is meant")
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(spec: &str, more: &str) -> Vec<String> {
        codes_of(&format!("{spec}{more}"))
    }

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["no-promotable-replica"];

    #[test]
    fn sentinels_need_a_replica_that_may_lead() {
        let (fails, passes) = (super::RULE.fails.spec, super::RULE.passes.spec);
        let without = passes.replace("replicas = [\"cache-b\", \"cache-c\"]\n", "");
        let (without, _) = without.split_once("\n[redis.sessions.nodes").unwrap();
        assert_eq!(codes_of(without), FOUND);
        assert_eq!(of(without, "survives = \"nothing\"\n"), NONE);
        assert_eq!(of(without, "survives = \"host\"\n"), ["does-not-survive"]);
        assert_eq!(codes_of(&fails.replace("priority = 0", "priority = 1")), NONE);
        assert_eq!(codes_of(&fails.replace("priority = 0", "priority = \"none\"")), ["invalid-value"]);
        let unread = without.replace("initial-primary", "replicas = 3\ninitial-primary");
        assert_eq!(codes_of(&unread), ["wrong-type"]);
    }

    #[test]
    fn a_cluster_without_failover_is_told_by_shard() {
        let cluster = |more: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
                 c = {{ address = \"127.0.0.3\" }}\n[redis.s]\nversion = \"7.2\"\ntopology = \"cluster\"\n\
                 hosts = [\"a\", \"b\", \"c\"]\nshards = 3\nreplicas = 1\n{more}"
            ))
        };
        assert_eq!(cluster(""), NONE);
        assert_eq!(cluster("config.cluster-replica-no-failover = true\n"), FOUND);
        // One node is a replica, another leads.
        assert_eq!(cluster("nodes.a-6379.config.cluster-replica-no-failover = true\n"), NONE);
        assert_eq!(cluster("nodes.a-6380.config.cluster-replica-no-failover = true\n"), FOUND);
    }
}
