//! The whole spec.

use super::artifact::ArtifactSpec;
use super::common::{HostSpec, Lint, ProfileSpec};
use super::deployment::RedisSpec;
use super::memcached::MemcachedSpec;
use super::sentinels::SentinelsSpec;
use crate::spec::decode::record;
use crate::spec::scalars::Format;

record! {
    /// A whole spec.
    "a spec"
    pub struct Spec {
        /// The version of the language: 1.
        format: required Format,
        /// What the spec describes, in one word; rendered files name it.
        name: required String,
        /// A folder of templates, by its path from the file that names it. A template of the same name as one
        /// of ours takes its place; what the others make is declared under `artifacts`.
        templates: optional String,
    }
    maps {
        /// The machines, by name.
        hosts: HostSpec,
        /// Settings for deployments to share, by name.
        profiles: ProfileSpec,
        /// Sets of sentinels, by name.
        sentinels: SentinelsSpec,
        /// Deployments of Redis, by name.
        redis: RedisSpec,
        /// Deployments of Valkey, by name.
        valkey: RedisSpec,
        /// Deployments of memcached, by name.
        memcached: MemcachedSpec,
        /// Lint levels for the whole spec, by the name of the rule.
        lints: Lint,
        /// Further files to render from own templates, by name.
        artifacts: ArtifactSpec,
    }
}
