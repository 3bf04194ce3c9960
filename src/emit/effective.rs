//! The values that a server runs with: what the spec sets, else the server's own default.

use crate::catalog::{Target, VersionRange, directive};
use crate::model::{Assigned, Deployment, Node, Sentinel, SentinelSet, Setting, Settings};
use crate::value::{Defaults, Value};

/// The settings of one server in effect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effective<'m> {
    pub(super) target: &'m Target,
    shared: &'m Settings,
    own: &'m Settings,
    defaults: &'static Defaults,
}

impl<'m> Effective<'m> {
    pub(super) fn of_server(deployment: &'m Deployment, node: &'m Node) -> Self {
        Effective::of(&deployment.target, &deployment.shared, &node.own)
    }

    pub(super) fn of_sentinel(set: &'m SentinelSet, sentinel: &'m Sentinel) -> Self {
        Effective::of(&set.target, &set.shared, &sentinel.own)
    }

    fn of(target: &'m Target, shared: &'m Settings, own: &'m Settings) -> Self {
        let newest = VersionRange::exactly(target.versions.last);
        Effective { target, shared, own, defaults: Defaults::of(target.engine, newest) }
    }

    /// Some of the settings that servers share, with the server's own laid over them.
    pub(super) fn overlaid<'s>(&self, shared: &'s [&'m Setting]) -> impl Iterator<Item = &'m Setting> + 's
    where
        'm: 's,
    {
        let own = self.own;
        let shared = shared.iter().copied().filter(|setting| own.get(&setting.name).is_none());
        shared.chain(own.list())
    }

    /// Whether the spec sets a directive.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.own.get(name).is_some() || self.shared.get(name).is_some()
    }

    /// Whether the version has the directive.
    pub(super) fn knows(&self, name: &str) -> bool {
        directive(self.target.engine, name).is_some_and(|one| one.at(self.target.versions.last).is_some())
    }

    fn value(&self, name: &str) -> Option<&'m Value> {
        let set = self.own.get(name).or_else(|| self.shared.get(name));
        match set.map(|setting| &setting.value) {
            Some(Assigned::Value(value)) => Some(value),
            Some(_) => None,
            None => self.defaults.get(directive(self.target.engine, name)?),
        }
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.value(name) == Some(&Value::Bool(true))
    }

    /// A number.
    pub(super) fn integer(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&'m str> {
        match self.value(name)? {
            Value::Text(text) => std::str::from_utf8(text).ok().filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Whether the value is this word, or has it among its flags.
    pub(super) fn says(&self, name: &str, word: &str) -> bool {
        match self.value(name) {
            Some(Value::Word(value)) => *value == word,
            Some(Value::Flags(words)) => words.contains(&word),
            _ => false,
        }
    }

    /// Whether it writes snapshots of its own accord.
    pub(super) fn snapshots(&self) -> bool {
        matches!(self.value("save"), Some(Value::Save(points)) if !points.is_empty())
    }

    /// Whether its data outlast it.
    pub(super) fn persists(&self) -> bool {
        self.snapshots() || self.is_on("appendonly")
    }
}
