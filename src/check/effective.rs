//! The values that servers run with: what the spec or what follows from it sets, else the server's own default.

use std::collections::BTreeMap;

use super::servers::Servers;
use crate::catalog::{Target, directive};
use crate::model::{Assigned, Node};
use crate::value::{OutputLimits, Value, observed};

/// The servers of a deployment with the defaults of their version, of the directives that were asked for.
#[derive(Debug)]
pub(super) struct Effective<'m> {
    pub(super) servers: Servers<'m>,
    defaults: BTreeMap<&'static str, Value>,
}

impl<'m> Effective<'m> {
    /// Servers, and the directives that will be asked of them.
    pub(super) fn new(servers: Servers<'m>, names: &[&'static str]) -> Self {
        let default = |name: &&'static str| Some((*name, default(servers.target, name)?));
        Effective { servers, defaults: names.iter().filter_map(default).collect() }
    }

    /// The value in effect on a node. None where it failed, may have been lost or is a secret, and where the
    /// version does not know the directive.
    pub(super) fn value(&self, node: &'m Node, name: &str) -> Option<&Value> {
        if self.servers.is_poisoned(&[name, "config", "profiles"]) {
            return None;
        }
        match self.servers.setting(node, name).map(|setting| &setting.value) {
            Some(Assigned::Value(value)) => Some(value),
            Some(_) => None,
            None if self.is_unsure() => None,
            None => self.defaults.get(name),
        }
    }

    /// Whether what is not there may have been lost: with a line of bad syntax, or under a misspelled name.
    fn is_unsure(&self) -> bool {
        let Servers { target, poisoned, deployment, .. } = self.servers;
        let keys = ["survives", "replicas", "replication", "users"];
        let misspelled =
            |name: &String| directive(target.engine, name).is_none() && !keys.contains(&name.as_str());
        deployment.is_some_and(|deployment| deployment.lossy) || poisoned.iter().any(misspelled)
    }

    /// A number of bytes in effect.
    pub(super) fn bytes(&self, node: &'m Node, name: &str) -> Option<u64> {
        match self.value(node, name)? {
            Value::Bytes(bytes) => Some(*bytes),
            _ => None,
        }
    }

    /// A number in effect.
    pub(super) fn integer(&self, node: &'m Node, name: &str) -> Option<i128> {
        match self.value(node, name)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// A word in effect.
    pub(super) fn word(&self, node: &'m Node, name: &str) -> Option<&'static str> {
        match self.value(node, name)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether a switch is on; not, where its value is not known.
    pub(super) fn is_on(&self, node: &'m Node, name: &str) -> bool {
        self.value(node, name) == Some(&Value::Bool(true))
    }

    /// The limits of output buffers in effect: every class has one.
    pub(super) fn output_limits(&self, node: &'m Node) -> Option<OutputLimits> {
        let limits = |value: &Value| match value {
            Value::OutputLimits(limits) => Some(*limits),
            _ => None,
        };
        let set = self.value(node, OUTPUT_LIMITS).and_then(limits)?;
        Some(self.defaults.get(OUTPUT_LIMITS).and_then(limits).map_or(set, |default| set.or(default)))
    }
}

/// The directive that [`Effective::output_limits`] reads.
pub(super) const OUTPUT_LIMITS: &str = "client-output-buffer-limit";

/// The default of the newest version that a target may be.
fn default(target: &Target, name: &str) -> Option<Value> {
    let version = target.versions.last;
    let directive = directive(target.engine, name)?;
    let printed = directive.at(version)?.default?;
    observed(directive, target.engine, version, printed.as_bytes())
}
