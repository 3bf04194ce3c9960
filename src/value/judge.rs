//! The judgement of one line's arguments against a target.

use crate::catalog::{
    Build, Directive, Engine, Facts, Kind, Shown, Special, Target, Version, VersionRange, WithoutFeature,
};

use super::bind::{Bounds, read_addresses};
use super::case::{Case, RESPLIT_SINCE, Reading, Server, arity, one};
use super::cnum::until_nul;
use super::enumeration::{read_bool, read_flags, read_word};
use super::integer::read_integer;
use super::memory::{read_memory, read_memory_or_percent, read_unchecked_memory};
use super::notify::read_events;
use super::octal::{read_octal, read_unchecked_octal};
use super::oom::read_oom_scores;
use super::output_limits::read_output_limits;
use super::percentiles::read_percentiles;
use super::primary::read_primary;
use super::reason::{Otherwise, Reason, Stage};
use super::save::read_save;
use super::text_rules::{TextKind, read_text};
use super::value::Value;

/// What becomes of a value on every version of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every version takes it as written.
    Accepted,
    /// Every version takes it, and some make something else of it.
    AcceptedOtherwise,
    /// Some version refuses it in this build, and would take it in another one.
    DependsOnBuild,
    /// Some version refuses it in any build.
    Refused,
}

/// The patches of a range that agree about a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The versions.
    pub versions: VersionRange,
    /// The canonical value, or why it is refused.
    pub outcome: Result<Value, Reason>,
    /// What these versions make of it, if not what is written.
    pub otherwise: Option<Otherwise>,
}

/// What a target makes of the arguments of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The worst that some version does.
    pub verdict: Verdict,
    /// What each part of the range does, oldest first; never empty.
    pub spans: Vec<Span>,
}

impl Judgement {
    /// The canonical value, if every version of the target takes it: as the newest one reads it.
    pub fn value(&self) -> Option<&Value> {
        if self.is_refused() { None } else { self.spans.last().and_then(|span| span.outcome.as_ref().ok()) }
    }

    /// Whether some version of the target refuses it.
    pub fn is_refused(&self) -> bool {
        matches!(self.verdict, Verdict::Refused | Verdict::DependsOnBuild)
    }

    /// The first refusal: the versions in a row that it holds for, and why.
    pub fn refusal(&self) -> Option<(VersionRange, &Reason)> {
        let first = self.spans.iter().position(|span| span.outcome.is_err())?;
        let reason = self.spans[first].outcome.as_ref().err()?;
        let alike = self.spans[first..].iter().take_while(|span| span.outcome.as_ref().err() == Some(reason));
        let last = alike.last().map_or(self.spans[first].versions.last, |span| span.versions.last);
        Some((VersionRange { last, ..self.spans[first].versions }, reason))
    }

    /// Whether some version's parser stops at the line; one that gives up only later does not count.
    pub fn stops_the_parser(&self) -> bool {
        let mut reasons = self.spans.iter().filter_map(|span| span.outcome.as_ref().err());
        reasons.any(|reason| reason.stage() == Stage::Parse)
    }

    /// What a version makes of the value, if not what is written: the first such note.
    pub fn otherwise(&self) -> Option<Otherwise> {
        let note = self.spans.iter().find_map(|span| span.otherwise);
        let mut values = self.spans.iter().filter_map(|span| span.outcome.as_ref().ok());
        let first = values.next();
        let differs = values.any(|value| first.is_some_and(|first| !means_the_same(first, value)));
        note.or_else(|| differs.then_some(Otherwise::DiffersByPatch))
    }
}

/// Whether two versions read one value alike: what was a switch in one may be a choice in the next.
fn means_the_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Bool(flag), Value::Word(word)) | (Value::Word(word), Value::Bool(flag)) => {
            *word == if *flag { "yes" } else { "no" }
        }
        _ => one == other,
    }
}

