//! ACL users: from what the spec declares, and from the credentials for replication and Sentinel, to
//! users whose rules a server takes. Here live the reading of rules with their places, the judge of
//! rules by version, what they come to, and the rights that follow from the topology. How users become a file does not.

mod derived;
mod judge;
mod problem;
mod rights;
mod rules;
#[cfg(test)]
mod tests;

use crate::catalog::{Target, acl};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Sources, Span};
use crate::spec::{Named, SecretRef, UserSpec};
use crate::text::acl::{AclRule, write_acl_line};

use super::origin::Derivation;
use super::topology::{Login, User};
pub use derived::{observer_rules, replication_rules, sentinel_observer_rules, sentinel_rules};
pub use judge::{Judged, judge};
pub use problem::AclProblem;
pub use rights::{Access, Rights, rights};

/// The user that connections without a login are.
const DEFAULT: &str = "default";

/// What the users of a deployment follow from.
#[derive(Debug, Clone, Copy)]
pub struct UserSources<'a> {
    /// The declared users.
    pub declared: &'a Named<UserSpec>,
    /// Whom replicas log in as.
    pub replication: Option<&'a Login>,
    /// Whom the sentinels log in as.
    pub sentinel: Option<&'a Login>,
    /// Whom drift logs in as.
    pub observer: Option<&'a Login>,
    /// The servers are nodes of a cluster.
    pub in_cluster: bool,
    /// Engine, versions and build.
    pub target: &'a Target,
    /// What `acl-pubsub-default` is set to: true for `allchannels`. None where it is not set.
    pub channels_open: Option<bool>,
    /// The password of the default user.
    pub requirepass: Option<&'a At<SecretRef>>,
    /// The deployment's name, for findings.
    pub deployment: &'a str,
    /// The texts of the spec.
    pub sources: &'a Sources,
}

/// The users by name. Empty where neither users are declared nor credentials with a user: servers then
/// have only their built-in default user, who may do everything.
///
/// Where users are declared and `default` is not, it is `off`. Where the only users are those that servers log
/// in as, `default` stays what it is without an ACL file: everybody, behind `requirepass` if there is one. Rules
/// that a server refuses are reported and left out.
pub fn users(from: &UserSources<'_>, findings: &mut Findings) -> Vec<User> {
    let mut found = Findings::default();
    let derived = derived_users(from, &mut found);
    let mut users = Vec::new();
    for (name, spec) in from.declared.iter() {
        let passwords = spec.value.passwords.as_ref().map(|list| list.value.0.clone()).unwrap_or_default();
        let rules = vec![state(&spec.value, name.span)];
        let mut user = User::new(name.clone(), passwords, rules, None);
        match (derived.iter().find(|derived| derived.name.value == name.value), &spec.value.rules) {
            (Some(derived), None) => merge(&mut user, derived),
            (Some(derived), Some(rules)) => {
                user.complete = false;
                found.push(by_hand(derived, rules.span));
            }
            (None, Some(_)) => {
                let before = found.len();
                user.rules.extend(rules::read(from, name, &spec.value, &mut found));
                user.complete = found.len() == before;
            }
            (None, None) => {}
        }
        users.push(user);
    }
    users.extend(derived.into_iter().filter(|derived| !from.declared.declares(&derived.name.value)));
    if let Some(first) = users.first().filter(|_| !from.declared.declares(DEFAULT)) {
        let span = first.name.span;
        if from.declared.is_empty() {
            // Replicas that log in as the default user make a password of it (`derived::shared` of the lowering).
            let shown = from.replication.filter(|login| login.user.is_none()).map(|login| &login.password);
            users.push(open_default(from.target, from.requirepass.or(shown), span));
        } else {
            users.push(closed_default(span));
            found.extend(logins_as_default(from, span));
        }
    }
    users.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    for finding in found {
        findings.push(finding.of(from.deployment));
    }
    users
}

fn closed_default(span: Span) -> User {
    let name = At::new(DEFAULT.to_owned(), span);
    let rules = vec![At::new(AclRule::Off, span)];
    User::new(name, Vec::new(), rules, Some(Derivation::Users))
}

/// The users of sentinels: the observer, and the default user as it is without an ACL file.
pub fn sentinel_users(
    observer: &Login,
    target: &Target,
    requirepass: Option<&At<SecretRef>>,
    findings: &mut Findings,
) -> Vec<User> {
    let Some(user) = derived_user(observer, Derivation::Observer, sentinel_observer_rules(), findings) else {
        return Vec::new();
    };
    let mut users = vec![open_default(target, requirepass, user.name.span), user];
    users.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    users
}

/// The default user as servers have it without an ACL file. It is written out, because a server with an ACL
/// file that does not name it leaves it open, `requirepass` or not (measured from 6.0.20 to 9.1.2).
fn open_default(target: &Target, requirepass: Option<&At<SecretRef>>, span: Span) -> User {
    let mut rules = vec![AclRule::On];
    let passwords: Vec<_> = requirepass.cloned().into_iter().collect();
    if passwords.is_empty() {
        rules.push(AclRule::NoPass);
    }
    rules.push(AclRule::AllKeys);
    if derived::has_channels(target.versions.first) {
        rules.push(AclRule::AllChannels);
    }
    rules.push(AclRule::AllCommands);
    let rules = rules.into_iter().map(|rule| At::new(rule, span)).collect();
    let name = At::new(DEFAULT.to_owned(), span);
    User::new(name, passwords, rules, Some(Derivation::Users))
}

