//! What holds from one version up to another, said once where it stays the same.

use super::{Scope, minor};
use crate::catalog::Version;

/// Something that holds from `since` up to, not including, `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held<T> {
    pub(super) since: Version,
    pub(super) until: Option<Version>,
    pub(super) what: T,
}

/// Joins neighbours that say the same.
pub(super) fn joined<T: PartialEq>(all: impl IntoIterator<Item = Held<T>>) -> Vec<Held<T>> {
    let mut runs: Vec<Held<T>> = Vec::new();
    for next in all {
        match runs.last_mut() {
            Some(last) if last.what == next.what && last.until == Some(next.since) => last.until = next.until,
            _ => runs.push(next),
        }
    }
    runs
}

/// One line for each run that says something; the versions are named where there are several.
pub(super) fn lines(all: impl IntoIterator<Item = Held<String>>, scope: Scope) -> String {
    let runs = joined(all);
    match runs.as_slice() {
        [only] => only.what.clone(),
        runs => {
            let lines = runs.iter().filter(|run| !run.what.is_empty()).map(|run| {
                match during(run.since, run.until, scope) {
                    Some(when) => format!("{} ({when})", run.what),
                    None => run.what.clone(),
                }
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

/// `before 7.0`, `7.0 and later`, `from 6.2.1, before 7.0`; none where it holds in all versions of the scope.
pub(super) fn during(since: Version, until: Option<Version>, scope: Scope) -> Option<String> {
    let since = Some(since).filter(|since| *since > scope.versions.first).map(minor);
    let until = until.filter(|until| *until <= scope.versions.last).map(minor);
    match (since, until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("{since} and later")),
        (None, Some(until)) => Some(format!("before {until}")),
        (Some(since), Some(until)) => Some(format!("from {since}, before {until}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Engine;

    fn held(since: (u8, u8), until: Option<(u8, u8)>, what: &str) -> Held<String> {
        let version = |(major, minor)| Version::new(major, minor, 0);
        Held { since: version(since), until: until.map(version), what: what.to_owned() }
    }

    #[test]
    fn versions_are_named_only_where_they_matter() {
        let scope = Scope::all(Engine::Redis).unwrap();
        let same = [held((6, 0), Some((7, 0)), "a"), held((7, 0), None, "a")];
        assert_eq!(lines(same, scope), "a");
        let three = [
            held((6, 0), Some((6, 2)), "a"),
            held((6, 2), Some((7, 0)), "b"),
            held((7, 0), Some((7, 2)), "c"),
            held((7, 2), None, "c"),
        ];
        assert_eq!(lines(three, scope), "a (before 6.2)\nb (from 6.2, before 7.0)\nc (7.0 and later)");
    }

    #[test]
    fn a_scope_hides_what_lies_outside() {
        let scope = Scope { engine: Engine::Redis, versions: "7.0".parse().unwrap() };
        assert_eq!(during(Version::new(6, 2, 0), Some(Version::new(7, 2, 0)), scope), None);
        assert_eq!(scope.title(), "Redis 7.0");
        assert_eq!(Scope::all(Engine::Valkey).unwrap().title(), "Valkey 7.2 to 9.1");
    }
}
