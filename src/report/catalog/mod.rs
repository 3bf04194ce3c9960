//! The catalogue as pages and tables for people. What is shown is chosen by the caller; nothing here searches.

mod acl;
mod directive;
mod hover;
mod kinds;
mod list;
mod memcached;
mod sentinel;
mod spans;

use crate::catalog::{Engine, Version, VersionRange, supported};

pub use acl::{category_page, command_page, rule_page};
pub use directive::directive_page;
pub use hover::{directive_hover, option_hover, sentinel_hover};
pub use list::{Match, listing, matches};
pub use memcached::option_page;
pub use sentinel::sentinel_page;

/// Which versions of an engine a page or table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The engine.
    pub engine: Engine,
    /// Its versions.
    pub versions: VersionRange,
}

impl Scope {
    /// All supported versions of an engine; none where the catalogue has no version of it.
    pub fn all(engine: Engine) -> Option<Self> {
        let minors = supported(engine);
        let versions = VersionRange { first: minors.first()?.range.first, last: minors.last()?.range.last };
        Some(Scope { engine, versions })
    }

    /// As prose: `Redis 7.2`, `Redis 6.0 to 8.0`.
    pub fn title(&self) -> String {
        let VersionRange { first, last } = self.versions;
        let engine = self.engine.title();
        if (first.major, first.minor) == (last.major, last.minor) {
            format!("{engine} {}", self.versions)
        } else {
            format!("{engine} {} to {}.{}", minor(first), last.major, last.minor)
        }
    }
}

/// A version as short as it can be said: the first patch of a minor is the minor.
fn minor(version: Version) -> String {
    if version.patch == 0 { format!("{}.{}", version.major, version.minor) } else { version.to_string() }
}
