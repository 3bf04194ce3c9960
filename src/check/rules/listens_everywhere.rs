//! The rule `listens-everywhere`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model};
use crate::value::Value;

/// A server that listens on all addresses of its host.
pub(super) static RULE: Rule = Rule {
    code: Code::ListensEverywhere,
    group: RuleGroup::Opinion,
    about: "A server that listens on all addresses of its host",
    why: "`bind` follows from the host's address, and with it a server is reached by that address and by loopback. `*` and
`0.0.0.0` open it on every network that the host is on or joins later: the one for backups, the one for management, the
bridges of containers.

Remove the line. Off unless `[lints]` asks for it.",
    source: "listenToPort (server.c) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
bind = { override = "*" }

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"

[lints]
listens-everywhere = "warn"
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

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"

[lints]
listens-everywhere = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let everywhere = |setting: &&crate::model::Setting| match &setting.value {
            Assigned::Value(Value::Addresses(addresses)) => addresses.iter().any(|address| {
                let address = address.strip_prefix(b"-").unwrap_or(address);
                [&b"*"[..], b"0.0.0.0", b"::", b"::*"].contains(&address)
            }),
            _ => false,
        };
        let mut nodes = deployment.nodes.iter();
        let bind = nodes.find_map(|node| deployment.setting(node, "bind").filter(everywhere));
        let Some(place) = bind.and_then(|setting| setting.origin.span()) else { continue };
        let name = &deployment.name.value;
        let title = format!("`{name}` listens on all addresses of its hosts");
        findings.push(
            Finding::new(Code::ListensEverywhere, place, title)
                .help("remove `bind`: it follows from the host's address")
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn it_is_off_by_default() {
        let asked = super::RULE.fails.spec;
        assert_eq!(codes_of(&asked.replace("listens-everywhere = \"warn\"", "")), [""; 0]);
        assert_eq!(codes_of(&asked.replace("\"*\"", "\"10.0.1.11 -::1\"")), [""; 0]);
    }
}
