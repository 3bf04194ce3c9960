//! The rules of a declared user: read, judged, and what is wrong reported at its word.

use super::problem::{advise, shown};
use super::{UserSources, channels_open, judge};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Sources, Span};
use crate::spec::{UserSpec, literal_secret};
use crate::text;
use crate::text::acl::{AclRule, SpannedRule, read_rules};

/// The rules that servers take, in order. Each of the others is one finding.
pub(super) fn read(
    from: &UserSources<'_>,
    user: &At<String>,
    spec: &UserSpec,
    findings: &mut Findings,
) -> Vec<At<AclRule>> {
    let mut all: Vec<SpannedRule> = Vec::new();
    let mut places = Places::default();
    let mut broken = false;
    for text in spec.rules.iter().flat_map(|rules| &rules.value.0) {
        let offset = places.add(from.sources, text);
        let read = read_rules(&text.value);
        for error in read.errors {
            broken = true;
            let word = text.value.get(error.span.range()).unwrap_or_default();
            let title = format!("a rule of `{}` cannot be read: {}", user.value, error.problem);
            let finding = Finding::new(Code::InvalidAcl, places.place(error.span.shifted(offset)), title);
            findings.push(advise(finding, error.problem, word, from.target));
        }
        all.extend(read.rules.into_iter().map(|rule| shifted(rule, offset)));
    }
    all.retain(|rule| {
        let literal = matches!(rule.rule, AclRule::AddPassword(_) | AclRule::RemovePassword(_));
        if literal {
            let what = format!("a password of `{}`", user.value);
            findings.push(literal_secret(At::new(what.as_str(), places.place(rule.span))));
        }
        !literal
    });
    let refused = refused(from, &all);
    for one in &refused {
        let title = format!(
            "{} refuses a rule of `{}`: {}",
            shown(from.target.engine, from.target.versions),
            user.value,
            one.problem
        );
        let mut finding = Finding::new(Code::InvalidAcl, places.place(one.span), title);
        finding.help.extend(one.problem.help(from.target));
        finding.notes.extend(one.problem.note().map(str::to_owned));
        findings.push(finding);
    }
    if broken || !refused.is_empty() {
        // Half of somebody's rights is nothing to render; the findings stop that anyway.
        all.retain(|rule| !refused.iter().any(|one| rule.span.range().contains(&(one.span.start as usize))));
    }
    all.into_iter().map(|rule| At::new(rule.rule, places.place(rule.span))).collect()
}

/// What the first or the last of the versions refuses: what passes must start on all of them.
fn refused(from: &UserSources<'_>, rules: &[SpannedRule]) -> Vec<judge::Judged> {
    let (target, open) = (from.target, channels_open(from));
    let first = judge::judge(rules, target.engine, target.versions.first, open);
    if first.is_empty() { judge::judge(rules, target.engine, target.versions.last, open) } else { first }
}

fn shifted(rule: SpannedRule, offset: u32) -> SpannedRule {
    let inner = rule.inner.into_iter().map(|span| span.shifted(offset)).collect();
    SpannedRule { rule: rule.rule, span: rule.span.shifted(offset), inner }
}

/// Several strings of the spec, one behind the other, and where each stands.
#[derive(Default)]
struct Places {
    strings: Vec<(u32, u32, Option<u32>, Span)>,
    length: u32,
}

impl Places {
    /// Adds a string and returns its offset among all.
    fn add(&mut self, sources: &Sources, text: &At<String>) -> u32 {
        let (offset, length) = (self.length, u32::try_from(text.value.len()).unwrap_or(u32::MAX));
        self.strings.push((offset, length, content(sources.slice(text.span), &text.value), text.span));
        self.length = offset.saturating_add(length).saturating_add(1);
        offset
    }

    /// The place in the spec: of the word, or of the whole string where escapes make them differ.
    fn place(&self, span: text::Span) -> Span {
        let last = self.strings.iter().rev().find(|(offset, ..)| *offset <= span.start);
        let Some(&(offset, length, content, literal)) = last else {
            // No string, no rule: cannot be reached, and any place will do.
            return self.strings.first().map_or_else(none, |(.., literal)| *literal);
        };
        let Some(content) = content else { return literal };
        let within = |at: u32| literal.start + content + (at - offset).min(length);
        Span { source: literal.source, start: within(span.start), end: within(span.end.max(span.start)) }
    }
}

fn none() -> Span {
    Sources::span(Sources::default().add("", ""), 0..0)
}

/// Where in a literal the text begins, when it stands there as it is.
fn content(literal: &str, text: &str) -> Option<u32> {
    let quotes = ["\"\"\"\r\n", "\"\"\"\n", "'''\r\n", "'''\n", "\"\"\"", "'''", "\"", "'"];
    let quote = quotes.into_iter().find(|quote| literal.starts_with(quote))?;
    let close = quote.trim_end();
    let inner = literal.strip_prefix(quote)?.strip_suffix(close)?;
    if inner == text { u32::try_from(quote.len()).ok() } else { None }
}
