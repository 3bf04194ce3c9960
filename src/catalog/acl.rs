//! What ACL rules can say, by engine and version: rule words, command categories, commands and subcommands.

use super::version::{Engine, Version};
use table::{
    REDIS_ACL_BEHAVIOUR, REDIS_ACL_RULES, REDIS_CATEGORIES, REDIS_COMMANDS, VALKEY_ACL_BEHAVIOUR,
    VALKEY_ACL_RULES, VALKEY_CATEGORIES, VALKEY_COMMANDS,
};

/// Written by build.rs from `schemas/acl.toml` and `schemas/*-commands.toml`.
mod table {
    use super::super::version::Version;
    use super::{
        AclArg, AclBehaviour, AclRule, AclScope, Command, CommandFacts, DuplicateUser, SanitizePrinted,
        Subcommands,
    };

    include!(concat!(env!("OUT_DIR"), "/acl.rs"));
}

/// A word of an ACL rule.
#[derive(Debug)]
pub struct AclRule {
    /// The word, or the prefix that its argument follows without a space. Words are read in any case.
    pub text: &'static str,
    /// What it does, without a final stop.
    pub about: &'static str,
    /// Where it may stand.
    pub scope: AclScope,
    /// What follows the prefix; none for a whole word.
    pub arg: Option<AclArg>,
    /// The rule it is another spelling of.
    pub same_as: Option<&'static str>,
    /// The first version that knows it.
    pub since: Version,
}

/// Where a rule may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclScope {
    /// On the user only.
    User,
    /// On the user and inside a selector's parentheses.
    Selector,
}

/// What follows the prefix of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclArg {
    /// A password in clear.
    Password,
    /// The SHA-256 of a password: 64 hexadecimal digits in lower case.
    PasswordHash,
    /// A pattern of keys.
    KeyPattern,
    /// A pattern of channels.
    ChannelPattern,
    /// A command, or `command|subcommand`; see [`AclBehaviour::subcommands`].
    Command,
    /// A category, or `all`.
    Category,
    /// Numbers of databases, separated by commas.
    Databases,
    /// Rules of [`AclScope::Selector`], up to a closing parenthesis.
    Selector,
}

/// How ACLs behave as a whole, from one version up to another.
#[derive(Debug)]
pub struct AclBehaviour {
    /// The first version this holds for.
    pub since: Version,
    /// The first version this no longer holds for.
    pub until: Option<Version>,
    /// What a second line for a user in an ACL file does.
    pub duplicate_user: DuplicateUser,
    /// A new user may use all channels, unless `acl-pubsub-default` is set.
    pub channels_open: bool,
    /// What may follow the bar in `+config|get`.
    pub subcommands: Subcommands,
    /// When `ACL LIST` prints `sanitize-payload` or `skip-sanitize-payload`.
    pub sanitize_printed: SanitizePrinted,
}

/// What a second line for a user in an ACL file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateUser {
    /// The last line counts.
    LastWins,
    /// The server refuses to start.
    Fatal,
}

/// What may follow the bar in `+command|...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subcommands {
    /// Any first argument, unchecked; `-command|...` is refused.
    AnyFirstArgument,
    /// A subcommand of the command, after `+` and `-`; for a command without subcommands, any first argument
    /// after `+`.
    KnownOnly,
}

/// When `ACL LIST` prints `sanitize-payload` or `skip-sanitize-payload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SanitizePrinted {
    /// Neither of them.
    Never,
    /// `skip-sanitize-payload` only.
    WhenSkipped,
    /// Always one of them.
    Always,
}

/// A command, or a subcommand as `command|subcommand`.
#[derive(Debug)]
pub struct Command {
    /// Its name in lower case.
    pub name: &'static str,
    /// Facts by version, never overlapping, oldest first.
    pub revisions: &'static [CommandFacts],
}

impl Command {
    /// The facts that hold for one version; none where it does not exist.
    pub fn at(&self, version: Version) -> Option<&'static CommandFacts> {
        self.revisions
            .iter()
            .find(|facts| facts.since <= version && facts.until.is_none_or(|until| version < until))
    }
}

