//! The rule `unlimited-memory`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, those};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Origin};
use crate::spec::{Purpose, listed};

/// A cache, or a policy of eviction, without a limit of memory.
pub(super) static RULE: Rule = Rule {
    code: Code::UnlimitedMemory,
    group: RuleGroup::Memory,
    about: "A cache, or a policy of eviction, without a limit of memory",
    why: r#"`maxmemory` is 0 where nothing sets it, and 0 means no limit. No key is ever evicted, whatever
`maxmemory-policy` says; the server grows with its data until the kernel kills it ("Out of memory: Killed process"),
and a cache starts again empty, or with its last snapshot, at the busiest moment.

Set `maxmemory` so that the machine has room for it and for what a server takes beside it (`peak-above-memory` counts
that where the host's `memory` is declared).

Nothing is said of a server whose purpose is not declared and that asks for no eviction: no limit may be meant."#,
    source: "evict.c (getMaxmemoryState: \"if (!server.maxmemory)\") of Redis 6.0.16 to 7.4.1 and Valkey 8.0.1",
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

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let unlimited =
            those(Servers::of_deployment(deployment), |running| wants_a_limit(deployment, running));
        findings.extend(finding(deployment, &unlimited));
    }
}

/// Whether a server has no limit though its purpose or its policy asks for one.
pub(super) fn wants_a_limit(deployment: &Deployment, running: &Running<'_>) -> bool {
    let cache = deployment.spec.purpose.is_some_and(|purpose| purpose.value == Purpose::Cache);
    running.bytes("maxmemory") == Some(0) && (cache || evicting(running).is_some())
}

/// The policy that evicts keys once there is a limit.
fn evicting(running: &Running<'_>) -> Option<&'static str> {
    running.word("maxmemory-policy").filter(|policy| *policy != "noeviction")
}

fn finding(deployment: &Deployment, nodes: &[Running<'_>]) -> Option<Finding> {
    let running = nodes.first()?;
    let name = &deployment.name.value;
    let origin = |name: &str| running.setting(name).map(|setting| setting.origin);
    let policy = evicting(running);
    let title = match policy {
        Some(policy) => format!("the policy `{policy}` of `{name}` never acts: there is no `maxmemory`"),
        None => format!("the cache `{name}` has no `maxmemory`, and grows until the machine is full"),
    };
    let zero = origin("maxmemory").and_then(Origin::span);
    let written = origin("maxmemory-policy").filter(|_| policy.is_some());
    let purpose = deployment.spec.purpose.map(|purpose| purpose.span);
    // A profile is no place for it: other deployments may take the same one and have a limit.
    let own = written.filter(|origin| !matches!(origin, Origin::Profile(_))).and_then(Origin::span);
    let place = zero.or(own).or(purpose).unwrap_or(deployment.name.span);
    let mut finding = Finding::new(Code::UnlimitedMemory, place, title);
    if zero.is_some() {
        finding = finding.label("0 is no limit");
    }
    if let Some(policy) = written.and_then(Origin::span).filter(|policy| *policy != place) {
        finding = finding.related(policy, "the policy");
    }
    if nodes.len() < deployment.nodes.len() {
        let names: Vec<&str> = nodes.iter().map(|running| running.node().id.0.as_str()).collect();
        finding = finding.note(format!("it has none on {}", listed(&names)));
    }
    Some(
        finding
            .help("set `maxmemory`, with room left for what a server takes beside it")
            .note("the kernel kills a server that takes all of the memory (\"Out of memory: Killed process\")")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["unlimited-memory"];

    fn codes(table: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"7.2\"\n\
             topology = \"standalone\"\nhosts = [\"a\"]\n{table}"
        ))
    }

    #[test]
    fn a_cache_or_a_policy_asks_for_a_limit() {
        assert_eq!(codes(""), NONE);
        assert_eq!(codes("purpose = \"cache\"\nconfig = { save = [] }\n"), FOUND);
        assert_eq!(codes("purpose = \"store\"\nconfig = { appendonly = true }\n"), NONE);
        assert_eq!(codes("config = { maxmemory-policy = \"volatile-ttl\" }\n"), FOUND);
        assert_eq!(codes("config = { maxmemory-policy = \"noeviction\" }\n"), NONE);
        assert_eq!(codes("config = { maxmemory-policy = \"allkeys-lfu\", maxmemory = 0 }\n"), FOUND);
        assert_eq!(codes("config = { maxmemory-policy = \"allkeys-lfu\", maxmemory = \"1gb\" }\n"), NONE);
    }

    #[test]
    fn what_cannot_be_read_is_told_once() {
        assert_eq!(codes("purpose = \"cache\"\nconfig = { maxmemory = \"lots\", save = [] }\n"), ["invalid-value"]);
        assert_eq!(codes("purpose = \"cache\"\nconfig = 3\n"), ["wrong-type"]);
        assert_eq!(codes("purpose = \"cache\"\nprofiles = [\"p\"]\n"), ["undefined-profile"]);
    }
}
