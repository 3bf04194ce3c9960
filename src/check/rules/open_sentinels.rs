//! The rule `open-sentinels`.

use crate::check::access::{Reach, reach};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Origin};

/// Sentinels that everybody may command.
pub(super) static RULE: Rule = Rule {
    code: Code::OpenSentinels,
    group: RuleGroup::Opinion,
    about: "Sentinels that everybody may command",
    why: "Sentinels ask nobody for a password unless `requirepass` is set, and they have no protected mode. Whoever reaches one
may start failovers, make it watch other servers, or take a deployment from it.

`requirepass` under `config` makes sentinels ask for a password, the same for all of them, from 6.2 on each other too
(`sentinel-pass`). Clients that look up the primary then need it as well, which is why this is off unless `[lints]`
asks for it.",
    source: "initSentinelConfig (sentinel.c) of Redis 7.0.15: `server.protected_mode = 0`",
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
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[lints]
open-sentinels = "warn"
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
config = { requirepass = { env = "SENTINEL_PASSWORD" }, sentinel-pass = { env = "SENTINEL_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[lints]
open-sentinels = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    const BY_HAND: [&str; 3] = ["requirepass", "user", "aclfile"];
    for set in &model.sentinels {
        if set.tls.is_some() || set.poisoned.iter().any(|name| BY_HAND.contains(&name.as_str())) {
            continue;
        }
        let asks = |node: &crate::model::Node| {
            // The file of an observer lets everybody else in as before.
            let by_hand = |setting: &&crate::model::Setting| !matches!(setting.origin, Origin::Derived(..));
            set.settings(node).filter(by_hand).any(|setting| BY_HAND.contains(&setting.name.as_str()))
        };
        let open = set.nodes.iter().find(|node| {
            reach(model, &set.shared, node).is_some_and(|reach| reach > Reach::Host) && !asks(node)
        });
        let Some(node) = open else { continue };
        let name = &set.name.value;
        let title = format!("everybody who reaches the sentinels `{name}` may command them");
        findings.push(
            Finding::new(Code::OpenSentinels, set.name.span, title)
                .related(node.span, format!("`{}` is reached from other hosts", node.id))
                .help("set `requirepass` and, with the same secret, `sentinel-pass` under its `config`")
                .note("sentinels have no protected mode")
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn it_is_off_by_default_and_silent_on_one_host() {
        let asked = super::RULE.fails.spec;
        assert_eq!(codes_of(&asked.replace("open-sentinels = \"warn\"", "")), [""; 0]);
        assert_eq!(codes_of(&asked.replace("10.0.", "127.0.")), [""; 0]);
        let observer = "[sentinels.main]\nobserver = { user = \"drift\", password = { env = \"O\" } }\n";
        assert_eq!(codes_of(&asked.replace("[sentinels.main]\n", observer)), ["open-sentinels"]);
    }
}
