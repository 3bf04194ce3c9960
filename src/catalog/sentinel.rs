//! The directives of sentinel.conf (`sentinel NAME ...`), by engine. What holds for redis.conf's directives in
//! the same file stands in `directive.rs`.

use super::directive::{Numeric, Owner};
use super::version::{Engine, Version, VersionRange};
use serde::Deserialize;
use table::{REDIS_BEHAVIOUR, REDIS_SENTINEL, VALKEY_BEHAVIOUR, VALKEY_SENTINEL};

/// Written by build.rs from `schemas/sentinel.toml`.
#[allow(clippy::unreadable_literal, reason = "generated; the data is read in schemas/")]
mod table {
    use super::super::directive::{Numeric, Owner, Unit};
    use super::super::version::Version;
    use super::{
        Scope, SentinelArg, SentinelArgKind, SentinelBehaviour, SentinelDirective, SentinelFacts,
        SentinelRepeat, SentinelRewrite,
    };

    include!(concat!(env!("OUT_DIR"), "/sentinel.rs"));
}

/// A directive of sentinel.conf and what is known of it in every supported version.
#[derive(Debug)]
pub struct SentinelDirective {
    /// The name its newest version uses, without the leading word `sentinel`.
    pub name: &'static str,
    /// One line in our own words, without a final stop.
    pub about: &'static str,
    /// Whether it speaks of one primary or of the Sentinel itself.
    pub scope: Scope,
    /// Who decides its value: the server for what Sentinel itself adds (`myid`, epochs, `known-*`).
    pub owner: Owner,
    /// An argument of it must never be shown.
    pub secret: bool,
    /// What of a spec it is written through, where it is not set by its name.
    pub from_spec: Option<&'static str>,
    /// Facts by version: sorted by [`SentinelFacts::since`], never overlapping.
    pub revisions: &'static [SentinelFacts],
}

impl SentinelDirective {
    /// The facts that hold for one version.
    pub fn at(&self, version: Version) -> Option<&'static SentinelFacts> {
        self.revisions
            .iter()
            .find(|facts| facts.since <= version && facts.until.is_none_or(|until| version < until))
    }

    /// The facts of every revision that some version of the range meets, oldest first.
    pub fn within(&self, versions: VersionRange) -> impl Iterator<Item = &'static SentinelFacts> + use<> {
        self.revisions.iter().filter(move |facts| {
            facts.since <= versions.last && facts.until.is_none_or(|until| versions.first < until)
        })
    }
}

/// What holds for a Sentinel directive from one version up to another.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent traits of a directive")]
pub struct SentinelFacts {
    /// What these versions call it.
    pub name: &'static str,
    /// The first version these facts hold for.
    pub since: Version,
    /// The first version they no longer hold for.
    pub until: Option<Version>,
    /// Other names a file may use; Sentinel rewrites them to [`SentinelFacts::name`].
    pub aliases: &'static [&'static str],
    /// The arguments, without the primary's name that a directive of [`Scope::Primary`] starts with.
    pub args: &'static [SentinelArg],
    /// The value where no line sets one.
    pub default: Option<&'static str>,
    /// What a second line does.
    pub repeat: SentinelRepeat,
    /// The option of `SENTINEL SET` that changes it (for `monitor`: its last argument only).
    pub sentinel_set: Option<&'static str>,
    /// `SENTINEL MASTERS` prints it, under its own name; scripts only where one is set.
    pub shown: bool,
    /// `SENTINEL CONFIG SET` changes it and `SENTINEL CONFIG GET` shows it, secrets included.
    pub config_set: bool,
    /// `SENTINEL SET` takes it only after `deny-scripts-reconfig no`.
    pub scripts_must_be_allowed: bool,
    /// What Sentinel leaves of its line when it writes its file.
    pub rewrite: SentinelRewrite,
    /// Sentinel writes the value in quotes. Elsewhere it writes the bare text, so that a value with a space or
    /// a quote makes the next start fail or changes the value.
    pub rewritten_in_quotes: bool,
}

impl SentinelFacts {
    /// The fewest and most arguments, the primary's name not counted.
    pub fn arity(&self) -> (usize, usize) {
        (self.args.iter().filter(|arg| !arg.optional).count(), self.args.len())
    }
}

/// What a Sentinel directive speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One monitored primary, named by the first argument.
    Primary,
    /// The Sentinel itself.
    Global,
}

/// One argument of a Sentinel directive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SentinelArg {
    /// What it is, as a message would call it.
    pub name: &'static str,
    /// What it looks like.
    pub kind: SentinelArgKind,
    /// A line without it is accepted.
    pub optional: bool,
}

/// How sentinel.c reads an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SentinelArgKind {
    /// By `atoi`: leading digits count, whatever follows is ignored, and no digits are 0. The bounds are what
    /// is accepted of the number so read.
    Atoi(Numeric),
    /// `yes` or `no`.
    Bool,
    /// An address, or a host name where [`SentinelBehaviour::host_names`] and `resolve-hostnames yes` allow it.
    Host,
    /// A program that exists and is executable when the file is read.
    Executable,
    /// Exactly 40 characters.
    Id,
    /// A number by `strtoull`.
    Epoch,
    /// Any text.
    Text,
}

/// What a second line of a Sentinel directive does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentinelRepeat {
    /// The last line counts.
    LastWins,
    /// A second line for the same primary refuses the start (`monitor`).
    Once,
    /// Lines add up.
    Accumulate,
}

