//! One Redis or Valkey server against the model.

use crate::catalog::Target;
use crate::live::{Identity, ServerAnswers};
use crate::model::{Deployment, Node};
use crate::source::Span;

use super::alike::Alike;
use super::difference::{Class, Difference, Mend, Side, Subject};
use super::secrets::Secrets;
use super::{settings, users};

/// The settings that users depend on.
const REQUIREPASS: &str = "requirepass";
const CHANNELS: &str = "acl-pubsub-default";

/// All that can be said of a server by itself.
pub(super) fn compare<'m>(
    deployment: &'m Deployment,
    node: &Node,
    answers: &ServerAnswers,
    secrets: &Secrets<'_>,
    alike: &Alike<'m>,
) -> Vec<Difference> {
    let common = &*alike.to(deployment, &answers.identity);
    let mut differences = Vec::new();
    let span = deployment.version_span;
    differences.extend(version(&answers.identity, &deployment.target, span));
    match &answers.settings {
        Ok(printed) => {
            let server = settings::Server { deployment, node, identity: &answers.identity, secrets, common };
            server.compare(printed, &mut differences);
        }
        Err(refusal) => {
            let subject = Subject::Setting("*".to_owned());
            differences.push(Difference::unreadable(subject, format!("CONFIG GET: {refusal}")));
        }
    }
    // What could not be compared says nothing about the default user's password.
    let requirepass =
        |one: &Difference| one.class.is_drift() && one.subject == Subject::Setting(REQUIREPASS.to_owned());
    let known = differences.iter().any(requirepass);
    match &answers.users {
        Ok(lines) => {
            let all_have = [REQUIREPASS, CHANNELS].iter().all(|name| node.own.get(name).is_none());
            if all_have && common.users.get() == Some(lines) {
                return differences;
            }
            let declared = users::Declared {
                users: &deployment.users,
                requirepass: deployment.setting(node, REQUIREPASS),
                channels: deployment.setting(node, CHANNELS),
                span: deployment.name.span,
            };
            let before = differences.len();
            users::compare(&declared, &answers.identity, &lines.0, secrets, known, &mut differences);
            if all_have && !known && differences.len() == before {
                // Another server may have been as good an example first.
                let _ = common.users.set(lines.clone());
            }
        }
        Err(refusal) => {
            let subject = Subject::User("*".to_owned());
            differences.push(Difference::unreadable(subject, format!("ACL LIST: {refusal}")));
        }
    }
    differences
}

/// Whether the engine and the version are the declared ones; the version is declared at `span`.
pub(super) fn version(identity: &Identity, target: &Target, span: Span) -> Option<Difference> {
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
    Some(difference.mend(mend).at(Some(span)))
}
