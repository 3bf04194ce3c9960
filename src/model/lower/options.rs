//! Sentinel's own settings: which one a name means, whether the target has it, and what its parser and
//! its rewrite make of the value. Plain directives of the same file are [`super::config`]'s.

use super::config::{Level, Subject};
use super::setting::{OVERRIDE, as_written, report_placeholder, shown};
use crate::catalog::sentinel::{self, Scope, SentinelDirective, SentinelFacts, SentinelRepeat};
use crate::catalog::{self, Owner, closest};
use crate::diag::{self, Code, Finding, Findings};
use crate::model::origin::Origin;
use crate::model::topology::WatchSetting;
use crate::source::{At, Span};
use crate::spec::raw::{Node, Raw, Unset};
use crate::spec::{ConfigEntry, Decode, Decoder, SecretRef, literal_secret};
use crate::text::Unrepresentable;
use crate::value::{HostNames, Otherwise, Value, judge_sentinel, sentinel_rewrite, written_sentinel_lines};

/// What Sentinel's settings of one table are read against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// Target and owner of the findings.
    pub(super) subject: Subject<'a>,
    /// The set of sentinels.
    pub(super) set: &'a str,
    /// What the table may speak of.
    pub(super) scope: Scope,
}

/// Settings of one level or several, while they are put together.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    /// By name, each once.
    pub(super) list: Vec<WatchSetting>,
    /// Values that the spec insists on although they are derived.
    pub(super) insisted: Vec<String>,
    /// Names whose value failed.
    pub(super) poisoned: Vec<String>,
}

impl Options {
    /// The setting of a name.
    pub(super) fn get(&self, name: &str) -> Option<&WatchSetting> {
        self.list.iter().find(|setting| setting.name.value == name)
    }

    /// Adds a setting, or replaces the one of the same name.
    pub(super) fn set(&mut self, setting: WatchSetting) {
        self.list.retain(|other| other.name.value != setting.name.value);
        self.list.push(setting);
        self.list.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    }
}

/// Whether a name under `config` of a set of sentinels is Sentinel's own and no plain directive. A name that
/// neither has is the one's that has a similar one.
pub(super) fn is_own(name: &str, subject: Subject<'_>) -> bool {
    let target = subject.target;
    if catalog::directive(target.engine, name).is_some() {
        return false;
    }
    let own = sentinel::directives(target.engine).iter().filter(|directive| directive.scope == Scope::Global);
    sentinel::directive(target.engine, name).is_some()
        || !closest(name, own.map(|directive| directive.name)).is_empty()
}

/// Lays entries over what is there.
pub(super) fn lay_over(
    options: &mut Options,
    below: &[WatchSetting],
    level: Level,
    entries: &[&ConfigEntry],
    context: Context<'_>,
    findings: &mut Findings,
) {
    for entry in entries {
        let (directive, facts) = match resolve(&entry.name, context, findings) {
            Ok(known) => known,
            Err(name) => {
                options.poisoned.push(name);
                continue;
            }
        };
        let reading = Reading { entry, directive, facts, context };
        let Some((assigned, insisted)) = reading.value(findings) else {
            options.poisoned.push(facts.name.to_owned());
            continue;
        };
        if let Some(other) = options.list.iter().find(|other| other.name.value == facts.name) {
            // Two spellings of one setting; a map holds each spelling once.
            if other.origin == level.origin(other.name.span) {
                findings.push(contradiction(entry, other, facts, context));
                options.poisoned.push(facts.name.to_owned());
                continue;
            }
        }
        let mut overrode: Vec<Origin> = entry.overrode.iter().rev().map(|span| level.origin(*span)).collect();
        let previous = options.get(facts.name).or_else(|| below.iter().find(|s| s.name.value == facts.name));
        if let Some(previous) = previous {
            overrode.push(previous.origin);
            overrode.extend(&previous.overrode);
        }
        if insisted {
            options.insisted.push(facts.name.to_owned());
        }
        let (lines, secret) = assigned;
        let name = At::new(facts.name.to_owned(), entry.name.span);
        options.set(WatchSetting { name, lines, secret, origin: level.origin(entry.name.span), overrode });
    }
}

