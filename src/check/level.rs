//! What `[lints]` makes of findings.

use std::collections::BTreeSet;

use super::rules::{rule_of, unused};
use crate::diag::{Code, CodeKind, Finding, Findings, Level};
use crate::model::Model;
use crate::source::Span;
use crate::spec::{Date, Lint, LintLevel, Named};

/// Sets the level of every lint: the deployment's word goes before the spec's, and a rule's name before its
/// group's; a level whose last day is over says nothing. Drops what is silenced, and reports levels that
/// silence nothing. Hard findings stay as they are, but for those whose cause remains an error.
pub fn apply_lints(model: &Model, today: Date, findings: &mut Findings) {
    let mut silenced = BTreeSet::new();
    findings.retain_mut(|finding| settle(model, today, finding, &mut silenced));
    let errors: BTreeSet<(Code, Span)> = findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .filter_map(|finding| Some((finding.code, finding.span()?)))
        .collect();
    findings.retain_mut(|finding| finding.cause.is_none_or(|cause| !errors.contains(&cause)));
    // Where something is missing from the model, that nothing was found proves nothing.
    if findings.iter().any(|finding| !finding.code.kind().is_lint()) {
        return;
    }
    let mut unused = unused(model, today, &silenced);
    unused.retain_mut(|finding| settle(model, today, finding, &mut BTreeSet::new()));
    findings.append(unused);
}

/// Gives a finding its level; whether it stays. Notes the entry of `[lints]` that silences it.
fn settle(model: &Model, today: Date, finding: &mut Finding, silenced: &mut BTreeSet<Span>) -> bool {
    match level_of(model, today, finding) {
        None => return finding.code.kind() != CodeKind::Allow,
        Some((LintLevel::Allow, entry)) => {
            silenced.insert(entry);
            return false;
        }
        Some((LintLevel::Warn, _)) => finding.level = Level::Warning,
        Some((LintLevel::Error, _)) => finding.level = Level::Error,
    }
    true
}

/// The level that the spec sets for a finding, with the place of the entry that does.
fn level_of(model: &Model, today: Date, finding: &Finding) -> Option<(LintLevel, Span)> {
    let code = finding.code;
    if !code.kind().is_lint() {
        return None;
    }
    let group = rule_of(code).map(|rule| rule.group.name());
    let named = |lints: &Named<Lint>, name: &str| {
        let (key, lint) = lints.iter().find(|(key, _)| key.value == name)?;
        let level = lint.level.filter(|_| !lint.is_over(today))?;
        Some((level.value, key.span))
    };
    let said = |lints: &Named<Lint>| named(lints, code.name()).or_else(|| named(lints, group?));
    let own = finding.deployment.as_deref().and_then(|name| lints_of(model, name)).and_then(said);
    own.or_else(|| said(&model.lints))
}

fn lints_of<'m>(model: &'m Model, deployment: &str) -> Option<&'m Named<Lint>> {
    let redis = model.deployments.iter().find(|d| d.name.value == deployment).map(|d| &d.spec.lints);
    let memcached = || model.memcached.iter().find(|d| d.name.value == deployment).map(|d| &d.spec.lints);
    let sentinels = || model.sentinels.iter().find(|s| s.name.value == deployment).map(|s| &s.spec.lints);
    redis.or_else(memcached).or_else(sentinels)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::findings_of;
    use crate::diag::Level;

    /// What is found in a spec with a needless host, and with lint levels.
    fn found(lints: &str) -> Vec<(&'static str, Level)> {
        let spec = format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{lints}"
        );
        findings_of(&spec, &[]).iter().map(|finding| (finding.code.name(), finding.level)).collect()
    }

    #[test]
    fn a_rule_goes_before_its_group() {
        assert_eq!(found(""), [("unused-host", Level::Warning)]);
        assert_eq!(found("[lints]\ntopology = \"error\"\n"), [("unused-host", Level::Error)]);
        assert_eq!(found("[lints]\ntopology = \"allow\"\n"), []);
        assert_eq!(
            found("[lints]\ntopology = \"allow\"\nunused-host = \"warn\"\n"),
            [("unused-host", Level::Warning), ("unused-lint-level", Level::Warning)]
        );
    }

    #[test]
    fn what_silences_nothing_is_reported_at_the_level_set_for_that() {
        let unused = "[lints]\nunused-host = \"allow\"\nunused-profile = \"allow\"\n";
        assert_eq!(found(unused), [("unused-lint-level", Level::Warning)]);
        assert_eq!(
            found(&format!("{unused}unused-lint-level = \"error\"\n")),
            [("unused-lint-level", Level::Error)]
        );
        assert_eq!(found(&format!("{unused}lints = \"allow\"\n")), []);
    }

    #[test]
    fn hard_findings_hide_what_would_have_been_silenced() {
        let spec = "[lints]\nunused-profile = \"allow\"\n[redis.s.config]\nhz = \"many\"\n";
        let codes: Vec<_> = found(spec).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["unused-host", "invalid-value"]);
    }
}
