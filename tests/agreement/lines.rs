//! The lines to try on one server, with our verdict of each.

use cachewright::catalog::{Directive, Engine, Facts, Kind, Special, Target, directive, directives};
use cachewright::text::conf::ConfDoc;
use cachewright::value::{Judgement, Stage, Unknown, judge, unknown_directive};

use super::values::{RAW, of_kind};

/// One line of a file.
pub(crate) struct Line {
    pub(crate) text: String,
    /// The directive, and what becomes of it, if the line is one that the target knows.
    pub(crate) judged: Option<(&'static Directive, Judgement)>,
    /// Why the parser would stop at the line.
    pub(crate) refusal: Option<String>,
    /// The server's words for that, where we know them.
    pub(crate) words: Option<String>,
}

/// Every line to try.
///
/// A refused line costs a run of the server's program, so each directive gets every other one of the texts that
/// know nothing, the other half on the next server; all of them where AGREEMENT=all.
pub(crate) fn lines(target: &Target, turn: usize) -> Vec<Line> {
    let version = target.versions.first;
    let mut texts = Vec::new();
    for (index, directive) in directives(target.engine).iter().enumerate() {
        let Some(facts) = directive.at(version) else {
            // Of another version: only whether the name is known.
            texts.push(format!("{} 1", directive.name));
            continue;
        };
        let names = || std::iter::once(facts.name).chain(facts.aliases.iter().copied());
        for value in of_kind(facts).into_iter().chain(raw(facts, index + turn)) {
            texts.push(format!("{} {value}", facts.name));
        }
        // Other spellings lead to the same parser.
        for name in names().chain(std::iter::once(directive.name)) {
            texts.push(format!("{} {}", name.to_uppercase(), sample(facts)));
            texts.push(name.to_owned());
        }
    }
    texts.extend(["nosuch", "nosuch 1", "no.such", "no.such 1", "nosuch 1 2", "\"\" 1"].map(str::to_owned));
    texts.retain(|text| !touches_the_machine(text) && !reads_otherwise(text, target));
    texts.sort();
    texts.dedup();
    texts.into_iter().map(|text| line(text, target)).collect()
}

/// The values that know nothing; only wrong numbers of them for directives that do something when parsed.
fn raw(facts: &Facts, turn: usize) -> impl Iterator<Item = String> + use<> {
    let all = std::env::var_os("AGREEMENT").is_some_and(|wanted| wanted == "all");
    let does_something = matches!(
        facts.kind,
        Kind::Special(
            Special::Include { .. }
                | Special::Dir
                | Special::RenameCommand
                | Special::User
                | Special::Loadmodule
        )
    );
    let mine = move |at: usize| !does_something && (all || (at + turn).is_multiple_of(2));
    RAW.iter().enumerate().filter(move |(at, _)| mine(*at)).map(|(_, value)| (*value).to_owned())
}

/// A value that should be fine.
fn sample(facts: &Facts) -> String {
    match facts.kind {
        Kind::Special(
            Special::Include { .. } | Special::RenameCommand | Special::NotInFiles | Special::Sentinel,
        ) => String::new(),
        Kind::Special(Special::User) => "u0 on".to_owned(),
        Kind::Special(Special::Loadmodule) => "/x.so".to_owned(),
        Kind::Special(Special::Dir) => ".".to_owned(),
        Kind::Special(Special::Replicaof { .. }) => "no one".to_owned(),
        Kind::Special(Special::Save { .. } | Special::LatencyTrackingInfoPercentiles) => "\"\"".to_owned(),
        _ => facts.default.filter(|d| !d.is_empty()).unwrap_or("x").to_owned(),
    }
}

/// A log file is opened when 6.x parses its line: it must be one that can be.
fn touches_the_machine(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.starts_with("logfile ") && (lower.contains('/') || lower.len() > 200)
}

/// Valkey 9 lets a word go on behind a closing quote, as shells do; our reader of lines does not.
fn reads_otherwise(text: &str, target: &Target) -> bool {
    target.engine == Engine::Valkey && target.versions.first.major >= 9 && text.contains("'a'b")
}

/// A line and our verdict.
fn line(text: String, target: &Target) -> Line {
    let document = ConfDoc::parse(text.as_bytes());
    if let Some(error) = document.errors().next() {
        return Line { refusal: Some(format!("{:?}", error.problem)), text, judged: None, words: None };
    }
    let Some((_, parsed)) = document.directives().next() else {
        return Line { text, judged: None, refusal: None, words: None };
    };
    let args: Vec<&[u8]> = parsed.args.iter().map(|arg| arg.value.as_slice()).collect();
    let name = parsed.key().into_owned();
    let version = target.versions.first;
    let known = directive(target.engine, &name).filter(|d| d.at(version).is_some_and(|f| f.knows(&name)));
    let Some(directive) = known else {
        let fatal = unknown_directive(&name, args.len(), target) == Unknown::Fatal;
        return Line { text, judged: None, refusal: fatal.then(|| "unknown".to_owned()), words: None };
    };
    let judgement = judge(directive, &args, target);
    let reason =
        judgement.refusal().map(|(_, reason)| reason).filter(|reason| reason.stage() == Stage::Parse);
    let words = reason.and_then(|reason| reason.server_says(target));
    let refusal = reason.map(|reason| format!("{reason:?}"));
    Line { text, judged: Some((directive, judgement)), refusal, words }
}
