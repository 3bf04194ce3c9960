//! The settings of a deployment and what its nodes change about them.

use std::sync::Arc;

use crate::catalog::{Directive, DirectiveSet, name_hash};
use crate::source::Span;
use crate::spec::SecretRef;
use crate::value::Value;

use super::origin::Origin;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// A canonical value.
    Value(Value),
    /// The values of a directive whose lines add up (`rename-command`, `loadmodule`).
    Values(Vec<Value>),
    /// The arguments of every line of a module's directive, as written.
    Verbatim(Vec<Vec<Vec<u8>>>),
    /// A secret, to be put in where the server reads it.
    Secret(SecretRef),
}

/// One setting of a node or of a whole deployment.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The directive's name as the deployment's version spells it.
    pub name: String,
    /// The directive; none where a module brings it.
    pub directive: Option<&'static Directive>,
    /// The value.
    pub value: Assigned,
    /// Where the value came from.
    pub origin: Origin,
    /// Where the value itself stands, where it stands in the spec.
    pub value_span: Option<Span>,
    /// What it overrode, nearest first.
    pub overrode: Vec<Origin>,
}

impl Setting {
    /// The port that it is, where it is one and open.
    pub fn port(&self) -> Option<u16> {
        match self.value {
            Assigned::Value(Value::Integer(port)) => u16::try_from(port).ok().filter(|port| *port != 0),
            _ => None,
        }
    }

    /// Whether the value must never be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.value, Assigned::Secret(_)) || self.directive.is_some_and(|directive| directive.secret)
    }
}

/// Settings sorted by name, each name once.
///
/// Clones share each setting: deployments that take the same profile hold it once.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    list: Vec<Arc<Setting>>,
    /// A hash of each name, in the order of the list. Rules ask for settings by name millions of times, and names lie all
    /// over the memory.
    hashes: Vec<u16>,
    /// The directives of all that no module brings.
    directives: DirectiveSet,
}

impl Settings {
    /// Adds a setting, or replaces the one of the same name.
    pub fn set(&mut self, setting: Setting) {
        self.share(Arc::new(setting));
    }

    /// As [`Settings::set`], a setting that others have too.
    pub fn share(&mut self, setting: Arc<Setting>) {
        if let Some(directive) = setting.directive {
            self.directives.insert(directive);
        }
        match self.list.binary_search_by(|other| other.name.cmp(&setting.name)) {
            Ok(at) => self.list[at] = setting,
            Err(at) => {
                self.hashes.insert(at, hash(&setting.name));
                self.list.insert(at, setting);
            }
        }
    }

    /// Removes the setting of a name.
    pub fn remove(&mut self, name: &str) -> Option<Arc<Setting>> {
        let at = self.place(name)?;
        self.hashes.remove(at);
        let removed = self.list.remove(at);
        if let Some(directive) = removed.directive {
            self.directives.remove(directive);
        }
        Some(removed)
    }

    /// The setting of a name.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.place(name).map(|at| &*self.list[at])
    }

    fn place(&self, name: &str) -> Option<usize> {
        let wanted = hash(name);
        // Sixteen at a time: most of those that are asked for are not there.
        let places = self
            .hashes
            .chunks(16)
            .enumerate()
            .filter(|(_, chunk)| chunk.iter().filter(|hash| **hash == wanted).count() > 0);
        places
            .flat_map(|(at, chunk)| 16 * at..16 * at + chunk.len())
            .find(|at| self.hashes[*at] == wanted && self.list[*at].name == name)
    }

    /// The directives that are set; a module's are not among them.
    pub fn directives(&self) -> &DirectiveSet {
        &self.directives
    }

    /// The setting of a directive, under the name that the deployment's version has for it.
    pub fn of(&self, directive: &Directive, spelled: &str) -> Option<&Setting> {
        if self.directives.contains(directive) { self.get(spelled) } else { None }
    }

    /// Each setting, by name.
    pub fn list(&self) -> impl Iterator<Item = &Setting> {
        self.list.iter().map(AsRef::as_ref)
    }

    /// The number of settings.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Every setting that holds with `own` laid over `self`, by name.
    pub fn overlaid<'s>(&'s self, own: &'s Settings) -> impl Iterator<Item = &'s Setting> {
        Overlaid { below: self.list.iter().peekable(), above: own.list.iter().peekable() }
    }
}

/// The high bits, which are mixed best.
fn hash(name: &str) -> u16 {
    (name_hash(name) >> 48) as u16
}

/// Merges two sorted lists; where both have a name, the upper one wins.
struct Overlaid<'s> {
    below: std::iter::Peekable<std::slice::Iter<'s, Arc<Setting>>>,
    above: std::iter::Peekable<std::slice::Iter<'s, Arc<Setting>>>,
}

impl<'s> Iterator for Overlaid<'s> {
    type Item = &'s Setting;

    fn next(&mut self) -> Option<&'s Setting> {
        use std::cmp::Ordering;

        let order = match (self.below.peek(), self.above.peek()) {
            (Some(below), Some(above)) => below.name.cmp(&above.name),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let next = match order {
            Ordering::Less => self.below.next(),
            Ordering::Greater => self.above.next(),
            Ordering::Equal => {
                self.below.next();
                self.above.next()
            }
        };
        next.map(AsRef::as_ref)
    }
}
