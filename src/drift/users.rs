//! ACL users: what `ACL LIST` says against the users of the model. Servers reorder rules, merge them and hash
//! passwords, each version in its own way; so what rules come to is compared, and not the rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Engine, Version, acl};
use crate::emit::{password_place, sha256_hex};
use crate::live::Identity;
use crate::model::users::{Access, Rights, rights};
use crate::model::{Assigned, Setting, User};
use crate::source::Span;
use crate::spec::{SecretRef, counted};
use crate::text::acl::{AclFile, AclRule, Sensitive, write_rule};
use crate::value::Value;

use super::difference::{Class, Difference, Mend, Side, Subject};
use super::secrets::{Secrets, missing};

/// The user that connections are until they log in.
const DEFAULT: &str = "default";

/// Commands that are named where rights differ.
const NAMED: usize = 5;

/// A user, whoever declares it.
struct Account {
    rules: Vec<AclRule>,
    span: Option<Span>,
    /// A password that cannot be looked up here.
    missing: Option<SecretRef>,
    /// Its rules without passwords.
    plain: Vec<AclRule>,
    /// Where its passwords are found.
    passwords: Vec<SecretRef>,
}

/// What an account comes to.
struct State {
    rights: Rights,
    hashes: BTreeSet<String>,
    /// Payloads of RESTORE are taken unchecked.
    unchecked: bool,
}

/// What the spec says of the users of a server or a sentinel.
pub(super) struct Declared<'d> {
    /// The users, `default` included; empty where there is only the built-in default user.
    pub(super) users: &'d [User],
    /// The password of the built-in default user.
    pub(super) requirepass: Option<&'d Setting>,
    /// `acl-pubsub-default`.
    pub(super) channels: Option<&'d Setting>,
    /// Where the whole is declared.
    pub(super) span: Span,
}

/// Adds a difference for each user that is not what it should be. `requirepass_differs`: that the password of the
/// default user differs is said already.
pub(super) fn compare(
    declared: &Declared<'_>,
    identity: &Identity,
    lines: &[Vec<u8>],
    secrets: &Secrets<'_>,
    requirepass_differs: bool,
    differences: &mut Vec<Difference>,
) {
    let server = Server {
        engine: identity.engine,
        version: identity.version,
        channels_open: channels_open(declared.channels, identity),
    };
    let mut wanted = wanted(declared, identity.version, secrets);
    let (found, lost) = live(lines);
    for (name, live) in found {
        let account = wanted.remove(&name);
        let subject = Subject::User(name.clone());
        match (account, live) {
            (_, Err(why)) => differences.push(Difference::unreadable(subject, why)),
            (Some(account), Ok(live)) => {
                let open = requirepass_differs && name == DEFAULT;
                differences.extend(server.difference(subject, &account, &live, open));
            }
            (None, Ok(live)) => {
                // Who is logged in as it is cut off at once.
                let mend = Mend::ByHand(format!("declare it, or `ACL DELUSER {}`", word(&name)));
                let live = Side::Text(shown(&live));
                differences.push(
                    Difference::new(subject, Class::NotInSpec, Side::Absent, live)
                        .mend(mend)
                        .at(Some(declared.span)),
                );
            }
        }
    }
    // A line that cannot be read may be anybody's.
    if let Some(why) = lost {
        differences.push(Difference::unreadable(Subject::User("*".to_owned()), why));
        return;
    }
    for (name, account) in wanted {
        let mend = set_user(&name, &account);
        let wanted = Side::Text(shown(&account.rules));
        differences.push(
            Difference::new(Subject::User(name), Class::Changed, wanted, Side::Absent)
                .mend(mend)
                .at(account.span),
        );
    }
}

/// Whose rules they are.
struct Server {
    engine: Engine,
    version: Version,
    channels_open: bool,
}

