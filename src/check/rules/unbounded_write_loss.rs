//! The rule `unbounded-write-loss`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, kept_data, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Topology};

/// A primary that goes on taking writes when it has lost all of its replicas.
pub(super) static RULE: Rule = Rule {
    code: Code::UnboundedWriteLoss,
    group: RuleGroup::Opinion,
    about: "A primary that goes on taking writes when it has lost all of its replicas",
    why: "Replication is asynchronous. A primary that the network cuts off from its replicas and from most sentinels or nodes
does not know that another one has been promoted: it takes writes, and drops them when it is back and follows. With
`min-replicas-to-write = 1` it refuses writes once no replica has acknowledged for `min-replicas-max-lag` seconds
(10), so no more than that is lost. The price: with all replicas down for good reasons, nothing can be written either.",
    source: "replication.c (refreshGoodSlavesCount) of Redis 7.0.15",
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
purpose = "queue"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
unbounded-write-loss = "warn"
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
purpose = "queue"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
min-replicas-to-write = 1

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
unbounded-write-loss = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "min-replicas-to-write";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.has_replicas()) {
        let fails_over = matches!(deployment.topology, Topology::Sentinel { .. } | Topology::Cluster { .. });
        let Some(purpose) = kept_data(deployment).filter(|_| fails_over) else { continue };
        let none = |running: &Running<'_>| {
            (running.number(NAME) == Some(0)).then(|| running.place(NAME).unwrap_or(purpose.span))
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), none) {
            let title = format!("cut off from its replicas, {} takes writes that a failover drops", whose(&nodes));
            findings.push(
                Finding::new(Code::UnboundedWriteLoss, place, title)
                    .help(format!("write `{NAME} = 1`: no more than `min-replicas-max-lag` seconds are lost then"))
                    .note("the price: while all of its replicas are down, a primary refuses writes")
                    .of(&deployment.name),
            );
        }
    }
}
