//! Drift: how exactly running servers differ from the spec. A pure comparison of a checked model with what servers
//! said of themselves; who asks them, and how the result is printed, stands elsewhere.

mod alike;
mod asked;
mod baseline;
mod certificate;
mod cluster;
mod deployment;
mod difference;
mod files;
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

use alike::Alike;

pub use baseline::{Accepted, Baseline, Problem, Remark};
pub use difference::{Class, Difference, Mend, Side, Standing, Subject};
pub use files::Copies;
pub use secrets::Secrets;
pub use tally::Tally;

use std::collections::BTreeMap;

use crate::check::Checked;
use crate::emit::SecretSource;
use crate::live::{Heard, Identity, Trouble, processors, side_by_side};
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

/// What servers are held against beside the spec.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// Knows the secrets that the spec refers to.
    pub secrets: &'a dyn SecretSource,
    /// Copies of the hosts' files, where there are any.
    pub copies: Option<Copies<'a>>,
    /// When it is, for what expires.
    pub now: time::OffsetDateTime,
}

/// Compares every node that was asked with the model, in the order of `heard`. What concerns several nodes of a
/// deployment (who leads, whose slots) is judged by all that were heard. Copies of the hosts' files, where there are any,
/// tell where a difference stands.
pub fn compare<'m>(
    model: &'m Checked<Model>,
    heard: &[(AnyNode<'m>, Heard)],
    against: &Against<'_>,
) -> Vec<NodeReport<'m>> {
    let secrets = Secrets::new(against.secrets);
    let told_apart = one_server_once(heard);
    let heard = told_apart.as_deref().unwrap_or(heard);
    let alike = Alike::default();
    let alone = |(node, heard): &(AnyNode<'m>, Heard)| NodeReport {
        node: *node,
        outcome: by_itself(model, node, heard, &secrets, &alike),
        accepted: Vec::new(),
    };
    let at_once = processors();
    let mut reports: Vec<NodeReport<'m>> = side_by_side(heard, at_once, alone, || ());
    deployment::compare(model, heard, &mut reports);
    watch::compare(model, heard, &mut reports);
    certificates(model, heard, &mut reports, against);
    if let Some(copies) = against.copies {
        files::add(model, heard, &mut reports, copies, &secrets);
    }
    for report in &mut reports {
        if let Ok(differences) = &mut report.outcome {
            differences.sort_by(|a, b| a.subject.cmp(&b.subject));
        }
    }
    reports
}

/// What can be said of one node without the others.
fn by_itself<'m>(
    model: &Model,
    node: &AnyNode<'m>,
    heard: &Heard,
    secrets: &Secrets<'_>,
    alike: &Alike<'m>,
) -> Result<Vec<Difference>, Trouble> {
    let stranger = |identity: &Identity| Err(Trouble::Stranger(identity.to_string()));
    match (node, heard) {
        (_, Heard::Nothing(trouble)) => Err(trouble.clone()),
        (AnyNode::Server(deployment, one), Heard::Server(answers)) if !answers.identity.sentinel => {
            Ok(server::compare(deployment, one, answers, secrets, alike))
        }
        (AnyNode::Sentinel(set, one), Heard::Sentinel(answers)) if answers.identity.sentinel => {
            Ok(sentinel::compare(model, set, one, answers, secrets))
        }
        (AnyNode::Memcached(deployment, one), Heard::Memcached(answers)) => {
            Ok(memcached::compare(deployment, one, answers))
        }
        (_, Heard::Server(answers)) => stranger(&answers.identity),
        (_, Heard::Sentinel(answers)) => stranger(&answers.identity),
        (_, Heard::Memcached(answers)) => stranger(&answers.identity),
    }
}

/// What was heard, without nodes that turned out to be one server: which of them it is, their addresses do not tell. None
/// where all are different.
fn one_server_once<'m>(heard: &[(AnyNode<'m>, Heard)]) -> Option<Vec<(AnyNode<'m>, Heard)>> {
    let mut runs: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, (_, heard)) in heard.iter().enumerate() {
        let run = match heard {
            Heard::Server(answers) => answers.server.get("run_id"),
            Heard::Sentinel(answers) => answers.server.get("run_id"),
            Heard::Memcached(_) | Heard::Nothing(_) => None,
        };
        if let Some(run) = run {
            runs.entry(run).or_default().push(at);
        }
    }
    let mut told_apart: Option<Vec<(AnyNode<'m>, Heard)>> = None;
    for places in runs.into_values().filter(|places| places.len() > 1) {
        let all = told_apart.get_or_insert_with(|| heard.to_vec());
        for at in &places {
            let others = places.iter().filter(|other| *other != at).map(|other| heard[*other].0.name());
            let others: Vec<String> = others.collect();
            let why = format!(
                "{} is reached at the same server: see the addresses, and `--via`",
                others.join(", ")
            );
            all[*at].1 = Heard::Nothing(Trouble::Stranger(why));
        }
    }
    told_apart
}

/// Adds what is to be said of the certificates that servers showed.
fn certificates(
    model: &Model,
    heard: &[(AnyNode<'_>, Heard)],
    reports: &mut [NodeReport<'_>],
    against: &Against<'_>,
) {
    for ((node, heard), report) in heard.iter().zip(reports) {
        let (Some(served), Some(spec)) = (heard.served(), node.tls()) else { continue };
        let Ok(differences) = &mut report.outcome else { continue };
        let host = &model.host(node.host()).name.value;
        let has_config = matches!(node, AnyNode::Server(..));
        let copy = |path: &str| against.copies.and_then(|copies| copies(host, path));
        differences.extend(certificate::compare(spec, served, copy, has_config, against.now));
    }
}
