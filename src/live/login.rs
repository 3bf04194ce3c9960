//! As whom to log in where: as was said, else as the spec says.

use super::ask::Login;
use super::fleet::Access;
use crate::catalog::sentinel::behaviour;
use crate::model::{self, Assigned, Deployment, Node, Sentinel, SentinelSet, Setting};
use crate::spec::SecretRef;
use crate::text::acl::Sensitive;

/// As whom to log in at a server: as was said, else as the observer, else as the default user, where that has a
/// password.
pub(super) fn at_server(deployment: &Deployment, node: &Node, access: &Access<'_>) -> Option<Login> {
    let said = access.login.as_ref();
    if let Some(password) = said.and_then(|said| said.password.clone()) {
        return Some(Login { user: said.and_then(|said| said.user.clone()), password });
    }
    let user = said.and_then(|said| said.user.as_deref());
    let observer = deployment.observer.as_ref().filter(|_| user.is_none());
    if let Some(login) = observer.and_then(|login| observed(login, access)) {
        return Some(login);
    }
    let name = user.unwrap_or("default");
    let declared = deployment.users.iter().find(|user| user.name.value == name);
    let reference = match declared.and_then(|user| user.passwords.first()) {
        Some(password) => &password.value,
        None => secret(deployment.setting(node, "requirepass").filter(|_| name == "default"))?,
    };
    Some(Login { user: user.map(str::to_owned), password: look_up(reference, access)? })
}

/// As whom to log in at a sentinel, and how else where it does not let that in: passwords of sentinels are seldom
/// those of servers, and many ask for none and refuse any.
pub(super) fn at_sentinel(
    set: &SentinelSet,
    sentinel: &Sentinel,
    access: &Access<'_>,
) -> (Option<Login>, Option<Login>) {
    const ASKS: [&str; 3] = ["requirepass", "user", "aclfile"];
    let given = given(set, access);
    if ASKS.iter().all(|name| set.setting(sentinel, name).is_none()) {
        return (None, given);
    }
    let observer = set.observer.as_ref().and_then(|login| observed(login, access));
    let own = observer.or_else(|| {
        let reference = secret(set.setting(sentinel, "requirepass"))?;
        Some(Login { user: None, password: look_up(reference, access)? })
    });
    if given.is_some() { (given, own) } else { (own, None) }
}

/// The observer's login, where its password is known here.
fn observed(login: &model::Login, access: &Access<'_>) -> Option<Login> {
    let user = login.user.as_ref().map(|user| user.value.clone());
    Some(Login { user, password: look_up(&login.password.value, access)? })
}

/// The login that was said, as a sentinel of this set takes it: 6.0 knows passwords without users.
fn given(set: &SentinelSet, access: &Access<'_>) -> Option<Login> {
    let given = access.login.as_ref()?;
    let target = &set.target;
    let users = behaviour(target.engine, target.versions.first).is_some_and(|behaviour| behaviour.users);
    Some(Login { user: given.user.clone().filter(|_| users), password: given.password.clone()? })
}

fn secret(setting: Option<&Setting>) -> Option<&SecretRef> {
    match &setting?.value {
        Assigned::Secret(reference) => Some(reference),
        _ => None,
    }
}

fn look_up(reference: &SecretRef, access: &Access<'_>) -> Option<Sensitive<Vec<u8>>> {
    access.secrets.get(reference).filter(|secret| !secret.0.is_empty()).map(|secret| Sensitive(secret.0))
}
