//! What a user's rules come to: a replay of `ACLSetUser` (acl.c of 6.0.16, 6.2.14, 7.0.15, 7.2.6) over the
//! commands of one version. Whether a server takes the rules is [`super::judge()`]'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::acl::{self, Command};
use crate::catalog::{CommandSet, Engine, Version, VersionCommands};
use crate::text::acl::AclRule;

/// What a user may do once all of its rules were read.
#[derive(Debug, Clone)]
pub struct Rights {
    /// It is `on`.
    pub enabled: bool,
    /// It is `nopass`, by its rules; a password behind them takes that away.
    pub free: bool,
    /// Its rules hold a password that no later one takes away.
    pub has_hash: bool,
    /// Its own rights.
    pub root: Access,
    /// The rights of its selectors: each holds by itself.
    pub selectors: Vec<Access>,
}

impl Rights {
    /// Its own rights and those of each selector.
    pub fn all(&self) -> impl Iterator<Item = &Access> {
        std::iter::once(&self.root).chain(&self.selectors)
    }

    /// Whether any of its rights has the command.
    pub fn may(&self, name: &str, sub: Option<&str>) -> bool {
        self.all().any(|access| access.may(name, sub))
    }
}

/// Commands, keys and channels that go together.
#[derive(Debug, Clone)]
pub struct Access {
    /// Any key will do.
    pub all_keys: bool,
    /// Patterns of keys: read, write, pattern.
    pub keys: Vec<(bool, bool, Vec<u8>)>,
    /// Any channel will do.
    pub all_channels: bool,
    /// Patterns of channels.
    pub channels: Vec<Vec<u8>>,
    /// The databases that may be used; none is all of them.
    pub databases: Option<BTreeSet<u32>>,
    /// Commands and subcommands (`config|get`).
    commands: CommandSet,
    /// Commands allowed with one first argument only.
    first_arguments: BTreeSet<(String, String)>,
    server: Server,
}

/// Whose commands they are.
#[derive(Debug, Clone)]
struct Server {
    engine: Engine,
    version: Version,
    has: Arc<VersionCommands>,
    channels_open: bool,
}

/// The rights that rules give on a version. `channels_open` is what `acl-pubsub-default` says there.
pub fn rights<'r>(
    rules: impl IntoIterator<Item = &'r AclRule>,
    engine: Engine,
    version: Version,
    channels_open: bool,
) -> Rights {
    let server = Server { engine, version, has: VersionCommands::of(engine, version), channels_open };
    let fresh = || Rights {
        enabled: false,
        free: false,
        has_hash: false,
        root: Access::new(&server),
        selectors: Vec::new(),
    };
    let mut rights = fresh();
    for rule in rules {
        match rule {
            AclRule::On => rights.enabled = true,
            AclRule::Off => rights.enabled = false,
            AclRule::NoPass => (rights.free, rights.has_hash) = (true, false),
            AclRule::ResetPass => (rights.free, rights.has_hash) = (false, false),
            AclRule::AddHash(_) | AclRule::AddPassword(_) => (rights.free, rights.has_hash) = (false, true),
            AclRule::Reset => rights = fresh(),
            AclRule::ClearSelectors => rights.selectors.clear(),
            AclRule::Selector(inner) => {
                let mut access = Access::new(&server);
                for rule in inner {
                    access.apply(rule);
                }
                rights.selectors.push(access);
            }
            other => rights.root.apply(other),
        }
    }
    rights
}

impl Access {
    fn new(server: &Server) -> Self {
        Access {
            all_keys: false,
            keys: Vec::new(),
            all_channels: server.channels_open,
            channels: Vec::new(),
            databases: None,
            commands: CommandSet::default(),
            first_arguments: BTreeSet::new(),
            server: server.clone(),
        }
    }

    /// Whether a command is allowed, keys and channels apart; with a subcommand, or with what stands first
    /// behind it.
    pub fn may(&self, name: &str, sub: Option<&str>) -> bool {
        let Some(sub) = sub else { return self.has(name, None) };
        let own = acl::command(self.server.engine, name, Some(sub))
            .is_some_and(|command| self.server.has.known_only && command.at(self.server.version).is_some());
        if own {
            return self.has(name, Some(sub));
        }
        self.has(name, None) || self.first_arguments.contains(&(name.to_owned(), sub.to_owned()))
    }

