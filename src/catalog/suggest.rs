//! What somebody may have meant by a name that no server knows.

use super::directive::{Facts, Kind, Shown};
use super::directives::directives;
use super::version::{Engine, VersionRange};

/// At most this many names are offered: more is a list to read, not a hint.
const MOST: usize = 3;

/// Directives of these versions whose names resemble `name`, the likeliest first; empty when nothing is close.
///
/// Names are compared without case and separators, so that `maxmemory_policy` and `max-memory` are exact.
pub fn suggest(engine: Engine, versions: VersionRange, name: &str) -> Vec<&'static str> {
    let known = directives(engine).iter().flat_map(|directive| {
        directive.within(versions).filter(|facts| is_worth_writing(facts)).flat_map(names)
    });
    closest(name, known)
}

/// The candidates that resemble `name`, the likeliest first, each once.
pub fn closest(name: &str, candidates: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let wanted = plain(name);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut ranked: Vec<(usize, &'static str)> =
        candidates.filter_map(|candidate| Some((distance(&wanted, &plain(candidate))?, candidate))).collect();
    ranked.sort_unstable();
    ranked.dedup();
    // A match without any difference leaves no doubt; others would only distract.
    if ranked.first().is_some_and(|(distance, _)| *distance == 0) {
        ranked.retain(|(distance, _)| *distance == 0);
    }
    ranked.into_iter().map(|(_, candidate)| candidate).take(MOST).collect()
}

fn names(facts: &'static Facts) -> impl Iterator<Item = &'static str> {
    std::iter::once(facts.name).chain(facts.aliases.iter().copied())
}

/// Nobody means a directive without effect, or one that only special builds have.
fn is_worth_writing(facts: &Facts) -> bool {
    facts.kind != Kind::Ignored && facts.shown != Shown::SpecialBuilds
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// How far apart two plain names are, when they are near enough to be taken for each other.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    // One slip per four letters: `port` allows one, `appendfsync` two, and long names four at most. Names of
    // very different length are not compared at all: what a user writes may have any length.
    let most = (wanted.len().max(4) / 4).min(4);
    if wanted.len().abs_diff(candidate.len()) <= most {
        let edits = strsim::damerau_levenshtein(wanted, candidate);
        if edits <= most {
            return Some(edits);
        }
    }
    // A word left out at one end (`memory-policy`, `client-output-buffer`) ranks behind slips.
    let long_enough = wanted.len() >= 6 && wanted.len() * 2 >= candidate.len();
    (long_enough && (candidate.starts_with(wanted) || candidate.ends_with(wanted))).then_some(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V7_0: VersionRange = VersionRange::minor(7, 0);

    #[test]
    fn separators_and_slips_are_seen_through() {
        let first = |name| suggest(Engine::Redis, V7_0, name).first().copied();
        assert_eq!(first("maxmemory_policy"), Some("maxmemory-policy"));
        assert_eq!(first("max-memory"), Some("maxmemory"));
        assert_eq!(first("MaxMemory"), Some("maxmemory"));
        assert_eq!(first("appendfync"), Some("appendfsync"));
        assert_eq!(first("append-only"), Some("appendonly"));
        assert_eq!(first("maxmemroy"), Some("maxmemory"));
        assert_eq!(first("memory-policy"), Some("maxmemory-policy"));
        assert_eq!(first("client-output-buffer"), Some("client-output-buffer-limit"));
    }

    #[test]
    fn nothing_close_means_no_suggestion() {
        assert!(suggest(Engine::Redis, V7_0, "frobnicate").is_empty());
        assert!(suggest(Engine::Redis, V7_0, "").is_empty());
        assert!(suggest(Engine::Redis, V7_0, "-_-").is_empty());
    }

    #[test]
    fn only_names_of_the_versions_are_offered() {
        let old = suggest(Engine::Redis, VersionRange::minor(6, 2), "hash-max-listpack-entires");
        assert!(!old.contains(&"hash-max-listpack-entries"), "{old:?}");
        let new = suggest(Engine::Redis, V7_0, "hash-max-listpack-entires");
        assert_eq!(new.first(), Some(&"hash-max-listpack-entries"));
    }
}
