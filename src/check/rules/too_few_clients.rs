//! The rule `too-few-clients`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, copies, faults, whose};
use crate::check::servers::{Servers, watching};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};

/// `maxclients` that replicas, sentinels and the cluster use up alone.
pub(super) static RULE: Rule = Rule {
    code: Code::TooFewClients,
    group: RuleGroup::Operations,
    about: "`maxclients` that replicas, sentinels and the cluster use up alone",
    why: "Whoever connects counts against `maxclients`: each replica once at its primary, each sentinel twice at every server,
and in a cluster each other node twice, for the bus. What they take, clients do not get, and where they come late they
are turned away themselves: a replica that cannot connect copies nothing, a sentinel takes the server for down.

Write as many as clients need, and what the other servers take besides. The default is 10000.",
    source: "networking.c (acceptCommonHandler) of Redis 7.0.15; seen with a replica and sentinels on three versions of Redis and Valkey",
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
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
maxclients = 8

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
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
maxclients = 1000

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "maxclients";
/// Connections of a sentinel to a server: for commands and for messages (`sentinelReconnectInstance` in sentinel.c).
const OF_SENTINEL: usize = 2;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.complete) {
        findings.extend(judge(model, deployment));
    }
}

fn judge(model: &Model, deployment: &Deployment) -> Vec<Finding> {
    let Some((peers, who)) = peers(model, deployment) else { return Vec::new() };
    let too_few = |running: &Running<'_>| {
        let clients = running.number(NAME)?;
        (clients <= i128::from(peers)).then(|| running.place(NAME).unwrap_or(deployment.name.span))
    };
    let finding = |(place, nodes): (_, Vec<Running<'_>>)| {
        let clients = nodes.first().and_then(|running| running.number(NAME)).unwrap_or_default();
        let title =
            format!("no client gets into {}: `{NAME}` is {clients}, and {who} take {peers}", whose(&nodes));
        Finding::new(Code::TooFewClients, place, title)
            .help(format!("write as many as clients need, and {peers} more"))
            .note("those that come late are turned away: \"ERR max number of clients reached\"")
            .of(&deployment.name)
    };
    faults(Servers::of_deployment(deployment), too_few).into_iter().map(finding).collect()
}

/// Connections that a server has without any client, and whose they are.
fn peers(model: &Model, deployment: &Deployment) -> Option<(u64, &'static str)> {
    let replicas = copies(deployment).iter().map(|group| group.len().saturating_sub(1)).max()?;
    let (others, who) = match &deployment.topology {
        Topology::Sentinel { watch, .. } => {
            (OF_SENTINEL * watching(model, &watch.set.value)?.nodes.len(), "replicas and sentinels")
        }
        Topology::Cluster { .. } => (0, "the cluster's own nodes"),
        Topology::Replicated { .. } => (0, "its replicas"),
        Topology::Standalone => return None,
    };
    let peers = (replicas + others) as u64 + deployment.bus_links();
    (peers > 0).then_some((peers, who))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    #[test]
    fn two_replicas_and_three_sentinels_take_eight() {
        let with = |clients: u32| {
            codes_of(&super::RULE.fails.spec.replace("maxclients = 8", &format!("maxclients = {clients}")))
        };
        assert_eq!(with(8), ["too-few-clients"]);
        assert_eq!(with(9), [""; 0]);
        let title = &findings_of(super::RULE.fails.spec, &[])[0].title;
        assert!(title.contains("`maxclients` is 8, and replicas and sentinels take 8"), "{title}");
    }

    #[test]
    fn a_bus_has_two_links_for_each_other_node() {
        let with = |clients: u32| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"7.2\"\n\
                 topology = \"cluster\"\nhosts = [\"a\"]\nshards = 3\nsurvives = \"nothing\"\nconfig.maxclients = {clients}\n"
            ))
        };
        assert_eq!(with(4), ["too-few-clients"]);
        assert_eq!(with(5), [""; 0]);
    }
}
