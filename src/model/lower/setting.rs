//! The value of one entry of a `config` table: its shape, its secret or placeholder, and what the
//! target's own parser makes of it.

use super::config::Subject;
use super::directive::Named;
use super::user_line;
use crate::catalog::{Directive, Facts, Kind, Repeat, Special};
use crate::diag::{Code, Finding, Findings, Level};
use crate::model::settings::Assigned;
use crate::source::Span;
use crate::spec::raw::{Node, Raw};
use crate::spec::{ConfigEntry, Decode, Decoder, SecretRef, literal_secret};
use crate::value::{
    BadShape, IntegerFault, Judgement, Otherwise, Reason, Renames, Written, asked_by_file_rules, fold_lines,
    written_lines,
};

/// The key that insists on a value although another one is derived.
pub(super) const OVERRIDE: &str = "override";

/// A typed value.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) assigned: Assigned,
    /// It was written as `{ override = … }`.
    pub(super) insisted: bool,
    /// It was reported, and what follows from it is not worth saying.
    pub(super) doubtful: bool,
}

/// Types the value of an entry. None was reported.
pub(super) fn value(
    entry: &ConfigEntry,
    named: &Named,
    subject: Subject<'_>,
    findings: &mut Findings,
) -> Option<Assignment> {
    let (node, insisted) = match &entry.value.value {
        Raw::Table(table) if table.entries.len() == 1 && table.get(OVERRIDE).is_some() => {
            (table.get(OVERRIDE)?, true)
        }
        _ => (&entry.value, false),
    };
    let (assigned, misread) = match named {
        Named::Foreign(_) => (foreign(entry, node, subject, findings)?, false),
        Named::Known(directive, facts) => {
            let typing = Typing { name: &entry.name.value, node, directive, facts, subject };
            typing.assigned(findings)?
        }
    };
    // What follows from a value that nobody meant is not worth saying.
    let doubtful = misread || placeholder(&node.value).is_some();
    Some(Assignment { assigned, insisted, doubtful })
}

/// A module's directive goes through as written, a list as arguments.
fn foreign(
    entry: &ConfigEntry,
    node: &Node,
    subject: Subject<'_>,
    findings: &mut Findings,
) -> Option<Assigned> {
    let items: Vec<&Node> = match &node.value {
        Raw::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut args = Vec::new();
    for item in items {
        args.push(match &item.value {
            Raw::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Raw::Integer(number) => number.to_string(),
            Raw::Float(number) => number.to_string(),
            Raw::Text(text) => text.clone(),
            other => {
                findings.push(not_a_value(&entry.name.value, item.span, other, subject));
                return None;
            }
        });
    }
    Some(Assigned::Verbatim(vec![args.into_iter().map(String::into_bytes).collect()]))
}

fn not_a_value(name: &str, span: Span, raw: &Raw, subject: Subject<'_>) -> Finding {
    let title = format!("{} is no value for `{name}`", raw.what());
    Finding::new(Code::WrongType, span, title)
        .help("write a string, a number, `true` or `false`, or a list of these")
        .of(subject.deployment)
}

/// The value as TOML types it; what no server takes is reported.
pub(super) fn as_written<'n>(
    name: &str,
    node: &'n Node,
    subject: Subject<'_>,
    findings: &mut Findings,
) -> Option<Written<'n>> {
    Some(match &node.value {
        Raw::Bool(flag) => Written::Bool(*flag),
        Raw::Integer(number) => Written::Integer(*number),
        Raw::Float(number) => Written::Float(*number),
        Raw::Text(text) => Written::Text(text),
        Raw::List(items) => {
            let items: Option<Vec<_>> =
                items.iter().map(|item| as_written(name, item, subject, findings)).collect();
            Written::List(items?)
        }
        other @ (Raw::Null | Raw::Datetime(_) | Raw::Table(_)) => {
            findings.push(not_a_value(name, node.span, other, subject));
            return None;
        }
    })
}

/// The value as a message shows it: as written, on one line and without quotes.
pub(super) fn shown(node: &Node, subject: Subject<'_>) -> String {
    shown_at(node.span, subject)
}

/// A value, or an item of one, as a message shows it.
fn shown_at(span: Span, subject: Subject<'_>) -> String {
    let text = subject.sources.slice(span);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join(" ").trim_matches('"').trim_matches('\'').to_owned()
}

/// Reports a placeholder that nothing fills in, and says whether there is one.
pub(super) fn report_placeholder(
    name: &str,
    node: &Node,
    subject: Subject<'_>,
    findings: &mut Findings,
) -> bool {
    let Some(text) = placeholder(&node.value) else { return false };
    let title = format!("nothing fills in the placeholder `{text}` of `{name}`");
    findings.push(
        Finding::new(Code::UnexpandedPlaceholder, node.span, title)
            .help(
                "write the value; environments differ by layers (`extends`), secrets by `{ env = \"NAME\" }`",
            )
            .note("the server would take the placeholder itself for the value")
            .of(subject.deployment),
    );
    true
}

/// One value on its way to its canonical form.
struct Typing<'a> {
    name: &'a str,
    node: &'a Node,
    directive: &'static Directive,
    facts: &'static Facts,
    subject: Subject<'a>,
}

