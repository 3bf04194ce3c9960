//! What servers run with where nothing sets it.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::observed::observed;
use super::value::Value;
use crate::catalog::{Directive, Engine, VersionRange, directives};

/// The defaults of the versions that a deployment may be, each read when it is first asked for.
#[derive(Debug)]
pub struct Defaults {
    engine: Engine,
    versions: VersionRange,
    values: Vec<OnceLock<Option<Value>>>,
}

impl Defaults {
    /// Those of some versions. They are kept as long as the program runs: there are few, and each deployment of
    /// the same versions asks the same.
    pub fn of(engine: Engine, versions: VersionRange) -> &'static Self {
        static MADE: Mutex<BTreeMap<(Engine, VersionRange), &'static Defaults>> = Mutex::new(BTreeMap::new());
        // A map of facts is whole whoever panicked.
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((engine, versions)).or_insert_with(|| {
            let values = directives(engine).iter().map(|_| OnceLock::new()).collect();
            Box::leak(Box::new(Defaults { engine, versions, values }))
        })
    }

    /// The default of one of the engine's directives. None where there is none, or not the same in all of the versions.
    pub fn get(&self, directive: &Directive) -> Option<&Value> {
        self.values[usize::from(directive.place)].get_or_init(|| self.read(directive)).as_ref()
    }

    fn read(&self, directive: &Directive) -> Option<Value> {
        let default = directive.at(self.versions.last)?.default?;
        let mut defaults = directive.within(self.versions).map(|facts| facts.default);
        let same = defaults.all(|other| other == Some(default));
        same.then(|| observed(directive, self.engine, self.versions.last, default.as_bytes()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::directive;

    fn default(versions: &str, name: &str) -> Option<&'static Value> {
        Defaults::of(Engine::Redis, versions.parse().unwrap()).get(directive(Engine::Redis, name).unwrap())
    }

    #[test]
    fn what_is_the_same_in_all_versions_is_known() {
        assert_eq!(default("7.2", "maxmemory"), Some(&Value::Bytes(0)));
        assert_eq!(default("7.2", "slave-read-only"), Some(&Value::Bool(true)));
        assert_eq!(default("6.2", "maxmemory-clients"), None);
    }
}
