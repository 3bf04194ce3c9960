//! What a user's rules come to: a replay of `ACLSetUser` (acl.c of 6.0.16, 6.2.14, 7.0.15, 7.2.6) over the
//! commands of one version. Whether a server takes the rules is [`super::judge()`]'s business.

use std::collections::BTreeSet;

use crate::catalog::acl::{self, Command, Subcommands};
use crate::catalog::{Engine, Version};
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
    /// Commands and subcommands (`config|get`), by their names.
    commands: BTreeSet<&'static str>,
    /// Commands allowed with one first argument only.
    first_arguments: BTreeSet<(String, String)>,
    server: Server,
}

/// Whose commands they are.
#[derive(Debug, Clone, Copy)]
struct Server {
    engine: Engine,
    version: Version,
    known_only: bool,
    channels_open: bool,
}

/// The rights that rules give on a version. `channels_open` is what `acl-pubsub-default` says there.
pub fn rights<'r>(
    rules: impl IntoIterator<Item = &'r AclRule>,
    engine: Engine,
    version: Version,
    channels_open: bool,
) -> Rights {
    let behaviour = acl::behaviour(engine, version);
    let known_only = behaviour.is_some_and(|b| b.subcommands == Subcommands::KnownOnly);
    let server = Server { engine, version, known_only, channels_open };
    let fresh = || Rights {
        enabled: false,
        free: false,
        has_hash: false,
        root: Access::new(server),
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
                let mut access = Access::new(server);
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
    fn new(server: Server) -> Self {
        Access {
            all_keys: false,
            keys: Vec::new(),
            all_channels: server.channels_open,
            channels: Vec::new(),
            commands: BTreeSet::new(),
            first_arguments: BTreeSet::new(),
            server,
        }
    }

    /// Whether a command is allowed, keys and channels apart; with a subcommand, or with what stands first
    /// behind it.
    pub fn may(&self, name: &str, sub: Option<&str>) -> bool {
        let Some(sub) = sub else { return self.commands.contains(name) };
        let full = format!("{name}|{sub}");
        let own = acl::command(self.server.engine, name, Some(sub))
            .is_some_and(|command| self.server.known_only && command.at(self.server.version).is_some());
        if own {
            return self.commands.contains(full.as_str());
        }
        self.commands.contains(name) || self.first_arguments.contains(&(name.to_owned(), sub.to_owned()))
    }

    /// The commands and subcommands that are allowed as a whole.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> + '_ {
        self.commands.iter().filter_map(|name| {
            let (name, sub) = name.split_once('|').map_or((*name, None), |(name, sub)| (name, Some(sub)));
            acl::command(self.server.engine, name, sub)
        })
    }

    /// Whether no command is left out.
    pub fn has_all_commands(&self) -> bool {
        self.server.commands().all(|command| self.commands.contains(command.name))
    }

    /// Whether nothing is allowed, not even with one first argument.
    pub fn has_no_commands(&self) -> bool {
        self.commands.is_empty() && self.first_arguments.is_empty()
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
                self.commands = self.server.commands().map(|command| command.name).collect();
                self.first_arguments.clear();
            }
            AclRule::NoCommands => {
                self.commands.clear();
                self.first_arguments.clear();
            }
            AclRule::Category { allow, name } => {
                for command in self.server.in_category(name) {
                    self.set(command, *allow);
                }
            }
            AclRule::Command { allow, name, sub: None } => self.set(name, *allow),
            AclRule::Command { allow, name, sub: Some(sub) } => self.set_sub(name, sub, *allow),
            // Passwords and states are the user's; what databases do to a command is not known here.
            _ => {}
        }
    }

    /// A command with all of its subcommands; with a subcommand's own name, that one alone.
    fn set(&mut self, name: &str, allow: bool) {
        let Server { engine, version, known_only, .. } = self.server;
        let (parent, sub) = name.split_once('|').map_or((name, None), |(name, sub)| (name, Some(sub)));
        let Some(command) = acl::command(engine, parent, sub) else { return };
        self.put(command.name, allow);
        if sub.is_none() {
            self.first_arguments.retain(|(other, _)| other != command.name);
            if known_only {
                let subs: Vec<_> = acl::subcommands(engine, parent, version).map(|sub| sub.name).collect();
                for name in subs {
                    self.put(name, allow);
                }
            }
        }
    }

    fn set_sub(&mut self, name: &str, sub: &str, allow: bool) {
        let full = format!("{name}|{sub}");
        if self.server.known_only && acl::command(self.server.engine, name, Some(sub)).is_some() {
            self.set(&full, allow);
        } else if allow {
            // On 6.x the command as a whole goes away; later ones keep it, and the argument says nothing.
            if !self.server.known_only {
                self.put_by_name(name, false);
            }
            self.first_arguments.insert((name.to_owned(), sub.to_owned()));
        }
    }

    fn put_by_name(&mut self, name: &str, allow: bool) {
        if let Some(command) = acl::command(self.server.engine, name, None) {
            self.put(command.name, allow);
        }
    }

    fn put(&mut self, name: &'static str, allow: bool) {
        if allow {
            self.commands.insert(name);
        } else {
            self.commands.remove(name);
        }
    }
}

impl Server {
    /// The commands of the version, and its subcommands where it knows them.
    fn commands(self) -> impl Iterator<Item = &'static Command> {
        acl::commands(self.engine).iter().filter(move |command| command.at(self.version).is_some())
    }

    fn in_category(self, category: &str) -> Vec<&'static str> {
        let holds = |command: &&Command| {
            command.at(self.version).is_some_and(|facts| facts.categories.contains(&category))
        };
        self.commands().filter(holds).map(|command| command.name).collect()
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
