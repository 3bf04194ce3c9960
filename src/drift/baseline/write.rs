//! A baseline of what differs now.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Baseline, Entry};
use crate::drift::NodeReport;
use crate::model::{AnyNode, Model};
use crate::source::Span;
use crate::spec::Date;

/// How a baseline of our making begins: only such files are written over.
const MARK: &str = "# Known drift, for `cachewright drift --baseline`";
/// What else stands above the entries.
const HEAD: &str = "; written by `--write-baseline`, which keeps the reasons of what\n\
                    # it still accepts. Each entry needs a reason, and counts up to its last day.\n\
                    format = 1\n";

impl Baseline {
    /// Whether a text is a baseline of our making.
    pub fn is_ours(text: &[u8]) -> bool {
        text.starts_with(MARK.as_bytes())
    }

    /// The text of a baseline that accepts everything that counts as drift now: what `before` has accepted with its
    /// reasons, all else with a reason to be filled in, up to a day. What `before` says of nodes that were not observed
    /// stays. Also how many differences that are.
    pub fn text(
        before: Option<&Baseline>,
        model: &Model,
        reports: &[NodeReport<'_>],
        deny_moved: bool,
        until: Date,
    ) -> (String, usize) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut count = 0;
        let mut add = |node: String, entry: Entry| {
            count += 1;
            let same = |one: &&mut Entry| {
                (&one.subject, &one.live, &one.reason, one.until)
                    == (&entry.subject, &entry.live, &entry.reason, entry.until)
            };
            match entries.iter_mut().find(same) {
                Some(one) => one.nodes.push((node, entry.span)),
                None => entries.push(Entry { nodes: vec![(node, entry.span)], ..entry }),
            }
        };
        for report in reports {
            let node = report.node.name();
            let known = report.accepted.iter().map(|one| (&one.difference, one.reason.as_str(), one.until));
            let counted = report.differences().iter().filter(|one| one.class.counts(deny_moved));
            for (difference, reason, until) in known.chain(counted.map(|one| (one, "", until))) {
                let entry = Entry {
                    nodes: Vec::new(),
                    subject: difference.subject.to_string(),
                    live: difference.live.to_string(),
                    reason: reason.to_owned(),
                    until,
                    span: Span::default(),
                };
                add(node.clone(), entry);
            }
        }
        let observed: BTreeSet<String> =
            reports.iter().filter(|report| report.outcome.is_ok()).map(|report| report.node.name()).collect();
        let unseen: BTreeSet<String> =
            AnyNode::all(model).map(|node| node.name()).filter(|name| !observed.contains(name)).collect();
        for entry in before.iter().flat_map(|before| &before.entries) {
            for (node, span) in entry.nodes.iter().filter(|(node, _)| unseen.contains(node)) {
                add(node.clone(), Entry { nodes: Vec::new(), span: *span, ..entry.clone() });
            }
        }
        (written(&entries), count)
    }
}

fn written(entries: &[Entry]) -> String {
    let mut out = format!("{MARK}{HEAD}");
    for entry in entries {
        let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let nodes: Vec<String> = entry.nodes.iter().map(|(node, _)| text(node)).collect();
        let nodes = match nodes.as_slice() {
            [one] => format!("[{one}]"),
            many => format!("[\n    {},\n]", many.join(",\n    ")),
        };
        let _ = write!(
            out,
            "\n[[accept]]\nnodes = {nodes}\nsubject = {}\nlive = {}\nreason = {}\nuntil = {}\n",
            text(&entry.subject),
            text(&entry.live),
            text(&entry.reason),
            entry.until
        );
    }
    out
}
