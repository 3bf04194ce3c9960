//! The rule `unequal-maxmemory`.

use crate::check::failover::may_lead;
use crate::check::footprint::{rounded, shards};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, Topology};
use crate::source::Span;

/// Nodes that may lead with less memory than their primary.
pub(super) static RULE: Rule = Rule {
    code: Code::UnequalMaxmemory,
    group: RuleGroup::Memory,
    about: "Nodes that may lead with less memory than their primary",
    why: "A replica holds what its primary sends, however much that is, and heeds its own `maxmemory` only when it is promoted.
Then a smaller one acts at once: the new primary evicts keys until it fits, or, with `noeviction`, refuses every write.
It happens in the middle of a failover, and going back does not bring the keys back.

Write the same `maxmemory` for all nodes that may lead; keep a smaller one from leading with
`replica-priority = 0`, in a cluster with `cluster-replica-no-failover = true`.",
    source: "evict.c (performEvictions) and server.c (processCommand) of Redis 6.0.16 to 7.4.1: replicas with replica-ignore-maxmemory are left out",
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
auth = { user = "sentinel", password = { env = "SENTINEL_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.nodes.cache-c.config]
maxmemory = "2gb"

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
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
auth = { user = "sentinel", password = { env = "SENTINEL_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.complete) {
        let servers = Servers::of_deployment(deployment);
        let poisoned = ["replica-priority", "cluster-replica-no-failover"];
        if servers.is_poisoned(&poisoned) {
            continue;
        }
        let mut told: Vec<Span> = Vec::new();
        for shard in shards(deployment) {
            for (primary, smaller) in smaller(deployment, &servers, &shard) {
                let place = servers.place(smaller, "maxmemory");
                if !told.contains(&place) {
                    told.push(place);
                    findings.push(finding(deployment, &servers, primary, smaller));
                }
            }
        }
    }
}

/// Nodes of a data set that may lead with less than its first primary, each with that.
fn smaller<'m>(
    deployment: &'m Deployment,
    servers: &Servers<'m>,
    shard: &[&'m Node],
) -> Vec<(&'m Node, &'m Node)> {
    let limit = |node: &'m Node| {
        servers.bytes(node, "maxmemory").map(|bytes| if bytes == 0 { u64::MAX } else { bytes })
    };
    let Some((&primary, replicas)) = shard.split_first() else { return Vec::new() };
    let Some(most) = limit(primary) else { return Vec::new() };
    let less = |node: &&&'m Node| limit(node).is_some_and(|bytes| bytes < most);
    let may_lead = |node: &&&'m Node| may_lead(deployment, node);
    replicas.iter().filter(less).filter(may_lead).map(|node| (primary, *node)).collect()
}

fn finding<'m>(
    deployment: &Deployment,
    servers: &Servers<'m>,
    primary: &'m Node,
    smaller: &'m Node,
) -> Finding {
    let name = &deployment.name.value;
    let limit = |node: &'m Node| match servers.bytes(node, "maxmemory") {
        Some(0) | None => "no limit".to_owned(),
        Some(bytes) => rounded(bytes),
    };
    let title = format!(
        "`{}` may be promoted to lead `{name}`, with {} of memory in place of {}",
        smaller.id,
        limit(smaller),
        limit(primary)
    );
    let never = match deployment.topology {
        Topology::Cluster { .. } => "cluster-replica-no-failover = true",
        _ => "replica-priority = 0",
    };
    let mut finding = Finding::new(Code::UnequalMaxmemory, servers.place(smaller, "maxmemory"), title);
    let set = servers.setting(primary, "maxmemory").and_then(|setting| setting.origin.span());
    if let Some(set) = set {
        finding = finding.related(set, format!("what `{}` has", primary.id));
    }
    finding
        .help(format!("write the same `maxmemory` for both, or `{never}` for `{}`", smaller.id))
        .note("it would evict keys, or refuse writes, as soon as it leads")
        .of(name)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];

    fn codes(primary: &str, replica: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
             nodes.a.config = {{ {primary} }}\nnodes.b.config = {{ {replica} }}\n"
        ))
    }

    #[test]
    fn a_node_that_may_lead_needs_as_much() {
        let found = ["unequal-maxmemory"];
        assert_eq!(codes("maxmemory = \"2gb\"", "maxmemory = \"1gb\""), found);
        assert_eq!(codes("", "maxmemory = \"1gb\""), found);
        assert_eq!(codes("maxmemory = \"1gb\"", "maxmemory = \"2gb\""), NONE);
        assert_eq!(codes("maxmemory = \"1gb\"", "maxmemory = \"1024mb\""), NONE);
        assert_eq!(codes("maxmemory = \"2gb\"", "maxmemory = \"1gb\", replica-priority = 0"), NONE);
        assert_eq!(codes("maxmemory = \"2gb\"", "maxmemory = \"lots\""), ["invalid-value"]);
    }
}
