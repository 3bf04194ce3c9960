//! Baselines: what differs, is known, and is accepted for a while and for a reason. What differs further than that
//! is drift again.

mod write;

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Difference, NodeReport};
use crate::diag::Findings;
use crate::model::{AnyNode, Model};
use crate::source::{Sources, Span};
use crate::spec::{AcceptSpec, BaselineSpec, Date, nearest, read_baseline};

/// A baseline as it was read.
#[derive(Debug)]
pub struct Baseline {
    /// Its text.
    pub sources: Sources,
    entries: Vec<Entry>,
}

/// What is accepted on one or more nodes.
#[derive(Debug, Clone)]
struct Entry {
    nodes: Vec<(String, Span)>,
    subject: String,
    live: String,
    reason: String,
    until: Date,
    span: Span,
}

/// A difference that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What differs.
    pub difference: Difference,
    /// Why that is all right.
    pub reason: String,
    /// Until when.
    pub until: Date,
}

/// What is to be said of an entry of a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where it stands.
    pub span: Span,
    /// What is wrong with it.
    pub problem: Problem,
    /// The same for people, in one line.
    pub text: String,
}

/// What can be wrong with an entry of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Its last day is over.
    Expired,
    /// The node was observed, and nothing of the kind differs there.
    Stale,
    /// The spec has no such node.
    UnknownNode,
}

impl Problem {
    /// The word for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Problem::Expired => "expired",
            Problem::Stale => "stale",
            Problem::UnknownNode => "unknown-node",
        }
    }
}

impl Baseline {
    /// Reads the text of a baseline; or gives every mistake in it.
    pub fn read(name: &str, text: &str) -> Result<Self, (Sources, Findings)> {
        let (mut sources, mut findings) = (Sources::default(), Findings::default());
        let id = sources.add(name, text);
        let spec = read_baseline(id, text, &mut findings);
        match spec {
            Some(spec) if findings.is_empty() => Ok(Baseline { sources, entries: entries(&spec) }),
            _ => {
                findings.sort();
                Err((sources, findings))
            }
        }
    }

    /// Takes what is accepted out of the differences, and says which entries accept nothing any more. Nodes that were
    /// not asked, or not observed, prove nothing about their entries.
    pub fn apply(&self, model: &Model, reports: &mut [NodeReport<'_>], today: Date) -> Vec<Remark> {
        let mut of_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            entry.nodes.iter().for_each(|(node, _)| of_node.entry(node).or_default().push(at));
        }
        let mut used: BTreeSet<(usize, String)> = BTreeSet::new();
        for report in reports.iter_mut() {
            let name = report.node.name();
            let Ok(differences) = &mut report.outcome else { continue };
            let Some(own) = of_node.get(name.as_str()) else { continue };
            differences.retain(|one| {
                let meant: Vec<usize> = own.iter().copied().filter(|at| self.entries[*at].is(one)).collect();
                used.extend(meant.iter().map(|at| (*at, name.clone())));
                let entry = meant.iter().map(|at| &self.entries[*at]).find(|entry| entry.until >= today);
                report.accepted.extend(entry.map(|entry| Accepted {
                    difference: one.clone(),
                    reason: entry.reason.clone(),
                    until: entry.until,
                }));
                entry.is_none()
            });
        }
        self.remarks(model, reports, today, &used)
    }

    fn remarks(
        &self,
        model: &Model,
        reports: &[NodeReport<'_>],
        today: Date,
        used: &BTreeSet<(usize, String)>,
    ) -> Vec<Remark> {
        let all: BTreeSet<String> = AnyNode::all(model).map(|node| node.name()).collect();
        let observed: BTreeSet<String> =
            reports.iter().filter(|report| report.outcome.is_ok()).map(|report| report.node.name()).collect();
        let mut remarks = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if entry.until < today {
                let text = format!(
                    "`{}` was accepted until {}: mend it, or set another day",
                    entry.subject, entry.until
                );
                remarks.push(Remark { span: entry.span, problem: Problem::Expired, text });
            }
            for (node, span) in &entry.nodes {
                let (problem, text) = if !all.contains(node) {
                    let near = nearest(node, all.iter().map(String::as_str));
                    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    (Problem::UnknownNode, format!("the spec has no node `{node}`{hint}"))
                } else if observed.contains(node) && !used.contains(&(at, node.clone())) {
                    let Entry { subject, live, .. } = entry;
                    let text = format!(
                        "`{subject}` is not `{live}` on {node} any more, or is no drift: remove the entry, or the node from it"
                    );
                    (Problem::Stale, text)
                } else {
                    continue;
                };
                remarks.push(Remark { span: *span, problem, text });
            }
        }
        remarks
    }
}

impl Entry {
    /// Whether this is what it accepts: the same thing with the same value. What could not be read has none.
    fn is(&self, difference: &Difference) -> bool {
        difference.class != Class::Unreadable
            && difference.subject.to_string() == self.subject
            && difference.live.to_string() == self.live
    }
}

fn entries(spec: &BaselineSpec) -> Vec<Entry> {
    let list = spec.accept.iter().flat_map(|list| &list.value);
    // What could not be decoded has been reported.
    list.filter_map(|one| {
        let AcceptSpec { nodes, subject, live, reason, until } = &one.value;
        let nodes = nodes.as_ref()?.value.iter().map(|node| (node.value.clone(), node.span)).collect();
        Some(Entry {
            nodes,
            subject: subject.as_ref()?.value.clone(),
            live: live.as_ref()?.value.clone(),
            reason: reason.as_ref()?.value.0.clone(),
            until: until.as_ref()?.value,
            span: until.as_ref()?.span,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests;
