//! What a server makes of a whole redis.conf or sentinel.conf: every line by itself, and what the lines
//! come to together. Here live the order in which servers read, and who judges which line; the judging of
//! values, rules and combinations does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::catalog::sentinel::{Scope, SentinelDirective, SentinelRepeat, directive as sentinel_directive};
use crate::catalog::{self, Directive, Special, Target, acl};
use crate::model::users::{self, AclProblem};
use crate::text::acl::read_conf_user;
use crate::text::conf::{Arg, ConfDoc, ConfLineKind, Directive as Line};
use crate::text::{Problem, Span};
use crate::value::{
    FileProblem, FileSettings, HostNames, Judgement, Reason, RenameProblem, Renames, Stage, Unknown, Value,
    file_rules, fold_lines, judge, judge_sentinel, unknown_directive,
};

/// Who reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfReader {
    /// A server.
    Server,
    /// A server started as a Sentinel.
    Sentinel,
}

/// Why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineProblem {
    /// It cannot be split into arguments.
    Syntax(Problem),
    /// No version has such a directive.
    UnknownDirective(Unknown),
    /// The arguments are refused.
    Refused(Reason),
    /// A user cannot be read.
    User(Problem),
    /// A rule of a user is refused.
    Rule(AclProblem),
    /// A `rename-command` is refused.
    Rename(RenameProblem),
    /// Sentinel has no such directive.
    UnknownSentinelDirective,
    /// A line of Sentinel speaks of a primary that no `monitor` line declares.
    NoSuchPrimary,
    /// A second `monitor` line of one primary.
    PrimaryTwice,
}

impl LineProblem {
    /// Whether the server stops at the line; otherwise it gives up later.
    pub fn stops_the_parser(&self) -> bool {
        match self {
            LineProblem::UnknownDirective(unknown) => *unknown == Unknown::Fatal,
            LineProblem::Refused(reason) => reason.stage() == Stage::Parse,
            _ => true,
        }
    }
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineProblem::Syntax(problem) | LineProblem::User(problem) => problem.fmt(f),
            LineProblem::UnknownDirective(Unknown::Fatal) => f.write_str("no version has this directive"),
            LineProblem::UnknownDirective(_) => f.write_str("no version has this directive, a module might"),
            LineProblem::Refused(reason) => reason.fmt(f),
            LineProblem::Rule(problem) => problem.fmt(f),
            LineProblem::Rename(problem) => problem.fmt(f),
            LineProblem::UnknownSentinelDirective => f.write_str("Sentinel has no such directive"),
            LineProblem::NoSuchPrimary => f.write_str("no `monitor` line declares this primary"),
            LineProblem::PrimaryTwice => f.write_str("another `monitor` line declares this primary"),
        }
    }
}

/// What becomes of one line that is neither blank nor a comment.
#[derive(Debug, Clone)]
pub struct LineVerdict {
    /// The line, counted from 1, as servers count.
    pub line: usize,
    /// Where the line, or the part of it that is refused, stands in the file.
    pub span: Span,
    /// The directive, where the engine has it.
    pub directive: Option<&'static Directive>,
    /// What the versions make of its arguments, where they were judged.
    pub judgement: Option<Judgement>,
    /// Why it is refused.
    pub problem: Option<LineProblem>,
}

/// What becomes of a file.
#[derive(Debug, Clone)]
pub struct ConfVerdict {
    /// Each line that says something, in the order of the file.
    pub lines: Vec<LineVerdict>,
    /// The values in effect, of directives with one value whose lines are all accepted.
    pub settings: FileSettings,
    /// Combinations that stop the server.
    pub combinations: Vec<FileProblem>,
    /// The refused line that the server names: the first in the order in which it reads.
    first: Option<usize>,
}

impl ConfVerdict {
    /// Whether a server starts with the file, as far as the file decides.
    pub fn is_accepted(&self) -> bool {
        self.combinations.is_empty() && self.lines.iter().all(|line| line.problem.is_none())
    }

    /// The line at which the server stops.
    pub fn first_refusal(&self) -> Option<&LineVerdict> {
        self.first.and_then(|at| self.lines.get(at))
    }
}

