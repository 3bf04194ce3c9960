//! One sentinel by itself: version, its own settings, its users, and what it watches though the spec does not say so.

use crate::catalog::sentinel::{Scope, SentinelDirective, SentinelFacts, behaviour, directives};
use crate::live::{Identity, SentinelAnswers, Settings};
use crate::model::{Assigned, Model, Sentinel, SentinelSet, WatchSetting};
use crate::source::Span;

use super::difference::{Class, Difference, Mend, Side, Subject};
use super::secrets::{Secrets, missing, place};
use super::server;
use super::users::{self, word};

/// All that can be said of a sentinel by itself.
pub(super) fn compare(
    model: &Model,
    set: &SentinelSet,
    sentinel: &Sentinel,
    answers: &SentinelAnswers,
    secrets: &Secrets<'_>,
) -> Vec<Difference> {
    let identity = &answers.identity;
    let mut differences = Vec::new();
    differences.extend(server::version(identity, &set.target, set.version_span));
    // Facts of another engine would be no facts about this sentinel.
    if identity.engine == set.target.engine {
        let one = One { set, sentinel, identity, secrets };
        one.settings(answers, &mut differences);
        one.users(answers, &mut differences);
    }
    strangers(model, set, answers, &mut differences);
    differences
}

/// Primaries that it watches and should not. That it cannot be asked is said once, here.
fn strangers(model: &Model, set: &SentinelSet, answers: &SentinelAnswers, differences: &mut Vec<Difference>) {
    let watched = match &answers.watched {
        Ok(watched) => watched,
        Err(refusal) => {
            let subject = Subject::Watch("*".to_owned());
            differences.push(Difference::unreadable(subject, format!("SENTINEL MASTERS: {refusal}")));
            return;
        }
    };
    for (name, fields) in watched {
        if model.watches(set).any(|(_, _, watch)| watch.master_name == *name) {
            continue;
        }
        let field = |name: &str| fields.get(name).map_or("?", String::as_str);
        let live = Side::Text(format!("{} {}", field("ip"), field("port")));
        differences.push(
            Difference::new(Subject::Watch(name.clone()), Class::NotInSpec, Side::Absent, live)
                .mend(Mend::ByHand(format!("declare it, or `SENTINEL REMOVE {}`", word(name))))
                .at(Some(set.name.span)),
        );
    }
}

/// A sentinel and what it is compared by.
struct One<'s> {
    set: &'s SentinelSet,
    sentinel: &'s Sentinel,
    identity: &'s Identity,
    secrets: &'s Secrets<'s>,
}

