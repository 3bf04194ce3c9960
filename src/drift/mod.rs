//! Drift: how exactly running servers differ from the spec. A pure comparison of a checked model with what servers
//! said of themselves; who asks them, and how the result is printed, stands elsewhere.

mod baseline;
mod cluster;
mod deployment;
mod difference;
mod roles;
mod secrets;
mod server;
mod settings;
mod tally;
mod users;

pub use baseline::{Accepted, Baseline, Problem, Remark};
pub use difference::{Class, Difference, Mend, Side, Subject};
pub use secrets::Secrets;
pub use tally::Tally;

use crate::check::Checked;
use crate::emit::SecretSource;
use crate::live::{Heard, Trouble};
use crate::model::{AnyNode, Model};

/// What became of one node.
#[derive(Debug, Clone)]
pub struct NodeReport<'m> {
    /// The node.
    pub node: AnyNode<'m>,
    /// What differs; or why nothing is known.
    pub outcome: Result<Vec<Difference>, Trouble>,
    /// What differs too, and is known and accepted: [`Baseline::apply`] puts it here.
    pub accepted: Vec<Accepted>,
}

impl NodeReport<'_> {
    /// Its differences; none where nothing is known.
    pub fn differences(&self) -> &[Difference] {
        self.outcome.as_deref().unwrap_or_default()
    }
}

/// Compares every node that was asked with the model, in the order of `heard`. What concerns several nodes of a
/// deployment (who leads, whose slots) is judged by all that were heard.
pub fn compare<'m>(
    model: &'m Checked<Model>,
    heard: &[(AnyNode<'m>, Heard)],
    secrets: &dyn SecretSource,
) -> Vec<NodeReport<'m>> {
    let secrets = Secrets::new(secrets);
    let mut reports: Vec<NodeReport<'m>> = Vec::with_capacity(heard.len());
    for (node, heard) in heard {
        let outcome = match (node, heard) {
            (_, Heard::Nothing(trouble)) => Err(trouble.clone()),
            (AnyNode::Server(deployment, one), Heard::Server(answers)) => {
                Ok(server::compare(deployment, one, answers, &secrets))
            }
            (_, Heard::Server(answers)) => Err(Trouble::Stranger(answers.identity.to_string())),
        };
        reports.push(NodeReport { node: *node, outcome, accepted: Vec::new() });
    }
    deployment::compare(model, heard, &mut reports);
    for report in &mut reports {
        if let Ok(differences) = &mut report.outcome {
            differences.sort_by(|a, b| a.subject.cmp(&b.subject));
        }
    }
    reports
}
