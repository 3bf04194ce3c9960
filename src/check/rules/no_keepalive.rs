//! The rule `no-keepalive`.

use crate::check::access::{Reach, reach};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// Clients that stay connected though their machine is gone.
pub(super) static RULE: Rule = Rule {
    code: Code::NoKeepalive,
    group: RuleGroup::Operations,
    about: "Clients that stay connected though their machine is gone",
    why: "A machine that loses power, or a firewall that forgets a connection, says nothing to the server. With `tcp-keepalive =
0` nothing asks, and with `timeout = 0`, the default, nothing gives up: such clients stay until the server restarts,
and count against `maxclients`. After enough of them nobody gets in.

Write `300`, the default: seconds between probes. Firewalls that forget sooner need less.",
    source: "networking.c (createClient) and timeout.c (clientsCronHandleTimeout) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
tcp-keepalive = 0

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
tcp-keepalive = 60

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "tcp-keepalive";

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for (place, nodes) in faults(servers, |running| never_asks(model, running)) {
            let title = format!("{} keeps clients whose machine is gone", whose(&nodes));
            let mut finding = Finding::new(Code::NoKeepalive, place, title)
                .help(format!("write `{NAME} = 300`, the default"))
                .note("such clients stay until the server restarts, and count against `maxclients`");
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "300");
            }
            findings.push(finding.of(servers.name));
        }
    }
}

/// Where a server that never gives up is told not to ask either. Clients on its own host are never gone with
/// their machine: the kernel ends their connections.
fn never_asks(model: &Model, running: &Running<'_>) -> Option<Span> {
    let never = running.number(NAME) == Some(0) && running.number("timeout") == Some(0);
    let alone = reach(model, running.servers.shared, running.node()) == Some(Reach::Host);
    running.place(NAME).filter(|_| never && !alone)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn a_timeout_gives_up_too() {
        let with = |config: &str| codes_of(&super::RULE.fails.spec.replace("tcp-keepalive = 0", config));
        assert_eq!(with("tcp-keepalive = 0\ntimeout = 600"), [""; 0]);
        assert_eq!(with("tcp-keepalive = 0\ntimeout = 0"), ["no-keepalive"]);
    }

    #[test]
    fn clients_on_the_host_itself_are_never_gone_with_their_machine() {
        let local = |address: &str| codes_of(&super::RULE.fails.spec.replace("10.0.1.11", address));
        assert_eq!(local("127.0.0.1"), [""; 0]);
        assert_eq!(local("10.0.2.11"), ["no-keepalive"]);
    }
}