impl Typing<'_> {
    /// The value, and whether a server takes another one than what is written.
    fn assigned(&self, findings: &mut Findings) -> Option<(Assigned, bool)> {
        if SecretRef::is_reference(self.node) {
            return self.secret(findings).map(|secret| (secret, false));
        }
        let written = as_written(self.name, self.node, self.subject, findings)?;
        if self.directive.secret && !matches!(&self.node.value, Raw::Text(text) if text.is_empty()) {
            let what = format!("the value of `{}`", self.name);
            let finding = literal_secret(crate::source::At::new(what.as_str(), self.node.span));
            findings.push(finding.of(self.subject.deployment));
            return None;
        }
        let version = self.subject.target.versions.last;
        let lines = match written_lines(self.directive, &written, version) {
            Ok(lines) => lines,
            Err(shape) => {
                findings.push(self.misshapen(shape));
                return None;
            }
        };
        let folded = fold_lines(self.directive, &lines, self.subject.target);
        let refused = folded.judgements.iter().any(Judgement::is_refused);
        for (at, judgement) in folded.judgements.iter().enumerate() {
            self.report(judgement, self.line_span(at, lines.len()), findings);
        }
        if self.facts.kind == Kind::Special(Special::User) && !refused {
            let problem = |(at, args): (usize, &Vec<Vec<u8>>)| {
                user_line::problem(args, self.line_span(at, lines.len()), self.subject)
            };
            let problems: Vec<Finding> = lines.iter().enumerate().filter_map(problem).collect();
            if !problems.is_empty() {
                findings.extend(problems);
                return None;
            }
        }
        if self.facts.kind == Kind::Special(Special::RenameCommand) && !refused {
            let problems = self.renames(&lines);
            if !problems.is_empty() {
                findings.extend(problems);
                return None;
            }
        }
        if !refused {
            report_placeholder(self.name, self.node, self.subject, findings);
        }
        let changed = |otherwise| !matches!(otherwise, Otherwise::NoEffect(_) | Otherwise::Ignored);
        // Whether a server starts with what it makes of them is asked in any case.
        let misread = !asked_by_file_rules(self.directive.name)
            && folded.judgements.iter().filter_map(Judgement::otherwise).any(changed);
        let assigned = match (folded.values.len(), self.facts.repeat) {
            (0, _) if lines.is_empty() => Assigned::Values(Vec::new()),
            (0, _) => return None,
            (_, Repeat::Accumulate) => Assigned::Values(folded.values),
            _ => Assigned::Value(folded.values.into_iter().next_back()?),
        };
        Some((assigned, misread))
    }

    /// What is wrong with `rename-command` lines, which a server reads one after the other.
    fn renames(&self, lines: &[Vec<Vec<u8>>]) -> Vec<Finding> {
        let mut renames = Renames::default();
        let mut findings = Vec::new();
        for (at, args) in lines.iter().enumerate() {
            let [from, to] = args.as_slice() else { continue };
            let (from, to) = (String::from_utf8_lossy(from), String::from_utf8_lossy(to));
            if let Err(problem) = renames.rename(&from, &to, self.subject.target) {
                let title = format!("`{}` cannot be `{from} {to}`: {problem}", self.name);
                let finding = Finding::new(Code::InvalidValue, self.line_span(at, lines.len()), title);
                findings.push(finding.of(self.subject.deployment));
            }
        }
        findings
    }

    fn secret(&self, findings: &mut Findings) -> Option<Assigned> {
        if self.directive.secret {
            let mut decoder = Decoder { findings, lossy: false };
            return SecretRef::decode(self.node, &mut decoder).map(Assigned::Secret);
        }
        let title = format!("`{}` holds no secret", self.name);
        findings.push(
            Finding::new(Code::WrongType, self.node.span, title)
                .help("write the value itself")
                .of(self.subject.deployment),
        );
        None
    }

    /// The item of a list that one line came from.
    fn line_span(&self, line: usize, lines: usize) -> Span {
        match &self.node.value {
            Raw::List(items) if items.len() == lines => items[line].span,
            _ => self.node.span,
        }
    }

    fn shown(&self) -> String {
        shown(self.node, self.subject)
    }

    fn misshapen(&self, shape: BadShape) -> Finding {
        let title = format!("wrong value for `{}`: {shape}", self.name);
        Finding::new(Code::InvalidValue, self.node.span, title).of(self.subject.deployment)
    }

    fn report(&self, judgement: &Judgement, span: Span, findings: &mut Findings) {
        let deployment = self.subject.deployment;
        if let Some((versions, reason)) = judgement.refusal() {
            let finding = self.refusal(span, versions, reason);
            findings.push(finding.of(deployment));
            return;
        }
        let otherwise = judgement.otherwise();
        let finding = otherwise.and_then(|otherwise| self.reinterpreted(span, otherwise, judgement));
        if let Some(finding) = finding {
            findings.push(finding.of(deployment));
        }
    }

    fn refusal(&self, span: Span, versions: crate::catalog::VersionRange, reason: &Reason) -> Finding {
        let target = self.subject.target;
        let mut title = format!("`{}` cannot be `{}`", self.name, shown_at(span, self.subject));
        // Many words read better as help.
        if !matches!(reason, Reason::NotInEnum { .. }) {
            title = format!("{title}: {reason}");
        }
        let code = if matches!(reason, Reason::NeedsFeature { .. }) {
            Code::UnavailableDirective
        } else {
            Code::InvalidValue
        };
        let mut finding = Finding::new(code, span, title);
        if let Some(text) = placeholder(&self.node.value).or_else(|| shell_variable(&self.node.value)) {
            finding = finding.help(format!("fill in the placeholder `{text}`"));
        }
        match reason {
            Reason::NotInEnum { words } => {
                if let Some(near) = crate::spec::nearest(&self.shown(), words.iter().copied()) {
                    finding =
                        finding.help(format!("did you mean `{near}`?")).guess(span, format!("\"{near}\""));
                } else {
                    finding = finding.help(reason.to_string());
                }
            }
            Reason::NotAnInteger(IntegerFault::Unit { means }) => {
                finding = finding.help(format!("write `{means}`")).fix(span, means.to_string());
            }
            Reason::NotAMemory | Reason::NotAMemoryOrPercent => {
                if let Some(near) = crate::value::size_meant(&self.shown()) {
                    finding =
                        finding.help(format!("did you mean `{near}`?")).guess(span, format!("\"{near}\""));
                }
            }
            Reason::UnknownEvent { known, .. } => {
                finding = finding.help(format!("it takes some of the letters `{known}`"));
            }
            Reason::NeedsFeature { feature, .. } => {
                finding = finding
                    .help(format!("say `build = {{ {} = true }}` where the build has it", feature.key()));
            }
            _ => {}
        }
        if versions != target.versions {
            finding = finding.related(self.subject.version_span, "the version is set here").note(format!(
                "refused by {} {} to {}",
                target.engine.title(),
                versions.first,
                versions.last
            ));
        }
        finding
    }

    fn reinterpreted(&self, span: Span, otherwise: Otherwise, judgement: &Judgement) -> Option<Finding> {
        if otherwise == Otherwise::Ignored {
            // Reported with the directive's name.
            return None;
        }
        let engine = self.subject.target.engine.title();
        let title =
            format!("{engine} takes `{} = {}` otherwise than written: {otherwise}", self.name, self.shown());
        let mut finding = Finding::new(Code::ReinterpretedValue, span, title);
        let harmless =
            matches!(otherwise, Otherwise::Clamped { .. } | Otherwise::EmptyIsZero | Otherwise::NoEffect(_));
        finding.level = if harmless { Level::Warning } else { Level::Error };
        if let Some(value) = judgement.value() {
            let printed = value.printed(self.directive, self.subject.target.versions.last);
            finding = finding.note(format!("CONFIG GET would print `{}`", String::from_utf8_lossy(&printed)));
        }
        Some(finding.help("write the value that is meant"))
    }
}