/// Judges the arguments of a line that begins with the directive's name, for every version of the target.
///
/// The directive must be one of the target's engine. What depends on other lines is
/// [`file_rules`](super::file_rules())' and on the machine (files, addresses, limits) nobody's here.
pub fn judge<A: AsRef<[u8]>>(directive: &Directive, args: &[A], target: &Target) -> Judgement {
    let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
    let spans: Vec<Span> = spans(directive, target.versions)
        .into_iter()
        .map(|(versions, facts)| match facts {
            None => {
                let server = Server { engine: target.engine, version: versions.first };
                let stage = server.unmatched(args.len());
                Span { versions, outcome: Err(Reason::NotInThisVersion { stage }), otherwise: None }
            }
            Some(facts) => read_span(directive, facts, versions, target.engine, target.build, &args),
        })
        .collect();
    summed_up(spans)
}

/// The judgement that some spans make up.
pub(super) fn summed_up(spans: Vec<Span>) -> Judgement {
    let mut judgement = Judgement { verdict: Verdict::Accepted, spans };
    judgement.verdict = verdict(&judgement);
    judgement
}

/// The case of a directive on the newest version of a target, where it exists there.
pub(super) fn newest_case<'a>(directive: &'a Directive, target: &Target) -> Option<Case<'a>> {
    let (versions, facts) = spans(directive, target.versions).pop()?;
    let server = Server { engine: target.engine, version: versions.first };
    Some(Case { directive, facts: facts?, server, build: target.build })
}

/// The worst of a judgement's spans.
fn verdict(judgement: &Judgement) -> Verdict {
    let mut reasons = judgement.spans.iter().filter_map(|span| span.outcome.as_ref().err()).peekable();
    if reasons.peek().is_some() {
        let build_only = reasons
            .all(|reason| matches!(reason, Reason::NeedsFeature { .. } | Reason::TestBuildsOnly { .. }));
        if build_only { Verdict::DependsOnBuild } else { Verdict::Refused }
    } else if judgement.otherwise().is_some() {
        Verdict::AcceptedOtherwise
    } else {
        Verdict::Accepted
    }
}

/// The parts of a range in which facts and parser stay the same; no facts where the directive is unknown.
fn spans(directive: &Directive, versions: VersionRange) -> Vec<(VersionRange, Option<&'static Facts>)> {
    let edges = directive.within(versions).flat_map(|facts| [Some(facts.since), facts.until]);
    let edges = edges.flatten().chain([RESPLIT_SINCE]);
    let mut starts: Vec<Version> =
        edges.filter(|edge| versions.first < *edge && *edge <= versions.last).collect();
    if starts.is_empty() {
        return vec![(versions, directive.at(versions.first))];
    }
    starts.push(versions.first);
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| before(*next)).chain([versions.last]);
    starts
        .iter()
        .zip(ends)
        .map(|(first, last)| (VersionRange { first: *first, last }, directive.at(*first)))
        .collect()
}

/// The last possible patch before a version.
fn before(version: Version) -> Version {
    match version.patch.checked_sub(1) {
        Some(patch) => Version { patch, ..version },
        None => Version::new(version.major, version.minor.saturating_sub(1), u16::MAX),
    }
}

/// What the first version of a span, and with it all others, makes of the arguments.
fn read_span(
    directive: &Directive,
    facts: &'static Facts,
    versions: VersionRange,
    engine: Engine,
    build: Build,
    args: &[&[u8]],
) -> Span {
    let case = Case { directive, facts, server: Server { engine, version: versions.first }, build };
    match read(case, args) {
        Ok(reading) => Span { versions, outcome: Ok(reading.value), otherwise: reading.otherwise },
        Err(reason) => Span { versions, outcome: Err(reason), otherwise: None },
    }
}

/// What one server makes of the arguments.
pub(super) fn read(case: Case<'_>, args: &[&[u8]]) -> Result<Reading, Reason> {
    let lacking = case.lacking();
    if let Some(feature) = lacking.filter(|_| case.facts.without_feature == WithoutFeature::Unknown) {
        return Err(Reason::NeedsFeature { feature, stage: case.server.unmatched(args.len()) });
    }
    if case.facts.shown == Shown::SpecialBuilds {
        return Err(Reason::TestBuildsOnly { stage: case.server.unmatched(args.len()) });
    }
    let mut reading = read_kind(case, args)?;
    let no_effect = lacking.filter(|_| case.facts.without_feature == WithoutFeature::NoEffect);
    reading.otherwise = reading.otherwise.or(no_effect.map(Otherwise::NoEffect));
    Ok(reading)
}

