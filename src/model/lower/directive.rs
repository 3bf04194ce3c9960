//! Which directive a name under `config` means, and whether the target has it.

use super::config::Subject;
use crate::catalog::{self, Directive, Engine, Facts, Kind, Owner, Target, Version, WithoutFeature};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Span};
use crate::spec::ConfigEntry;
use crate::value::{Unknown, unknown_directive};

/// What a name under `config` stands for.
#[derive(Debug, Clone)]
pub(super) enum Named {
    /// A directive, with the facts of the newest version of the target.
    Known(&'static Directive, &'static Facts),
    /// A directive that a module brings.
    Foreign(String),
}

impl Named {
    /// The name to write for the target.
    pub(super) fn name(&self) -> &str {
        match self {
            Named::Known(_, facts) => facts.name,
            Named::Foreign(name) => name,
        }
    }

    pub(super) fn directive(&self) -> Option<&'static Directive> {
        match self {
            Named::Known(directive, _) => Some(directive),
            Named::Foreign(_) => None,
        }
    }
}

/// The name that the target writes for a directive; the name itself where it is unknown.
pub(super) fn canonical(name: &str, target: &Target) -> String {
    let facts = catalog::directive(target.engine, name).and_then(|directive| newest(directive, target));
    facts.map_or_else(|| name.to_ascii_lowercase(), |facts| facts.name.to_owned())
}

/// The facts of the newest version of the target that has the directive.
pub(super) fn newest(directive: &'static Directive, target: &Target) -> Option<&'static Facts> {
    directive.within(target.versions).last()
}

/// Finds the directive, or reports why the target has none; the error is the poisoned name.
pub(super) fn resolve(
    entry: &ConfigEntry,
    subject: Subject<'_>,
    findings: &mut Findings,
) -> Result<Named, String> {
    let name = &entry.name;
    let target = subject.target;
    let Some((directive, spelling)) = catalog::spelled(target.engine, name) else {
        if unknown_directive(name, 1, target) == Unknown::PerhapsAModules {
            return Ok(Named::Foreign(name.value.clone()));
        }
        findings.push(unknown(name, subject).of(subject.deployment));
        return Err(name.value.clone());
    };
    let availability = availability(directive, spelling, name, subject);
    let reported = match availability {
        Ok(facts) => {
            remarks(facts, spelling, name, subject, findings);
            return refuse_servers_own(directive, facts, name, subject, findings);
        }
        Err(finding) => *finding,
    };
    findings.push(reported.of(subject.deployment));
    Err(canonical(name, target))
}

/// `replicaof` and the like change while servers run; a file cannot say them.
fn refuse_servers_own(
    directive: &'static Directive,
    facts: &'static Facts,
    name: &At<String>,
    subject: Subject<'_>,
    findings: &mut Findings,
) -> Result<Named, String> {
    if directive.owner != Owner::Server {
        return Ok(Named::Known(directive, facts));
    }
    let title = format!("`{}` is not written by hand", name.value);
    findings.push(
        Finding::new(Code::DerivedByHand, name.span, title)
            .help("say who leads on the first day with `initial-primary` and `replicas`")
            .note("servers rewrite this line at every failover; a fixed one sends a promoted primary back")
            .of(subject.deployment),
    );
    Err(facts.name.to_owned())
}

/// Whether what follows from a key of the spec can be said to every server of the target; the error names the key.
pub(super) fn follows_in_all_versions(
    directive: &'static Directive,
    key: Span,
    subject: Subject<'_>,
) -> Result<(), Box<Finding>> {
    let target = subject.target;
    let Some(later) = directive.revisions.iter().find(|facts| facts.since > target.versions.first) else {
        return Ok(());
    };
    if directive.at(target.versions.first).is_some() {
        return Ok(());
    }
    let word = directive.from_spec.map_or_else(|| format!("`{}`", directive.name), str::to_owned);
    let (engine, since) = (target.engine.title(), short(later.since));
    let title =
        format!("{word} needs {engine} {since}, and `{}` runs {}", subject.deployment, target.versions);
    let finding = Finding::new(Code::UnavailableDirective, key, title)
        .related(subject.version_span, "the version is set here")
        .help(format!("raise `version` to {since} or later, or do without it"))
        .note(format!("`{}` would follow from it: {}", directive.name, refusal(target)));
    Err(Box::new(finding.of(subject.deployment)))
}

fn availability(
    directive: &'static Directive,
    spelling: &str,
    name: &At<String>,
    subject: Subject<'_>,
) -> Result<&'static Facts, Box<Finding>> {
    let target = subject.target;
    let (Some(first), Some(last)) = (directive.at(target.versions.first), newest(directive, target)) else {
        return Err(Box::new(not_in_version(directive, name, subject)));
    };
    if directive.at(last_known(target)).is_none() {
        return Err(Box::new(not_in_version(directive, name, subject)));
    }
    for facts in [first, last] {
        if let Some(feature) = facts.needs
            && !target.build.has(feature)
            && facts.without_feature == WithoutFeature::Unknown
        {
            let title = format!("`{}` needs a build with {}", name.value, feature.title());
            let finding = Finding::new(Code::UnavailableDirective, name.span, title)
                .help(format!("remove it, or say `build = {{ {} = true }}` where that is so", feature.key()));
            return Err(Box::new(finding));
        }
        if facts.name != spelling && !facts.aliases.contains(&spelling) {
            let title = format!(
                "`{}` is called `{}` in {} {}",
                name.value,
                facts.name,
                target.engine.title(),
                target.versions
            );
            let finding = Finding::new(Code::UnavailableDirective, name.span, title)
                .related(subject.version_span, "the version is set here")
                .help(format!("write `{}`", facts.name))
                .fix(name.span, facts.name);
            return Err(Box::new(finding));
        }
    }
    Ok(last)
}

