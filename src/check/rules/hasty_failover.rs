//! The rule `hasty-failover`.

use crate::check::failover::{watch_number, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A failover that begins after a fraction of a second.
pub(super) static RULE: Rule = Rule {
    code: Code::HastyFailover,
    group: RuleGroup::Topology,
    about: "A failover that begins after a fraction of a second",
    why: "`down-after-milliseconds` of Sentinel and `cluster-node-timeout` say how long a server may be silent before it counts
as failed. Both are in milliseconds: `5` is not five seconds. Sentinel asks once a second, or as often as
`down-after-milliseconds` says if that is less, and whatever stops a server for as long counts: a slow command, the
fork for a snapshot of a large data set, a virtual machine that is moved.

On a busy machine each sentinel took an idle primary for down two or three times in 20 seconds with 5, and once with
100; with 500 a pause of 0.8 seconds was enough for one of three. No failover followed, because a quorum of two has to
see it at once; a pause that all see is enough. Usual are 5000 for Sentinel, whose default is 30000, and 15000, the
default, for clusters.",
    source: "sentinel.c (sentinelSendPeriodicCommands, sentinelCheckSubjectivelyDown) and cluster.c (clusterCron) of Redis 7.0.15; the sentinels measured there",
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
sentinel = { set = "main", quorum = 2, down-after-milliseconds = 5 }
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

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2, down-after-milliseconds = 5000 }
replication = { password = { env = "SESSIONS_PASSWORD" } }
"#,
    ),
    stage: Stage::Model(run),
};

/// Sentinel asks servers once a second (`SENTINEL_PING_PERIOD`).
const SENTINEL: i128 = 1000;

/// A cluster's nodes look after each other ten times a second; the least that leaves room for a lost ping and its
/// repetition, and for a server that is busy.
const CLUSTER: i128 = 500;

fn run(model: &Model, findings: &mut Findings) {
    const DOWN_AFTER: &str = "down-after-milliseconds";
    const NODE_TIMEOUT: &str = "cluster-node-timeout";
    for (deployment, watch, _) in watched(model) {
        if let Some((number, place)) = watch_number(deployment, watch, DOWN_AFTER) {
            let name = &deployment.name.value;
            findings.extend(hasty(DOWN_AFTER, name, i128::from(number), SENTINEL, place));
        }
    }
    for servers in Servers::all(model).filter(Servers::in_cluster) {
        let of = |node| Some((servers.integer(node, NODE_TIMEOUT)?, servers.place(node, NODE_TIMEOUT)));
        let mut found: Vec<Finding> = servers
            .nodes
            .iter()
            .filter_map(of)
            .filter_map(|(number, place)| hasty(NODE_TIMEOUT, &servers.name.value, number, CLUSTER, place))
            .collect();
        found.dedup();
        findings.extend(found);
    }
}

fn hasty(option: &str, name: &str, number: i128, least: i128, place: Span) -> Option<Finding> {
    if number >= least {
        return None;
    }
    let title = format!("servers of `{name}` count as failed after {number} milliseconds: `{option}` is {number}");
    // What is so small was meant as seconds.
    let help = if (1..=60).contains(&number) {
        format!("write `{option} = {}` for {number} seconds", number * 1000)
    } else {
        format!("write `{option} = 5000` for five seconds")
    };
    Some(
        Finding::new(Code::HastyFailover, place, title)
            .help(help)
            .note("a slow command, or the fork for a snapshot, can silence a healthy server for as long")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn it_ends_where_a_second_begins() {
        let of = |number: u32| codes_of(&super::RULE.passes.spec.replace("= 5000", &format!("= {number}")));
        assert_eq!(of(1), ["hasty-failover"]);
        assert_eq!(of(999), ["hasty-failover"]);
        assert_eq!(of(1000), [""; 0]);
    }

    #[test]
    fn clusters_have_a_timeout_too() {
        let of = |number: u32| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"7.2\"\n\
                 topology = \"cluster\"\nshards = 3\nsurvives = \"nothing\"\nhosts = [\"a\"]\nconfig.cluster-node-timeout = {number}\n"
            ))
        };
        assert_eq!(of(15), ["hasty-failover"]);
        assert_eq!(of(499), ["hasty-failover"]);
        assert_eq!(of(500), [""; 0]);
    }
}