impl Server {
    fn difference(
        &self,
        subject: Subject,
        declared: &Account,
        live: &[AclRule],
        passwords_known: bool,
    ) -> Vec<Difference> {
        if declared.missing.is_none() && are_alike(&declared.rules, live) {
            return Vec::new();
        }
        let (wanted, now) = (self.state(&declared.rules), self.state(live));
        let same_passwords = wanted.hashes == now.hashes;
        let rights = told(&wanted, &now, passwords_known);
        let name = subject.name().unwrap_or_default().to_owned();
        let mend = || {
            if same_passwords && declared.missing.is_none() {
                // Passwords that are right are left alone.
                self.set_rights(&name, declared)
            } else {
                set_user(&name, declared)
            }
        };
        let unknown =
            declared.missing.as_ref().filter(|_| !passwords_known).map(|reference| {
                Difference::unreadable(subject.clone(), missing(reference)).at(declared.span)
            });
        if !rights.is_empty() {
            let (wanted, live) = (Side::Text(shown(&declared.rules)), Side::Text(shown(live)));
            let difference = Difference::new(subject, Class::Changed, wanted, live);
            let mut notes = rights;
            let known = passwords_known || declared.missing.is_some();
            notes.extend((!known && !same_passwords).then(|| "its passwords differ".to_owned()));
            let difference = difference.mend(mend()).at(declared.span).note(notes.join("; "));
            return std::iter::once(difference).chain(unknown).collect();
        }
        if declared.missing.is_some() || passwords_known || same_passwords {
            return unknown.into_iter().collect();
        }
        let side = |hashes: &BTreeSet<String>| if hashes.is_empty() { Side::Absent } else { Side::Secret };
        let (lost, more) =
            (wanted.hashes.difference(&now.hashes).count(), now.hashes.difference(&wanted.hashes).count());
        let mut notes = Vec::new();
        if lost > 0 {
            let verb = if lost == 1 { "is" } else { "are" };
            notes.push(format!("{} of the spec {verb} not taken", counted(lost, "password")));
        }
        if more > 0 {
            let verb = if more == 1 { "is" } else { "are" };
            notes.push(format!("{} {verb} taken that the spec does not have", counted(more, "password")));
        }
        let difference = Difference::new(subject, Class::Changed, side(&wanted.hashes), side(&now.hashes));
        vec![difference.mend(mend()).at(declared.span).note(notes.join("; "))]
    }

    /// The command that gives a user the rights of the spec and leaves its passwords alone.
    fn set_rights(&self, name: &str, declared: &Account) -> Mend {
        // Where the rules themselves speak of passwords, all of it is said anew.
        if declared.rules.iter().any(|rule| matches!(rule, AclRule::Reset | AclRule::NoPass)) {
            return set_user(name, declared);
        }
        let is_since = |major, minor| self.version >= Version::new(major, minor, 0);
        let mut words = vec!["resetkeys"];
        // What a new user has, as `reset` would give it.
        let channels = if self.channels_open { "allchannels" } else { "resetchannels" };
        words.extend(is_since(6, 2).then_some([channels, "sanitize-payload"]).into_iter().flatten());
        words.extend(is_since(7, 0).then_some("clearselectors"));
        words.push("-@all");
        let rules = declared.rules.iter().filter(|rule| !is_password(rule)).map(written);
        let words = words.into_iter().map(str::to_owned).chain(rules.flatten());
        command(name, words)
    }

    fn state(&self, rules: &[AclRule]) -> State {
        let mut state = State {
            rights: rights(rules, self.engine, self.version, self.channels_open),
            hashes: BTreeSet::new(),
            unchecked: false,
        };
        for rule in rules {
            match rule {
                AclRule::AddHash(hash) => drop(state.hashes.insert(hash.0.clone())),
                AclRule::RemoveHash(hash) => drop(state.hashes.remove(&hash.0)),
                AclRule::AddPassword(password) => drop(state.hashes.insert(sha256_hex(&password.0))),
                AclRule::RemovePassword(password) => drop(state.hashes.remove(&sha256_hex(&password.0))),
                AclRule::NoPass | AclRule::ResetPass => state.hashes.clear(),
                AclRule::Reset => (state.hashes, state.unchecked) = (BTreeSet::new(), false),
                AclRule::SkipSanitizePayload => state.unchecked = true,
                AclRule::SanitizePayload => state.unchecked = false,
                _ => {}
            }
        }
        state
    }
}

