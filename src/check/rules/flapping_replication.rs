//! The rule `flapping-replication`.

use crate::check::failover::groups;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::answers;
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings, Level};
use crate::model::{Model, Node};

/// Replication that breaks whenever nothing is written.
pub(super) static RULE: Rule = Rule {
    code: Code::FlappingReplication,
    group: RuleGroup::Topology,
    about: "Replication that breaks whenever nothing is written",
    why: r#"A primary pings its replicas every `repl-ping-replica-period` seconds, and a replica that hears nothing for
`repl-timeout` seconds gives the link up ("MASTER timeout: no data nor PING received...") and synchronises again. With
pings further apart than the timeout, that happens in every quiet period: reads from replicas fail, failovers find a
replica that is not connected, and `min-replicas-to-write` stops writes. Busy deployments hide it until the night.

With both equal a ping that is a second late is enough. By default there are 10 seconds between pings and 60 of
patience: leave room for a few."#,
    source: "replication.c (replicationCron) of Redis 7.0.15; measured there with 2 and 3 seconds: three timeouts in 25 seconds, and none with 2 and 2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
repl-ping-replica-period = 120
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
repl-ping-replica-period = 20
"#,
    ),
    stage: Stage::Model(run),
};

const PING: &str = "repl-ping-replica-period";
const TIMEOUT: &str = "repl-timeout";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let replicates = groups(deployment).iter().any(|(_, replicas)| !replicas.is_empty());
        let servers = Servers::of_deployment(deployment);
        if replicates && deployment.complete && !servers.is_poisoned(&[PING, TIMEOUT, "config", "profiles"]) {
            findings.extend(flapping(&servers));
        }
    }
}

/// Who leads changes: the longest pause between pings meets the shortest patience one day.
fn flapping(servers: &Servers<'_>) -> Option<Finding> {
    let numbers = |name| {
        let numbers = answers(*servers, move |running| running.number(name)).into_iter();
        numbers.filter_map(|(number, nodes)| Some((number?, nodes)))
    };
    let (ping, pinging) = numbers(PING).max_by_key(|(number, nodes)| (*number, nodes.last().copied()))?;
    let (timeout, waiting) = numbers(TIMEOUT).min_by_key(|(number, nodes)| (*number, nodes.first().copied()))?;
    if ping < timeout {
        return None;
    }
    let title = if ping > timeout {
        format!("replication of {servers} breaks when nothing is written for {timeout} seconds: pings come every {ping}")
    } else {
        format!("one late ping breaks replication of {servers}: `{TIMEOUT}` is as long as `{PING}`, {ping} seconds")
    };
    let (pinging, waiting) = (&servers.nodes[*pinging.last()?], &servers.nodes[*waiting.first()?]);
    let is_set = |node: &Node, name| node.own.get(name).or_else(|| servers.shared.get(name)).is_some();
    let (node, name, other, other_name) =
        if is_set(pinging, PING) { (pinging, PING, waiting, TIMEOUT) } else { (waiting, TIMEOUT, pinging, PING) };
    let mut finding = Finding::new(Code::FlappingReplication, servers.place(node, name), title);
    if is_set(other, other_name) {
        finding = finding.related(servers.place(other, other_name), format!("`{other_name}` is set here"));
    } else {
        finding = finding.note(format!("`{other_name}` is {} where nothing sets it", servers.number(other, other_name)?));
    }
    if ping == timeout {
        finding.level = Level::Warning;
    }
    Some(
        finding
            .help(format!("keep `{PING}` well below `{TIMEOUT}`: 10 and 60 are the defaults"))
            .note("the replica gives up (\"MASTER timeout: no data nor PING received...\") and synchronises again")
            .of(servers.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::findings_of;
    use crate::diag::Level;

    fn level(config: &str) -> Option<Level> {
        let spec = super::RULE.fails.spec.replace("repl-ping-replica-period = 120", config);
        let found = findings_of(&spec, &[]);
        assert!(found.len() < 2, "{found:?}");
        found.first().map(|finding| finding.level)
    }

    #[test]
    fn defaults_count_where_nothing_is_set() {
        assert_eq!(level("repl-ping-replica-period = 59"), None);
        assert_eq!(level("repl-ping-replica-period = 60"), Some(Level::Warning));
        assert_eq!(level("repl-ping-replica-period = 61"), Some(Level::Error));
        assert_eq!(level("repl-timeout = 9"), Some(Level::Error));
        assert_eq!(level("repl-timeout = 11"), None);
        assert_eq!(level("repl-timeout = 100\nrepl-ping-replica-period = 90"), None);
    }

    #[test]
    fn servers_without_replicas_do_not_care() {
        let alone = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n[redis.s]\nversion = \"7.2\"\n\
            topology = \"standalone\"\nhosts = [\"a\"]\nconfig.repl-timeout = 5\n";
        assert!(findings_of(alone, &[]).is_empty());
    }
}
