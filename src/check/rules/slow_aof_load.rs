//! The rule `slow-aof-load`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// An append-only file of commands only, which loads slowly.
pub(super) static RULE: Rule = Rule {
    code: Code::SlowAofLoad,
    group: RuleGroup::Opinion,
    about: "An append-only file of commands only, which loads slowly",
    why: "By default a rewritten append-only file begins with a snapshot. With `aof-use-rdb-preamble = false` it holds the
commands that make the data: longer, and slower to load. Measured with a million small strings: 87 MB instead of 35,
and a start of 1.7 seconds instead of 1.1 on Redis 7.0, of 1.6 instead of 0.9 on Valkey 9.1. Some teams want a file
that other programs can read.",
    source: "aof.c (rewriteAppendOnlyFile) of Redis 7.0.15; measured on Redis 7.0.15 and Valkey 9.1.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
aof-use-rdb-preamble = false

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
slow-aof-load = "warn"
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
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
aof-use-rdb-preamble = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
slow-aof-load = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "aof-use-rdb-preamble";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), commands_only) {
            let title = format!("the append-only file of {} holds commands only, and loads slowly", whose(&nodes));
            let mut finding = Finding::new(Code::SlowAofLoad, place, title)
                .help(format!("write `{NAME} = true`, the default"))
                .note("measured with small strings: 2.5 times the size, and 1.5 to 1.9 times the time to load");
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "true");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

fn commands_only(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.is("appendonly", true) && running.is(NAME, false))
}
