//! Drift as metrics in Prometheus's text format, for the textfile collector of the node exporter.
//!
//! Every node has every series, also where its value is 0, so that an alert ends when the drift does. A node that was
//! not observed has no differences, neither some nor none: only `cachewright_drift_node_observed` says 0.

use std::fmt::Write as _;

use super::Told;
use crate::drift::{Class, NodeReport};

const DIFFERENCES: &str = "cachewright_drift_differences";
const ACCEPTED: &str = "cachewright_drift_accepted_differences";
const OBSERVED: &str = "cachewright_drift_node_observed";
const LAST_RUN: &str = "cachewright_drift_last_run_timestamp_seconds";

pub(super) fn render(told: &Told<'_>) -> String {
    // Files of several specs lie in one folder: without the spec, two series could be the same.
    let spec = label(&told.model.name);
    let mut out = String::new();
    let observed = || told.reports.iter().filter(|report| report.outcome.is_ok());
    head(&mut out, DIFFERENCES, "Differences between a running server and the spec, by class.");
    for report in observed() {
        for class in Class::ALL {
            let count = report.differences().iter().filter(|one| one.class == class).count();
            let of = of_node(&spec, report);
            let _ = writeln!(out, "{DIFFERENCES}{{{of},class=\"{}\"}} {count}", class.name());
        }
    }
    head(&mut out, ACCEPTED, "Differences between a running server and the spec that a baseline accepts.");
    for report in observed() {
        let _ = writeln!(out, "{ACCEPTED}{{{}}} {}", of_node(&spec, report), report.accepted.len());
    }
    head(&mut out, OBSERVED, "Whether the server could be asked: 1 if so, else 0.");
    for report in told.reports {
        let observed = u8::from(report.outcome.is_ok());
        let _ = writeln!(out, "{OBSERVED}{{{}}} {observed}", of_node(&spec, report));
    }
    head(&mut out, LAST_RUN, "When the servers were asked, in seconds of the Unix epoch.");
    let _ = writeln!(out, "{LAST_RUN}{{spec=\"{spec}\"}} {}", told.asked_at);
    out
}

fn head(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn of_node(spec: &str, report: &NodeReport<'_>) -> String {
    let (deployment, node) = (label(&report.node.group()), label(&report.node.id().to_string()));
    format!("spec=\"{spec}\",deployment=\"{deployment}\",node=\"{node}\"")
}

/// The value of a label, without its quotes: the text format escapes `\`, `"` and line feeds.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
