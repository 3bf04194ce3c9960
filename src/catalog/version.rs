//! Engines, versions, ranges of versions and builds: what a fact depends on.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// A server product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// Redis 6.0 to 8.0.
    Redis,
    /// Valkey 7.2 to 9.1.
    Valkey,
    /// Memcached 1.6.
    Memcached,
}

impl Engine {
    /// Every engine, in the order they are listed to people.
    pub const ALL: [Engine; 3] = [Engine::Redis, Engine::Valkey, Engine::Memcached];

    /// The name as specs and schemas write it.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Redis => "redis",
            Engine::Valkey => "valkey",
            Engine::Memcached => "memcached",
        }
    }

    /// The name as prose writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Engine::Redis => "Redis",
            Engine::Valkey => "Valkey",
            Engine::Memcached => "Memcached",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One released version, `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 6 in 6.2.14.
    pub major: u8,
    /// 2 in 6.2.14.
    pub minor: u8,
    /// 14 in 6.2.14.
    pub patch: u16,
}

impl Version {
    /// A version from its three numbers.
    pub const fn new(major: u8, minor: u8, patch: u16) -> Self {
        Version { major, minor, patch }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = BadVersion;

    /// Reads `6.2.14`; a minor alone (`6.2`) is a [`VersionRange`], not a version.
    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let range: VersionRange = text.parse()?;
        if range.first == range.last { Ok(range.first) } else { Err(BadVersion) }
    }
}

/// The text is neither `MAJOR.MINOR` nor `MAJOR.MINOR.PATCH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadVersion;

impl fmt::Display for BadVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version is written as `7.2` (any patch of it) or `7.2.6`")
    }
}

impl std::error::Error for BadVersion {}

/// The versions a declaration may meet: one patch release, or every patch of a minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionRange {
    /// The first version of the range.
    pub first: Version,
    /// The last version of the range, included.
    pub last: Version,
}

impl VersionRange {
    /// The range that holds one patch release.
    pub const fn exactly(version: Version) -> Self {
        VersionRange { first: version, last: version }
    }

    /// Every patch release of a minor.
    pub const fn minor(major: u8, minor: u8) -> Self {
        VersionRange { first: Version::new(major, minor, 0), last: Version::new(major, minor, u16::MAX) }
    }

    /// Whether `version` lies in the range.
    pub fn contains(self, version: Version) -> bool {
        self.first <= version && version <= self.last
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{}.{}", self.first.major, self.first.minor)
        }
    }
}

impl FromStr for VersionRange {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        fn number<T: FromStr>(part: Option<&str>) -> Result<T, BadVersion> {
            let part = part.ok_or(BadVersion)?;
            let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            if plain { part.parse().map_err(|_| BadVersion) } else { Err(BadVersion) }
        }
        let mut parts = text.split('.');
        let (major, minor) = (number(parts.next())?, number(parts.next())?);
        let range = match parts.next() {
            None => VersionRange::minor(major, minor),
            patch @ Some(_) => VersionRange::exactly(Version::new(major, minor, number(patch)?)),
        };
        if parts.next().is_some() { Err(BadVersion) } else { Ok(range) }
    }
}

/// What a server was compiled with, as far as it decides which directives it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of a build")]
pub struct Build {
    /// TLS support (`BUILD_TLS=yes`).
    pub tls: bool,
    /// Active defragmentation (the bundled jemalloc; Debian's packages lack it).
    pub defrag: bool,
    /// systemd notification (`USE_SYSTEMD=yes`).
    pub systemd: bool,
    /// Modules can be loaded, and directives this catalogue does not know may be theirs.
    pub modules: bool,
}

/// A part of a build that a directive or value can depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// See [`Build::tls`].
    Tls,
    /// See [`Build::defrag`].
    Defrag,
    /// See [`Build::systemd`].
    Systemd,
}

impl Feature {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Feature::Tls => "TLS",
            Feature::Defrag => "active defragmentation",
            Feature::Systemd => "systemd support",
        }
    }

    /// Its key in a spec's `build` table.
    pub const fn key(self) -> &'static str {
        match self {
            Feature::Tls => "tls",
            Feature::Defrag => "defrag",
            Feature::Systemd => "systemd",
        }
    }
}

impl Build {
    /// Whether the build has the feature.
    pub const fn has(self, feature: Feature) -> bool {
        match feature {
            Feature::Tls => self.tls,
            Feature::Defrag => self.defrag,
            Feature::Systemd => self.systemd,
        }
    }
}

/// What a setting is judged against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// The product.
    pub engine: Engine,
    /// The versions it may be.
    pub versions: VersionRange,
    /// What it was compiled with.
    pub build: Build,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_is_a_range_and_a_patch_is_not() {
        let minor: VersionRange = "6.2".parse().unwrap();
        assert!(minor.contains(Version::new(6, 2, 0)) && minor.contains(Version::new(6, 2, 99)));
        assert!(!minor.contains(Version::new(7, 0, 0)));
        assert_eq!("6.2.14".parse(), Ok(Version::new(6, 2, 14)));
        assert_eq!(minor.to_string(), "6.2");
    }

    #[test]
    fn nonsense_is_no_version() {
        for text in ["", "7", "7.", "07.2", "7.2.x", "7.2.1.0", "v7.2", "7.2-rc1", "+7.2", "300.1", "7.2 "] {
            assert!(text.parse::<VersionRange>().is_err(), "{text}");
        }
        assert!("6.2".parse::<Version>().is_err());
    }
}
