//! The rule `endless-aof`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// An append-only file that is never rewritten.
pub(super) static RULE: Rule = Rule {
    code: Code::EndlessAof,
    group: RuleGroup::Durability,
    about: "An append-only file that is never rewritten",
    why: "Each write makes the append-only file longer, also one that overwrites a key. A rewrite makes it as short as the data
are. With `auto-aof-rewrite-percentage = 0` the server never starts one: the file grows until the disk is full, writes
are refused then, and a start that has to read all of it takes hours.

Write `100`, the default: it is rewritten when it has doubled, and not below 64 MB (`auto-aof-rewrite-min-size`).
Silence this where something sends BGREWRITEAOF on time.",
    source: "server.c (serverCron) of Redis 7.0.15",
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
auto-aof-rewrite-percentage = 0

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
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
auto-aof-rewrite-percentage = 100

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "auto-aof-rewrite-percentage";
/// Seconds of a day.
const DAY: f64 = 86_400.0;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), never) {
            let title = format!("the append-only file of {} grows without end: nothing rewrites it", whose(&nodes));
            let mut finding = Finding::new(Code::EndlessAof, place, title)
                .help(format!("write `{NAME} = 100`, the default, unless something sends BGREWRITEAOF on time"));
            if let Some(rate) = deployment.write_rate() {
                #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
                let day = rate.value as f64 * DAY / 1e9;
                let note = format!("at the declared write rate it grows by {day:.0} GB a day, and more");
                finding = finding.related(rate.span, "what is written").note(note);
            }
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "100");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where a server that keeps a log is told never to rewrite it.
fn never(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.is("appendonly", true) && running.number(NAME) == Some(0))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    #[test]
    fn only_where_there_is_one() {
        let spec = super::RULE.fails.spec;
        assert_eq!(codes_of(&spec.replace("appendonly = true", "save = [\"60 1\"]")), [""; 0]);
        assert_eq!(codes_of(&spec.replace("percentage = 0", "percentage = 1")), [""; 0]);
    }

    #[test]
    fn the_rate_is_put_into_words() {
        let spec = super::RULE.fails.spec.replace("purpose = \"store\"", "purpose = \"store\"\nwrite-rate = \"5m\"");
        let notes = findings_of(&spec, &[])[0].notes.clone();
        assert_eq!(notes, ["at the declared write rate it grows by 432 GB a day, and more"]);
    }
}
