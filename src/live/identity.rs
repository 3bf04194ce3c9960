//! Who a server is, as it says itself.

use std::collections::BTreeMap;

use crate::catalog::{Engine, Version};

/// Who a server is, as INFO or `version` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The product whose facts hold for it.
    pub engine: Engine,
    /// The version whose facts hold for it.
    pub version: Version,
    /// What it is really, where it is neither Redis, Valkey nor memcached: `redict 7.3.6`.
    pub fork: Option<String>,
    /// It runs as a Sentinel.
    pub sentinel: bool,
}

impl Identity {
    /// Reads the fields of INFO. Valkey keeps `redis_version` at the version it split off from and says its own in
    /// `valkey_version`.
    pub(super) fn of_info(info: &BTreeMap<String, String>) -> Option<Self> {
        let field = |name: &str| info.get(name).map(String::as_str);
        let (engine, said) = match (field("valkey_version"), field("redis_version")) {
            (Some(said), _) => (Engine::Valkey, said),
            (None, said) => (Engine::Redis, said?),
        };
        let mode = field("server_mode").or_else(|| field("redict_mode")).or_else(|| field("redis_mode"));
        Some(Identity {
            engine,
            version: released(said.parse().ok()?),
            fork: field("redict_version").map(|version| format!("redict {version}")),
            sentinel: mode == Some("sentinel"),
        })
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.sentinel { " (Sentinel)" } else { "" };
        match &self.fork {
            Some(fork) => write!(f, "{fork}{kind}"),
            None => write!(f, "{} {}{kind}", self.engine, self.version),
        }
    }
}

/// The release that a version stands for: milestones and candidates of N.0.0 count as (N-1).9.2xx (8.0-m01 says
/// 7.9.224).
fn released(version: Version) -> Version {
    match version {
        Version { major, minor: 9, patch: 200.. } => Version::new(major.saturating_add(1), 0, 0),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(fields: &[(&str, &str)]) -> Option<Identity> {
        Identity::of_info(
            &fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn valkey_and_forks_are_told_apart() {
        let valkey =
            identity(&[("redis_version", "7.2.4"), ("valkey_version", "8.1.1"), ("server_mode", "sentinel")])
                .unwrap();
        assert_eq!((valkey.engine, valkey.version), (Engine::Valkey, Version::new(8, 1, 1)));
        assert!(valkey.sentinel);
        let redict = identity(&[("redis_version", "7.2.4"), ("redict_version", "7.3.6")]).unwrap();
        assert_eq!((redict.engine, redict.fork.as_deref()), (Engine::Redis, Some("redict 7.3.6")));
        assert_eq!(identity(&[("server_mode", "standalone")]), None);
    }

    #[test]
    fn a_milestone_counts_as_its_release() {
        assert_eq!(identity(&[("redis_version", "7.9.224")]).unwrap().version, Version::new(8, 0, 0));
        assert_eq!(identity(&[("redis_version", "7.0.15")]).unwrap().version, Version::new(7, 0, 15));
    }
}