/// Judges a whole file, for every version of the target. Files that it includes are files of their own, and
/// what depends on the machine (paths, addresses, modules) is nobody's here.
///
/// Sources: loadServerConfigFromString (config.c) and, for the order of Sentinel's lines,
/// loadSentinelConfigFromQueue (sentinel.c), Redis 6.0.16 to 7.4.1.
pub fn judge_conf(doc: &ConfDoc, target: &Target, reader: ConfReader) -> ConfVerdict {
    let mut judge =
        Judge { target, reader, renames: Renames::default(), queue: Vec::new(), lines: Vec::new() };
    for (index, line) in doc.lines().iter().enumerate() {
        match &line.kind {
            ConfLineKind::Blank | ConfLineKind::Comment => {}
            ConfLineKind::Bad(error) => {
                let problem = Some(LineProblem::Syntax(error.problem));
                judge.push(index, error.span, None, None, problem);
            }
            ConfLineKind::Directive(line) => judge.line(index, line),
        }
    }
    let stops = |line: &LineVerdict| line.problem.as_ref().is_some_and(LineProblem::stops_the_parser);
    let mut first = judge.lines.iter().position(stops);
    // Sentinel's own lines are read when all others were.
    let own = judge.sentinel_lines();
    first = first.or(own).or_else(|| judge.lines.iter().position(|line| line.problem.is_some()));
    let settings = settings(doc, target);
    let combinations = file_rules(&settings, target);
    ConfVerdict { lines: judge.lines, settings, combinations, first }
}

struct Judge<'d> {
    target: &'d Target,
    reader: ConfReader,
    /// What `rename-command` did so far.
    renames: Renames,
    /// Sentinel's own lines: the place among the verdicts, and the line.
    queue: Vec<(usize, &'d Line)>,
    lines: Vec<LineVerdict>,
}

impl<'d> Judge<'d> {
    fn push(
        &mut self,
        index: usize,
        span: Span,
        directive: Option<&'static Directive>,
        judgement: Option<Judgement>,
        problem: Option<LineProblem>,
    ) {
        self.lines.push(LineVerdict { line: index + 1, span, directive, judgement, problem });
    }

    fn line(&mut self, index: usize, line: &'d Line) {
        let name = line.key();
        let Some((directive, spelling)) = catalog::spelled(self.target.engine, &name) else {
            let unknown = unknown_directive(&name, line.args.len(), self.target);
            let problem =
                (unknown != Unknown::PerhapsAModules).then_some(LineProblem::UnknownDirective(unknown));
            return self.push(index, line.span(), None, None, problem);
        };
        let newest = directive.within(self.target.versions).last();
        let special = newest.and_then(|facts| match facts.kind {
            catalog::Kind::Special(special) => Some(special),
            _ => None,
        });
        if special == Some(Special::Sentinel) && self.reader == ConfReader::Sentinel {
            if !line.args.is_empty() {
                self.queue.push((self.lines.len(), line));
            }
            return self.push(index, line.span(), Some(directive), None, None);
        }
        let args: Vec<&[u8]> = line.args.iter().map(|arg| arg.value.as_slice()).collect();
        let judgement = judge(directive, &args, self.target);
        let known = newest.is_none_or(|facts| facts.knows(spelling));
        let refusal = judgement.refusal().map(|(_, reason)| LineProblem::Refused(reason.clone()));
        let unknown = LineProblem::UnknownDirective(unknown_directive(&name, args.len(), self.target));
        let (problem, span) = match (refusal, special) {
            (Some(refusal), _) => (Some(refusal), line.span()),
            (None, _) if !known => (Some(unknown), line.span()),
            (None, Some(Special::User)) => self.user(line),
            (None, Some(Special::RenameCommand)) => (self.rename(line), line.span()),
            (None, _) => (None, line.span()),
        };
        self.push(index, span, Some(directive), Some(judgement), problem);
    }

    /// A `user` line: its rules as the newest version reads them.
    fn user(&self, line: &Line) -> (Option<LineProblem>, Span) {
        let user = match read_conf_user(line) {
            Ok(user) => user,
            Err(error) => return (Some(LineProblem::User(error.problem)), error.span),
        };
        if let Some(error) = user.rules.errors.first() {
            return (Some(LineProblem::User(error.problem)), error.span);
        }
        let Target { engine, versions, .. } = *self.target;
        let open = acl::behaviour(engine, versions.last).is_some_and(|behaviour| behaviour.channels_open);
        match users::judge(&user.rules.rules, engine, versions.last, open).into_iter().next() {
            Some(judged) => (Some(LineProblem::Rule(judged.problem)), judged.span),
            None => (None, line.span()),
        }
    }

