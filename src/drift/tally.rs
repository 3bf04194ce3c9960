//! What a run comes to, in numbers.

use super::NodeReport;
use super::difference::Class;

/// How many nodes there were, and what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Nodes that were to be compared.
    pub nodes: usize,
    /// Of these, nodes of which nothing is known.
    pub unobserved: usize,
    /// Differences that count as drift.
    pub drift: usize,
    /// Nodes that have such differences.
    pub drifted: usize,
    /// Differences that the servers made themselves, where these do not count as drift.
    pub moved: usize,
    /// Single things that could not be read, on nodes that were observed.
    pub unreadable: usize,
    /// Differences that a baseline accepts.
    pub accepted: usize,
}

impl Tally {
    /// Counts; `deny_moved` says that what the servers moved themselves counts as drift.
    pub fn of(reports: &[NodeReport<'_>], deny_moved: bool) -> Self {
        let mut tally = Tally { nodes: reports.len(), ..Tally::default() };
        for report in reports {
            tally.unobserved += usize::from(report.outcome.is_err());
            tally.accepted += report.accepted.len();
            let before = tally.drift;
            for one in report.differences() {
                match one.class {
                    class if class.counts(deny_moved) => tally.drift += 1,
                    Class::Unreadable => tally.unreadable += 1,
                    Class::Changed | Class::NotInSpec | Class::AtRestart | Class::Moved => tally.moved += 1,
                }
            }
            tally.drifted += usize::from(tally.drift > before);
        }
        tally
    }

    /// Nodes and single things of which nothing is known.
    pub fn unknown(&self) -> usize {
        self.unobserved + self.unreadable
    }
}
