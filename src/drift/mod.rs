//! Drift: how exactly running servers differ from the spec. A pure comparison of a checked model with what servers
//! said of themselves; who asks them, and how the result is printed, stands elsewhere.

mod asked;
mod cluster;
mod deployment;
mod difference;
mod instances;
mod memcached;
mod roles;
mod secrets;
mod sentinel;
mod server;
mod settings;
mod tally;
mod users;
mod watch;

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
    heard: Vec<(AnyNode<'m>, Heard)>,
    secrets: &dyn SecretSource,
) -> Vec<NodeReport<'m>> {
    let secrets = Secrets::new(secrets);
    let mut reports: Vec<NodeReport<'m>> = Vec::with_capacity(heard.len());
    for (node, heard) in &heard {
        let outcome = match (node, heard) {
            (_, Heard::Nothing(trouble)) => Err(trouble.clone()),
            (AnyNode::Server(deployment, one), Heard::Server(answers)) if !answers.identity.sentinel => {
                Ok(server::compare(deployment, one, answers, &secrets))
            }
            (AnyNode::Sentinel(set, one), Heard::Sentinel(answers)) if answers.identity.sentinel => {
                Ok(sentinel::compare(model, set, one, answers, &secrets))
            }
            (AnyNode::Memcached(deployment, one), Heard::Memcached(answers)) => {
                Ok(memcached::compare(deployment, one, answers))
            }
            (_, Heard::Server(answers)) => Err(Trouble::Stranger(answers.identity.to_string())),
            (_, Heard::Sentinel(answers)) => Err(Trouble::Stranger(answers.identity.to_string())),
            (_, Heard::Memcached(answers)) => Err(Trouble::Stranger(answers.identity.to_string())),
        };
        reports.push(NodeReport { node: *node, outcome });
    }
    deployment::compare(model, &heard, &mut reports);
    watch::compare(model, &heard, &mut reports);
    for report in &mut reports {
        if let Ok(differences) = &mut report.outcome {
            differences.sort_by(|a, b| a.subject.cmp(&b.subject));
        }
    }
    reports
}
