//! For people: a line where all is well, else a table for each node.

use std::fmt::Write as _;

use crate::drift::{NodeReport, Tally};
use crate::live::address_of;
use crate::model::Model;
use crate::report::counted;
use crate::report::table::Table;

/// Writes a report for a terminal of `width` columns, or as wide as it is.
pub fn human(reports: &[NodeReport<'_>], model: &Model, width: Option<usize>) -> String {
    let mut out = String::new();
    for report in reports {
        let name = report.node.name();
        let address = address_of(model, &report.node);
        match &report.outcome {
            Err(trouble) => {
                let _ = writeln!(out, "{name} ({address}): not observed: {trouble}");
            }
            Ok(differences) if differences.is_empty() => {}
            Ok(differences) => {
                let _ = writeln!(out, "{name} ({address})");
                let mut table = Table::with_header(["", "what", "class", "wanted", "live", "mend"]);
                for one in differences {
                    let mend = one.mend.as_ref().map(ToString::to_string);
                    let last = [mend, one.note.clone()].into_iter().flatten().collect::<Vec<_>>().join("\n");
                    table.row([
                        String::new(),
                        one.subject.to_string(),
                        one.class.name().to_owned(),
                        one.wanted.to_string(),
                        one.live.to_string(),
                        last,
                    ]);
                }
                out.push_str(&table.render(width));
                out.push('\n');
            }
        }
    }
    let tally = Tally::of(reports);
    let nodes = counted(tally.nodes, "node");
    if tally.drift + tally.unknown == 0 {
        let _ = writeln!(out, "no drift: {nodes} compared");
    } else {
        let _ =
            writeln!(out, "{nodes}: {}, {} not observed", counted(tally.drift, "difference"), tally.unknown);
    }
    out
}
