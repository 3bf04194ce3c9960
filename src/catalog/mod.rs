//! What is known of the servers: directives, Sentinel directives, ACL rules, commands and memcached
//! options, for every supported version and patch. The facts are data under `schemas/`, which
//! build.rs turns into static sorted tables. Here live their types and look-ups; no fact does.

pub mod acl;
mod command_set;
mod directive;
mod directive_set;
mod directives;
pub mod lookup;
pub mod memcached;
mod minor;
pub mod sentinel;
mod suggest;
mod version;

#[cfg(test)]
mod tests;

pub use command_set::{CommandSet, VersionCommands};
pub use directive::{
    Directive, EnumWord, Facts, Group, Kind, Numeric, Owner, Repeat, Shown, Special, TextRule, Unit,
    WithoutFeature,
};
pub use directive_set::DirectiveSet;
pub(crate) use directives::name_hash;
pub use directives::{directive, directives, in_group, spelled, supported};
pub use minor::{Minor, UnknownDirectives};
pub use suggest::{closest, suggest};
pub use version::{BadVersion, Build, Engine, Feature, Target, Version, VersionRange};