/// Servers that would log in as the default user, which is off.
fn logins_as_default(from: &UserSources<'_>, users: Span) -> Vec<Finding> {
    let logins =
        [(from.replication, "replicas log", "replication"), (from.sentinel, "the sentinels log", "auth")];
    let named = |login: &Login| login.user.as_ref().is_some_and(|user| user.value != DEFAULT);
    let refused = logins.into_iter().filter_map(|(login, who, key)| Some((login?, who, key)));
    refused
        .filter(|(login, ..)| !named(login))
        .map(|(login, who, key)| {
            let title = format!("{who} in as the default user, which is off");
            Finding::new(Code::ContradictorySettings, login.password.span, title)
                .related(users, "with users declared, the default user is off")
                .help(format!("name a user in `{key}`, and its rights follow, or declare the user `default`"))
        })
        .collect()
}

fn state(spec: &UserSpec, name: Span) -> At<AclRule> {
    let on = spec.enabled.as_ref().is_none_or(|enabled| enabled.value);
    let span = spec.enabled.as_ref().map_or(name, |enabled| enabled.span);
    At::new(if on { AclRule::On } else { AclRule::Off }, span)
}

/// The users that replicas and sentinels log in as; one, where both use the same name. Whoever logs in as
/// the default user has its rights, and none are derived.
fn derived_users(from: &UserSources<'_>, findings: &mut Findings) -> Vec<User> {
    let target = from.target;
    let (engine, version) = (target.engine, target.versions.first);
    let wanted = [
        (from.replication, Derivation::Replication, replication_rules(engine, version)),
        (from.sentinel, Derivation::SentinelAuth, sentinel_rules(engine, version)),
        (from.observer, Derivation::Observer, observer_rules(version, from.in_cluster)),
    ];
    let mut users: Vec<User> = Vec::new();
    for (login, derivation, rules) in wanted {
        let Some(user) = login.and_then(|login| derived_user(login, derivation, rules, findings)) else {
            continue;
        };
        match users.iter_mut().find(|other| other.name.value == user.name.value) {
            Some(other) => merge(other, &user),
            None => users.push(user),
        }
    }
    users
}

/// The user of a login, with its rights; none for the default user, which has its own.
fn derived_user(
    login: &Login,
    derivation: Derivation,
    rules: Vec<AclRule>,
    findings: &mut Findings,
) -> Option<User> {
    let name = login.user.as_ref()?;
    if name.value == DEFAULT {
        if derivation == Derivation::Observer {
            let title = "the observer cannot be the default user";
            let finding = Finding::new(Code::ContradictorySettings, name.span, title);
            findings.push(finding.help("name another user: it gets the rights that it needs"));
        }
        return None;
    }
    if let Err(error) = write_acl_line(&name.value, &[]) {
        let title = "this cannot be the name of a user";
        findings.push(Finding::new(Code::Unrepresentable, name.span, title).note(error.to_string()));
        return None;
    }
    let rules = std::iter::once(AclRule::On).chain(rules).map(|rule| At::new(rule, name.span)).collect();
    Some(User::new(name.clone(), vec![login.password.clone()], rules, Some(derivation)))
}

/// Adds the passwords and rights of a user to another of the same name; the first word stays as it is.
fn merge(user: &mut User, more: &User) {
    for password in &more.passwords {
        if !user.passwords.iter().any(|known: &At<SecretRef>| known.value == password.value) {
            user.passwords.push(password.clone());
        }
    }
    for rule in more.rules.iter().skip(1) {
        // Opening channels last: closing them again would take away what the other needs.
        let has = |wanted: &AclRule| user.rules.iter().any(|rule| rule.value == *wanted);
        if rule.value == AclRule::ResetChannels && has(&AclRule::AllChannels) {
            continue;
        }
        if !has(rule) {
            user.rules.push(rule.clone());
        }
    }
    user.derived = user.derived.or(more.derived);
}

fn by_hand(derived: &User, rules: Span) -> Finding {
    let (who, key) = match derived.derived {
        Some(Derivation::SentinelAuth) => ("the sentinels log", "auth"),
        Some(Derivation::Observer) => ("drift logs", "observer"),
        _ => ("replicas log", "replication"),
    };
    let name = &derived.name.value;
    Finding::new(Code::DerivedByHand, rules, format!("the rules of `{name}` are derived: {who} in as it"))
        .related(derived.name.span, format!("`{key}` names it here"))
        .help("remove `rules`, or let another user have them")
}

/// Whether a new user may use all channels, on the first of a deployment's versions.
fn channels_open(from: &UserSources<'_>) -> bool {
    let known = acl::behaviour(from.target.engine, from.target.versions.first);
    from.channels_open.unwrap_or_else(|| known.is_some_and(|behaviour| behaviour.channels_open))
}
