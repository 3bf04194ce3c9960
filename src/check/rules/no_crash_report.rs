//! The rule `no-crash-report`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A server that crashes without a report.
pub(super) static RULE: Rule = Rule {
    code: Code::NoCrashReport,
    group: RuleGroup::Opinion,
    about: "A server that crashes without a report",
    why: "With `crash-log-enabled = false` a server that crashes leaves a core dump at most: neither the stack, nor the
registers, nor the command that it was at. Those are what its makers ask for. Some teams collect core dumps and want
the process gone at once.",
    source: "debug.c (sigsegvHandler) and server.c (setupSignalHandlers) of Redis 7.0.15",
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
crash-log-enabled = false

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
no-crash-report = "warn"
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
crash-log-enabled = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
no-crash-report = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "crash-log-enabled";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), silent) {
            let title = format!("a crash of {} leaves no report", whose(&nodes));
            findings.push(
                Finding::new(Code::NoCrashReport, place, title)
                    .help(format!("write `{NAME} = true`, the default"))
                    .of(&deployment.name),
            );
        }
    }
}

fn silent(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.is(NAME, false))
}
