//! The rule `unused-lint-level`.

use std::collections::BTreeSet;

use super::invalid_lint::tables;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::spec::{Date, LintLevel};

/// A lint is silenced where it has nothing to say.
pub(super) static RULE: Rule = Rule {
    code: Code::UnusedLintLevel,
    group: RuleGroup::Lints,
    about: "A lint is silenced where it has nothing to say",
    why: r#"`"allow"` was written for a finding that is not there any more, or never was. What stays behind hides the next
one, which nobody has decided about.

Nothing is said of levels that stand in a layer: it may serve other specs. Nor where the spec has errors that no
level can change: what is missing from it then may be what the rule is about."#,
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
unused-host = { level = "allow", reason = "cache-b joins in spring" }
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
unused-host = { level = "allow", reason = "cache-b joins in spring" }
"#,
    ),
    stage: Stage::Leveling,
};

/// The entries of the spec's own text that silence nothing; `silenced` has the places of those that do.
pub(in crate::check) fn unused(model: &Model, today: Date, silenced: &BTreeSet<Span>) -> Findings {
    let mut findings = Findings::default();
    for (deployment, lints) in tables(model) {
        for (name, lint) in lints.iter() {
            let allows = lint.level.is_some_and(|level| level.value == LintLevel::Allow);
            let elsewhere = name.span.source != model.span.source;
            // These would have to silence themselves.
            let own = [RULE.code.name(), RULE.group.name()].contains(&name.value.as_str());
            if !allows || lint.is_over(today) || elsewhere || own || silenced.contains(&name.span) {
                continue;
            }
            let what = if RuleGroup::of_name(name).is_some() { "the group " } else { "" };
            let whom = deployment.map_or("this spec".to_owned(), |deployment| format!("`{deployment}`"));
            let title = format!("{what}`{}` is silenced, and has nothing to say of {whom}", name.value);
            let finding = Finding::new(RULE.code, name.span, title)
                .help("remove the line: it would hide what nobody has decided about")
                .fix_by_removing(name.span);
            findings.push(match deployment {
                Some(deployment) => finding.of(deployment),
                None => finding,
            });
        }
    }
    findings
}
