//! What `[lints]` makes of findings.

use std::collections::BTreeSet;

use crate::diag::{Code, CodeKind, Finding, Findings, Level};
use crate::model::Model;
use crate::source::Span;
use crate::spec::{Date, Lint, LintLevel, Named};

/// Sets the level of every lint as the spec says, the deployment's word over the spec's, and drops the
/// silenced ones; a level whose last day is over says nothing. Hard findings stay as they are, but for those whose
/// cause remains an error.
pub fn apply_lints(model: &Model, today: Date, findings: &mut Findings) {
    findings.retain_mut(|finding| match level_of(model, today, finding) {
        None => true,
        Some(LintLevel::Allow) => false,
        Some(LintLevel::Warn) => {
            finding.level = Level::Warning;
            true
        }
        Some(LintLevel::Error) => {
            finding.level = Level::Error;
            true
        }
    });
    let errors: BTreeSet<(Code, Span)> = findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .filter_map(|finding| Some((finding.code, finding.span()?)))
        .collect();
    findings.retain_mut(|finding| finding.cause.is_none_or(|cause| !errors.contains(&cause)));
}

fn level_of(model: &Model, today: Date, finding: &Finding) -> Option<LintLevel> {
    if finding.code.kind() == CodeKind::Hard {
        return None;
    }
    let named = |lints: &Named<Lint>| {
        let lint = lints.get(finding.code.name())?;
        let over = lint.until.is_some_and(|until| until.value < today);
        lint.level.filter(|_| !over).map(|level| level.value)
    };
    let own = finding.deployment.as_deref().and_then(|name| lints_of(model, name)).and_then(named);
    own.or_else(|| named(&model.lints))
}

fn lints_of<'m>(model: &'m Model, deployment: &str) -> Option<&'m Named<Lint>> {
    let redis = model.deployments.iter().find(|d| d.name.value == deployment).map(|d| &d.spec.lints);
    let memcached = || model.memcached.iter().find(|d| d.name.value == deployment).map(|d| &d.spec.lints);
    let sentinels = || model.sentinels.iter().find(|s| s.name.value == deployment).map(|s| &s.spec.lints);
    redis.or_else(memcached).or_else(sentinels)
}
