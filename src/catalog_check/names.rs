//! Which names exist, how they are shown, and what they stand at in a fresh server.

use std::collections::{BTreeMap, BTreeSet};

use super::parser::{Answer, Parser, Trial};
use super::report::{Aspect, Report};
use super::values::sample;
use crate::catalog::{
    Directive, Facts, Kind, Shown, Target, UnknownDirectives, WithoutFeature, directives, supported,
};
use crate::live::Failure;
use crate::live::redis::RedisServer;

/// Compares the rows of `CONFIG GET *`, and asks for what does not stand among them by its name.
pub(super) fn check(
    server: &mut RedisServer,
    rows: &BTreeMap<String, String>,
    target: &Target,
    given: &BTreeSet<&'static str>,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut expected = BTreeSet::new();
    for (directive, facts) in known(target) {
        for name in listed(facts) {
            expected.insert(name);
            report.count(Aspect::Names);
            match rows.get(name) {
                None => report.contradict(Aspect::Names, name, "it is listed", "does not list it"),
                Some(value) => default(directive, facts, name, value, given, report),
            }
        }
        if matches!(facts.shown, Shown::ByExactName | Shown::Never) {
            report.count(Aspect::Names);
            let shown = server.config(facts.name)?.remove(facts.name);
            let expects = facts.shown == Shown::ByExactName;
            match shown {
                Some(value) if expects => default(directive, facts, facts.name, &value, given, report),
                Some(_) => report.contradict(Aspect::Names, facts.name, "it is never shown", "shows it"),
                None if expects => {
                    report.contradict(Aspect::Names, facts.name, "it can be asked for", "does not show it");
                }
                None => {}
            }
        }
    }
    // A row with a dot is a module's.
    for name in rows.keys().filter(|name| !expected.contains(name.as_str()) && !name.contains('.')) {
        report.contradict(Aspect::Names, name, "nothing", "lists it");
    }
    Ok(())
}

/// The directives that the target's build knows.
pub(super) fn known(target: &Target) -> impl Iterator<Item = (&'static Directive, &'static Facts)> {
    let (version, build) = (target.versions.first, target.build);
    directives(target.engine).iter().filter_map(move |directive| {
        let facts = directive.at(version)?;
        let missing = facts.needs.is_some_and(|feature| !build.has(feature));
        let unknown = missing && facts.without_feature == WithoutFeature::Unknown;
        (!unknown && facts.shown != Shown::SpecialBuilds).then_some((directive, facts))
    })
}

/// The names under which `CONFIG GET *` lists it.
pub(super) fn listed(facts: &'static Facts) -> impl Iterator<Item = &'static str> {
    let own = (facts.shown == Shown::Listed).then_some(facts.name);
    let aliases = matches!(facts.shown, Shown::Listed | Shown::ByAlias).then_some(facts.aliases);
    own.into_iter().chain(aliases.into_iter().flatten().copied())
}

fn default(
    directive: &Directive,
    facts: &Facts,
    name: &str,
    value: &str,
    given: &BTreeSet<&'static str>,
    report: &mut Report,
) {
    if let Some(default) = facts.default.filter(|_| !given.contains(directive.name)) {
        if let Some(why) = directive.default_varies.filter(|_| value != default) {
            report.note(format!("`{name}` stands at `{value}` instead of `{default}`: {why}"));
            return;
        }
        report.compare(Aspect::Defaults, name, (default, value), |value| format!("`{value}`"));
    }
}

/// Asks a program whether it knows the names of its version in a file, and only those.
pub(super) fn check_in_files(
    parser: &mut dyn Parser,
    target: &Target,
    report: &mut Report,
) -> Result<(), Failure> {
    let version = target.versions.first;
    let mut ours = Vec::new();
    let mut trials = Vec::new();
    for directive in directives(target.engine) {
        for (name, newest) in spellings(directive) {
            let here = directive.at(version).filter(|facts| facts.knows(name));
            let facts = here.unwrap_or(newest);
            let known = here.is_some();
            let builds_differ = facts.shown == Shown::SpecialBuilds
                || facts.needs.is_some_and(|feature| !target.build.has(feature));
            let undecided = !known && (directive.backported || queued(target));
            if builds_differ || undecided {
                continue;
            }
            let Some(value) = sample(facts) else { continue };
            ours.push(known);
            trials.push(Trial { name, value });
        }
    }
    for ((known, trial), answer) in ours.iter().zip(&trials).zip(parser.try_all(&trials)?) {
        report.count(Aspect::Names);
        match (known, answer) {
            (true, Answer::Taken) | (false, Answer::Unknown) => {}
            (true, answer) => report.contradict(
                Aspect::Names,
                trial.name,
                format!("a file may say `{}`", trial.value),
                format!("{answer:?}"),
            ),
            (false, answer) => {
                report.contradict(Aspect::Names, trial.name, "it does not exist", format!("{answer:?}"));
            }
        }
    }
    Ok(())
}

/// Every name that any version has, once, with the newest facts that have it.
fn spellings(directive: &'static Directive) -> BTreeMap<&'static str, &'static Facts> {
    let revisions = directive.revisions.iter().filter(|facts| facts.kind != Kind::Ignored);
    let names = revisions.flat_map(|facts| {
        std::iter::once(facts.name).chain(facts.aliases.iter().copied()).map(move |name| (name, facts))
    });
    names.collect()
}

/// Whether the version waits for a module to claim a name that it does not know.
fn queued(target: &Target) -> bool {
    let minor = supported(target.engine).iter().find(|minor| minor.range.contains(target.versions.first));
    minor.is_some_and(|minor| minor.unknown == UnknownDirectives::AllAreQueued)
}