/// Whether rules surely come to the same: they are the same, but for what is so anyway and some versions say.
fn are_alike(one: &[AclRule], other: &[AclRule]) -> bool {
    let said = |rule: &&AclRule| **rule != AclRule::SanitizePayload;
    !one.contains(&AclRule::SkipSanitizePayload) && one.iter().filter(said).eq(other.iter().filter(said))
}

/// What two states differ in, passwords apart, in words about the live one.
fn told(wanted: &State, now: &State, passwords_known: bool) -> Vec<String> {
    let mut told = Vec::new();
    if wanted.rights.enabled != now.rights.enabled {
        told.push(if now.rights.enabled { "it is on" } else { "it is off" }.to_owned());
    }
    if wanted.rights.free != now.rights.free && !passwords_known {
        let takes = if now.rights.free { "it takes any password" } else { "it wants a password" };
        told.push(takes.to_owned());
    }
    if wanted.unchecked != now.unchecked {
        let does = if now.unchecked { "payloads go unchecked" } else { "payloads are checked" };
        told.push(does.to_owned());
    }
    told.extend(told_of(&wanted.rights.root, &now.rights.root));
    let same = |a: &Vec<Access>, b: &Vec<Access>| {
        let within = |a: &[Access], b: &[Access]| a.iter().all(|one| b.iter().any(|two| one.is_same(two)));
        a.len() == b.len() && within(a, b) && within(b, a)
    };
    if !same(&wanted.rights.selectors, &now.rights.selectors) {
        told.push("its selectors differ".to_owned());
    }
    told
}

fn told_of(wanted: &Access, now: &Access) -> Vec<String> {
    if wanted.is_same(now) {
        return Vec::new();
    }
    let more: Vec<String> = wanted.lacks(now).collect();
    let less: Vec<String> = now.lacks(wanted).collect();
    let mut told = Vec::new();
    if !more.is_empty() {
        told.push(format!("it may also run {}", listed(&more)));
    }
    if !less.is_empty() {
        told.push(format!("it may not run {}", listed(&less)));
    }
    if told.is_empty() {
        told.push("its keys, channels or databases differ".to_owned());
    }
    told
}

