//! The rule `low-hz`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// Background work in few and long pieces, which everybody waits for.
pub(super) static RULE: Rule = Rule {
    code: Code::LowHz,
    group: RuleGroup::Operations,
    about: "Background work in few and long pieces, which everybody waits for",
    why: "`hz` says into how many pieces the background work of a second is cut. Where many keys expire, deleting them may take
a quarter of the time, and one piece goes on until its share is used up: nobody else is served meanwhile. Measured
with 600000 keys that expire at once, the longest that a PING waited:

| `hz` | Redis 7.0.15 | Valkey 9.1.2 |
|---|---|---|
| 1 | 256 ms | 256 ms |
| 2 | 129 ms | 142 ms |
| 5 | 54 ms | 59 ms |
| 10 | 35 ms | 36 ms |
| 100 | 16 ms | 11 ms |

`active-expire-effort` makes the pieces longer. `dynamic-hz` makes them shorter only with more than 200 clients for
each of them. Write `hz = 10`, the default: it costs an idle server 0.2 percent of a processor.",
    source: "expire.c (activeExpireCycle) and server.c (serverCron) of Redis 7.0.15; measured",
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
hz = 1

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
hz = 10

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

const NAME: &str = "hz";
const EFFORT: &str = "active-expire-effort";
/// The longest piece, in milliseconds, that is nobody's business: a little more than `hz = 5` makes.
const LONGEST: i128 = 50;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), slow) {
            let Some(first) = nodes.first() else { continue };
            let (Some(hz), Some(longest)) = (first.number(NAME), piece(first)) else { continue };
            let title = format!("with `{NAME} = {hz}`, expired keys hold up all clients of {} for {longest} ms", whose(&nodes));
            let mut finding = Finding::new(Code::LowHz, place, title)
                .help(format!("write `{NAME} = 10`, the default"))
                .note("deleting them may take a quarter of each second, in so many pieces");
            if let Some(span) = first.value_place(NAME) {
                finding = finding.guess(span, "10");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where `hz` makes pieces that are too long.
fn slow(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| piece(running).is_some_and(|longest| longest > LONGEST))
}

/// Milliseconds that one piece of deleting expired keys may take: 25 percent of its share of a second, and 2 more for
/// each step of effort (`activeExpireCycle` in expire.c).
fn piece(running: &Running<'_>) -> Option<i128> {
    let (hz, effort) = (running.number(NAME)?, running.number(EFFORT)?);
    (hz > 0).then(|| 10 * (25 + 2 * (effort - 1)) / hz)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    fn with(config: &str) -> Vec<String> {
        codes_of(&super::RULE.fails.spec.replace("hz = 1", config))
    }

    #[test]
    fn what_takes_long_is_told() {
        assert_eq!(with("hz = 4"), ["low-hz"]);
        assert_eq!(with("hz = 5"), [""; 0]);
        assert_eq!(with("hz = 0"), ["reinterpreted-value"]);
        assert_eq!(with("hz = 5\nactive-expire-effort = 10"), ["low-hz"]);
        assert_eq!(with("hz = 10\nactive-expire-effort = 10"), [""; 0]);
    }

    #[test]
    fn it_is_said_how_long() {
        let found = findings_of(super::RULE.fails.spec, &[]);
        assert!(found[0].title.ends_with("for 250 ms"), "{}", found[0].title);
    }
}
