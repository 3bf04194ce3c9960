//! Finding whatever has a name, of any kind: directives, Sentinel's, options, commands, categories, ACL rules.

use std::collections::BTreeSet;

use super::acl::{self, AclRule, Command};
use super::directive::Directive;
use super::memcached::{self, MemcachedOption, Spelling};
use super::sentinel::{self, SentinelDirective};
use super::{Engine, VersionRange, closest, directives};

/// Something of one engine that has a name.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// A directive of redis.conf or valkey.conf.
    Directive(&'static Directive),
    /// A directive of sentinel.conf.
    Sentinel(&'static SentinelDirective),
    /// An option of memcached.
    Option(&'static MemcachedOption),
    /// A command or subcommand.
    Command(&'static Command),
    /// A category of commands, without `@`.
    Category(&'static str),
    /// A word of ACL rules.
    Rule(&'static AclRule),
}

impl Entry {
    /// What it is, in one word.
    pub const fn what(&self) -> &'static str {
        match self {
            Entry::Directive(_) => "directive",
            Entry::Sentinel(_) => "sentinel",
            Entry::Option(_) => "option",
            Entry::Command(_) => "command",
            Entry::Category(_) => "category",
            Entry::Rule(_) => "ACL rule",
        }
    }

    /// Its name, in a form that [`exact`] finds again.
    pub fn name(&self) -> String {
        match self {
            Entry::Directive(directive) => directive.name.to_owned(),
            Entry::Sentinel(directive) => format!("sentinel {}", directive.name),
            Entry::Option(option) => option.name.to_owned(),
            Entry::Command(command) => command.name.to_owned(),
            Entry::Category(name) => format!("@{name}"),
            Entry::Rule(rule) => rule.text.to_owned(),
        }
    }

    /// One line on it; none for commands and categories, of which the catalogue knows only the rights.
    pub fn about(&self) -> &'static str {
        match self {
            Entry::Directive(directive) => directive.about,
            Entry::Sentinel(directive) => directive.about,
            Entry::Option(option) => option.about,
            Entry::Rule(rule) => rule.about,
            Entry::Command(_) | Entry::Category(_) => "",
        }
    }

    /// Whether some version of the range has it.
    pub fn exists_in(&self, versions: VersionRange) -> bool {
        match self {
            Entry::Directive(directive) => directive.within(versions).next().is_some(),
            Entry::Sentinel(directive) => directive.within(versions).next().is_some(),
            Entry::Option(option) => option.within(versions).next().is_some(),
            Entry::Command(command) => command.revisions.iter().any(|facts| {
                facts.since <= versions.last && facts.until.is_none_or(|until| versions.first < until)
            }),
            Entry::Rule(rule) => rule.since <= versions.last,
            Entry::Category(_) => true,
        }
    }
}

/// Everything of an engine that has this name: an alias, an older name, any case; Sentinel's with or without
/// `sentinel` in front, options as on a command line too, subcommands with `|`.
pub fn exact(engine: Engine, name: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    found.extend(super::directive(engine, name).map(Entry::Directive));
    let bare =
        name.get(..9).filter(|start| start.eq_ignore_ascii_case("sentinel ")).map_or(name, |_| &name[9..]);
    found.extend(sentinel::directive(engine, bare.trim()).map(Entry::Sentinel));
    if engine == Engine::Memcached {
        found.extend(option(name).map(Entry::Option));
    }
    match name.strip_prefix('@') {
        Some(category) => found.extend(acl::category(engine, category).map(Entry::Category)),
        None => {
            let (command, sub) = name.split_once('|').map_or((name, None), |(name, sub)| (name, Some(sub)));
            found.extend(acl::command(engine, command, sub).map(Entry::Command));
        }
    }
    let rules = acl::rules(engine).iter();
    found.extend(rules.filter(|rule| rule.text.eq_ignore_ascii_case(name)).map(Entry::Rule));
    found
}

/// An option by its name, its letter (`-m`), its long form (`--memory-limit`) or its row of `stats settings`.
fn option(name: &str) -> Option<&'static MemcachedOption> {
    let lower = name.to_ascii_lowercase();
    let bare = lower.trim_start_matches('-');
    let letter =
        name.strip_prefix('-').filter(|rest| rest.chars().count() == 1).and_then(|rest| rest.chars().next());
    letter
        .and_then(memcached::flag)
        .or_else(|| memcached::option(name))
        .or_else(|| memcached::option(bare))
        .or_else(|| memcached::option(&bare.replace('_', "-")))
        .or_else(|| memcached::by_stat(bare))
}

/// Everything of an engine with this text in one of its names.
pub fn containing(engine: Engine, part: &str) -> Vec<Entry> {
    let part = part.to_ascii_lowercase();
    let has = |name: &str| name.contains(&part);
    let mut found = Vec::new();
    found.extend(
        directives(engine)
            .iter()
            .filter(|one| {
                one.revisions
                    .iter()
                    .any(|facts| has(facts.name) || facts.aliases.iter().any(|alias| has(alias)))
            })
            .map(Entry::Directive),
    );
    found.extend(
        sentinel::directives(engine)
            .iter()
            .filter(|one| {
                one.revisions
                    .iter()
                    .any(|facts| has(facts.name) || facts.aliases.iter().any(|alias| has(alias)))
            })
            .map(Entry::Sentinel),
    );
    if engine == Engine::Memcached {
        found.extend(
            memcached::options()
                .iter()
                .filter(|one| {
                    let stat =
                        one.revisions.iter().any(|facts| facts.stat.is_some_and(|stat| has(stat.name)));
                    stat || has(&one.name.to_ascii_lowercase())
                })
                .map(Entry::Option),
        );
    }
    found.extend(acl::commands(engine).iter().filter(|one| has(one.name)).map(Entry::Command));
    found.extend(
        acl::categories(engine)
            .iter()
            .filter(|name| format!("@{name}").contains(&part))
            .map(|name| Entry::Category(name)),
    );
    found
}

/// Names of these engines that resemble one that nothing has.
pub fn resembling(engines: &[Engine], name: &str) -> Vec<&'static str> {
    let mut names = BTreeSet::new();
    for engine in engines {
        names.extend(directives(*engine).iter().flat_map(|one| {
            one.revisions
                .iter()
                .flat_map(|facts| std::iter::once(facts.name).chain(facts.aliases.iter().copied()))
        }));
        names.extend(sentinel::directives(*engine).iter().map(|one| one.name));
        names.extend(acl::commands(*engine).iter().map(|one| one.name));
        if *engine == Engine::Memcached {
            names.extend(
                memcached::options()
                    .iter()
                    .filter(|one| one.spelling == Spelling::Extended || one.name.len() > 1)
                    .map(|one| one.name),
            );
        }
    }
    closest(name, names.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(engine: Engine, name: &str) -> Vec<(&'static str, String)> {
        exact(engine, name).iter().map(|entry| (entry.what(), entry.name())).collect()
    }

    #[test]
    fn every_kind_of_name_is_found() {
        let redis = |name| found(Engine::Redis, name);
        assert_eq!(redis("SlaveOf")[0], ("directive", "replicaof".to_owned()));
        assert_eq!(redis("slaveof")[1], ("command", "slaveof".to_owned()));
        assert_eq!(redis("@Dangerous"), [("category", "@dangerous".to_owned())]);
        assert_eq!(redis("CONFIG|get"), [("command", "config|get".to_owned())]);
        assert_eq!(redis("sentinel monitor")[0], ("sentinel", "sentinel monitor".to_owned()));
        assert_eq!(redis("allkeys"), [("ACL rule", "allkeys".to_owned())]);
        assert_eq!(redis("frobnicate"), []);
        let memcached = |name| found(Engine::Memcached, name);
        for name in ["memory-limit", "-m", "--memory-limit", "MEMORY_LIMIT", "maxbytes"] {
            assert_eq!(memcached(name), [("option", "memory-limit".to_owned())], "{name}");
        }
    }

    #[test]
    fn every_name_finds_its_entry_again() {
        for engine in Engine::ALL {
            for entry in containing(engine, "") {
                let again = exact(engine, &entry.name());
                assert!(again.iter().any(|other| other.name() == entry.name()), "{engine} {}", entry.name());
            }
        }
    }

    #[test]
    fn parts_and_slips_lead_somewhere() {
        let names: Vec<String> = containing(Engine::Redis, "maxmem").iter().map(Entry::name).collect();
        assert!(names.contains(&"maxmemory-policy".to_owned()), "{names:?}");
        assert_eq!(resembling(&Engine::ALL, "maxmemmory").first(), Some(&"maxmemory"));
        assert_eq!(resembling(&Engine::ALL, "qqqqqqqq"), Vec::<&str>::new());
    }
}
