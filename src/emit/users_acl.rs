//! users.acl. The file has neither comments nor quoting, so no template can help it.

use crate::model::{Deployment, NodeId, SentinelSet, User};
use crate::text::acl::{AclRule, Sensitive, write_acl_line};

use super::artifact::{GROUP, Install, SecretPlace, SecretSlot};
use super::bytes::{Bytes, sha256_hex};
use super::error::Problem;
use super::run::{Place, Run};
use super::secret::Vault;

/// Adds the users of every node of a deployment, where users are declared. All nodes have the same.
pub(super) fn emit(run: &mut Run<'_>, deployment: &Deployment) {
    let nodes = deployment.nodes.iter().map(|node| &node.id);
    add(run, &deployment.name, &deployment.users, nodes);
}

/// Adds the users of every sentinel of a set, where it has any.
pub(super) fn emit_sentinels(run: &mut Run<'_>, set: &SentinelSet) {
    add(run, &SentinelSet::folder(&set.name), &set.users, set.nodes.iter().map(|node| &node.id));
}

fn add<'m>(run: &mut Run<'_>, folder: &str, users: &[User], nodes: impl Iterator<Item = &'m NodeId>) {
    if users.is_empty() {
        return;
    }
    let place = Place { folder, node: None, file: "users.acl" };
    let mut users: Vec<&User> = users.iter().collect();
    // `default` is what clients are until they log in, so it comes first.
    users.sort_by_key(|user| (user.name.value != "default", user.name.value.as_str()));
    let (mut bytes, mut secrets) = (Vec::new(), Vec::new());
    for user in users {
        match line(user, run.vault) {
            Ok((text, slots)) => {
                bytes.extend_from_slice(&text);
                bytes.push(b'\n');
                secrets.extend(slots);
            }
            Err(problem) => run.fail_all(place, problem),
        }
    }
    let bytes = Bytes::from(bytes);
    for node in nodes {
        let place = Place { node: Some(node), ..place };
        run.add(place, Install::Replace, GROUP, bytes.clone(), secrets.clone());
    }
}

/// A user's line. Where its passwords are not to be written it has none, and nobody can log in as it.
fn line(user: &User, vault: Vault<'_>) -> Result<(Vec<u8>, Vec<SecretSlot>), Problem> {
    let (mut slots, mut hashes) = (Vec::new(), Vec::new());
    for password in &user.passwords {
        let (secret, slot) = vault.fill(&password.value, SecretPlace::User(user.name.value.clone()))?;
        hashes.extend(secret.map(|secret| AclRule::AddHash(Sensitive(sha256_hex(&secret.0)))));
        slots.push(slot);
    }
    let mut rules: Vec<AclRule> = user.rules.iter().map(|rule| rule.value.clone()).collect();
    let at = password_place(&rules);
    rules.splice(at..at, hashes);
    let text = write_acl_line(&user.name, &rules)
        .map_err(|cause| Problem::unrepresentable(format!("user {}", user.name.value), cause))?;
    Ok((text, slots))
}

/// Where passwords stand among the rules: behind `on` or `off`, but not before a rule that takes passwords
/// away again or makes them needless.
pub(crate) fn password_place(rules: &[AclRule]) -> usize {
    let undoes = |rule: &AclRule| matches!(rule, AclRule::Reset | AclRule::ResetPass | AclRule::NoPass);
    let switches = |rule: &AclRule| matches!(rule, AclRule::On | AclRule::Off);
    match rules.iter().rposition(undoes) {
        Some(at) => at + 1,
        None => usize::from(rules.first().is_some_and(switches)),
    }
}
