//! The rule `high-hz`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// Background work more than a hundred times a second.
pub(super) static RULE: Rule = Rule {
    code: Code::HighHz,
    group: RuleGroup::Opinion,
    about: "Background work more than a hundred times a second",
    why: "`hz` says how often a server looks for expired keys, dead clients and the like. The server's own documentation calls
values above 100 no good idea: an idle server takes 0.2 percent of a processor with 10, 0.6 with 100 and 1.6 to 1.9
with 500. Keys expire when they are asked for, whatever `hz` says, and `dynamic-hz` raises it where many clients need
it.",
    source: "redis.conf and server.c (serverCron) of Redis 7.0.15; measured on Redis 6.2.14, 7.0.15, 8.0.6 and Valkey 9.1.2",
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
hz = 500

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
high-hz = "warn"
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
hz = 100

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
high-hz = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "hz";
/// From where on the server's own documentation advises against it.
const MOST: i128 = 100;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), high) {
            let hz = nodes.first().and_then(|running| running.number(NAME)).unwrap_or_default();
            let title = format!("{} interrupts itself {hz} times a second", whose(&nodes));
            findings.push(
                Finding::new(Code::HighHz, place, title)
                    .help(format!("write `{NAME} = 10`, the default, or {MOST} at most"))
                    .of(&deployment.name),
            );
        }
    }
}

fn high(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.number(NAME).is_some_and(|hz| hz > MOST))
}
