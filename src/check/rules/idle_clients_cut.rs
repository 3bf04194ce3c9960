//! The rule `idle-clients-cut`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// Clients that are cut off while they are idle.
pub(super) static RULE: Rule = Rule {
    code: Code::IdleClientsCut,
    group: RuleGroup::Opinion,
    about: "Clients that are cut off while they are idle",
    why: "`timeout` closes connections that were idle for so many seconds: those that a pool keeps for the next rush, first of
all. The next command on one fails, and libraries differ in what they make of that. Replicas, blocked clients and
subscribers are left alone. `tcp-keepalive` finds the connections whose other end is gone without touching the others;
a pool can be told to close what it does not need. Other teams use it against clients that never close anything.",
    source: "timeout.c (clientsCronHandleTimeout) of Redis 7.0.15",
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
timeout = 60

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
idle-clients-cut = "warn"
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
timeout = 0

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
idle-clients-cut = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "timeout";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), cuts) {
            let seconds = nodes.first().and_then(|running| running.number(NAME)).unwrap_or_default();
            let title = format!("{} closes connections that were idle for {seconds} seconds", whose(&nodes));
            findings.push(
                Finding::new(Code::IdleClientsCut, place, title)
                    .help(format!("write `{NAME} = 0`, the default; `tcp-keepalive` finds those that are dead"))
                    .note("the next command of a pooled client fails then")
                    .of(&deployment.name),
            );
        }
    }
}

fn cuts(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.number(NAME).is_some_and(|seconds| seconds > 0))
}
