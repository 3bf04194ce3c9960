//! The rule `open-server`.

use crate::check::access::{
    DEFAULT, Door, Reach, asks_for_certificates, default_user, door, is_harmless, is_poisoned, is_protected,
    reach,
};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings, Level};
use crate::model::{Deployment, Model, Node};
use crate::source::Span;

/// Servers that other hosts reach, and that ask nobody for a password.
pub(super) static RULE: Rule = Rule {
    code: Code::OpenServer,
    group: RuleGroup::Security,
    about: "Servers that other hosts reach, and that ask nobody for a password",
    why: "Whoever reaches such a server reads, changes and deletes everything, and on 6.x writes files on its host as the server's
user (CONFIG SET dir, then SAVE).

A server is open when it listens on more than loopback, its default user needs no password, and protected mode does
not refuse other hosts: because it says `protected-mode = false`, or because it is a 6.x, where protected mode ends as
soon as `bind` is set, and it always is, since it follows from the host's address.

Declare `users` (the default user is off then), or set a password for all. Servers that ask all clients for a
certificate are not open. Where the network itself lets only friends through, silence the rule and say so in
`reason`. With a public address among those it listens on, this is an error.",
    source: "acceptCommonHandler (networking.c) of Redis 6.2.14 and 7.0.15 and Valkey 8.0.1",
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
protected-mode = false
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

[redis.sessions.config]
protected-mode = false
requirepass = { env = "SESSIONS_PASSWORD" }
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        findings.extend(open(model, deployment));
    }
}

fn open(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let is_tls_known = !["port", "tls-port", "tls-auth-clients"]
        .iter()
        .any(|name| deployment.poisoned.iter().any(|poisoned| poisoned == name));
    let harmless = default_user(deployment).is_some_and(|user| is_harmless(deployment.rights(user)));
    // With a build that can do it, the declared TLS might ask for certificates.
    let lost_tls = deployment.spec.tls.is_some() && deployment.tls.is_none();
    if harmless || !is_tls_known || lost_tls {
        return None;
    }
    let is_open = |node: &&Node| {
        door(deployment, node) == Door::Open
            && !is_protected(deployment, node)
            && !asks_for_certificates(deployment, node)
    };
    let reached = deployment.nodes.iter().filter(is_open).filter_map(|node| {
        let reach = reach(model, &deployment.shared, node)?;
        (reach > Reach::Host).then_some((reach, node))
    });
    let (reach, node) = reached.max_by_key(|(reach, _)| *reach)?;
    let name = &deployment.name.value;
    let title = if reach == Reach::Internet {
        format!("`{name}` is open to the internet: it asks nobody for a password")
    } else {
        format!("`{name}` is open to everybody who reaches it: it asks nobody for a password")
    };
    let host = model.host(node.host);
    let (place, label, note) = because(deployment, node);
    let mut finding = Finding::new(Code::OpenServer, place, title)
        .label(label)
        .related(host.address.span, format!("`{}` listens on this address", node.id))
        .help(closing(deployment))
        .note(note);
    if reach == Reach::Internet {
        finding.level = Level::Error;
    }
    Some(finding.of(name))
}

/// What to write so that credentials are asked for.
fn closing(deployment: &Deployment) -> &'static str {
    if deployment.spec.users.declares(DEFAULT) {
        "remove `nopass` from the rules of `default` and give it `passwords`, or declare other users and remove it"
    } else if matches!(deployment.topology, crate::model::Topology::Standalone) {
        "declare `users`, or set `requirepass = { env = \"…\" }` under `config`"
    } else {
        "declare `users` and `replication`, or one password for all: `replication = { password = { env = \"…\" } }`"
    }
}

/// Why protected mode is not in the way: where, in words, and what servers do.
fn because(deployment: &Deployment, node: &Node) -> (Span, &'static str, &'static str) {
    let protected = deployment.setting(node, "protected-mode");
    let off = protected.filter(|_| off(deployment, node)).and_then(|setting| setting.origin.span());
    match (off, default_user(deployment).filter(|_| deployment.spec.users.declares(DEFAULT))) {
        (_, Some(user)) => (
            user.name.span,
            "it is `nopass`, and may do more than ask for the server's state",
            "every connection is the default user until it logs in",
        ),
        (Some(span), None) => (
            span,
            "other hosts are let in",
            "protected mode would refuse other hosts while no password is set",
        ),
        (None, None) => (
            deployment.name.span,
            "neither `users` nor a password",
            "before 7.0 protected mode refuses nobody where `bind` is set, and `bind` follows from the host's address",
        ),
    }
}

fn off(deployment: &Deployment, node: &Node) -> bool {
    use crate::model::Assigned;
    use crate::value::Value;

    let value = deployment.setting(node, "protected-mode").map(|setting| &setting.value);
    value == Some(&Assigned::Value(Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};
    use crate::diag::Level;

    const NONE: [&str; 0] = [];
    const OPEN: [&str; 1] = ["open-server"];
    const OFF: &str = "config.protected-mode = false\n";

    fn spec(version: &str, address: &str, rest: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{rest}"
        )
    }

    fn of(version: &str, address: &str, rest: &str) -> Vec<String> {
        codes_of(&spec(version, address, rest))
    }

    #[test]
    fn protected_mode_is_in_the_way_from_7_0_on() {
        for version in ["6.0", "6.2"] {
            assert_eq!(of(version, "10.0.0.1", ""), OPEN);
            assert_eq!(of(version, "127.0.0.1", ""), NONE);
        }
        for version in ["7.0", "7.2", "8.0"] {
            assert_eq!(of(version, "10.0.0.1", ""), ["clients-locked-out"]);
            assert_eq!(of(version, "10.0.0.1", OFF), OPEN);
            assert_eq!(of(version, "cache.internal", OFF), OPEN);
            assert_eq!(of(version, "127.0.0.1", OFF), NONE);
            assert_eq!(of(version, "localhost", OFF), NONE);
        }
        let everywhere = format!("{OFF}config.bind = {{ override = \"*\" }}\n");
        assert_eq!(of("7.2", "127.0.0.1", &everywhere), OPEN);
        let loopback = format!("{OFF}config.bind = {{ override = \"127.0.0.1 -::1\" }}\n");
        assert_eq!(of("7.2", "10.0.0.1", &loopback), NONE);
    }

    #[test]
    fn the_internet_makes_it_an_error() {
        assert_eq!(findings_of(&spec("7.2", "8.8.8.8", OFF), &[])[0].level, Level::Error);
        assert_eq!(findings_of(&spec("7.2", "10.0.0.1", OFF), &[])[0].level, Level::Warning);
    }

    #[test]
    fn whoever_logs_in_is_known() {
        for closed in [
            "config.requirepass = { env = \"P\" }\n",
            "users.app = { passwords = { env = \"P\" }, rules = \"~* +get\" }\n",
            "users.default = { rules = \"nopass +ping +info\" }\n",
            "config.aclfile = \"/etc/users.acl\"\n",
            "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }\n",
        ] {
            assert_eq!(of("7.2", "10.0.0.1", &format!("{OFF}{closed}")), NONE, "{closed}");
        }
        for open in [
            "users.default = { rules = \"nopass ~* +@read\" }\n",
            "tls = { cert-file = \"/c\", key-file = \"/k\", auth-clients = \"no\" }\n",
            "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\", auth-clients = \"optional\" }\n",
            "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\", port = 6380 }\n",
        ] {
            assert_eq!(of("7.2", "10.0.0.1", &format!("{OFF}{open}")), OPEN, "{open}");
        }
    }
}
