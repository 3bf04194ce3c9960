//! What running servers differ in: for people, for programs, for CI and for monitoring. Each form is a file.

mod advice;
mod github;
mod human;
mod json;
mod junit;
mod prometheus;
mod rows;
mod same;
#[cfg(test)]
mod tests;

use crate::drift::{Class, Difference, NodeReport, Remark, Side, Standing, Subject, Tally};
use crate::live::Route;
use crate::model::Model;
use crate::report::visible::visible_line;
use crate::source::Sources;

/// The forms that a report of drift can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Tables, and a line where all is well.
    #[default]
    Human,
    /// The document that `docs/drift.md` describes.
    Json,
    /// JUnit's XML: a node is a case.
    Junit,
    /// Annotations of GitHub's workflows, at the spec's lines.
    Github,
    /// Metrics for the textfile collector of Prometheus's node exporter.
    Prometheus,
}

/// What is told, in every form.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The spec, resolved.
    pub model: &'a Model,
    /// Its texts.
    pub sources: &'a Sources,
    /// What became of each node.
    pub reports: &'a [NodeReport<'a>],
    /// How each node was asked, in the same order.
    pub routes: &'a [Route],
    /// The baseline that was applied.
    pub baseline: Option<Accepting<'a>>,
    /// What the servers moved themselves counts as drift.
    pub deny_moved: bool,
    /// When the servers were asked, in seconds of the Unix epoch.
    pub asked_at: u64,
}

/// A baseline, after it was applied.
#[derive(Debug, Clone, Copy)]
pub struct Accepting<'a> {
    /// Its file.
    pub name: &'a str,
    /// Its text.
    pub sources: &'a Sources,
    /// What is to be said of its entries.
    pub remarks: &'a [Remark],
}

/// How a report for people looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// With escape codes for colours.
    pub color: bool,
    /// The columns of the terminal; none where no terminal reads it.
    pub width: Option<usize>,
}

/// Writes a report.
pub fn emit(told: &Told<'_>, format: Format, look: Look) -> String {
    match format {
        Format::Human => human::render(told, look),
        Format::Json => json::render(told),
        Format::Junit => junit::render(told),
        Format::Github => github::render(told),
        Format::Prometheus => prometheus::render(told),
    }
}

/// Only the nodes that were not observed, for people; no text where all were.
pub fn unobserved(told: &Told<'_>, look: Look) -> String {
    human::unobserved_only(told, look)
}

impl Told<'_> {
    fn tally(&self) -> Tally {
        Tally::of(self.reports, self.deny_moved)
    }
}

/// What is wanted, with where that is from if nobody wrote it.
fn wanted(difference: &Difference) -> String {
    let is_setting = matches!(difference.subject, Subject::Setting(_));
    match &difference.wanted {
        side @ Side::Text(_) if is_setting && difference.class == Class::NotInSpec => {
            format!("{side} (default)")
        }
        side => side.to_string(),
    }
}

/// What is live, or what would be after the next start.
fn live(difference: &Difference) -> String {
    let next = difference.class == Class::AtRestart
        || (difference.class == Class::Moved && difference.standing == Some(Standing::Pending));
    if next { format!("{} (at the next start)", difference.live) } else { difference.live.to_string() }
}

/// A difference in one line, safe to print.
fn line(difference: &Difference) -> String {
    let subject = &difference.subject;
    let what = match difference.class {
        Class::Unreadable => None,
        _ => Some(format!("wanted {}, live {}", wanted(difference), live(difference))),
    };
    let mend = difference.mend.as_ref().map(|mend| format!("mend: {mend}"));
    let standing = difference.standing.map(|standing| standing.to_string());
    let parts: Vec<String> =
        what.into_iter().chain(difference.note.clone()).chain(standing).chain(mend).collect();
    visible_line(&format!("{subject}: {}", parts.join("; "))).into_owned()
}
