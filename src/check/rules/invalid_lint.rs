//! The rule `invalid-lint`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::At;
use crate::spec::{Lint, Named, nearest};

/// A lint level for a rule that does not exist or cannot be changed.
pub(super) static RULE: Rule = Rule {
    code: Code::InvalidLint,
    group: RuleGroup::Lints,
    about: "A lint level for a rule that does not exist or cannot be changed",
    why: r#"`[lints]` changes how much a finding weighs, by the name of its rule or of the rule's group: `"error"`, `"warn"` or
`"allow"`. Only findings about a sound but doubtful spec can be changed. Where a server would not start, or would not
be what the spec declares, nothing is gained by not saying so.

A deployment's own `lints` go before the spec's, and in one table a rule's name before its group's.
`cachewright check --list-rules` lists rules, groups and levels."#,
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
unused-hots = "allow"
"#,
    ),
    passes: Example::spec(
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
unused-host = "error"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for (deployment, lints) in tables(model) {
        for entry in lints.entries() {
            if let Some(finding) = judge(&entry.name) {
                findings.push(match deployment {
                    Some(name) => finding.of(name),
                    None => finding,
                });
            }
        }
    }
}

/// Every table of lint levels, with the deployment or set of sentinels that it belongs to.
pub(super) fn tables(model: &Model) -> impl Iterator<Item = (Option<&str>, &Named<Lint>)> {
    let deployments = model.deployments.iter().map(|d| (Some(d.name.value.as_str()), &d.spec.lints));
    let memcached = model.memcached.iter().map(|d| (Some(d.name.value.as_str()), &d.spec.lints));
    let sentinels = model.sentinels.iter().map(|s| (Some(s.name.value.as_str()), &s.spec.lints));
    std::iter::once((None, &model.lints)).chain(deployments).chain(memcached).chain(sentinels)
}

fn judge(name: &At<String>) -> Option<Finding> {
    if RuleGroup::of_name(name).is_some() {
        return None;
    }
    let known = Code::ALL.iter().find(|code| code.name() == name.value);
    match known.map(|code| code.kind().is_lint()) {
        Some(true) => None,
        Some(false) => {
            let title = format!("`{}` is always an error", name.value);
            Some(
                Finding::new(Code::InvalidLint, name.span, title)
                    .help("remove the line, and mend what the rule reports")
                    .fix_by_removing(name.span)
                    .note("without that, a server would not start or would not be what the spec declares"),
            )
        }
        None => {
            let title = format!("there is no rule `{}`", name.value);
            let lints = Code::ALL.iter().filter(|code| code.kind().is_lint()).map(|code| code.name());
            let lints = lints.chain(RuleGroup::ALL.iter().map(|group| group.name()));
            let finding = Finding::new(Code::InvalidLint, name.span, title);
            Some(match nearest(name, lints) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).guess(name.span, near),
                None => finding.help("`cachewright check --list-rules` lists the rules"),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn hard_rules_cannot_be_changed() {
        let text = super::RULE.passes.spec.replace("unused-host", "port-clash");
        assert_eq!(codes_of(&text), ["invalid-lint"]);
    }
}
