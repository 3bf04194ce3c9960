//! The rule `cache-refuses-writes`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Node, Origin};
use crate::spec::{Purpose, listed};

/// A cache that refuses writes when it is full.
pub(super) static RULE: Rule = Rule {
    code: Code::CacheRefusesWrites,
    group: RuleGroup::Memory,
    about: "A cache that refuses writes when it is full",
    why: r#"`maxmemory-policy` is `noeviction` where nothing sets it. A full server with it evicts nothing: it answers each
write with "OOM command not allowed when used memory > 'maxmemory'", and goes on serving what has grown old.

A cache (`purpose = "cache"`) makes room for new keys with `allkeys-lru`, or `allkeys-lfu` where a few keys stay popular
for long; with `volatile-lru`, `volatile-lfu` or `volatile-ttl` only keys with a time to live go."#,
    source: "evict.c (performEvictions) of Redis 6.0.16 to 7.4.1; the answer seen on Redis 6.0.16 to 8.0.6 and Valkey 8.0.1 to 9.1.2",
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
maxmemory = "4gb"
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

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(purpose) = deployment.spec.purpose.filter(|purpose| purpose.value == Purpose::Cache) else {
            continue;
        };
        let servers = Servers::of_deployment(deployment);
        let refusing: Vec<&Node> = deployment.nodes.iter().filter(|node| refuses(&servers, node)).collect();
        let Some(first) = refusing.first() else { continue };
        let name = &deployment.name.value;
        let title = format!("the cache `{name}` evicts nothing when it is full, and refuses writes");
        let written = servers.setting(first, "maxmemory-policy").map(|setting| setting.origin);
        let mut finding = match written.and_then(Origin::span) {
            Some(policy) => Finding::new(RULE.code, policy, title).related(purpose.span, "it is a cache"),
            None => Finding::new(RULE.code, purpose.span, title)
                .note("nothing sets `maxmemory-policy`, and servers begin with `noeviction`"),
        };
        if refusing.len() < deployment.nodes.len() {
            let names: Vec<&str> = refusing.iter().map(|node| node.id.0.as_str()).collect();
            finding = finding.note(format!("it is so on {}", listed(&names)));
        }
        findings.push(
            finding
                .help("write `maxmemory-policy = \"allkeys-lru\"`, or `\"allkeys-lfu\"` where few keys stay popular")
                .note("each write would be answered with \"OOM command not allowed when used memory > 'maxmemory'\"")
                .of(name),
        );
    }
}

/// Whether a node is limited and evicts nothing. Without a limit it is `unlimited-memory` that speaks.
fn refuses<'m>(servers: &Servers<'m>, node: &'m Node) -> bool {
    let limited = servers.bytes(node, "maxmemory").is_some_and(|bytes| bytes > 0);
    limited && servers.word(node, "maxmemory-policy") == Some("noeviction")
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];

    fn codes(engine: &str, version: &str, table: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[{engine}.s]\nversion = \"{version}\"\n\
             topology = \"standalone\"\nhosts = [\"a\"]\n{table}"
        ))
    }

    #[test]
    fn only_a_declared_cache_must_evict() {
        let cache = "purpose = \"cache\"\nconfig = { maxmemory = \"1gb\", save = [] }\n";
        for (engine, version) in [("redis", "6.0"), ("redis", "8.0"), ("valkey", "9.1")] {
            assert_eq!(codes(engine, version, cache), ["cache-refuses-writes"]);
        }
        assert_eq!(codes("redis", "7.2", "config = { maxmemory = \"1gb\" }\n"), NONE);
        let queue = "purpose = \"queue\"\nconfig = { maxmemory = \"1gb\", appendonly = true }\n";
        assert_eq!(codes("redis", "7.2", queue), NONE);
        let evicts = cache.replace("save", "maxmemory-policy = \"volatile-ttl\", save");
        assert_eq!(codes("redis", "7.2", &evicts), NONE);
    }

    #[test]
    fn what_cannot_be_read_is_told_once() {
        let broken = "purpose = \"cache\"\nconfig = { maxmemory = \"1gb\", maxmemory-policy = \"lru\", save = [] }\n";
        assert_eq!(codes("redis", "7.2", broken), ["invalid-value"]);
    }
}