/// Takes settings away; one that nothing sets is reported.
pub(super) fn take_away(
    options: &mut Options,
    below: &[WatchSetting],
    unset: &Unset,
    subject: Subject<'_>,
    findings: &mut Findings,
) {
    let name = unset.name.value.as_str();
    let before = options.list.len();
    options.list.retain(|setting| setting.name.value != name);
    let taken = options.list.len() < before || below.iter().any(|setting| setting.name.value == name);
    if !taken && !unset.used {
        let title = format!("`unset` takes away `{name}`, which nothing sets");
        let finding = Finding::new(Code::UnsetWithoutEffect, unset.name.span, title)
            .help("remove the name, or correct its spelling")
            .of(subject.deployment);
        let known = sentinel::directive(subject.target.engine, name).is_some();
        findings.push(if known { finding.fix_by_removing(unset.name.span) } else { finding });
    }
}

fn contradiction(
    entry: &ConfigEntry,
    other: &WatchSetting,
    facts: &SentinelFacts,
    context: Context<'_>,
) -> Finding {
    let title = format!("`{}` says `{}` a second time", entry.name.value, facts.name);
    Finding::new(Code::AliasContradiction, entry.name.span, title)
        .related(other.name.span, "set here as well")
        .help(format!("keep one of them, best `{}`", facts.name))
        .of(context.subject.deployment)
}

/// Finds the directive, or reports why there is none; the error is the poisoned name.
fn resolve(
    name: &At<String>,
    context: Context<'_>,
    findings: &mut Findings,
) -> Result<(&'static SentinelDirective, &'static SentinelFacts), String> {
    let (subject, target) = (context.subject, context.subject.target);
    let mut fail = |finding: Finding, poisoned: &str| {
        findings.push(finding.of(subject.deployment));
        Err(poisoned.to_owned())
    };
    let Some(directive) = sentinel::directive(target.engine, name) else {
        return fail(unknown(name, context), name);
    };
    if directive.scope != context.scope {
        return fail(elsewhere(directive, name, context), directive.name);
    }
    if let Some(finding) = not_by_hand(directive, name) {
        return fail(finding, directive.name);
    }
    let Some(facts) = directive.within(target.versions).last() else {
        return fail(not_in_version(directive, name, subject), directive.name);
    };
    if facts.name == name.value {
        return Ok((directive, facts));
    }
    let known = facts.aliases.contains(&name.value.as_str()) || facts.name.eq_ignore_ascii_case(name);
    let title = if known {
        format!("`{}` is another spelling of `{}`", name.value, facts.name)
    } else {
        format!(
            "`{}` is called `{}` in {} {}",
            name.value,
            facts.name,
            target.engine.title(),
            target.versions
        )
    };
    let code = if known { Code::RenamedDirective } else { Code::UnavailableDirective };
    let finding = Finding::new(code, name.span, title)
        .help(format!("write `{}`", facts.name))
        .fix(name.span, facts.name)
        .of(subject.deployment);
    if known {
        findings.push(finding);
        return Ok((directive, facts));
    }
    findings.push(finding.related(subject.version_span, "the version of the sentinels is set here"));
    Err(facts.name.to_owned())
}

fn unknown(name: &At<String>, context: Context<'_>) -> Finding {
    let target = context.subject.target;
    if context.scope == Scope::Primary && catalog::directive(target.engine, name).is_some() {
        let title = format!("`{}` is a setting of a whole sentinel, not of one deployment", name.value);
        return Finding::new(Code::MisplacedKey, name.span, title)
            .help(format!("write it under `[sentinels.{}.config]`", context.set));
    }
    let title = format!("Sentinel has no setting `{}`", name.value.escape_debug());
    let finding = Finding::new(Code::UnknownDirective, name.span, title);
    let here = sentinel::directives(target.engine)
        .iter()
        .filter(|directive| directive.scope == context.scope && directive.owner != Owner::Server)
        .filter_map(|directive| directive.within(target.versions).last())
        .map(|facts| facts.name);
    match closest(name, here).first() {
        Some(near) => finding.help(format!("did you mean `{near}`?")).guess(name.span, *near),
        None => finding
            .help("remove it, or correct its spelling")
            .note("a sentinel refuses to start with it (\"Unrecognized sentinel configuration statement\")"),
    }
}

/// A setting of the other scope.
fn elsewhere(directive: &SentinelDirective, name: &At<String>, context: Context<'_>) -> Finding {
    let (title, help) = match directive.scope {
        Scope::Global => (
            format!("`{}` is a setting of a whole sentinel, not of one deployment", name.value),
            format!("write it under `[sentinels.{}.config]`", context.set),
        ),
        Scope::Primary => (
            format!("`{}` is set for each watched deployment", name.value),
            format!(
                "write it into the deployment: `sentinel = {{ set = \"{}\", {} = … }}`",
                context.set, name.value
            ),
        ),
    };
    Finding::new(Code::MisplacedKey, name.span, title).help(help)
}

