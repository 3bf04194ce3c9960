//! Sets of commands, and which commands a version has: whole, and by category.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::acl::{self, Command, Subcommands};
use super::{Engine, Version};

/// Commands and subcommands of one engine: a bit for each that [`acl::commands`] lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandSet(Vec<u64>);

impl CommandSet {
    /// Adds the command at a place of the list.
    pub fn insert(&mut self, at: usize) {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Takes the command at a place of the list away.
    pub fn remove(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Whether it has the command at a place of the list.
    pub fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Adds all commands of another set, or takes them away.
    pub fn set_all(&mut self, other: &CommandSet, present: bool) {
        if present && self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word = if present { *word | other } else { *word & !other };
        }
    }

    /// Whether no command of another set is missing.
    pub fn has_all(&self, other: &CommandSet) -> bool {
        other.0.iter().enumerate().all(|(at, word)| word & !self.0.get(at).unwrap_or(&0) == 0)
    }

    /// Whether both have the same commands.
    pub fn is_same(&self, other: &CommandSet) -> bool {
        self.has_all(other) && other.has_all(self)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The places of its commands in the list, rising.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(at, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
}

/// The commands of one version of an engine, as its ACL rules name them.
#[derive(Debug)]
pub struct VersionCommands {
    /// Every command of the version, and every subcommand that it has.
    pub all: CommandSet,
    /// What a rule about a category sets: its commands, and all subcommands of these where the version knows them.
    pub categories: BTreeMap<&'static str, CommandSet>,
    /// Whether subcommands are commands of their own.
    pub known_only: bool,
}

impl VersionCommands {
    /// Those of a version, made once in the life of the program.
    pub fn of(engine: Engine, version: Version) -> Arc<Self> {
        static MADE: Mutex<BTreeMap<(Engine, Version), Arc<VersionCommands>>> = Mutex::new(BTreeMap::new());
        // A map of facts is whole whoever panicked.
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((engine, version)).or_insert_with(|| Arc::new(Self::make(engine, version))).clone()
    }

    fn make(engine: Engine, version: Version) -> Self {
        let known_only =
            acl::behaviour(engine, version).is_some_and(|known| known.subcommands == Subcommands::KnownOnly);
        let mut made =
            VersionCommands { all: CommandSet::default(), categories: BTreeMap::new(), known_only };
        for (at, command) in acl::commands(engine).iter().enumerate() {
            let Some(facts) = command.at(version) else { continue };
            made.all.insert(at);
            for category in facts.categories {
                let set = made.categories.entry(category).or_default();
                set.insert(at);
                if known_only {
                    for sub in subcommands(engine, command, version) {
                        set.insert(sub);
                    }
                }
            }
        }
        made
    }
}

/// The places of a command's subcommands in the list, as far as the version has them.
fn subcommands(engine: Engine, command: &Command, version: Version) -> impl Iterator<Item = usize> {
    let names = acl::subcommands(engine, command.name, version);
    names.filter_map(move |sub| {
        let (name, sub) = sub.name.split_once('|')?;
        acl::position(engine, name, Some(sub))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(places: &[usize]) -> CommandSet {
        let mut set = CommandSet::default();
        for at in places {
            set.insert(*at);
        }
        set
    }

    #[test]
    fn sets_of_any_length_go_together() {
        let mut some = set(&[1, 64]);
        some.set_all(&set(&[2, 300]), true);
        assert_eq!(some.places().collect::<Vec<_>>(), [1, 2, 64, 300]);
        assert!(some.has_all(&set(&[64, 300])) && !some.has_all(&set(&[3])) && !set(&[1]).has_all(&some));
        some.set_all(&set(&[1, 2, 64, 300, 900]), false);
        assert!(some.is_empty() && !some.contains(900));
        some.remove(5000);
    }

    #[test]
    fn a_category_takes_subcommands_along_where_they_are_commands() {
        let slow = |version: &str, sub| {
            let commands = VersionCommands::of(Engine::Redis, version.parse().unwrap());
            let at = acl::position(Engine::Redis, "config", Some(sub)).unwrap();
            commands.categories["admin"].contains(at)
        };
        assert!(slow("7.0.15", "set"));
        assert!(!slow("6.2.14", "set"));
    }
}