fn listed(names: &[String]) -> String {
    let shown = &names[..names.len().min(NAMED)];
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The users that the server should have, by name.
fn wanted(declared: &Declared<'_>, version: Version, secrets: &Secrets<'_>) -> BTreeMap<String, Account> {
    if declared.users.is_empty() {
        return BTreeMap::from([(DEFAULT.to_owned(), built_in(declared, version, secrets))]);
    }
    declared.users.iter().map(|user| (user.name.value.clone(), account(user, secrets))).collect()
}

fn account(user: &User, secrets: &Secrets<'_>) -> Account {
    let mut rules: Vec<AclRule> = user.rules.iter().map(|rule| rule.value.clone()).collect();
    let mut missing = None;
    let mut hashes = Vec::new();
    for password in &user.passwords {
        match secrets.get(&password.value) {
            Some(secret) => hashes.push(AclRule::AddHash(Sensitive(sha256_hex(&secret.0)))),
            None => missing = Some(password.value.clone()),
        }
    }
    // A password takes `nopass` away, also one that is not known here.
    if missing.is_some() && hashes.is_empty() {
        hashes.push(AclRule::ResetPass);
    }
    let plain = rules.clone();
    let at = password_place(&rules);
    rules.splice(at..at, hashes);
    let passwords = user.passwords.iter().map(|password| password.value.clone()).collect();
    Account { rules, span: Some(user.name.span), missing, plain, passwords }
}

/// The default user of a server without declared users: everybody, behind `requirepass` where there is one.
fn built_in(declared: &Declared<'_>, version: Version, secrets: &Secrets<'_>) -> Account {
    let has_channels = version >= Version::new(6, 2, 0);
    let requirepass = declared.requirepass;
    let reference = requirepass.and_then(|setting| match &setting.value {
        Assigned::Secret(reference) => Some(reference.clone()),
        _ => None,
    });
    let mut rules = vec![AclRule::On];
    let mut missing = None;
    match &reference {
        None => rules.push(AclRule::NoPass),
        Some(reference) => match secrets.get(reference) {
            Some(secret) => rules.push(AclRule::AddHash(Sensitive(sha256_hex(&secret.0)))),
            None => missing = Some(reference.clone()),
        },
    }
    let mut all = vec![AclRule::AllKeys];
    // ACLs speak of channels from 6.2 on.
    all.extend(has_channels.then_some(AclRule::AllChannels));
    all.push(AclRule::AllCommands);
    let open = reference.is_none().then_some(AclRule::NoPass);
    let plain = [AclRule::On].into_iter().chain(open).chain(all.iter().cloned()).collect();
    rules.extend(all);
    let span = requirepass.and_then(|setting| setting.value_span).unwrap_or(declared.span);
    Account { rules, span: Some(span), missing, plain, passwords: reference.into_iter().collect() }
}

/// The users of the server, by name, as far as their rules can be read; and why some have no line that can be.
#[expect(clippy::type_complexity, reason = "made and taken apart in this file")]
fn live(lines: &[Vec<u8>]) -> (Vec<(String, Result<Vec<AclRule>, String>)>, Option<String>) {
    let file = AclFile::parse(lines.join(&b'\n'));
    let broken = file.errors().count();
    let users: Vec<_> = file
        .users()
        .map(|(_, user)| {
            let name = String::from_utf8_lossy(&user.name.value).into_owned();
            let bad = user.rules.errors.len();
            let rules = match bad {
                0 => Ok(user.rules.plain()),
                _ => Err(format!("{} of ACL LIST cannot be understood", counted(bad, "rule"))),
            };
            (name, rules)
        })
        .collect();
    let lost = users.is_empty() || users.len() != lines.len();
    let why = lost.then(|| format!("{} of ACL LIST cannot be understood", counted(broken.max(1), "line")));
    (users, why)
}

/// Whether a new user may use all channels there.
fn channels_open(set: Option<&Setting>, identity: &Identity) -> bool {
    if let Some(Assigned::Value(Value::Word(word))) = set.map(|setting| &setting.value) {
        return *word == "allchannels";
    }
    acl::behaviour(identity.engine, identity.version).is_some_and(|behaviour| behaviour.channels_open)
}

/// Rules as text, without passwords.
fn shown(rules: &[AclRule]) -> String {
    let words = rules.iter().filter(|rule| !is_password(rule)).filter_map(written);
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a rule holds a password, or takes some away.
fn is_password(rule: &AclRule) -> bool {
    matches!(
        rule,
        AclRule::AddHash(_)
            | AclRule::RemoveHash(_)
            | AclRule::AddPassword(_)
            | AclRule::RemovePassword(_)
            | AclRule::ResetPass
    )
}

fn written(rule: &AclRule) -> Option<String> {
    write_rule(rule).ok().map(|word| String::from_utf8_lossy(&word).into_owned())
}

/// The command that makes a user what the spec says. Each password is a word that says where it is found, and that every
/// server refuses: pasted as it is, the command changes nothing.
fn set_user(name: &str, declared: &Account) -> Mend {
    let mut rules: Vec<String> = declared.plain.iter().filter_map(written).collect();
    let passwords = declared.passwords.iter().map(|reference| format!("#SHA-256-of-{reference}"));
    let at = password_place(&declared.plain).min(rules.len());
    rules.splice(at..at, passwords);
    command(name, std::iter::once("reset".to_owned()).chain(rules))
}

/// `ACL SETUSER` with these rules, for redis-cli and for a shell in front of it: both take single quotes.
fn command(name: &str, rules: impl Iterator<Item = String>) -> Mend {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-+@|:_./,=%".contains(c);
    let quoted = |rule: String| match rule {
        rule if rule.chars().all(is_plain) => rule,
        // For redis-cli alone: a shell would see more in it.
        rule if rule.contains(['\'', '\\']) => word(&rule),
        rule => format!("'{rule}'"),
    };
    let rules: Vec<String> = rules.map(quoted).collect();
    Mend::Command(format!("ACL SETUSER {} {}", word(name), rules.join(" ")))
}

/// A name as redis-cli takes it.
pub(super) fn word(name: &str) -> String {
    crate::text::conf::quote_conf(name.as_bytes())
        .map_or_else(|_| name.to_owned(), std::borrow::Cow::into_owned)
}