/// What Sentinel writes itself, and what the topology says.
fn not_by_hand(directive: &SentinelDirective, name: &At<String>) -> Option<Finding> {
    let finding = |help, note| {
        let title = format!("`{}` is not written by hand", name.value);
        Finding::new(Code::DerivedByHand, name.span, title).help(help).note(note)
    };
    match directive.owner {
        Owner::Server => Some(finding(
            "remove it",
            "sentinels find it out and write it into their own files; a fixed one takes them back to it",
        )),
        _ if directive.name == "monitor" => Some(finding(
            "say `initial-primary` in the deployment, and `quorum` in its `sentinel` table",
            "the line follows from the deployment's name, its first primary and the quorum",
        )),
        _ => None,
    }
}

fn not_in_version(directive: &SentinelDirective, name: &At<String>, subject: Subject<'_>) -> Finding {
    let target = subject.target;
    let engine = target.engine.title();
    let later = directive.revisions.iter().find(|facts| facts.since > target.versions.last);
    let runs = format!("the sentinels run {}", target.versions);
    let (title, help) = match later {
        Some(facts) => {
            let since = format!("{}.{}", facts.since.major, facts.since.minor);
            (
                format!("`{}` needs {engine} {since}, and {runs}", name.value),
                format!("raise `version` of the sentinels to {since} or later, or remove the setting"),
            )
        }
        None => (format!("`{}` is not in {engine} {}", name.value, target.versions), "remove it".to_owned()),
    };
    Finding::new(Code::UnavailableDirective, name.span, title)
        .related(subject.version_span, "the version of the sentinels is set here")
        .help(help)
        .note("a sentinel refuses to start with it (\"Unrecognized sentinel configuration statement\")")
}

/// The arguments of each line, or a secret.
type Assigned = (Vec<Vec<String>>, Option<At<SecretRef>>);

/// One value on its way into the model.
struct Reading<'a> {
    entry: &'a ConfigEntry,
    directive: &'static SentinelDirective,
    facts: &'static SentinelFacts,
    context: Context<'a>,
}

