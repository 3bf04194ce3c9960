//! The rule `evicting-store`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Node};
use crate::source::Span;
use crate::spec::Purpose;

/// A store or queue that drops data when it is full.
pub(super) static RULE: Rule = Rule {
    code: Code::EvictingStore,
    group: RuleGroup::Memory,
    about: "A store or queue that drops data when it is full",
    why: r#"With a policy of `allkeys-…` a full server makes room by deleting keys, whichever they are. For data that stand
nowhere else (`purpose = "store"`) and for work to be done (`purpose = "queue"`) that is loss, without an error and
without a trace but the counter `evicted_keys`.

With `noeviction` a full server refuses writes, and whoever writes knows it. Where some keys may go, give those a
time to live and use `volatile-lru` or `volatile-ttl`: the others stay."#,
    source: "evict.c (performEvictions) of Redis 6.0.16 to 7.4.1 and Valkey 8.0.1",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.carts.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lru"
appendonly = true

[redis.carts.users.app]
passwords = [{ env = "CARTS_APP_PASSWORD" }]
rules = "~cart:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.carts.config]
maxmemory = "4gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.carts.users.app]
passwords = [{ env = "CARTS_APP_PASSWORD" }]
rules = "~cart:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(purpose) = deployment.spec.purpose.filter(|purpose| purpose.value != Purpose::Cache) else {
            continue;
        };
        let servers = Servers::of_deployment(deployment);
        let mut told: Vec<Span> = Vec::new();
        for node in &deployment.nodes {
            let Some(policy) = drops(&servers, node) else { continue };
            let place = servers.place(node, "maxmemory-policy");
            if told.contains(&place) {
                continue;
            }
            told.push(place);
            let (name, what) = (&deployment.name.value, purpose.value.name());
            let lost = if purpose.value == Purpose::Queue { "work that is not done" } else { "data that stand nowhere else" };
            let title = format!("`{policy}` deletes keys of the {what} `{name}` when it is full: {lost}");
            findings.push(
                Finding::new(RULE.code, place, title)
                    .related(purpose.span, format!("it is a {what}"))
                    .help("write `maxmemory-policy = \"noeviction\"`: a full server then refuses writes, and says so")
                    .note("nobody is told: only the counter `evicted_keys` grows")
                    .of(name),
            );
        }
    }
}

/// The policy of a node that deletes any key for want of room. Without a limit it never acts, and
/// `unlimited-memory` says so.
fn drops<'m>(servers: &Servers<'m>, node: &'m Node) -> Option<&'static str> {
    let limited = servers.bytes(node, "maxmemory").is_some_and(|bytes| bytes > 0);
    servers.word(node, "maxmemory-policy").filter(|policy| limited && policy.starts_with("allkeys-"))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];

    fn codes(purpose: &str, policy: &str, limit: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[profiles.p.config]\n\
             maxmemory-policy = \"{policy}\"\n[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
             profiles = [\"p\"]\n{purpose}\n[redis.s.config]\nmaxmemory = \"{limit}\"\nsave = []\nappendonly = true\n"
        ))
    }

    #[test]
    fn any_key_may_go_of_a_cache_only() {
        for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
            assert_eq!(codes("purpose = \"store\"", policy, "1gb"), ["evicting-store"]);
            assert_eq!(codes("purpose = \"queue\"", policy, "1gb"), ["evicting-store"]);
            assert_eq!(codes("purpose = \"cache\"", policy, "1gb"), NONE);
            assert_eq!(codes("", policy, "1gb"), NONE);
        }
        assert_eq!(codes("purpose = \"store\"", "volatile-lru", "1gb"), NONE);
        assert_eq!(codes("purpose = \"store\"", "noeviction", "1gb"), NONE);
    }

    #[test]
    fn without_a_limit_the_policy_never_acts() {
        assert_eq!(codes("purpose = \"store\"", "allkeys-lru", "0"), ["unlimited-memory"]);
    }
}
