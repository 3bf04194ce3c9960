//! As whom to log in where: as was said, else as the spec says.

use super::ask::Login;
use super::fleet::Access;
use crate::catalog::sentinel::behaviour;
use crate::model::{self, AnyNode, Assigned, Deployment, Node, Sentinel, SentinelSet, Setting};
use crate::spec::SecretRef;
use crate::text::acl::Sensitive;

/// As whom a node is asked, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginSource {
    /// The user; the default user if absent.
    pub user: Option<String>,
    /// Where the password is from.
    pub password: PasswordSource,
}

/// Where a password is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// It was given with the command.
    Given,
    /// The spec says where it is found.
    Spec(SecretRef),
    /// The spec says where it is found, and there it is not.
    Missing(SecretRef),
    /// Nobody says one.
    Nowhere,
}

impl LoginSource {
    /// As the spec says, whether or not the secret is at hand.
    fn of_spec(user: Option<String>, reference: &SecretRef, access: &Access<'_>) -> Self {
        let known = access.secrets.get(reference).is_some_and(|secret| !secret.0.is_empty());
        let source = if known { PasswordSource::Spec } else { PasswordSource::Missing };
        LoginSource { user, password: source(reference.clone()) }
    }

    /// As the observer.
    fn of_observer(login: &model::Login, access: &Access<'_>) -> Self {
        let user = login.user.as_ref().map(|user| user.value.clone());
        LoginSource::of_spec(user, &login.password.value, access)
    }

    /// Whether a password is at hand.
    fn is_known(&self) -> bool {
        matches!(self.password, PasswordSource::Given | PasswordSource::Spec(_))
    }

    /// The login itself; none where no password is at hand.
    pub(super) fn login(&self, access: &Access<'_>) -> Option<Login> {
        let password = match &self.password {
            PasswordSource::Given => access.login.as_ref()?.password.clone()?,
            PasswordSource::Spec(reference) => Sensitive(access.secrets.get(reference)?.0),
            PasswordSource::Missing(_) | PasswordSource::Nowhere => return None,
        };
        Some(Login { user: self.user.clone(), password })
    }
}

/// As whom to log in at a node, and how else where that is refused.
pub(super) fn logins(node: &AnyNode<'_>, access: &Access<'_>) -> (Option<LoginSource>, Option<LoginSource>) {
    match node {
        AnyNode::Server(deployment, node) => {
            let (first, second) = at_server(deployment, node, access);
            (Some(first), second)
        }
        AnyNode::Sentinel(set, node) => at_sentinel(set, node, access),
        AnyNode::Memcached(..) => (None, None),
    }
}

/// As whom to log in at a server: as was said, else as the observer, else as the default user; and how else where that is
/// refused, as an observer is that was declared and not yet rolled out.
fn at_server(
    deployment: &Deployment,
    node: &Node,
    access: &Access<'_>,
) -> (LoginSource, Option<LoginSource>) {
    let said = access.login.as_ref();
    let user = said.and_then(|said| said.user.clone());
    if said.is_some_and(|said| said.password.is_some()) {
        return (LoginSource { user, password: PasswordSource::Given }, None);
    }
    let observer = deployment.observer.as_ref().filter(|_| user.is_none());
    let observer = observer.map(|login| LoginSource::of_observer(login, access));
    let declared = match password_of(deployment, node, user.as_deref().unwrap_or("default")) {
        Some(reference) => LoginSource::of_spec(user, reference, access),
        None => LoginSource { user, password: PasswordSource::Nowhere },
    };
    match observer {
        Some(observer) if observer.is_known() || !declared.is_known() => {
            (observer, Some(declared).filter(LoginSource::is_known))
        }
        _ => (declared, None),
    }
}

/// As whom to log in at a sentinel, and how else where it does not let that in: passwords of sentinels are seldom
/// those of servers, and many ask for none and refuse any.
fn at_sentinel(
    set: &SentinelSet,
    sentinel: &Sentinel,
    access: &Access<'_>,
) -> (Option<LoginSource>, Option<LoginSource>) {
    const ASKS: [&str; 3] = ["requirepass", "user", "aclfile"];
    let given = given(set, access);
    if ASKS.iter().all(|name| set.setting(sentinel, name).is_none()) {
        return (None, given);
    }
    let observer = set.observer.as_ref().map(|login| LoginSource::of_observer(login, access));
    let own = || {
        let reference = secret(set.setting(sentinel, "requirepass"))?;
        Some(LoginSource::of_spec(None, reference, access))
    };
    let own = observer.filter(LoginSource::is_known).or_else(own);
    if given.is_some() { (given, own) } else { (own, None) }
}

/// The login that was said, as a sentinel of this set takes it: 6.0 knows passwords without users.
fn given(set: &SentinelSet, access: &Access<'_>) -> Option<LoginSource> {
    let given = access.login.as_ref().filter(|given| given.password.is_some())?;
    let target = &set.target;
    let users = behaviour(target.engine, target.versions.first).is_some_and(|behaviour| behaviour.users);
    Some(LoginSource { user: given.user.clone().filter(|_| users), password: PasswordSource::Given })
}

/// The password of a server's user.
fn password_of<'d>(deployment: &'d Deployment, node: &'d Node, name: &str) -> Option<&'d SecretRef> {
    let user = deployment.users.iter().find(|user| user.name.value == name);
    match user.and_then(|user| user.passwords.first()) {
        Some(password) => Some(&password.value),
        None => secret(deployment.setting(node, "requirepass").filter(|_| name == "default")),
    }
}

fn secret(setting: Option<&Setting>) -> Option<&SecretRef> {
    match &setting?.value {
        Assigned::Secret(reference) => Some(reference),
        _ => None,
    }
}
