//! Settings: what `CONFIG GET` printed against what it should print, by canonical values.

use crate::catalog::{Facts, Version};
use crate::live::{Identity, Settings};
use crate::model::{
    Assigned, Deployment, Expected, Node, Row, Service, Surroundings, readable_own, readable_shared,
};
use crate::source::Span;
use crate::spec::SecretRef;
use crate::text::conf::quote_conf;
use crate::value::{Value, observed};

use super::alike::Common;
use super::difference::{Class, Difference, Mend, Side, Subject};
use super::secrets::{Secrets, missing, place};

/// What a server is compared by.
pub(super) struct Server<'s, 'm> {
    pub(super) deployment: &'m Deployment,
    pub(super) node: &'s Node,
    pub(super) identity: &'s Identity,
    pub(super) secrets: &'s Secrets<'s>,
    /// What it has in common with others of its deployment.
    pub(super) common: &'s Common<'m>,
}

/// A row, and what a server prints for it where it surely does not differ.
pub(super) struct Wanted<'s> {
    row: Row<'s>,
    printed: Option<Vec<u8>>,
}

impl<'s> Wanted<'s> {
    /// Those of all nodes of a deployment that run this version.
    pub(super) fn shared(deployment: &'s Deployment, version: Version) -> Vec<Self> {
        readable_shared(deployment, version).map(|row| Wanted::new(row, version)).collect()
    }

    fn new(row: Row<'s>, version: Version) -> Self {
        let printed = match &row.expected {
            Expected::Value(value) | Expected::Local(_, Some(value)) => {
                Some(value.printed(row.directive, version))
            }
            Expected::Secret(_) | Expected::Local(_, None) => None,
        };
        Wanted { row, printed }
    }
}

impl Server<'_, '_> {
    /// Adds a difference for each setting that is not what it should be. Settings that the catalogue does not know
    /// (modules', patched builds') have nothing to be compared with.
    pub(super) fn compare(&self, printed: &Settings, differences: &mut Vec<Difference>) {
        // Facts of another engine would be no facts about this server.
        if self.identity.engine != self.deployment.target.engine {
            let why = format!("not compared: the spec has settings of {}", self.deployment.target.engine);
            differences.push(Difference::unreadable(Subject::Setting("*".to_owned()), why));
            return;
        }
        let version = self.identity.version;
        let mut own = readable_own(self.deployment, self.node, version).into_iter().peekable();
        for shared in self.common.wanted(self.deployment, version) {
            let own = own.next_if(|own| own.directive.place == shared.row.directive.place);
            let own = own.map(|own| Wanted::new(own, version));
            let Wanted { row, printed: wanted } = own.as_ref().unwrap_or(shared);
            let live = live(row.facts, printed);
            // So it is nearly always, and surely no difference.
            if live.is_some() && live == wanted.as_deref() {
                continue;
            }
            differences.extend(match (&row.expected, live) {
                // Who follows whom is judged by all servers together.
                (Expected::Local(Surroundings::Role, _), _) => None,
                (_, Some(live)) => self.difference(row, live),
                (_, None) => unlisted(row),
            });
        }
        debug_assert!(own.next().is_none(), "a node has no rows that its deployment lacks");
    }

    fn difference(&self, row: &Row<'_>, live: &[u8]) -> Option<Difference> {
        let shown = |value: &Value| Side::Text(self.shown(row, value));
        let plain = |value: &Value| {
            let differs = !self.is(row, value, live);
            differs.then(|| self.found(row, shown(value), self.readable(row, live), Some(value)))
        };
        match &row.expected {
            // Without a reference, a secret can only be unset.
            Expected::Value(value) if row.directive.secret => {
                let differs = !self.is(row, value, live);
                let side = if live.is_empty() { Side::Absent } else { Side::Secret };
                differs.then(|| {
                    let found = self.found(row, Side::Absent, side, Some(value));
                    // It would take all passwords of the default user, and let everybody in.
                    let users = row.directive.name == "requirepass" && !self.deployment.users.is_empty();
                    if users { found.mend(Mend::Restart) } else { found }
                })
            }
            Expected::Value(value) => plain(value),
            Expected::Secret(reference) => self.secret(row, reference, live),
            Expected::Local(Surroundings::Folder, Some(value)) => {
                plain(value).map(|difference| match row.setting {
                    Some(_) => difference.note(
                        "servers print the folder without symbolic links: where this is a link to it, declare the folder itself",
                    ),
                    None => difference,
                })
            }
            Expected::Local(Surroundings::OpenFiles, Some(value)) => {
                plain(value).map(|difference| lowered(value, live, difference))
            }
            // A file that the server names itself, and what differs from machine to machine.
            Expected::Local(..) => None,
        }
    }

    /// Whether a server printed this value.
    fn is(&self, row: &Row<'_>, value: &Value, live: &[u8]) -> bool {
        let (engine, version) = (self.identity.engine, self.identity.version);
        let printed = value.printed(row.directive, version);
        if printed == live {
            return true;
        }
        let read = |bytes: &[u8]| observed(row.directive, engine, version, bytes);
        matches!((read(&printed), read(live)), (Some(wanted), Some(live)) if wanted == live)
    }

