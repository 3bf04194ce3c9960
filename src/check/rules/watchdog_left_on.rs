//! The rule `watchdog-left-on`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// The software watchdog, left on.
pub(super) static RULE: Rule = Rule {
    code: Code::WatchdogLeftOn,
    group: RuleGroup::Operations,
    about: "The software watchdog, left on",
    why: "With `watchdog-period` set the kernel sends the server a signal whenever it was busy for so long, and the server
writes a stack trace from within it. That is for an afternoon with a bug: system calls are interrupted, and the
server's own documentation warns of what the handler may do to a process. Switch it on by `CONFIG SET watchdog-period
500` while somebody looks, and off again.",
    source: "debug.c (watchdogSignalHandler, applyWatchdogPeriod) of Redis 7.0.15; the documentation of latency at redis.io",
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
watchdog-period = 500

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

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "watchdog-period";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), on) {
            let title = format!("the software watchdog of {} is always on", whose(&nodes));
            findings.push(
                Finding::new(Code::WatchdogLeftOn, place, title)
                    .help(format!("remove the line, and use `CONFIG SET {NAME}` while somebody looks"))
                    .note("it interrupts the server by a signal: meant for finding a bug, not for every day")
                    .of(&deployment.name),
            );
        }
    }
}

fn on(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.number(NAME).is_some_and(|period| period > 0))
}