/// What one server makes of the arguments, by the kind of the directive.
pub(super) fn read_kind(case: Case<'_>, args: &[&[u8]]) -> Result<Reading, Reason> {
    match case.facts.kind {
        Kind::Bool => read_bool(case, one(args)?),
        Kind::Enum(words) => read_word(case, words, one(args)?),
        Kind::Flags(words) => read_flags(case, words, args),
        Kind::Integer(numeric) => read_integer(case, numeric, one(args)?),
        Kind::Memory(numeric) => read_memory(case, numeric, one(args)?),
        Kind::MemoryOrPercent { numeric, max_percent } => {
            read_memory_or_percent(case, numeric, max_percent, one(args)?)
        }
        Kind::Octal(numeric) => read_octal(numeric, one(args)?),
        Kind::Text { rule, max_bytes, binary, .. } => {
            read_text(case, TextKind { rule, max_bytes, binary }, one(args)?)
        }
        Kind::Ignored => match args {
            [_] => Ok(Reading::noted(as_args(args), Some(Otherwise::Ignored))),
            _ => case.unmatched_arity("one value", args),
        },
        Kind::Special(special) => read_special(case, special, args),
    }
}

/// What one server makes of the arguments of a directive with a grammar of its own.
fn read_special(case: Case<'_>, special: Special, args: &[&[u8]]) -> Result<Reading, Reason> {
    match special {
        Special::Bind { min_addresses: min, max_addresses: max, optional_prefix } => {
            read_addresses(case, Bounds { min, max, optional_prefix }, args)
        }
        Special::ClientOutputBufferLimit { strict } => read_output_limits(case, strict, args),
        Special::Dir => match args {
            [path] => Ok(Reading::plain(Value::Text(until_nul(path).to_vec()))),
            _ if case.server.is_six() => case.unmatched_arity("one folder", args),
            _ => arity("one folder", args),
        },
        Special::Include { .. } => commanded(case, "one path", 1..=1, args),
        Special::LatencyTrackingInfoPercentiles => read_percentiles(case, args),
        Special::Loadmodule => commanded(case, "a path and arguments", 1..=usize::MAX, args),
        Special::NotifyKeyspaceEvents { all, others } => read_events(case, all, others, args),
        Special::OomScoreAdjValues { min, max } => read_oom_scores(case, min, max, args),
        Special::Replicaof { port_checked } => read_primary(case, port_checked, args),
        Special::RenameCommand => commanded(case, "a command and its new name", 2..=2, args),
        Special::Save { strict } => read_save(case, strict, args),
        Special::Sentinel if args.is_empty() => {
            Ok(Reading::noted(as_args(args), Some(Otherwise::LineIgnored)))
        }
        Special::Sentinel => Err(Reason::SentinelOnly),
        Special::User => commanded(case, "a name and rules", 1..=usize::MAX, args),
        Special::UncheckedMemory => read_unchecked_memory(case, args),
        Special::UncheckedOctal => read_unchecked_octal(case, args),
        Special::NotInFiles => Err(Reason::NotInAFile),
    }
}

/// A directive that does something, with a number of arguments.
fn commanded(
    case: Case<'_>,
    wanted: &'static str,
    number: std::ops::RangeInclusive<usize>,
    args: &[&[u8]],
) -> Result<Reading, Reason> {
    if number.contains(&args.len()) {
        Ok(Reading::plain(as_args(args)))
    } else {
        case.unmatched_arity(wanted, args)
    }
}

/// The arguments as they are.
fn as_args(args: &[&[u8]]) -> Value {
    Value::Args(args.iter().map(|arg| arg.to_vec()).collect())
}