/// The newest version of the target that facts are known of.
fn last_known(target: &Target) -> Version {
    let minor =
        catalog::supported(target.engine).iter().find(|minor| minor.range.contains(target.versions.first));
    minor.map_or(target.versions.last, |minor| {
        minor.last_known.min(target.versions.last).max(target.versions.first)
    })
}

fn not_in_version(directive: &'static Directive, name: &At<String>, subject: Subject<'_>) -> Finding {
    let target = subject.target;
    let engine = target.engine.title();
    let runs = format!("`{}` runs {}", subject.deployment, target.versions);
    let later = directive.revisions.iter().find(|facts| facts.since > target.versions.first);
    let gone = directive.revisions.iter().rev().find_map(|facts| facts.until.map(|until| (until, facts)));
    let finding = |title: String| {
        Finding::new(Code::UnavailableDirective, name.span, title)
            .related(subject.version_span, "the version is set here")
            .note(refusal(target))
    };
    match (later, gone) {
        (Some(facts), _) => {
            let since = short(facts.since);
            finding(format!("`{}` needs {engine} {since}, and {runs}", name.value))
                .help(format!("raise `version` to {since} or later, or remove the directive"))
        }
        (None, Some((until, facts))) => {
            let finding =
                finding(format!("`{}` ended with {engine} {}, and {runs}", name.value, short(until)));
            match facts.renamed {
                Some(renamed) => finding.help(format!("write `{renamed}`")).fix(name.span, renamed),
                None => finding.help("remove it"),
            }
        }
        (None, None) => finding(format!("`{}` is not in {engine} {}", name.value, target.versions)),
    }
}

/// `7.0` for a first patch, `6.2.4` otherwise.
fn short(version: Version) -> String {
    if version.patch == 0 { format!("{}.{}", version.major, version.minor) } else { version.to_string() }
}

/// What the target's servers do with a line that they do not know.
fn refusal(target: &Target) -> String {
    let server = format!("a {} {} server", target.engine.title(), target.versions);
    match unknown_directive("name", 1, target) {
        Unknown::Fatal => {
            format!("{server} refuses to start with it (\"Bad directive or wrong number of arguments\")")
        }
        Unknown::FatalLater | Unknown::PerhapsAModules => {
            format!("{server} takes it for a module's, and gives up when no module claims it")
        }
    }
}

/// What is worth saying of a directive that the target has.
fn remarks(
    facts: &'static Facts,
    spelling: &str,
    name: &At<String>,
    subject: Subject<'_>,
    findings: &mut Findings,
) {
    let engine = subject.target.engine.title();
    if facts.kind == Kind::Ignored {
        let title = format!("{engine} {} accepts `{}` and ignores it", subject.target.versions, name.value);
        let mut finding = Finding::new(Code::IgnoredDirective, name.span, title);
        finding = match facts.renamed {
            Some(renamed) => finding.help(format!("`{renamed}` took its place")),
            None => {
                let help = facts.instead.map_or("remove it".to_owned(), |instead| {
                    format!("remove it; what it said is now for `{instead}` to say")
                });
                finding.help(help).fix_by_removing(name.span)
            }
        };
        findings.push(finding.of(subject.deployment));
    } else if spelling != facts.name {
        let title = format!("`{}` is the old name of `{}`", name.value, facts.name);
        findings.push(
            Finding::new(Code::RenamedDirective, name.span, title)
                .help(format!("write `{}`", facts.name))
                .fix(name.span, facts.name)
                .note(format!("{engine} {} takes both names and shows both", subject.target.versions))
                .of(subject.deployment),
        );
    }
}

fn unknown(name: &At<String>, subject: Subject<'_>) -> Finding {
    let target = subject.target;
    let engine = target.engine.title();
    let title = format!("{engine} has no directive `{}`", name.value.escape_debug());
    let finding = Finding::new(Code::UnknownDirective, name.span, title);
    let near = catalog::suggest(target.engine, target.versions, name);
    if let Some(first) = near.first() {
        let others = crate::spec::listed(&near).replace(" and ", " or ");
        return finding
            .help(format!("did you mean {others}?"))
            .guess(name.span, *first)
            .note(refusal(target));
    }
    let elsewhere = [Engine::Redis, Engine::Valkey]
        .into_iter()
        .find(|other| *other != target.engine && catalog::directive(*other, name).is_some());
    match elsewhere {
        Some(other) => finding.help(format!("it is a directive of {}; remove it", other.title())),
        None => finding.help("remove it, or correct its spelling").note(refusal(target)),
    }
}
