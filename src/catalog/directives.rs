//! The directives of redis.conf and valkey.conf, by engine: look-ups in the tables that build.rs writes.

use super::directive::{Directive, Group};
use super::memcached;
use super::minor::Minor;
use super::version::Engine;
use table::{
    REDIS_DIRECTIVES, REDIS_MINORS, REDIS_SPELLINGS, VALKEY_DIRECTIVES, VALKEY_MINORS, VALKEY_SPELLINGS,
};

/// Written by build.rs from `schemas/redis.toml` and `schemas/valkey.toml`.
#[allow(clippy::unreadable_literal, reason = "generated; the data is read in schemas/")]
mod table {
    use super::super::directive::{
        Directive, EnumWord, Facts, Group, Kind, Numeric, Owner, Repeat, Shown, Special, TextRule, Unit,
        WithoutFeature,
    };
    use super::super::minor::{Minor, UnknownDirectives};
    use super::super::version::{Feature, Version, VersionRange};

    include!(concat!(env!("OUT_DIR"), "/directives.rs"));
}

/// The supported minors of an engine, oldest first.
pub fn supported(engine: Engine) -> &'static [Minor] {
    match engine {
        Engine::Redis => REDIS_MINORS,
        Engine::Valkey => VALKEY_MINORS,
        Engine::Memcached => memcached::supported(),
    }
}

/// Every directive of an engine in any supported version, sorted by name; none for memcached, whose options
/// stand in [`memcached`].
pub fn directives(engine: Engine) -> &'static [Directive] {
    match engine {
        Engine::Redis => REDIS_DIRECTIVES,
        Engine::Valkey => VALKEY_DIRECTIVES,
        Engine::Memcached => &[],
    }
}

/// The directive that any version of the engine knows by this name, an alias or an older name, in any case.
pub fn directive(engine: Engine, name: &str) -> Option<&'static Directive> {
    spelled(engine, name).map(|(directive, _)| directive)
}

/// As [`directive`], together with the spelling that matched, in lower case.
pub fn spelled(engine: Engine, name: &str) -> Option<(&'static Directive, &'static str)> {
    let spellings = spellings(engine);
    // Nearly all who ask have the name in lower case, and comparing whole texts takes a fraction of the time.
    let exact = spellings.binary_search_by(|(spelling, _)| (*spelling).cmp(name));
    let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
    let at =
        exact.or_else(|_| spellings.binary_search_by(|(spelling, _)| spelling.bytes().cmp(lower.clone())));
    let at = at.ok()?;
    let (spelling, directive) = spellings[at];
    Some((&directives(engine)[usize::from(directive)], spelling))
}

/// The directives of one part of the configuration file, sorted by name.
pub fn in_group(engine: Engine, group: Group) -> impl Iterator<Item = &'static Directive> {
    directives(engine).iter().filter(move |directive| directive.group == group)
}

/// Every spelling of any version in lower case, sorted, with the place of its directive.
pub(super) fn spellings(engine: Engine) -> &'static [(&'static str, u16)] {
    match engine {
        Engine::Redis => REDIS_SPELLINGS,
        Engine::Valkey => VALKEY_SPELLINGS,
        Engine::Memcached => &[],
    }
}
