//! The rule `replicas-sync-at-once`.

use crate::check::failover::{counted, watch_number, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Watch};

/// Replicas that all stop answering after a failover.
pub(super) static RULE: Rule = Rule {
    code: Code::ReplicasSyncAtOnce,
    group: RuleGroup::Opinion,
    about: "Replicas that all stop answering after a failover",
    why: r#"After a failover Sentinel points the other replicas at the new primary, `parallel-syncs` of them at a time. A replica
with `replica-serve-stale-data no` refuses queries until it has caught up ("MASTERDOWN Link with MASTER is down and
replica-serve-stale-data is set to 'no'."). With as many syncs at once as there are replicas left, none of them answers.

A partial synchronisation is over in a moment, and a high number makes the deployment whole again sooner: many choose
it. Whoever reads from replicas writes `parallel-syncs = 1`."#,
    source: "sentinel.c (sentinelFailoverReconfNextSlave) and server.c (processCommand) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }
cache-d = { address = "10.0.4.11", zone = "d" }
cache-e = { address = "10.0.5.11", zone = "e" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c", "cache-d", "cache-e"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c", "cache-d"]
sentinel = { set = "main", quorum = 3, parallel-syncs = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
replica-serve-stale-data = false

[lints]
replicas-sync-at-once = "warn"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }
cache-d = { address = "10.0.4.11", zone = "d" }
cache-e = { address = "10.0.5.11", zone = "e" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c", "cache-d", "cache-e"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c", "cache-d"]
sentinel = { set = "main", quorum = 3, parallel-syncs = 1 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
replica-serve-stale-data = false

[lints]
replicas-sync-at-once = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for (deployment, watch, _) in watched(model) {
        findings.extend(at_once(deployment, watch));
    }
}

fn at_once(deployment: &Deployment, watch: &Watch) -> Option<Finding> {
    const STALE: &str = "replica-serve-stale-data";
    let servers = Servers::of_deployment(deployment);
    let (syncs, place) = watch_number(deployment, watch, "parallel-syncs")?;
    let syncs = usize::try_from(syncs).ok()?;
    // The primary is gone, and one replica is promoted.
    let left = deployment.nodes.len().saturating_sub(2);
    let refuse = servers.nodes.iter().all(|node| servers.switch(node, STALE) == Some(false));
    if left < 2 || syncs < left || !refuse || !deployment.complete {
        return None;
    }
    let node = servers.nodes.first()?;
    let name = &deployment.name.value;
    let title = format!("after a failover of `{name}` no replica answers: the {left} that are left sync at once");
    Some(
        Finding::new(Code::ReplicasSyncAtOnce, place, title)
            .related(servers.place(node, STALE), "they refuse queries until they have caught up")
            .help("write `parallel-syncs = 1`")
            .note(format!("of {}, one is promoted", counted(left + 1, "replica")))
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn replicas_that_answer_meanwhile_may_sync_as_they_like() {
        let spec = super::RULE.fails.spec;
        assert_eq!(codes_of(&spec.replace("data = false", "data = true")), [""; 0]);
    }
}
