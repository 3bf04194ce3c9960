//! The rule `no-latency-monitor`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A latency monitor that is off.
pub(super) static RULE: Rule = Rule {
    code: Code::NoLatencyMonitor,
    group: RuleGroup::Opinion,
    about: "A latency monitor that is off",
    why: "`latency-monitor-threshold` is 0 by default, and `LATENCY DOCTOR` then knows nothing: neither of forks, nor of slow
disks, nor of keys that expired by the thousand. With `100` each event that took 100 milliseconds or more is kept. It
costs a comparison for each event.",
    source: "latency.c of Redis 7.0.15",
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

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
no-latency-monitor = "warn"
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
latency-monitor-threshold = 100

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
no-latency-monitor = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "latency-monitor-threshold";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let off = |running: &Running<'_>| {
            (running.number(NAME) == Some(0)).then(|| running.place(NAME).unwrap_or(deployment.name.span))
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), off) {
            let title = format!("{} does not note what made it slow", whose(&nodes));
            findings.push(
                Finding::new(Code::NoLatencyMonitor, place, title)
                    .help(format!("write `{NAME} = 100`: events of 100 milliseconds or more are kept"))
                    .note("`LATENCY DOCTOR` would know nothing")
                    .of(&deployment.name),
            );
        }
    }
}
