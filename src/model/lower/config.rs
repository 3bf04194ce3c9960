//! `config` tables to settings: profiles in order, then the deployment, then the node; later ones
//! override, `unset` takes away, and each setting remembers what it overrode.

use std::collections::BTreeMap;

use super::directive::{self, Named};
use super::setting;
use crate::catalog::{self, Target};
use crate::diag::{Code, Finding, Findings};
use crate::model::origin::Origin;
use crate::model::settings::{Setting, Settings};
use crate::source::{Sources, Span};
use crate::spec::{Config, ConfigEntry};

/// Where a `config` table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Profile,
    Deployment,
    Node,
}

impl Level {
    pub(super) fn origin(self, span: Span) -> Origin {
        match self {
            Level::Profile => Origin::Profile(span),
            Level::Deployment => Origin::Deployment(span),
            Level::Node => Origin::Node(span),
        }
    }
}

/// What the settings of one deployment are typed against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) deployment: &'a str,
    pub(super) target: &'a Target,
    pub(super) version_span: Span,
    pub(super) sources: &'a Sources,
}

/// Settings of one level or several, while they are put together.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) settings: Settings,
    /// Values that the spec insists on although they are derived: `{ override = … }`.
    pub(super) insisted: Vec<String>,
    /// Names whose value failed.
    pub(super) poisoned: Vec<String>,
}

/// Lays one `config` table over what is there.
pub(super) fn lay_over(
    typed: &mut Typed,
    below: Option<&Settings>,
    level: Level,
    config: &Config,
    subject: Subject<'_>,
    findings: &mut Findings,
) {
    for unset in &config.unset {
        let name = directive::canonical(&unset.name, subject.target);
        let taken = typed.settings.remove(&name).is_some();
        let inherited = below.is_some_and(|below| below.get(&name).is_some());
        if !taken && !inherited && !unset.used {
            let title = format!("`unset` takes away `{}`, which nothing sets", unset.name.value);
            let finding = Finding::new(Code::UnsetWithoutEffect, unset.name.span, title)
                .help("remove the name, or correct its spelling")
                .of(subject.deployment);
            let known = catalog::directive(subject.target.engine, &unset.name).is_some();
            findings.push(if known { finding.fix_by_removing(unset.name.span) } else { finding });
        }
    }
    let mut first: BTreeMap<String, &ConfigEntry> = BTreeMap::new();
    for entry in &config.entries {
        let named = match directive::resolve(entry, subject, findings) {
            Ok(named) => named,
            Err(name) => {
                typed.poisoned.push(name);
                continue;
            }
        };
        if let Some(other) = first.insert(named.name().to_owned(), entry) {
            let both = [Some(entry.name.span), Some(other.name.span)];
            findings
                .retain_mut(|found| found.code != Code::RenamedDirective || !both.contains(&found.span()));
            findings.push(contradiction(entry, other, subject));
            typed.poisoned.push(named.name().to_owned());
            continue;
        }
        place(typed, below, level, entry, &named, subject, findings);
    }
}

fn place(
    typed: &mut Typed,
    below: Option<&Settings>,
    level: Level,
    entry: &ConfigEntry,
    named: &Named,
    subject: Subject<'_>,
    findings: &mut Findings,
) {
    let name = named.name().to_owned();
    let Some(value) = setting::value(entry, named, subject, findings) else {
        typed.poisoned.push(name);
        return;
    };
    let taken = typed.settings.remove(&name);
    let previous = taken.as_deref().or_else(|| below.and_then(|below| below.get(&name)));
    let mut overrode: Vec<Origin> = entry.overrode.iter().rev().map(|span| level.origin(*span)).collect();
    if let Some(previous) = previous {
        overrode.push(previous.origin);
        overrode.extend(&previous.overrode);
    }
    if value.doubtful {
        typed.poisoned.push(name.clone());
    }
    typed.insisted.retain(|other| *other != name);
    if value.insisted {
        typed.insisted.push(name.clone());
    }
    typed.settings.set(Setting {
        name,
        directive: named.directive(),
        value: value.assigned,
        origin: level.origin(entry.name.span),
        value_span: Some(entry.value.span),
        overrode,
    });
}

fn contradiction(entry: &ConfigEntry, other: &ConfigEntry, subject: Subject<'_>) -> Finding {
    let title = format!("`{}` and `{}` are the same directive", other.name.value, entry.name.value);
    let best = directive::canonical(&entry.name, subject.target);
    let finding = Finding::new(Code::AliasContradiction, entry.name.span, title)
        .related(other.name.span, "set here as well")
        .help(format!("keep one of them, best `{best}`"))
        .note("in a file the last line would win; a table has no order")
        .of(subject.deployment);
    let same = entry.value.value == other.value.value;
    match [entry, other].into_iter().find(|one| same && one.name.value != best) {
        Some(needless) => finding.fix_by_removing(needless.name.span),
        None => finding,
    }
}
