//! The rule `clients-locked-out`.

use crate::check::access::{Reach, is_poisoned, reach, refuses_other_hosts};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, Origin, Topology};

use super::peers_locked_out;

/// Servers that listen for other hosts, and refuse every client there.
pub(super) static RULE: Rule = Rule {
    code: Code::ClientsLockedOut,
    group: RuleGroup::Security,
    about: "Servers that listen for other hosts, and refuse every client there",
    why: r#"From 7.0 on, protected mode refuses every client from another host while the default user needs no password,
whatever `bind` says. The server starts, answers `redis-cli` on its own host, and tells everybody else "DENIED Redis is
running in protected mode".

The official container images are built with protected mode off: what other builds refuse, they let in, everybody.

Declare `users`, or set a password; write `protected-mode = false` where the network itself lets only friends through.
Where all clients are on the host itself, give the host a loopback address, or write
`bind = { override = "127.0.0.1" }`: the server then does not listen where it lets nobody in.

Of servers that must reach each other speaks `peers-locked-out`."#,
    source: "acceptCommonHandler (networking.c) of Redis 7.0.15; tried on Redis 7.0.15 and 8.0.6 and Valkey 9.1.2; Dockerfile.template of Valkey's images",
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
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        // The servers are clients of each other: one cause, one finding.
        if peers_locked_out::refusing(model, deployment).is_none() {
            findings.extend(refused(model, deployment));
        }
    }
}

fn refused(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let refuses = |node: &&Node| {
        let listens = reach(model, &deployment.shared, node).is_some_and(|reach| reach > Reach::Host);
        listens && refuses_other_hosts(deployment, node)
    };
    let node = deployment.nodes.iter().find(refuses)?;
    let name = &deployment.name;
    let title = format!(
        "`{}` refuses clients on other hosts: protected mode is on, and nobody needs a password",
        name.value
    );
    let closing = match deployment.topology {
        Topology::Standalone => "declare `users`, or set `requirepass = { env = \"…\" }` under `config`",
        _ => "declare `users` and `replication`, or one password for all: `replication = { password = { env = \"…\" } }`",
    };
    // What is written by hand says it best.
    let written = ["protected-mode", "bind"].into_iter().find_map(|directive| {
        let setting = deployment.setting(node, directive)?;
        let by_hand = !matches!(setting.origin, Origin::Derived(..));
        by_hand.then(|| setting.origin.span()).flatten()
    });
    let place = written.unwrap_or(name.span);
    Some(
        Finding::new(Code::ClientsLockedOut, place, title)
            .related(model.host(node.host).address.span, format!("`{}` listens for other hosts here", node.id))
            .help(closing)
            .help("or write `protected-mode = false` under `config`, where only trusted hosts reach it")
            .note("they are told \"DENIED …\", and clients on its own host are let in; official container images let everybody in")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];
    const REFUSED: [&str; 1] = ["clients-locked-out"];

    fn of(version: &str, address: &str, rest: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{rest}"
        ))
    }

    #[test]
    fn a_server_that_listens_for_nobody_is_found() {
        for version in ["7.0", "7.2", "8.0"] {
            assert_eq!(of(version, "10.0.0.1", ""), REFUSED);
            assert_eq!(of(version, "cache.internal", ""), REFUSED);
            assert_eq!(of(version, "10.0.0.1", "config.protected-mode = true\n"), REFUSED);
            assert_eq!(of(version, "127.0.0.1", ""), NONE);
            assert_eq!(of(version, "localhost", ""), NONE);
            assert_eq!(of(version, "127.0.0.1", "config.bind = { override = \"*\" }\n"), REFUSED);
            assert_eq!(of(version, "10.0.0.1", "config.bind = { override = \"127.0.0.1\" }\n"), NONE);
        }
        // Protected mode ends with `bind` there: it is open to all.
        assert_eq!(of("6.2", "10.0.0.1", ""), ["open-server"]);
    }

    #[test]
    fn who_gets_in_is_another_rules_business() {
        for rest in [
            "config.requirepass = { env = \"P\" }\n",
            "users.app = { passwords = { env = \"P\" }, rules = \"~* +get\" }\n",
            "config.aclfile = \"/etc/users.acl\"\n",
            "config.user = \"metrics off -@all +ping\"\n",
        ] {
            assert_eq!(of("7.2", "10.0.0.1", rest), NONE, "{rest}");
        }
        assert_eq!(of("7.2", "10.0.0.1", "config.protected-mode = false\n"), ["open-server"]);
    }

    #[test]
    fn replicas_on_one_host_reach_each_other_and_clients_elsewhere_do_not() {
        let pair = |bind: &str, address: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n[redis.s]\nversion = \"7.2\"\n\
                 topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"a\"]\nsurvives = \"nothing\"\n{bind}"
            ))
        };
        let everywhere = "config.bind = { override = \"0.0.0.0\" }\n";
        assert_eq!(pair("", "127.0.0.1"), NONE);
        assert_eq!(pair(everywhere, "127.0.0.1"), REFUSED);
        assert_eq!(pair(everywhere, "10.0.0.1"), ["peers-locked-out"]);
    }

    #[test]
    fn certificates_are_no_password() {
        let tls = "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }\n";
        assert_eq!(of("7.2", "10.0.0.1", tls), REFUSED);
    }

    #[test]
    fn what_cannot_be_read_is_told_once() {
        for broken in ["config = 3\n", "users = 3\n", "config.bind = { override = 3 }\n", "config.protected-mode = 3\n"] {
            assert_eq!(of("7.2", "10.0.0.1", broken).len(), 1, "{broken}");
        }
    }
}
