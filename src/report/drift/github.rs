//! Drift as commands of GitHub's workflows, which show them beside the lines of the spec. Drift and nodes that were not
//! observed are errors, all else is a warning.

use std::fmt::Write as _;

use super::advice::advice;
use super::same::{blocks, groups};
use super::{Look, Told, human, line};
use crate::drift::Class;
use crate::source::{Sources, Span};

/// The most nodes that one annotation names.
const NAMED: usize = 5;

pub(super) fn render(told: &Told<'_>) -> String {
    let mut out = String::new();
    for (name, places) in groups(told.reports) {
        for block in blocks(told.reports, &places, |_| true) {
            let nodes: Vec<String> =
                block.nodes.iter().map(|at| told.reports[*at].node.id().to_string()).collect();
            for one in block.differences {
                let level = if one.class.counts(told.deny_moved) { "error" } else { "warning" };
                let what = match one.class {
                    Class::Changed | Class::NotInSpec | Class::AtRestart => "drift",
                    Class::Moved => "moved by the servers",
                    Class::Unreadable => "could not be read",
                };
                let title = format!("{name}: {what}");
                let span = one.span.unwrap_or_else(|| told.reports[block.nodes[0]].node.declared().span);
                let message = format!("{}: {}", named(&nodes), line(one));
                annotate(&mut out, level, told.sources, span, &title, &message);
            }
        }
    }
    for (at, report) in told.reports.iter().enumerate() {
        let Err(trouble) = &report.outcome else { continue };
        let advice = told.routes.get(at).map(|route| format!("\n{}", advice(trouble, route)));
        let message = format!("{}: {trouble}{}", report.node.name(), advice.unwrap_or_default());
        let title = format!("{}: not observed", report.node.group());
        annotate(&mut out, "error", told.sources, report.node.declared().span, &title, &message);
    }
    if let Some(baseline) = told.baseline {
        for remark in baseline.remarks {
            annotate(&mut out, "warning", baseline.sources, remark.span, "baseline", &remark.text);
        }
    }
    // What begins with no `::` is a line of the log.
    out.push_str(&human::last_line(told, Look { color: false, width: Some(usize::MAX) }));
    out
}

fn named(nodes: &[String]) -> String {
    let shown = nodes[..nodes.len().min(NAMED)].join(", ");
    match nodes.len() - nodes.len().min(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn annotate(out: &mut String, level: &str, sources: &Sources, span: Span, title: &str, message: &str) {
    let place = sources.locate(span);
    let _ = writeln!(
        out,
        "::{level} file={},line={},col={},title={}::{}",
        property(place.file),
        place.at.line,
        place.at.column,
        property(title),
        data(message)
    );
}

/// A message as the runner reads it back: `escapeData` of actions/toolkit, packages/core/src/command.ts.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property as the runner reads it back: `escapeProperty`, same place.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let mut sources = Sources::default();
        let id = sources.add("a,b:c.toml", "x\ny\n");
        let mut out = String::new();
        let span = Sources::span(id, 2..3);
        annotate(&mut out, "error", &sources, span, "50%: a, b", "100% is\r\n::error::no: a, b");
        assert_eq!(
            out,
            "::error file=a%2Cb%3Ac.toml,line=2,col=1,title=50%25%3A a%2C b::100%25 is%0D%0A::error::no: a, b\n"
        );
    }

    #[test]
    fn many_nodes_are_counted() {
        let nodes: Vec<String> = (0..7).map(|number| format!("n{number}")).collect();
        assert_eq!(named(&nodes), "n0, n1, n2, n3, n4 and 2 more");
        assert_eq!(named(&nodes[..2]), "n0, n1");
    }
}
