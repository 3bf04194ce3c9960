//! One difference between what a template made and what the model says.

use std::ops::Range;

use crate::diag::{Code, Finding};

use super::{OutputMap, ReadBack};

/// Lines that a message names, at most.
const MOST_NAMED: usize = 4;

/// A difference.
#[derive(Debug)]
pub(in crate::emit) struct Difference {
    /// The bytes of the output that differ; none where something is missing.
    pub(super) at: Option<Range<usize>>,
    /// Something at the place may be a secret that stands in the template.
    pub(super) secret: bool,
    /// What differs.
    pub(super) what: What,
}

/// What differs. Lines are as they are shown: without their values where those may be secrets.
#[derive(Debug)]
pub(super) enum What {
    /// The model says nothing of it.
    Added { line: String },
    /// The model says something else.
    Changed { line: String, wanted: Vec<String> },
    /// The model says it fewer times.
    Repeated { line: String },
    /// The model says it in another order.
    Reordered { wanted: Vec<String> },
    /// Only the model says it.
    Missing { lines: Vec<String> },
    /// A line stands where the server does not read it.
    Misplaced { line: String, why: &'static str },
    /// No server can read it.
    Unreadable { why: String },
    /// It never reaches the server, or the server does not look at it.
    Ignored { why: String },
}

impl Difference {
    /// The finding at the template's line.
    pub(in crate::emit) fn finding(self, map: &OutputMap<'_>, reader: &dyn ReadBack) -> Finding {
        let template = map.template();
        let place = reader.placeholder();
        let keep = reader.keep();
        let by_config =
            "write the setting under `config` of the deployment, a profile or a node, not in the template";
        let (title, help) = match &self.what {
            What::Added { line } => {
                (format!("`{template}` adds `{line}`, of which the spec says nothing"), by_config.to_owned())
            }
            What::Changed { line, wanted } => (
                format!("`{template}` writes `{line}`, and the spec says {}", listed(wanted)),
                by_config.to_owned(),
            ),
            What::Repeated { line } => {
                (format!("`{template}` writes `{line}` more often than the spec says it"), keep)
            }
            What::Reordered { wanted } => (
                format!("`{template}` writes in another order what the spec says as {}", listed(wanted)),
                keep,
            ),
            What::Missing { lines } => {
                (format!("`{template}` leaves out {}, which the spec says", listed(lines)), keep)
            }
            What::Misplaced { line, why } => (format!("`{template}` writes `{line}` too early: {why}"), keep),
            What::Unreadable { why } => (
                format!("`{template}` writes a line that no server can read: {why}"),
                "quote its arguments, or make it a comment".to_owned(),
            ),
            What::Ignored { why } => (
                format!("`{template}` writes a line without effect: {why}"),
                "take it out, or make it a comment".to_owned(),
            ),
        };
        let span = self.at.and_then(|at| map.source(at)).unwrap_or_else(|| map.placeholder(place));
        let code = if self.secret && map.is_literal(span) {
            Code::LiteralSecret
        } else {
            Code::ContradictingTemplate
        };
        Finding::new(code, span, title).help(help).note(format!("read back from {}", reader.file()))
    }
}

/// Lines in backquotes, the first few of many.
fn listed(lines: &[String]) -> String {
    let shown: Vec<&str> = lines.iter().take(MOST_NAMED).map(String::as_str).collect();
    match lines.len().checked_sub(MOST_NAMED) {
        None | Some(0) => crate::spec::listed(&shown),
        Some(more) => {
            let shown: Vec<String> = shown.iter().map(|line| format!("`{line}`")).collect();
            format!("{} and {more} more", shown.join(", "))
        }
    }
}