/// What Sentinel leaves of a line when it writes its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentinelRewrite {
    /// It is always written, with the current value.
    Always,
    /// It is written when a value is set.
    WhenSet,
    /// It vanishes when its value is the default.
    UnlessDefault,
    /// A present line stays; none is added for the default.
    KeptWherePresent,
}

/// How a Sentinel treats its file as a whole, from one version up to another.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent traits of a version")]
pub struct SentinelBehaviour {
    /// The first version this holds for.
    pub since: Version,
    /// The first version this no longer holds for.
    pub until: Option<Version>,
    /// `monitor` has to stand above the options of its primary; otherwise the order is free.
    pub in_file_order: bool,
    /// Host names can be used, once `resolve-hostnames yes` is set.
    pub host_names: bool,
    /// `SENTINEL CONFIG GET` and `SET` exist.
    pub config_command: bool,
    /// `SENTINEL CONFIG SET` takes several pairs at once.
    pub config_set_many: bool,
    /// It has ACL users, and `AUTH` takes a user's name. 6.0 knows `requirepass` only.
    pub users: bool,
}

/// Every Sentinel directive of an engine, sorted by name; none for memcached.
pub fn directives(engine: Engine) -> &'static [SentinelDirective] {
    match engine {
        Engine::Redis => REDIS_SENTINEL,
        Engine::Valkey => VALKEY_SENTINEL,
        Engine::Memcached => &[],
    }
}

/// The directive that any version of the engine knows by this name or alias, in any case.
pub fn directive(engine: Engine, name: &str) -> Option<&'static SentinelDirective> {
    directives(engine).iter().find(|directive| {
        directive.revisions.iter().any(|facts| {
            facts.name.eq_ignore_ascii_case(name)
                || facts.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        })
    })
}

/// How a Sentinel of this version treats its file.
pub fn behaviour(engine: Engine, version: Version) -> Option<&'static SentinelBehaviour> {
    let all = match engine {
        Engine::Redis => REDIS_BEHAVIOUR,
        Engine::Valkey => VALKEY_BEHAVIOUR,
        Engine::Memcached => &[],
    };
    all.iter().find(|one| one.since <= version && one.until.is_none_or(|until| version < until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(engine: Engine, version: &str) -> usize {
        let version = version.parse().unwrap();
        directives(engine).iter().filter(|directive| directive.at(version).is_some()).count()
    }

    #[test]
    fn counts_are_those_of_running_sentinels() {
        for (engine, version, expected) in [
            (Engine::Redis, "6.0.20", 18),
            (Engine::Redis, "6.2.16", 22),
            (Engine::Redis, "7.0.15", 23),
            (Engine::Redis, "7.2.6", 23),
            (Engine::Redis, "7.4.1", 23),
            (Engine::Redis, "8.0.6", 23),
            (Engine::Valkey, "7.2.7", 23),
            (Engine::Valkey, "8.0.1", 23),
            (Engine::Valkey, "8.1.1", 23),
            (Engine::Valkey, "9.1.2", 23),
        ] {
            assert_eq!(count(engine, version), expected, "{engine} {version}");
        }
    }

    #[test]
    fn tables_are_sorted_and_every_name_is_found() {
        for engine in [Engine::Redis, Engine::Valkey] {
            assert!(directives(engine).is_sorted_by(|a, b| a.name < b.name));
            for one in directives(engine) {
                let newest = one.revisions.last().unwrap();
                assert_eq!(newest.name, one.name);
                assert_eq!(directive(engine, &one.name.to_uppercase()).unwrap().name, one.name);
                assert!(one.about.len() < 100 && !one.about.ends_with('.'), "{}", one.about);
            }
        }
    }

    #[test]
    fn valkey_renamed_one_and_quotes_another() {
        let v8 = Version::new(8, 0, 1);
        let reboot = directive(Engine::Valkey, "master-reboot-down-after-period").unwrap();
        assert_eq!(reboot.name, "primary-reboot-down-after-period");
        assert_eq!(reboot.at(Version::new(7, 2, 7)).unwrap().name, "master-reboot-down-after-period");
        assert_eq!(reboot.at(v8).unwrap().aliases, ["master-reboot-down-after-period"]);
        assert!(directive(Engine::Redis, "primary-reboot-down-after-period").is_none());

        let pass = directive(Engine::Valkey, "auth-pass").unwrap();
        assert!(pass.secret && !pass.at(v8).unwrap().rewritten_in_quotes);
        assert!(pass.at(Version::new(9, 1, 2)).unwrap().rewritten_in_quotes);
    }

    #[test]
    fn arguments_and_order_are_described() {
        let v6 = Version::new(6, 0, 16);
        let monitor = directive(Engine::Redis, "monitor").unwrap().at(v6).unwrap();
        assert_eq!(monitor.arity(), (3, 3));
        assert_eq!(monitor.sentinel_set, Some("quorum"));
        let known = directive(Engine::Redis, "known-sentinel").unwrap().at(v6).unwrap();
        assert_eq!(known.arity(), (2, 3));
        assert!(behaviour(Engine::Redis, v6).unwrap().in_file_order);
        assert!(!behaviour(Engine::Redis, Version::new(6, 2, 0)).unwrap().in_file_order);
        assert!(behaviour(Engine::Valkey, Version::new(7, 2, 7)).unwrap().config_set_many);
    }
}
