//! The rule `unbounded-subscribers`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::{OUTPUT_LIMITS, Servers};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::value::Value;

/// A subscriber that does not read may take all of the memory.
pub(super) static RULE: Rule = Rule {
    code: Code::UnboundedSubscribers,
    group: RuleGroup::Memory,
    about: "A subscriber that does not read may take all of the memory",
    why: r#"What is published waits at the server until each subscriber has read it. By default a subscriber that is 32 MB behind,
or 8 MB for a minute, is dropped. With `client-output-buffer-limit = "pubsub 0 0 0"` nobody ever is, and what waits
counts against `maxmemory`: one client that hangs makes the server evict every key, and then refuse writes. Without
`maxmemory` the kernel kills the server.

Tried with `maxmemory = "60mb"`, 30000 keys and one subscriber that reads nothing: after 80 MB of messages no key was
left, and each write was answered with "OOM command not allowed when used memory > 'maxmemory'". With the default
limits 26000 keys were left.

Remove the line, or write a limit that leaves room for the data. From 7.0 on `maxmemory-clients` bounds all clients
together, subscribers too; where it is set nothing is said."#,
    source: "networking.c (checkClientOutputBufferLimits) and evict.c (freeMemoryGetNotCountedMemory) of Redis 7.0.15; measured on Redis 6.0.16, 7.0.15 and 8.0.6 and Valkey 9.1.2, with `maxmemory-clients` on those from 7.0 on",
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
client-output-buffer-limit = "pubsub 0 0 0"

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
client-output-buffer-limit = "pubsub 128mb 64mb 60"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// What bounds all clients together, from 7.0 on.
const TOGETHER: &str = "maxmemory-clients";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), unbounded) {
            let title = format!("a subscriber that does not read may take all of the memory of {}", whose(&nodes));
            let limited = nodes.iter().any(|running| running.number("maxmemory").is_some_and(|bytes| bytes > 0));
            let end = if limited {
                "what waits for it counts against `maxmemory`: keys are evicted for it, then writes are refused"
            } else {
                "there is no `maxmemory`: the server grows until the kernel kills it"
            };
            findings.push(
                Finding::new(Code::UnboundedSubscribers, place, title)
                    .help("write `pubsub 32mb 8mb 60`, the default, or what leaves room for the data")
                    .note(end)
                    .of(&deployment.name),
            );
        }
    }
}

/// Where subscribers have neither a hard nor a soft limit, and clients none together.
fn unbounded(running: &Running<'_>) -> Option<Span> {
    let limit = running.servers.output_limits(running.node())?.pubsub?;
    let bounded_together = running.knows(TOGETHER)
        && !matches!(running.value(TOGETHER), Some(Value::Bytes(0) | Value::Percent(0)));
    running.place(OUTPUT_LIMITS).filter(|_| limit.hard == 0 && limit.soft == 0 && !bounded_together)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn with(version: &str, config: &str) -> Vec<String> {
        let spec = super::RULE.fails.spec.replace("client-output-buffer-limit = \"pubsub 0 0 0\"", config);
        codes_of(&spec.replace("\"7.2\"", &format!("\"{version}\"")))
    }

    #[test]
    fn any_limit_is_one() {
        for version in ["6.0", "6.2", "7.0", "8.0"] {
            let with = |limits: &str| with(version, &format!("client-output-buffer-limit = {limits}"));
            assert_eq!(with("\"pubsub 0 0 60\""), ["unbounded-subscribers"], "{version}");
            assert_eq!(with("\"pubsub 1gb 0 0\""), [""; 0], "{version}");
            assert_eq!(with("\"pubsub 0 8mb 60\""), [""; 0], "{version}");
            assert_eq!(with("\"replica 0 0 0\""), [""; 0], "{version}");
        }
    }

    #[test]
    fn clients_may_be_bounded_together() {
        let both = |limit: &str| {
            with("7.2", &format!("client-output-buffer-limit = \"pubsub 0 0 0\"\nmaxmemory-clients = \"{limit}\""))
        };
        assert_eq!(both("10%"), [""; 0]);
        assert_eq!(both("100mb"), [""; 0]);
        assert_eq!(both("0"), ["unbounded-subscribers"]);
    }
}
