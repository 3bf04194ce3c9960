//! The rule `expired-lint`.

use super::invalid_lint::tables;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::spec::Date;

/// A lint level whose time has run out.
pub(super) static RULE: Rule = Rule {
    code: Code::ExpiredLint,
    group: RuleGroup::Lints,
    about: "A lint level whose time has run out",
    why: "A lint may be silenced up to a day: `until` is the last day on which the level holds. From the next day on the
rule speaks again as if nothing had been said, and this warning says why.

Mend what the rule is about, or decide anew and write a later day.",
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[lints]
unused-host = { level = "allow", reason = "joins in spring", until = 2025-03-01 }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }
cache-b = { address = "10.0.1.12" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[lints]
unused-host = { level = "allow", reason = "joins in spring", until = 2099-03-01 }
"#,
    ),
    stage: Stage::Dated(run),
};

fn run(model: &Model, today: Date, findings: &mut Findings) {
    for (deployment, lints) in tables(model) {
        for (name, lint) in lints.iter() {
            let Some(until) = lint.until.filter(|_| lint.is_over(today)) else { continue };
            let title = format!("the level set for `{}` ended on {}", name.value, until.value);
            let finding = Finding::new(Code::ExpiredLint, until.span, title)
                .help("mend what the rule reports, or write a later day")
                .note("the rule has its usual level again");
            findings.push(match deployment {
                Some(name) => finding.of(name),
                None => finding,
            });
        }
    }
}