/// The first `${X}`, `%x%` or `{{x}}` in a value.
fn placeholder(raw: &Raw) -> Option<String> {
    match raw {
        Raw::Text(text) => placeholder_in(text).map(str::to_owned),
        Raw::List(items) => items.iter().find_map(|item| placeholder(&item.value)),
        _ => None,
    }
}

/// A value that is nothing but `$NAME`. Where a server would take it, it may be meant.
fn shell_variable(raw: &Raw) -> Option<String> {
    let Raw::Text(text) = raw else { return None };
    let name = text.strip_prefix('$')?;
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (!name.is_empty() && name.bytes().all(capital)).then(|| text.clone())
}

fn placeholder_in(text: &str) -> Option<&str> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let word = |open: &str, inner: &str| match open {
        "%" => inner.bytes().all(letter) && inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'),
        _ => {
            let inner = inner.trim();
            !inner.is_empty() && inner.bytes().all(|byte| letter(byte) || b" .:-".contains(&byte))
        }
    };
    for (open, close) in [("${", "}"), ("{{", "}}"), ("%", "%")] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|at| from + at) {
            let inner = start + open.len();
            let Some(len) = text[inner..].find(close) else { break };
            let end = inner + len + close.len();
            if word(open, &text[inner..inner + len]) {
                return Some(&text[start..end]);
            }
            from = inner;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_three_kinds_are_seen_and_nothing_else() {
        for text in ["${REDIS_PASSWORD}", "x-%my_ip%", "a {{ maxmemory }} b"] {
            assert!(placeholder_in(text).is_some(), "{text}");
        }
        for text in ["{title} {port}", "5%", "100% of 50%!", "$HOME", "%R~x", "", "{{}}"] {
            assert_eq!(placeholder_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_that_is_a_shell_variable_is_seen() {
        let text = |text: &str| shell_variable(&Raw::Text(text.to_owned()));
        assert_eq!(text("$REDIS_PORT2").as_deref(), Some("$REDIS_PORT2"));
        for other in ["$", "$Port", "a$PORT", "$PORT/x", ""] {
            assert_eq!(text(other), None, "{other}");
        }
    }
}
