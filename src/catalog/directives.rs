//! The directives of redis.conf and valkey.conf, by engine: look-ups in the tables that build.rs writes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::directive::{Directive, Group};
use super::memcached;
use super::minor::Minor;
use super::version::Engine;
pub(super) use table::MOST_DIRECTIVES;
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
    // Nearly all who ask have the name in lower case.
    let exact = places(engine).and_then(|places| places.get(name).copied());
    let at = exact.or_else(|| {
        let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
        spellings.binary_search_by(|(spelling, _)| spelling.bytes().cmp(lower.clone())).ok()
    })?;
    let (spelling, directive) = spellings[at];
    Some((&directives(engine)[usize::from(directive)], spelling))
}

/// Where each spelling stands among its engine's.
type Places = HashMap<&'static str, usize, BuildHasherDefault<NameHasher>>;

/// Rules ask for directives by name millions of times.
fn places(engine: Engine) -> Option<&'static Places> {
    static REDIS: LazyLock<Places> = LazyLock::new(|| by_spelling(REDIS_SPELLINGS));
    static VALKEY: LazyLock<Places> = LazyLock::new(|| by_spelling(VALKEY_SPELLINGS));
    match engine {
        Engine::Redis => Some(&REDIS),
        Engine::Valkey => Some(&VALKEY),
        Engine::Memcached => None,
    }
}

fn by_spelling(spellings: &[(&'static str, u16)]) -> Places {
    spellings.iter().enumerate().map(|(at, (spelling, _))| (*spelling, at)).collect()
}

/// Hashes eight bytes at a time. The names in the table are ours: nobody can choose them to collide.
#[derive(Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.add(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        // The high bits are mixed best, and tables look at the low ones.
        self.0.rotate_left(26)
    }
}

/// A hash of a name, the same in one run of the program; the high bits are mixed best.
pub(crate) fn name_hash(name: &str) -> u64 {
    let mut hasher = NameHasher::default();
    hasher.write(name.as_bytes());
    hasher.0
}

impl NameHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
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