/// What holds for a command from one version up to another.
#[derive(Debug)]
pub struct CommandFacts {
    /// The first version these facts hold for.
    pub since: Version,
    /// The first version they no longer hold for.
    pub until: Option<Version>,
    /// Its categories, sorted, `all` not among them.
    pub categories: &'static [&'static str],
}

/// The words of ACL rules in any version of an engine, sorted.
pub fn rules(engine: Engine) -> &'static [AclRule] {
    match engine {
        Engine::Redis => REDIS_ACL_RULES,
        Engine::Valkey => VALKEY_ACL_RULES,
        Engine::Memcached => &[],
    }
}

/// The categories of an engine, sorted; they are the same in all its supported versions.
pub fn categories(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Redis => REDIS_CATEGORIES,
        Engine::Valkey => VALKEY_CATEGORIES,
        Engine::Memcached => &[],
    }
}

/// The category of this name, in any case and without `@`, in the server's spelling; `all` is one.
pub fn category(engine: Engine, name: &str) -> Option<&'static str> {
    categories(engine).iter().copied().chain(["all"]).find(|category| category.eq_ignore_ascii_case(name))
}

/// Every command and subcommand in any version of an engine, sorted by name.
pub fn commands(engine: Engine) -> &'static [Command] {
    match engine {
        Engine::Redis => REDIS_COMMANDS,
        Engine::Valkey => VALKEY_COMMANDS,
        Engine::Memcached => &[],
    }
}

/// A command, or a subcommand of it, in any case.
pub fn command(engine: Engine, name: &str, subcommand: Option<&str>) -> Option<&'static Command> {
    position(engine, name, subcommand).map(|at| &commands(engine)[at])
}

/// The place of a command or a subcommand in [`commands`].
pub fn position(engine: Engine, name: &str, subcommand: Option<&str>) -> Option<usize> {
    let commands = commands(engine);
    // Nearly all who ask have the name in lower case, and comparing whole texts takes a fraction of the time.
    let exact = |name: &str| commands.binary_search_by(|command| command.name.cmp(name)).ok();
    let whole = match subcommand {
        None => exact(name),
        Some(sub) => exact(&format!("{name}|{sub}")),
    };
    whole.or_else(|| {
        let wanted = name.bytes();
        let wanted = wanted.chain(subcommand.iter().flat_map(|sub| "|".bytes().chain(sub.bytes())));
        let lower = wanted.map(|byte| byte.to_ascii_lowercase());
        commands.binary_search_by(|command| command.name.bytes().cmp(lower.clone())).ok()
    })
}

/// The subcommands of a command that exist in a version, sorted.
pub fn subcommands(
    engine: Engine,
    name: &str,
    version: Version,
) -> impl Iterator<Item = &'static Command> + use<> {
    let start = format!("{}|", name.to_ascii_lowercase());
    let commands = commands(engine);
    let first = commands.partition_point(|command| command.name < start.as_str());
    let below = commands[first..].iter().take_while(move |command| command.name.starts_with(&start));
    below.filter(move |command| command.at(version).is_some())
}

