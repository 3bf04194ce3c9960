//! The rule `no-slow-log`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A slow log that is off, empty or full of everything.
pub(super) static RULE: Rule = Rule {
    code: Code::NoSlowLog,
    group: RuleGroup::Operations,
    about: "A slow log that is off, empty or full of everything",
    why: "The slow log is the first thing that anybody asks a server in trouble for: which commands kept everybody waiting, and
from which client. A threshold of -1 switches it off, `slowlog-max-len = 0` keeps nothing, and a threshold of 0 enters
every command, so that the slow ones are gone after 128 others. It costs nothing while commands are fast.

Write `slowlog-log-slower-than = 10000`, the default (microseconds). Valkey 8.1 and later call it
`commandlog-execution-slower-than`.",
    source: "slowlog.c (slowlogPushEntryIfNeeded) of Redis 7.0.15, commandlog.c of Valkey 8.1.1",
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
slowlog-log-slower-than = -1

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
slowlog-log-slower-than = 1000

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// Microseconds from which a command is entered. Valkey 8.1 has another name for it.
const THRESHOLD: &str = "slowlog-log-slower-than";
const LENGTH: &str = "slowlog-max-len";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), useless) {
            findings.extend(finding(place, &nodes).map(|finding| finding.of(&deployment.name)));
        }
    }
}

/// Where a server is told to keep no slow commands.
fn useless(running: &Running<'_>) -> Option<Span> {
    let threshold = running.place(THRESHOLD).filter(|_| running.number(THRESHOLD).is_some_and(|least| least <= 0));
    threshold.or_else(|| running.place(LENGTH).filter(|_| running.number(LENGTH) == Some(0)))
}

fn finding(place: Span, nodes: &[Running<'_>]) -> Option<Finding> {
    let running = nodes.first()?;
    let whose = whose(nodes);
    let (name, title, usual) = match running.number(THRESHOLD)? {
        0 => (THRESHOLD, format!("the slow log of {whose} is full of commands that are not slow"), "10000"),
        least if least < 0 => (THRESHOLD, format!("the slow log of {whose} is off"), "10000"),
        _ => (LENGTH, format!("the slow log of {whose} keeps nothing"), "128"),
    };
    let setting = running.setting(name)?;
    let mut finding = Finding::new(Code::NoSlowLog, place, title)
        .help(format!("write `{} = {usual}`, the default", setting.name))
        .note("nothing says which commands keep the others waiting");
    if let Some(span) = setting.value_span {
        finding = finding.guess(span, usual);
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn codes(engine: &str, version: &str, config: &str) -> Vec<String> {
        let spec = super::RULE.fails.spec.replace("slowlog-log-slower-than = -1", config);
        codes_of(&spec.replace("redis.", &format!("{engine}.")).replace("\"7.2\"", &format!("\"{version}\"")))
    }

    #[test]
    fn off_empty_and_everything() {
        for config in ["slowlog-log-slower-than = -1", "slowlog-log-slower-than = 0", "slowlog-max-len = 0"] {
            assert_eq!(codes("redis", "7.2", config), ["no-slow-log"], "{config}");
            assert_eq!(codes("valkey", "8.0", config), ["no-slow-log"], "{config}");
        }
        assert_eq!(codes("redis", "6.0", "slowlog-log-slower-than = 1"), [""; 0]);
    }

    #[test]
    fn valkey_has_new_names() {
        assert_eq!(codes("valkey", "8.1", "commandlog-execution-slower-than = -1"), ["no-slow-log"]);
        assert_eq!(codes("valkey", "9.1", "commandlog-slow-execution-max-len = 0"), ["no-slow-log"]);
    }
}
