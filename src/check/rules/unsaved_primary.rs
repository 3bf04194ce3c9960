//! The rule `unsaved-primary`.

use std::collections::BTreeSet;

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, answers, copies, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::spec::Purpose;

/// A node that may lead and saves nothing, while its replicas save.
pub(super) static RULE: Rule = Rule {
    code: Code::UnsavedPrimary,
    group: RuleGroup::Durability,
    about: "A node that may lead and saves nothing, while its replicas save",
    why: "Whoever leads decides what its replicas hold. A primary without save points and append-only file comes back empty from
a restart, and its replicas copy that: what they had saved is overwritten. The rendered unit leaves such a server down
after a crash, but `systemctl restart`, a container or a process manager does not know of it.

Let every node that may lead save as its replicas do, or keep it from leading: `replica-priority = 0` with Sentinel,
`cluster-replica-no-failover = true` in a cluster.",
    source: "replication.c (replicationSetupSlaveForFullResync, readSyncBulkPayload) and sentinel.c (sentinelSelectSlave) of Redis 7.0.15",
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

[redis.sessions.config]
appendonly = true
save = ["3600 1"]
maxmemory = "1gb"
maxmemory-policy = "noeviction"

[redis.sessions.nodes.cache-a.config]
appendonly = false
save = []

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
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

[redis.sessions.config]
appendonly = true
save = ["3600 1"]
maxmemory = "1gb"
maxmemory-policy = "noeviction"

[redis.sessions.nodes.cache-a.config]
save = []

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.complete) {
        let cache = deployment.spec.purpose.is_some_and(|purpose| purpose.value == Purpose::Cache);
        if !cache && deployment.has_replicas() {
            findings.extend(judge(deployment));
        }
    }
}

fn judge(deployment: &Deployment) -> Vec<Finding> {
    let persist = answers(Servers::of_deployment(deployment), Running::persists);
    let some = |wanted| persist.iter().any(|(answer, _)| *answer == Some(wanted));
    if !(some(true) && some(false)) {
        return Vec::new();
    }
    let mut blamed = BTreeSet::new();
    for group in copies(deployment) {
        let saved = |running: &Running<'_>| running.persists() == Some(true);
        if !group.iter().any(saved) {
            continue;
        }
        let leaders = group.iter().enumerate().filter(|(at, running)| may_lead(deployment, running, *at == 0));
        let unsaved = leaders.filter(|(_, running)| running.persists() == Some(false));
        blamed.extend(unsaved.map(|(_, running)| &running.node().id));
    }
    let place = |running: &Running<'_>| {
        let own = running.place("save").or_else(|| running.place("appendonly"));
        blamed.contains(&running.node().id).then(|| own.unwrap_or(running.node().span))
    };
    let faults = faults(Servers::of_deployment(deployment), place);
    let finding = |(place, nodes): (_, Vec<Running<'_>>)| {
        let title = format!("{} may lead and saves nothing, while other nodes save", whose(&nodes));
        let keep = match deployment.topology {
            Topology::Sentinel { .. } => "; or keep it from leading with `replica-priority = 0`",
            Topology::Cluster { .. } => "; or keep it from leading with `cluster-replica-no-failover = true`",
            _ => "",
        };
        Finding::new(Code::UnsavedPrimary, place, title)
            .help(format!("let it save as well, with `appendonly = true` or `save` points{keep}"))
            .note("a primary that comes back empty makes its replicas empty, and what they saved is overwritten")
            .of(&deployment.name)
    };
    faults.into_iter().map(finding).collect()
}

/// Whether a node leads on the first day, or may be promoted by others than people.
fn may_lead(deployment: &Deployment, running: &Running<'_>, first: bool) -> bool {
    first
        || match deployment.topology {
            Topology::Sentinel { .. } => running.number("replica-priority").is_some_and(|priority| priority != 0),
            Topology::Cluster { .. } => running.is("cluster-replica-no-failover", false),
            Topology::Standalone | Topology::Replicated { .. } => false,
        }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn codes(own: &str) -> Vec<String> {
        let spec = super::RULE.passes.spec.replace("save = []\n\n", &format!("{own}\n\n"));
        codes_of(&spec)
    }

    #[test]
    fn replicas_that_stay_replicas_need_not_save() {
        let replica = |priority| {
            let spec = super::RULE.passes.spec.replace("nodes.cache-a.config", "nodes.cache-b.config");
            let own = format!("appendonly = false\nsave = []\nreplica-priority = {priority}\n\n");
            codes_of(&spec.replace("save = []\n\n", &own))
        };
        assert_eq!(replica(100), ["unsaved-primary"]);
        assert_eq!(replica(0), [""; 0]);
    }

    #[test]
    fn what_failed_is_told_once() {
        assert_eq!(codes("appendonly = 3\nsave = []"), ["invalid-value"]);
    }
}