/// How ACLs behave in a version.
pub fn behaviour(engine: Engine, version: Version) -> Option<&'static AclBehaviour> {
    let all = match engine {
        Engine::Redis => REDIS_ACL_BEHAVIOUR,
        Engine::Valkey => VALKEY_ACL_BEHAVIOUR,
        Engine::Memcached => &[],
    };
    all.iter().find(|one| one.since <= version && one.until.is_none_or(|until| version < until))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVERS: [Engine; 2] = [Engine::Redis, Engine::Valkey];

    /// Commands and subcommands, as measured on servers of these versions.
    #[test]
    fn counts_are_those_of_running_servers() {
        for (engine, version, expected) in [
            (Engine::Redis, "6.0.5", (204, 0)),
            (Engine::Redis, "6.0.20", (205, 0)),
            (Engine::Redis, "6.2.16", (224, 0)),
            (Engine::Redis, "7.0.15", (240, 126)),
            (Engine::Redis, "7.2.6", (241, 129)),
            (Engine::Redis, "7.4.1", (250, 129)),
            (Engine::Redis, "8.0.2", (265, 129)),
            (Engine::Redis, "8.0.6", (265, 129)),
            (Engine::Valkey, "7.2.7", (241, 129)),
            (Engine::Valkey, "8.0.1", (241, 132)),
            (Engine::Valkey, "8.1.1", (242, 137)),
            (Engine::Valkey, "9.1.2", (257, 142)),
        ] {
            let version = version.parse().unwrap();
            let there = commands(engine).iter().filter(|command| command.at(version).is_some());
            let (subs, all): (Vec<_>, Vec<_>) = there.partition(|command| command.name.contains('|'));
            assert_eq!((all.len(), subs.len()), expected, "{engine} {version}");
        }
        assert!(SERVERS.iter().all(|engine| categories(*engine).len() == 21));
    }

    #[test]
    fn tables_are_sorted_and_every_subcommand_has_its_command() {
        for engine in SERVERS {
            assert!(commands(engine).is_sorted_by(|a, b| a.name < b.name));
            assert!(rules(engine).is_sorted_by(|a, b| a.text < b.text));
            for one in commands(engine) {
                let (parent, sub) = one.name.split_once('|').map_or((one.name, None), |(p, s)| (p, Some(s)));
                assert!(command(engine, parent, None).is_some(), "{}", one.name);
                assert_eq!(command(engine, &parent.to_uppercase(), sub).unwrap().name, one.name);
                for facts in one.revisions {
                    assert!(facts.categories.iter().all(|name| category(engine, name) == Some(name)));
                }
            }
        }
    }

    #[test]
    fn categories_change_with_the_version() {
        let config = command(Engine::Redis, "config", None).unwrap();
        assert!(config.at(Version::new(6, 2, 14)).unwrap().categories.contains(&"dangerous"));
        assert_eq!(config.at(Version::new(7, 0, 15)).unwrap().categories, ["slow"]);
        let get = command(Engine::Redis, "CONFIG", Some("Get")).unwrap();
        assert!(get.at(Version::new(6, 2, 14)).is_none());
        assert!(get.at(Version::new(7, 0, 0)).unwrap().categories.contains(&"dangerous"));
        assert!(command(Engine::Redis, "stralgo", None).unwrap().at(Version::new(7, 0, 0)).is_none());
        assert!(command(Engine::Redis, "config", Some("nothing")).is_none());
        assert!(subcommands(Engine::Redis, "ACL", Version::new(7, 0, 15)).count() > 5);
        assert_eq!(category(Engine::Redis, "Dangerous"), Some("dangerous"));
        assert_eq!(category(Engine::Redis, "all"), Some("all"));
        assert_eq!(category(Engine::Redis, "@read"), None);
    }

    #[test]
    fn rules_and_behaviour_follow_the_version() {
        let known = |engine, text, version: &str| {
            let version = version.parse().unwrap();
            rules(engine).iter().any(|rule| rule.text == text && rule.since <= version)
        };
        assert!(!known(Engine::Redis, "&", "6.0.20") && known(Engine::Redis, "&", "6.2.0"));
        assert!(!known(Engine::Redis, "%R~", "6.2.16") && known(Engine::Redis, "%R~", "7.0.0"));
        assert!(known(Engine::Valkey, "db=", "9.1.0") && !known(Engine::Redis, "db=", "8.0.6"));
        assert_eq!(
            behaviour(Engine::Redis, Version::new(6, 2, 0)).unwrap().duplicate_user,
            DuplicateUser::LastWins
        );
        let valkey = behaviour(Engine::Valkey, Version::new(9, 1, 2)).unwrap();
        assert_eq!(valkey.sanitize_printed, SanitizePrinted::Never);
        assert_eq!(valkey.duplicate_user, DuplicateUser::Fatal);
    }
}
