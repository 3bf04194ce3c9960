//! What a run comes to, in numbers.

use super::NodeReport;
use super::difference::Class;

/// How many nodes there were, and what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Nodes that were to be compared.
    pub nodes: usize,
    /// Differences that count as drift.
    pub drift: usize,
    /// Differences that the servers made themselves.
    pub moved: usize,
    /// Nodes that were not observed, and single things that could not be read.
    pub unknown: usize,
}

impl Tally {
    /// Counts.
    pub fn of(reports: &[NodeReport<'_>]) -> Self {
        let mut tally = Tally { nodes: reports.len(), ..Tally::default() };
        for report in reports {
            tally.unknown += usize::from(report.outcome.is_err());
            for one in report.differences() {
                match one.class {
                    Class::Changed | Class::NotInSpec | Class::AtRestart => tally.drift += 1,
                    Class::Moved => tally.moved += 1,
                    Class::Unreadable => tally.unknown += 1,
                }
            }
        }
        tally
    }
}