    fn has(&self, name: &str, sub: Option<&str>) -> bool {
        acl::position(self.server.engine, name, sub).is_some_and(|at| self.commands.contains(at))
    }

    /// The commands and subcommands that are allowed as a whole.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> + '_ {
        let commands = acl::commands(self.server.engine);
        self.commands.places().map(|at| &commands[at])
    }

    /// Whether no command is left out.
    pub fn has_all_commands(&self) -> bool {
        self.commands.has_all(&self.server.has.all)
    }

    /// Whether nothing is allowed, not even with one first argument.
    pub fn has_no_commands(&self) -> bool {
        self.commands.is_empty() && self.first_arguments.is_empty()
    }

    /// Whether the same is allowed, however it was said.
    pub fn is_same(&self, other: &Access) -> bool {
        self.key() == other.key() && self.commands.is_same(&other.commands)
    }

    /// What the other allows and this does not, as names of commands.
    pub fn lacks<'a>(&'a self, other: &'a Access) -> impl Iterator<Item = String> + 'a {
        let whole = other.commands().filter(|command| {
            let (name, sub) =
                command.name.split_once('|').map_or((command.name, None), |(n, s)| (n, Some(s)));
            !self.has(name, sub)
        });
        let arguments = other.first_arguments.difference(&self.first_arguments);
        whole
            .map(|command| command.name.to_owned())
            .chain(arguments.map(|(name, argument)| format!("{name}|{argument}")))
    }

    /// Everything but the commands, in one form: a pattern that was named for reading and for writing is one.
    fn key(&self) -> impl PartialEq + use<> {
        let mut keys: BTreeMap<Vec<u8>, (bool, bool)> = BTreeMap::new();
        for (read, write, pattern) in &self.keys {
            let rights = keys.entry(pattern.clone()).or_default();
            *rights = (rights.0 || *read, rights.1 || *write);
        }
        let channels: BTreeSet<Vec<u8>> = self.channels.iter().cloned().collect();
        let channels = (self.all_channels, channels);
        (self.all_keys, keys, channels, self.databases.clone(), self.first_arguments.clone())
    }

    fn apply(&mut self, rule: &AclRule) {
        match rule {
            AclRule::AllKeys => (self.all_keys, self.keys) = (true, Vec::new()),
            AclRule::ResetKeys => (self.all_keys, self.keys) = (false, Vec::new()),
            AclRule::KeyPattern { read, write, pattern } => {
                self.keys.push((*read, *write, pattern.clone()));
            }
            AclRule::AllChannels => (self.all_channels, self.channels) = (true, Vec::new()),
            AclRule::ResetChannels => (self.all_channels, self.channels) = (false, Vec::new()),
            AclRule::Channel(pattern) => self.channels.push(pattern.clone()),
            AclRule::AllCommands => {
                self.commands.clone_from(&self.server.has.all);
                self.first_arguments.clear();
            }
            AclRule::NoCommands => {
                self.commands = CommandSet::default();
                self.first_arguments.clear();
            }
            AclRule::Category { allow, name } => self.set_category(name, *allow),
            AclRule::Command { allow, name, sub: None } => self.set(name, *allow),
            AclRule::Command { allow, name, sub: Some(sub) } => self.set_sub(name, sub, *allow),
            AclRule::AllDatabases => self.databases = None,
            AclRule::ResetDatabases => self.databases = Some(BTreeSet::new()),
            AclRule::Databases(list) => self.databases = Some(list.iter().copied().collect()),
            // Passwords and states are the user's.
            _ => {}
        }
    }

    fn set_category(&mut self, name: &str, allow: bool) {
        let Some(set) = self.server.has.categories.get(name) else { return };
        self.commands.set_all(set, allow);
        let engine = self.server.engine;
        let is_set = |name: &str| acl::position(engine, name, None).is_some_and(|at| set.contains(at));
        self.first_arguments.retain(|(command, _)| !is_set(command));
    }

    /// A command with all of its subcommands; with a subcommand's own name, that one alone.
    fn set(&mut self, name: &str, allow: bool) {
        let Server { engine, version, .. } = self.server;
        let (parent, sub) = name.split_once('|').map_or((name, None), |(name, sub)| (name, Some(sub)));
        let Some(command) = acl::command(engine, parent, sub) else { return };
        self.put(parent, sub, allow);
        if sub.is_none() {
            self.first_arguments.retain(|(other, _)| other != command.name);
            if self.server.has.known_only {
                for full in acl::subcommands(engine, parent, version) {
                    self.put(parent, full.name.split_once('|').map(|(_, sub)| sub), allow);
                }
            }
        }
    }

    fn set_sub(&mut self, name: &str, sub: &str, allow: bool) {
        let known_only = self.server.has.known_only;
        if known_only && acl::command(self.server.engine, name, Some(sub)).is_some() {
            self.put(name, Some(sub), allow);
        } else if allow {
            // On 6.x the command as a whole goes away; later ones keep it, and the argument says nothing.
            if !known_only {
                self.put(name, None, false);
            }
            self.first_arguments.insert((name.to_owned(), sub.to_owned()));
        }
    }

    fn put(&mut self, name: &str, sub: Option<&str>, allow: bool) {
        let Some(at) = acl::position(self.server.engine, name, sub) else { return };
        if allow {
            self.commands.insert(at);
        } else {
            self.commands.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::acl::read_rules;

    fn of(version: &str, rules: &str) -> Rights {
        let read = read_rules(rules).plain();
        rights(&read, Engine::Redis, version.parse().unwrap(), version.starts_with('6'))
    }

    #[test]
    fn the_last_word_counts() {
        let app = of("7.0.15", "on ~app:* +@read +@write -@dangerous");
        assert!(app.enabled && !app.free && !app.root.all_keys && app.root.keys.len() == 1);
        assert!(app.may("get", None) && app.may("set", None));
        assert!(!app.may("flushall", None) && !app.may("keys", None) && !app.may("info", None));
        assert!(of("7.0.15", "+@write").may("flushall", None));
        assert!(!of("7.0.15", "+info -@dangerous").may("info", None));
        assert!(of("7.0.15", "-flushall +@all").root.has_all_commands());
        assert!(of("7.0.15", "+@all -@all").root.has_no_commands());
        assert!(!of("7.0.15", "on nopass ~* +@all reset").enabled);
    }

    #[test]
    fn subcommands_are_commands_from_7_0_on() {
        let config = of("7.0.15", "+config -@dangerous");
        assert!(!config.may("config", Some("get")) && config.may("config", Some("help")));
        assert!(of("7.0.15", "+config|get").may("config", Some("get")));
        assert!(!of("7.0.15", "+config|get").may("config", Some("set")));
        // A command of a category takes its subcommands along, whatever theirs are.
        assert!(of("7.0.15", "+@slow").may("config", Some("set")));
        assert!(of("7.0.15", "+config|set +config|get -config|set").may("config", Some("get")));
    }

    #[test]
    fn first_arguments_before() {
        let client = of("6.2.14", "+client +client|setname");
        assert!(!client.may("client", Some("kill")) && client.may("client", Some("setname")));
        assert!(of("6.2.14", "+client").may("client", Some("kill")));
        assert!(!of("6.2.14", "+client|kill -client").may("client", Some("kill")));
    }

    #[test]
    fn selectors_hold_by_themselves() {
        let user = of("7.2.6", "~a:* +get (~b:* +set) (%R~c +@read)");
        assert_eq!(user.selectors.len(), 2);
        assert!(user.may("set", None) && !user.root.may("set", None));
        assert!(of("7.2.6", "(~b +set) clearselectors").selectors.is_empty());
    }

    #[test]
    fn channels_are_closed_from_7_0_on() {
        assert!(of("6.2.14", "+subscribe").root.all_channels);
        assert!(!of("7.2.6", "+subscribe").root.all_channels);
        assert_eq!(of("7.2.6", "&a &b").root.channels.len(), 2);
    }
}
