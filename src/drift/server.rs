//! One Redis or Valkey server against the model.

use crate::live::ServerAnswers;
use crate::model::{Deployment, Node};

use super::difference::{Class, Difference, Mend, Side, Subject};
use super::secrets::Secrets;
use super::{settings, users};

/// All that can be said of a server by itself.
pub(super) fn compare(
    deployment: &Deployment,
    node: &Node,
    answers: &ServerAnswers,
    secrets: &Secrets<'_>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    differences.extend(version(deployment, answers));
    match &answers.settings {
        Ok(printed) => {
            let server = settings::Server { deployment, node, identity: &answers.identity, secrets };
            server.compare(printed, &mut differences);
        }
        Err(refusal) => {
            let subject = Subject::Setting("*".to_owned());
            differences.push(Difference::unreadable(subject, format!("CONFIG GET: {refusal}")));
        }
    }
    let requirepass = |one: &Difference| one.subject == Subject::Setting("requirepass".to_owned());
    let known = differences.iter().any(requirepass);
    match &answers.users {
        Ok(lines) => {
            let identity = &answers.identity;
            users::compare(deployment, node, identity, lines, secrets, known, &mut differences);
        }
        Err(refusal) => {
            let subject = Subject::User("*".to_owned());
            differences.push(Difference::unreadable(subject, format!("ACL LIST: {refusal}")));
        }
    }
    differences
}

/// Whether the engine and the version are the declared ones.
fn version(deployment: &Deployment, answers: &ServerAnswers) -> Option<Difference> {
    let (identity, target) = (&answers.identity, &deployment.target);
    let declared = identity.engine == target.engine
        && identity.fork.is_none()
        && target.versions.contains(identity.version);
    if declared {
        return None;
    }
    let wanted = Side::Text(format!("{} {}", target.engine, target.versions));
    let mend = Mend::ByHand("install the declared version, or declare this one".to_owned());
    let difference =
        Difference::new(Subject::Version, Class::Changed, wanted, Side::Text(identity.to_string()));
    Some(difference.mend(mend).at(Some(deployment.version_span)))
}