    /// What a server printed, as people write it.
    fn readable(&self, row: &Row<'_>, live: &[u8]) -> Side {
        let value = observed(row.directive, self.identity.engine, self.identity.version, live);
        Side::Text(match value {
            Some(value) => self.shown(row, &value),
            None => String::from_utf8_lossy(live).into_owned(),
        })
    }

    /// A value for people: as they write it; classes of events as servers print them, with `A` for most.
    fn shown(&self, row: &Row<'_>, value: &Value) -> String {
        match value {
            Value::Events(_) => {
                let printed = value.printed(row.directive, self.identity.version);
                String::from_utf8_lossy(&printed).into_owned()
            }
            value => value.to_string(),
        }
    }

    fn secret(&self, row: &Row<'_>, reference: &SecretRef, live: &[u8]) -> Option<Difference> {
        let mend = Mend::ByHand(format!("`CONFIG SET {}`, to {}", row.facts.name, place(reference)));
        let Some(wanted) = self.secrets.get(reference) else {
            // That none is set differs from any.
            if live.is_empty() {
                let found = self.found(row, Side::Secret, Side::Absent, None);
                return Some(found.mend(mend));
            }
            let subject = Subject::Setting(row.facts.name.to_owned());
            return Some(Difference::unreadable(subject, missing(reference)).at(span(row)));
        };
        let side = if live.is_empty() { Side::Absent } else { Side::Secret };
        (wanted.0 != live).then(|| {
            let found = self.found(row, Side::Secret, side, None);
            if found.mend == Some(Mend::Restart) { found } else { found.mend(mend) }
        })
    }

    fn found(&self, row: &Row<'_>, wanted: Side, live: Side, value: Option<&Value>) -> Difference {
        let class = if row.setting.is_some() { Class::Changed } else { Class::NotInSpec };
        let subject = Subject::Setting(row.facts.name.to_owned());
        Difference::new(subject, class, wanted, live)
            .mend(mend(row, value, self.identity.version))
            .at(span(row))
    }
}

/// What a server printed for a directive, under whatever name.
fn live<'p>(facts: &Facts, printed: &'p Settings) -> Option<&'p [u8]> {
    let mut names = std::iter::once(facts.name).chain(facts.aliases.iter().copied());
    names.find_map(|name| printed.get(name))
}

/// A setting that the server does not show although it should: another build, or a server that hides it.
fn unlisted(row: &Row<'_>) -> Option<Difference> {
    let setting = row.setting?;
    let subject = Subject::Setting(row.facts.name.to_owned());
    let wanted = match &setting.value {
        Assigned::Value(value) if !setting.is_secret() => Side::Text(value.to_string()),
        _ => Side::Secret,
    };
    let mut difference = Difference::new(subject, Class::Unreadable, wanted, Side::Absent).at(span(row));
    difference.note = Some("the server does not show it: its build may lack it".to_owned());
    Some(difference)
}

/// `maxclients` is lowered at the start to what the limit of open files leaves: 32 below it
/// (`CONFIG_MIN_RESERVED_FDS` and `adjustOpenFilesLimit`, server.c). Servers do not say that they did: it is taken for
/// that where the limit would be a number as people and systems set it, a power of two or whole thousands.
fn lowered(wanted: &Value, live: &[u8], difference: Difference) -> Difference {
    let live: Option<u32> = std::str::from_utf8(live).ok().and_then(|text| text.parse().ok());
    let (Value::Integer(wanted), Some(live)) = (wanted, live) else { return difference };
    let limit = u64::from(live) + Service::RESERVED_FILES;
    let is_usual = limit >= 256 && (limit.is_power_of_two() || limit.is_multiple_of(1000));
    if i128::from(live) < *wanted && is_usual {
        let note = format!(
            "the server lowers it at its start where it may open only {limit} files; raise that limit and restart it"
        );
        return Difference { class: Class::Moved, mend: Some(Mend::Restart), ..difference }.note(note);
    }
    difference
}

/// What brings a setting back.
fn mend(row: &Row<'_>, value: Option<&Value>, version: Version) -> Mend {
    let facts = row.facts;
    if !facts.runtime || facts.protected {
        return Mend::Restart;
    }
    let argument = match value {
        // Who knows the secret says how.
        None => return Mend::ByHand(format!("`CONFIG SET {}`", facts.name)),
        // Sizes as people write them, which CONFIG SET takes as well.
        Some(Value::Bytes(_)) => value.map(ToString::to_string).unwrap_or_default(),
        Some(value) => {
            let printed = value.printed(row.directive, version);
            match quote_conf(&printed) {
                Ok(text) => text.into_owned(),
                Err(_) => return Mend::Restart,
            }
        }
    };
    Mend::Command(format!("CONFIG SET {} {argument}", facts.name))
}

/// Where the spec says what it should be.
fn span(row: &Row<'_>) -> Option<Span> {
    let setting = row.setting?;
    setting.value_span.or_else(|| setting.origin.span())
}
