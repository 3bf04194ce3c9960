//! The rule `unannounced-hostname`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model, Node};
use crate::spec::listed;
use crate::value::Value;

/// Cluster nodes that clients are to reach by a host name that they do not announce.
pub(super) static RULE: Rule = Rule {
    code: Code::UnannouncedHostname,
    group: RuleGroup::Topology,
    about: "Cluster nodes that clients are to reach by a host name that they do not announce",
    why: r#"With `cluster-preferred-endpoint-type hostname` the nodes of a cluster send clients on by host name, in `MOVED`, `ASK`
and `CLUSTER SLOTS`. Each tells the others its own by `cluster-announce-hostname`; nothing looks it up. For a node that
announces none, clients are told `?`: "MOVED 15495 ?:7000". Most clients take that for the address that they asked,
and go round in circles.

Announce a name on each node, or leave the endpoint type at its default, the IP address."#,
    source: "getPreferredEndpoint in cluster.c of Redis 7.0.15; measured there and on Valkey 9.1.2",
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
survives = "nothing"
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.config]
cluster-preferred-endpoint-type = "hostname"

[redis.catalog.nodes.cache-a-6379.config]
cluster-announce-hostname = "cache-a.example.org"
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
survives = "nothing"
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.config]
cluster-preferred-endpoint-type = "hostname"

[redis.catalog.nodes.cache-a-6379.config]
cluster-announce-hostname = "cache-a.example.org"

[redis.catalog.nodes.cache-b-6379.config]
cluster-announce-hostname = "cache-b.example.org"

[redis.catalog.nodes.cache-c-6379.config]
cluster-announce-hostname = "cache-c.example.org"
"#,
    ),
    stage: Stage::Model(run),
};

const TYPE: &str = "cluster-preferred-endpoint-type";
const NAME: &str = "cluster-announce-hostname";

/// As many nodes are named; of more the number is told.
const NAMED: usize = 3;

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model).filter(Servers::in_cluster) {
        if !servers.is_poisoned(&[TYPE, NAME, "config", "profiles"]) {
            findings.extend(unannounced(&servers));
        }
    }
}

fn value<'s>(servers: &'s Servers<'_>, node: &'s Node, name: &str) -> Option<&'s Assigned> {
    node.own.get(name).or_else(|| servers.shared.get(name)).map(|setting| &setting.value)
}

fn unannounced(servers: &Servers<'_>) -> Option<Finding> {
    let by_name = |node: &&Node| value(servers, node, TYPE) == Some(&Assigned::Value(Value::Word("hostname")));
    let asks = servers.nodes.iter().find(by_name)?;
    let is_silent = |node: &&Node| match value(servers, node, NAME) {
        Some(Assigned::Value(Value::Text(text))) => text.is_empty(),
        Some(_) => false,
        None => true,
    };
    let silent: Vec<&str> = servers.nodes.iter().filter(is_silent).map(|node| node.id.0.as_str()).collect();
    let first = silent.first()?;
    let who = match silent.len() {
        all if all == servers.nodes.len() => "no node announces one".to_owned(),
        1..=NAMED => format!("{} announce{} none", listed(&silent), if silent.len() == 1 { "s" } else { "" }),
        many => format!("{many} nodes announce none"),
    };
    let title = format!("clients of {servers} are sent to `?` and not to a host name: {who}");
    Some(
        Finding::new(Code::UnannouncedHostname, servers.place(asks, TYPE), title)
            .help(format!("write `{NAME}` under `config` of each node, such as `nodes.{first}`"))
            .help(format!("or remove `{TYPE}`: clients are told IP addresses then"))
            .note("they would read \"MOVED 15495 ?:7000\": nodes know of each other only what each announces")
            .of(servers.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const FOUND: [&str; 1] = ["unannounced-hostname"];

    #[test]
    fn every_node_has_to_announce_its_name() {
        let (fails, passes) = (super::RULE.fails.spec, super::RULE.passes.spec);
        assert_eq!(codes_of(&passes.replacen("cache-c.example.org", "", 1)), FOUND);
        assert_eq!(codes_of(&fails.replace("\"hostname\"", "\"ip\"")), [""; 0]);
        assert_eq!(codes_of(&fails.replace("\"hostname\"", "\"unknown-endpoint\"")), [""; 0]);
        assert_eq!(codes_of(&fails.replace("\"hostname\"", "\"name\"")), ["invalid-value"]);
    }
}