    /// `rename-command`: the command must be there and its new name free; an empty name takes it away.
    fn rename(&mut self, line: &Line) -> Option<LineProblem> {
        let [from, to] = line.args.as_slice() else { return None };
        if self.reader == ConfReader::Sentinel {
            // A Sentinel has commands of its own; which, the catalogue does not know.
            return None;
        }
        self.renames.rename(&from.lossy(), &to.lossy(), self.target).err().map(LineProblem::Rename)
    }

    /// Judges Sentinel's own lines in its order: those for itself that must come first, then `monitor`, then
    /// all others (6.2 and later; before, in the order of the file, where `monitor` has to stand above).
    /// Gives the first that is refused.
    fn sentinel_lines(&mut self) -> Option<usize> {
        let queue = std::mem::take(&mut self.queue);
        let resolved = queue.iter().any(|(_, line)| {
            matches!(line.args.as_slice(), [name, yes] if lower(name) == "resolve-hostnames" && lower(yes) == "yes")
        });
        let names = if resolved { HostNames::Resolved } else { HostNames::AddressesOnly };
        let engine = self.target.engine;
        let rank = |line: &Line| {
            let name = line.args.first().map(lower).unwrap_or_default();
            match sentinel_directive(engine, &name) {
                _ if name == "monitor" => 1,
                Some(directive) if FIRST.contains(&directive.name) => 0,
                _ => 2,
            }
        };
        let mut ordered: Vec<&(usize, &Line)> = queue.iter().collect();
        ordered.sort_by_key(|(at, line)| (rank(line), *at));
        let mut primaries = BTreeSet::new();
        let mut first = None;
        for (at, line) in ordered {
            let (judgement, problem) = sentinel_line(line, names, self.target, &mut primaries);
            let verdict = &mut self.lines[*at];
            verdict.judgement = judgement;
            if problem.is_some() {
                verdict.problem = problem;
                first = first.or(Some(*at));
            }
        }
        first
    }
}

/// What Sentinel reads before its primaries (preMonitorCfgName in sentinel.c of 7.0.15).
const FIRST: [&str; 9] = [
    "announce-ip",
    "announce-port",
    "deny-scripts-reconfig",
    "sentinel-user",
    "sentinel-pass",
    "current-epoch",
    "myid",
    "resolve-hostnames",
    "announce-hostnames",
];

fn sentinel_line(
    line: &Line,
    names: HostNames,
    target: &Target,
    primaries: &mut BTreeSet<Vec<u8>>,
) -> (Option<Judgement>, Option<LineProblem>) {
    let Some((name, args)) = line.args.split_first() else { return (None, None) };
    let Some(directive) = sentinel_directive(target.engine, &lower(name)) else {
        return (None, Some(LineProblem::UnknownSentinelDirective));
    };
    let (primary, rest) = match (directive.scope, args.split_first()) {
        (Scope::Primary, Some((primary, rest))) => (Some(&primary.value), rest),
        _ => (None, args),
    };
    let rest: Vec<&[u8]> = rest.iter().map(|arg| arg.value.as_slice()).collect();
    let judgement = judge_sentinel(directive, &rest, names, target);
    let refusal = judgement.refusal().map(|(_, reason)| LineProblem::Refused(reason.clone()));
    let problem = refusal.or_else(|| of_primary(directive, primary?, target, primaries));
    (Some(judgement), problem)
}

fn of_primary(
    directive: &SentinelDirective,
    primary: &[u8],
    target: &Target,
    primaries: &mut BTreeSet<Vec<u8>>,
) -> Option<LineProblem> {
    let once = directive.at(target.versions.last).is_some_and(|facts| facts.repeat == SentinelRepeat::Once);
    if once {
        return (!primaries.insert(primary.to_vec())).then_some(LineProblem::PrimaryTwice);
    }
    (!primaries.contains(primary)).then_some(LineProblem::NoSuchPrimary)
}

fn lower(arg: &Arg) -> String {
    arg.lossy().to_ascii_lowercase()
}

/// A directive and the arguments of each of its lines.
type LinesOf<'a> = (&'static Directive, Vec<Vec<&'a [u8]>>);