impl One<'_> {
    /// What `SENTINEL CONFIG GET` shows: some of its own directives, and `loglevel` where the version has that.
    fn settings(&self, answers: &SentinelAnswers, differences: &mut Vec<Difference>) {
        let traits = behaviour(self.identity.engine, self.identity.version);
        if !traits.is_some_and(|traits| traits.config_command) {
            return;
        }
        let printed = match &answers.settings {
            Ok(printed) => printed,
            Err(refusal) => {
                let subject = Subject::Setting("*".to_owned());
                differences.push(Difference::unreadable(subject, format!("SENTINEL CONFIG GET: {refusal}")));
                return;
            }
        };
        let declared = self.set.globals(self.sentinel);
        for directive in directives(self.identity.engine) {
            let Some(facts) = directive.at(self.identity.version) else { continue };
            if directive.scope != Scope::Global || !facts.config_set {
                continue;
            }
            let setting = declared.iter().find(|setting| is(directive, &setting.name.value)).copied();
            differences.extend(self.own(directive, facts, setting, printed));
        }
        differences.extend(self.loglevel(printed));
    }

    /// One of Sentinel's own directives.
    fn own(
        &self,
        directive: &SentinelDirective,
        facts: &SentinelFacts,
        setting: Option<&WatchSetting>,
        printed: &Settings,
    ) -> Option<Difference> {
        let live = printed.get(facts.name)?;
        let span = setting.map(|setting| setting.name.span);
        if let Some(reference) = setting.and_then(|setting| setting.secret.as_ref()) {
            let Some(wanted) = self.secrets.get(&reference.value) else {
                let subject = Subject::Setting(facts.name.to_owned());
                return Some(Difference::unreadable(subject, missing(&reference.value)).at(span));
            };
            let side = if live.is_empty() { Side::Absent } else { Side::Secret };
            return (wanted.0 != live).then(|| {
                let words = format!("`SENTINEL CONFIG SET {}`, to {}", facts.name, place(&reference.value));
                changed(facts.name, span, Side::Secret, side, "").mend(Mend::ByHand(words))
            });
        }
        let wanted = setting
            .and_then(|setting| setting.lines.first()?.first().map(String::as_str))
            .or(facts.default)
            .unwrap_or_default();
        if wanted.as_bytes() == live {
            return None;
        }
        let live = match (directive.secret, live.is_empty()) {
            (true, false) => Side::Secret,
            _ => Side::Text(String::from_utf8_lossy(live).into_owned()),
        };
        Some(changed(facts.name, span, Side::Text(wanted.to_owned()), live, &word(wanted)))
    }

    /// Among the directives of a plain server, the only one that a sentinel shows.
    fn loglevel(&self, printed: &Settings) -> Option<Difference> {
        const NAME: &str = "loglevel";
        let live = printed.get(NAME)?;
        let setting = self.set.setting(self.sentinel, NAME);
        let known = crate::catalog::directive(self.identity.engine, NAME)?;
        let default = known.at(self.identity.version).and_then(|facts| facts.default)?;
        let wanted = match setting.map(|setting| &setting.value) {
            Some(Assigned::Value(value)) => value.to_string(),
            _ => default.to_owned(),
        };
        let span = setting.and_then(|setting| setting.value_span.or_else(|| setting.origin.span()));
        let live_side = Side::Text(String::from_utf8_lossy(live).into_owned());
        let differs = wanted.as_bytes() != live;
        differs.then(|| changed(NAME, span, Side::Text(wanted.clone()), live_side, &wanted))
    }

    /// Its users, where its version has any. Users of its own lines or of its own file are the operator's.
    fn users(&self, answers: &SentinelAnswers, differences: &mut Vec<Difference>) {
        let traits = behaviour(self.identity.engine, self.identity.version);
        let setting = |name| self.set.setting(self.sentinel, name);
        let derived = !self.set.users.is_empty();
        let by_hand = ["user", "aclfile"].iter().any(|name| setting(name).is_some());
        if (by_hand && !derived) || !traits.is_some_and(|traits| traits.users) {
            return;
        }
        match &answers.users {
            Ok(lines) => {
                let declared = users::Declared {
                    users: &self.set.users,
                    requirepass: setting("requirepass"),
                    channels: setting("acl-pubsub-default"),
                    span: self.set.name.span,
                };
                users::compare(&declared, self.identity, &lines.0, self.secrets, false, differences);
            }
            Err(refusal) => {
                let subject = Subject::User("*".to_owned());
                differences.push(Difference::unreadable(subject, format!("ACL LIST: {refusal}")));
            }
        }
    }
}

/// Whether a name of the spec is that of a directive, in any version.
pub(super) fn is(directive: &SentinelDirective, name: &str) -> bool {
    directive.revisions.iter().any(|facts| facts.name == name || facts.aliases.contains(&name))
}

/// A setting that differs; declared at `span`, or else at its default.
fn changed(name: &str, span: Option<Span>, wanted: Side, live: Side, argument: &str) -> Difference {
    let class = if span.is_some() { Class::Changed } else { Class::NotInSpec };
    Difference::new(Subject::Setting(name.to_owned()), class, wanted, live)
        .mend(Mend::Command(format!("SENTINEL CONFIG SET {name} {argument}")))
        .at(span)
}