impl Reading<'_> {
    /// The value, and whether the spec insists on it. None was reported.
    fn value(&self, findings: &mut Findings) -> Option<(Assigned, bool)> {
        let (node, insisted) = match &self.entry.value.value {
            Raw::Table(table) if table.entries.len() == 1 && table.get(OVERRIDE).is_some() => {
                (table.get(OVERRIDE)?, true)
            }
            _ => (&self.entry.value, false),
        };
        let subject = self.context.subject;
        if SecretRef::is_reference(node) {
            return self.secret(node, findings).map(|secret| ((Vec::new(), Some(secret)), insisted));
        }
        let written = as_written(&self.entry.name, node, subject, findings)?;
        if self.directive.secret && !matches!(&node.value, Raw::Text(text) if text.is_empty()) {
            let what = format!("the value of `{}`", self.entry.name.value);
            findings.push(literal_secret(At::new(what.as_str(), node.span)).of(subject.deployment));
            return None;
        }
        let lines = match written_sentinel_lines(self.facts, &written) {
            Ok(lines) => lines,
            Err(shape) => {
                let title = format!("wrong value for `{}`: {shape}", self.entry.name.value);
                findings.push(Finding::new(Code::InvalidValue, node.span, title).of(subject.deployment));
                return None;
            }
        };
        if report_placeholder(&self.entry.name, node, subject, findings) {
            return None;
        }
        let spans = line_spans(node, lines.len());
        let judged: Option<Vec<_>> =
            lines.iter().zip(&spans).map(|(line, span)| self.line(line, node, *span, findings)).collect();
        let judged = judged?;
        if self.facts.repeat == SentinelRepeat::Accumulate {
            self.commands_once(&judged, &spans, findings)?;
        }
        Some(((judged, None), insisted))
    }

    fn secret(&self, node: &Node, findings: &mut Findings) -> Option<At<SecretRef>> {
        if self.directive.secret {
            let mut decoder = Decoder { findings, lossy: false };
            return SecretRef::decode(node, &mut decoder).map(|secret| At::new(secret, node.span));
        }
        let title = format!("`{}` holds no secret", self.entry.name.value);
        let finding = Finding::new(Code::WrongType, node.span, title).help("write the value itself");
        findings.push(finding.of(self.context.subject.deployment));
        None
    }

    /// One line's arguments as Sentinel reads them.
    fn line(
        &self,
        args: &[Vec<u8>],
        node: &Node,
        span: Span,
        findings: &mut Findings,
    ) -> Option<Vec<String>> {
        let subject = self.context.subject;
        let name = &self.entry.name.value;
        let judgement = judge_sentinel(self.directive, args, HostNames::Resolved, subject.target);
        if let Some((_, reason)) = judgement.refusal() {
            let title = format!("`{name}` cannot be `{}`: {reason}", shown(node, subject));
            findings.push(Finding::new(Code::InvalidValue, span, title).of(subject.deployment));
            return None;
        }
        let Some(Value::Args(canonical)) = judgement.value() else { return None };
        if let Some(otherwise) = judgement.otherwise() {
            findings.push(self.reinterpreted(node, span, otherwise, canonical).of(subject.deployment));
        }
        if let Err((at, lost)) = sentinel_rewrite(self.facts, canonical, subject.target) {
            findings.push(
                unrepresentable(self.facts.args.get(at).map_or("", |arg| arg.name), name, span, &lost)
                    .of(subject.deployment),
            );
            return None;
        }
        Some(canonical.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect())
    }

    fn reinterpreted(&self, node: &Node, span: Span, otherwise: Otherwise, canonical: &[Vec<u8>]) -> Finding {
        let subject = self.context.subject;
        let name = &self.entry.name.value;
        let title =
            format!("Sentinel takes `{name} = {}` otherwise than written: {otherwise}", shown(node, subject));
        let mut finding = Finding::new(Code::ReinterpretedValue, span, title);
        finding = match self.number_meant(node) {
            Some(number) => finding.help(format!("write `{number}`")).fix(span, number.to_string()),
            None => finding.help("write the value that is meant"),
        };
        if otherwise == Otherwise::LineIgnored {
            return finding.note("an empty text sets nothing, and takes nothing back");
        }
        finding.level = diag::Level::Error;
        let read: Vec<_> = canonical.iter().map(|arg| String::from_utf8_lossy(arg)).collect();
        let unit = match self.facts.args.first().map(|arg| arg.kind) {
            Some(sentinel::SentinelArgKind::Atoi(numeric)) => match numeric.unit {
                catalog::Unit::Milliseconds => " milliseconds",
                _ => "",
            },
            _ => "",
        };
        finding.note(format!("it would work with {}{unit}", read.join(" ")))
    }

    /// The number that is meant, where the text is a duration.
    fn number_meant(&self, node: &Node) -> Option<i128> {
        let Some(sentinel::SentinelArgKind::Atoi(numeric)) = self.facts.args.first().map(|arg| arg.kind)
        else {
            return None;
        };
        crate::value::in_unit(numeric.unit, &shown(node, self.context.subject))
    }

    /// Sentinel refuses to rename one command twice; it compares without regard to case.
    fn commands_once(&self, lines: &[Vec<String>], spans: &[Span], findings: &mut Findings) -> Option<()> {
        for (at, line) in lines.iter().enumerate() {
            let command = line.first()?;
            let first = lines[..at].iter().position(|other| other[0].eq_ignore_ascii_case(command));
            if let Some(first) = first {
                let title = format!("`{}` renames `{command}` twice", self.entry.name.value);
                findings.push(
                    Finding::new(Code::ContradictorySettings, spans[at], title)
                        .related(spans[first], "renamed here as well")
                        .help("keep one of them")
                        .note("a sentinel refuses to start with both")
                        .of(self.context.subject.deployment),
                );
                return None;
            }
        }
        Some(())
    }
}

/// Where each line stands: the items of a list of lines, or the whole value.
fn line_spans(node: &Node, lines: usize) -> Vec<Span> {
    match &node.value {
        Raw::List(items) if items.len() == lines => items.iter().map(|item| item.span).collect(),
        _ => vec![node.span; lines],
    }
}

fn unrepresentable(what: &str, name: &str, span: Span, lost: &Unrepresentable) -> Finding {
    let title = format!("sentinel.conf cannot hold this {what} of `{name}`: it {}", lost.reason);
    Finding::new(Code::Unrepresentable, span, title)
        .help("choose a text without blanks, quotes and line breaks")
        .note("Sentinel writes it without quotes when it rewrites its file, and refuses its next start")
}