/// The values in effect after the last line.
fn settings(doc: &ConfDoc, target: &Target) -> FileSettings {
    let mut lines: BTreeMap<&'static str, LinesOf<'_>> = BTreeMap::new();
    let mut settings = FileSettings::default();
    for (_, line) in doc.directives() {
        let Some(directive) = catalog::directive(target.engine, &line.key()) else { continue };
        settings.has_user_lines |= line.is("user");
        let Some(facts) = directive.within(target.versions).last() else { continue };
        let args = line.args.iter().map(|arg| arg.value.as_slice()).collect();
        lines.entry(facts.name).or_insert_with(|| (directive, Vec::new())).1.push(args);
    }
    for (name, (directive, lines)) in lines {
        let folded = fold_lines(directive, &lines, target);
        let single = folded.value().filter(|value| !matches!(value, Value::Args(_)));
        if let Some(value) = single {
            settings.values.insert(name, value.clone());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Build, Engine};

    fn judged(text: &str, reader: ConfReader) -> Option<(usize, LineProblem)> {
        let build = Build { tls: true, defrag: false, systemd: true, modules: false };
        let target = Target { engine: Engine::Redis, versions: "7.0.15".parse().unwrap(), build };
        let verdict = judge_conf(&ConfDoc::parse(text), &target, reader);
        assert_eq!(
            verdict.is_accepted(),
            verdict.first_refusal().is_none() && verdict.combinations.is_empty(),
            "{text}"
        );
        verdict.first_refusal().map(|line| (line.line, line.problem.clone().unwrap()))
    }

    fn server(text: &str) -> Option<(usize, LineProblem)> {
        judged(text, ConfReader::Server)
    }

    fn sentinel(text: &str) -> Option<(usize, LineProblem)> {
        judged(text, ConfReader::Sentinel)
    }

    #[test]
    fn the_first_refused_line_is_named() {
        assert_eq!(server("# c\n\nPort 1\nsave 900 1 300 10\n"), None);
        assert_eq!(
            server("port 1\nprot 2\nport x\n"),
            Some((2, LineProblem::UnknownDirective(Unknown::Fatal)))
        );
        assert_eq!(server("port \"1\n"), Some((1, LineProblem::Syntax(Problem::UnclosedQuote))));
        assert!(matches!(server("port 1 2\n"), Some((1, LineProblem::Refused(Reason::WrongArity { .. })))));
        assert!(matches!(server("sentinel myid x\n"), Some((1, LineProblem::Refused(Reason::SentinelOnly)))));
    }

    #[test]
    fn users_and_renamed_commands_are_judged() {
        assert_eq!(server("user app on >p ~* +get\n"), None);
        assert_eq!(server("user app on nope\n"), Some((1, LineProblem::User(Problem::AclUnknownRule))));
        assert!(matches!(server("user app +nope\n"), Some((1, LineProblem::Rule(_)))));
        assert_eq!(server("rename-command CONFIG \"\"\nrename-command KEYS config\n"), None);
        assert_eq!(
            server("rename-command NOPE x\n"),
            Some((1, LineProblem::Rename(RenameProblem::NoSuchCommand)))
        );
        let twice = "rename-command KEYS k\nrename-command KEYS j\n";
        assert_eq!(server(twice), Some((2, LineProblem::Rename(RenameProblem::NoSuchCommand))));
        assert_eq!(
            server("rename-command KEYS get\n"),
            Some((1, LineProblem::Rename(RenameProblem::NameTaken)))
        );
    }

    #[test]
    fn what_lines_come_to_together_is_judged() {
        let build = Build { tls: true, defrag: false, systemd: true, modules: false };
        let target = Target { engine: Engine::Redis, versions: "7.0.15".parse().unwrap(), build };
        let doc = ConfDoc::parse("user a on\naclfile /etc/users.acl\nport 0\nport 7000\n");
        let verdict = judge_conf(&doc, &target, ConfReader::Server);
        assert_eq!(verdict.combinations, [FileProblem::UsersAndAclFile]);
        assert_eq!(verdict.settings.values["port"], Value::Integer(7000));
        assert!(verdict.first_refusal().is_none() && !verdict.is_accepted());
    }

    #[test]
    fn sentinel_reads_its_primaries_first() {
        let monitor = "sentinel monitor m 127.0.0.1 6379 2\n";
        assert_eq!(
            sentinel(&format!("sentinel down-after-milliseconds m 1000\n{monitor}port 26379\n")),
            None
        );
        assert_eq!(sentinel("sentinel auth-pass m x\n"), Some((1, LineProblem::NoSuchPrimary)));
        assert_eq!(sentinel(&format!("{monitor}{monitor}")), Some((2, LineProblem::PrimaryTwice)));
        let unknown = format!("sentinel parallel-sync m 1\n{monitor}prot 1\n");
        assert_eq!(sentinel(&unknown), Some((3, LineProblem::UnknownDirective(Unknown::Fatal))));
        assert_eq!(
            sentinel(&format!("sentinel parallel-sync m 1\n{monitor}")),
            Some((1, LineProblem::UnknownSentinelDirective))
        );
    }
}
