//! The supported minors of an engine and what holds for all directives of one.

use super::version::{Version, VersionRange};

/// A supported minor.
#[derive(Debug)]
pub struct Minor {
    /// All its patch releases, later ones than [`Minor::last_known`] included.
    pub range: VersionRange,
    /// The last patch release the facts are known to hold for.
    pub last_known: Version,
    /// The releases whose running servers the facts were measured on.
    pub measured: &'static [Version],
    /// The releases the catalogue's self-check is run against; none where the facts are only taken over from
    /// the measurements.
    pub verified: &'static [Version],
    /// What a server does with a directive it does not know.
    pub unknown: UnknownDirectives,
}

/// What a server does with a line whose directive it does not know (`loadServerConfigFromString` in config.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownDirectives {
    /// It refuses to start, and says so at that line.
    Fatal,
    /// A name with a dot waits for a module to claim it, and the start fails later when none does; any other
    /// name is refused at once.
    DottedAreQueued,
    /// Every name with an argument waits for a module.
    AllAreQueued,
}
