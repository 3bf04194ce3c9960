//! The rule `closed-server`.

use crate::check::access::{
    DEFAULT, Door, Reach, default_user, door, is_poisoned, is_protected, reach,
};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, Topology};

/// Servers that listen for other hosts, and refuse them all.
pub(super) static RULE: Rule = Rule {
    code: Code::ClosedServer,
    group: RuleGroup::Security,
    about: "Servers that listen for other hosts, and refuse them all",
    why: r#"While the default user needs no password, protected mode refuses every client from another address than loopback:
"DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default
user." From 7.0 on it does so whatever `bind` says, and it is on by default: the server starts, tools on its own host
find it well, and no application gets in. Certificates of clients do not help, nor do passwords of other users where
`default` is `nopass`.

Declare `users` (the default user is off then), or set a password for all; write `protected-mode = false` where the
network itself lets only friends through. Where clients are on the same host, give the host a loopback address, or the
server a `unixsocket`.

Of servers that must reach each other `peers-locked-out` speaks."#,
    source: "clientAcceptHandler (networking.c) of Redis 7.0.15; tried on Redis 6.0.16, 6.2.14 (which let everybody in once `bind` is set), 7.0.15 and 8.0.6 and Valkey 8.0.1 and 9.1.2, bound to an address beside loopback",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
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
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let standalone = deployment.topology == Topology::Standalone;
        if standalone && deployment.complete {
            findings.extend(closed(model, deployment));
        }
    }
}

fn closed(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let refuses = |node: &&Node| {
        door(deployment, node) == Door::Open
            && is_protected(deployment, node)
            && deployment.setting(node, "unixsocket").is_none()
            && reach(model, &deployment.shared, node).is_some_and(|reach| reach > Reach::Host)
    };
    let node = deployment.nodes.iter().find(refuses)?;
    let (name, host) = (&deployment.name.value, model.host(node.host));
    let declared = default_user(deployment).filter(|_| deployment.spec.users.declares(DEFAULT));
    let title = format!("`{name}` refuses every client of another host: protected mode is on, and nobody needs a password");
    let finding = match declared {
        Some(user) => Finding::new(Code::ClosedServer, user.name.span, title)
            .label("it is `nopass`")
            .help("remove `nopass` from the rules of `default` and give it `passwords`, or remove `default`: it is off then"),
        None => Finding::new(Code::ClosedServer, deployment.name.span, title)
            .label("neither `users` nor a password")
            .help("declare `users`, or set `requirepass = { env = \"…\" }` under `config`"),
    };
    Some(
        finding
            .related(host.address.span, format!("`{}` listens on this address", node.id))
            .help("or write `protected-mode = false` under `config`, where only trusted hosts reach it")
            .note("clients are told \"DENIED Redis is running in protected mode …\"")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];
    const CLOSED: [&str; 1] = ["closed-server"];

    fn of(version: &str, address: &str, rest: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{rest}"
        ))
    }

    #[test]
    fn from_7_0_on_nobody_gets_in() {
        for version in ["7.0", "7.2", "7.4", "8.0"] {
            assert_eq!(of(version, "10.0.0.1", ""), CLOSED, "{version}");
            assert_eq!(of(version, "cache.internal", ""), CLOSED, "{version}");
            assert_eq!(of(version, "127.0.0.1", ""), NONE, "{version}");
        }
        for version in ["6.0", "6.2"] {
            assert_eq!(of(version, "10.0.0.1", ""), ["open-server"], "{version}");
        }
    }

    #[test]
    fn whoever_opened_it_or_locked_it_is_heard() {
        for open in [
            "config.requirepass = { env = \"P\" }\n",
            "users.app = { passwords = { env = \"P\" }, rules = \"~* +get\" }\n",
            "config.unixsocket = \"/run/redis.sock\"\n",
            "config.bind = { override = \"127.0.0.1\" }\n",
            "config.aclfile = \"/etc/users.acl\"\n",
        ] {
            assert_eq!(of("7.2", "10.0.0.1", open), NONE, "{open}");
        }
    }

    #[test]
    fn certificates_and_other_users_do_not_help() {
        for closed in [
            "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }\n",
            "users.default = { rules = \"nopass +ping\" }\nusers.app = { passwords = { env = \"P\" }, rules = \"~* +get\" }\n",
        ] {
            assert_eq!(of("7.2", "10.0.0.1", closed), CLOSED, "{closed}");
        }
    }
}
