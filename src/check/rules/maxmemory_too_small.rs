//! The rule `maxmemory-too-small`.

use crate::check::footprint::{rounded, shards};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, those};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model};
use crate::source::Span;

/// A limit of memory that an empty server exceeds.
pub(super) static RULE: Rule = Rule {
    code: Code::MaxmemoryTooSmall,
    group: RuleGroup::Memory,
    about: "A limit of memory that an empty server exceeds",
    why: r#"`maxmemory` bounds all that a server allocates, its own tables and the backlog of replication among it. Where these
alone are more, there is no room for a single key: each write is answered with "OOM command not allowed when used
memory > 'maxmemory'", and whatever may be evicted is evicted.

An empty server takes 0.7 to 1 MB, in a cluster 1.5 to 2.8 MB. With replicas the backlog (`repl-backlog-size`, 1
MB on Redis and 10 MB on Valkey 8 by default) comes to it: on 6.x at once, from 7.0 on as it fills. Redis 7.0 and
Valkey 9.1 with 8 MB and a backlog of 10 were fine for 7000 writes of 1 KB, then empty, and refused all further
ones.

A small number is most often one without its unit: `4` is four bytes, `"4gb"` is meant."#,
    source: "evict.c (getMaxmemoryState) of Redis 6.0.16 to 7.4.1; measured on Redis 6.0.16 to 8.0.6 and Valkey 8.0.1 to 9.1.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = 4
maxmemory-policy = "allkeys-lru"
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lru"
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// What an empty server uses, at the least: 787 kB on Redis 8.0.6, more on all others that were measured.
const EMPTY: u64 = 700 << 10;

/// The same in a cluster: 1.47 MB on Redis 6.2.14, more on all others.
const EMPTY_IN_CLUSTER: u64 = 1400 << 10;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let servers = Servers::of_deployment(deployment);
        if those(servers, |running| lacking(running, true).is_some()).is_empty() {
            continue;
        }
        let mut told: Vec<Span> = Vec::new();
        for shard in shards(deployment) {
            for running in shard.iter().map(|node| Running::new(servers, node)) {
                let place = running.place_or_node("maxmemory");
                if told.contains(&place) {
                    continue;
                }
                if let Some(finding) = too_small(deployment, &running, shard.len() > 1) {
                    told.push(place);
                    findings.push(finding);
                }
            }
        }
    }
}

/// A limit that leaves nothing for data, and what a server takes without them.
struct Lacking {
    limit: u64,
    /// The server itself.
    empty: u64,
    /// What it keeps for its replicas.
    backlog: u64,
}

fn lacking(running: &Running<'_>, has_peers: bool) -> Option<Lacking> {
    let limit = running.bytes("maxmemory").filter(|bytes| *bytes > 0)?;
    let empty = if running.servers.in_cluster() { EMPTY_IN_CLUSTER } else { EMPTY };
    let backlog = running.bytes("repl-backlog-size").filter(|_| has_peers).unwrap_or(0);
    (limit < empty.saturating_add(backlog)).then_some(Lacking { limit, empty, backlog })
}

fn too_small(deployment: &Deployment, running: &Running<'_>, has_peers: bool) -> Option<Finding> {
    let Lacking { limit, empty, backlog } = lacking(running, has_peers)?;
    let needed = empty.saturating_add(backlog);
    let name = &deployment.name.value;
    let place = running.place_or_node("maxmemory");
    let without_key = if limit < empty {
        "an empty server takes more".to_owned()
    } else {
        format!("the backlog for replicas takes {} of it, and the server itself the rest", rounded(backlog))
    };
    let title = format!("`maxmemory` of `{name}` is {}, and {without_key}", in_bytes(limit));
    let mut finding = Finding::new(Code::MaxmemoryTooSmall, place, title);
    let set = running.place("repl-backlog-size");
    if let Some(set) = set.filter(|_| limit >= empty) {
        finding = finding.related(set, "the backlog");
    }
    finding = match limit {
        ..=1024 => finding.help(format!("write the unit, such as `\"{limit}gb\"`: a number alone counts bytes")),
        _ => finding.help(format!("write more than {}, what an empty server takes", rounded(needed))),
    };
    Some(
        finding
            .note("each write would be answered with \"OOM command not allowed when used memory > 'maxmemory'\"")
            .of(name),
    )
}

/// A size in a unit, or the bare bytes with that word behind them.
fn in_bytes(bytes: u64) -> String {
    if bytes < 1024 { format!("{bytes} bytes") } else { rounded(bytes) }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["maxmemory-too-small"];

    fn codes(target: &str, topology: &str, config: &str) -> Vec<String> {
        let hosts = ["a", "b", "c"].into_iter().enumerate();
        let used = hosts.filter(|(_, name)| topology.contains(&format!("\"{name}\"")));
        let hosts: Vec<String> =
            used.map(|(at, name)| format!("{name} = {{ address = \"127.0.0.{}\" }}", at + 1)).collect();
        let hosts = hosts.join("\n");
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\n{hosts}\n{target}\n{topology}\nconfig = {{ {config} }}\n"
        ))
    }

    const REDIS: &str = "[redis.s]\nversion = \"7.2\"";
    const VALKEY: &str = "[valkey.s]\nversion = \"8.1\"";
    const ALONE: &str = "topology = \"standalone\"\nhosts = [\"a\"]";
    const PAIR: &str = "topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]";
    const CLUSTER: &str = "topology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\"]\nshards = 3";

    #[test]
    fn an_empty_server_has_its_price() {
        assert_eq!(codes(REDIS, ALONE, "maxmemory = 4"), FOUND);
        assert_eq!(codes(REDIS, ALONE, "maxmemory = \"699kb\""), FOUND);
        assert_eq!(codes(REDIS, ALONE, "maxmemory = \"700kb\""), NONE);
        assert_eq!(codes(REDIS, CLUSTER, "maxmemory = \"1mb\""), FOUND);
        assert_eq!(codes(REDIS, CLUSTER, "maxmemory = \"2mb\""), NONE);
        assert_eq!(codes(REDIS, ALONE, "maxmemory = 0"), NONE);
    }

    #[test]
    fn the_backlog_counts_where_there_are_replicas() {
        assert_eq!(codes(REDIS, PAIR, "maxmemory = \"1mb\""), FOUND);
        assert_eq!(codes(REDIS, PAIR, "maxmemory = \"2mb\""), NONE);
        assert_eq!(codes(VALKEY, PAIR, "maxmemory = \"10mb\""), FOUND);
        assert_eq!(codes(VALKEY, ALONE, "maxmemory = \"10mb\""), NONE);
        assert_eq!(codes(REDIS, PAIR, "maxmemory = \"64mb\", repl-backlog-size = \"64mb\""), FOUND);
    }
}
