//! Files that teams render from templates of their own.

use crate::source::At;
use crate::spec::decode::{choice, record};
use crate::spec::scalars::{ArtifactPath, FileMode};

record! {
    /// A file, or one for each node or deployment, rendered from a template of one's own.
    "an artifact"
    pub struct ArtifactSpec {
        /// The template: a file in the folder that `templates` names.
        template: required String,
        /// What there is one of it for.
        per: required Per,
        /// The file's name, or its path below the folder of the node, the deployment, or the whole output.
        path: required ArtifactPath,
        /// Its permissions (`"0644"` if absent).
        mode: optional FileMode,
        /// Only for these kinds of servers (all if absent).
        engines: optional Vec<At<ArtifactEngine>>,
        /// Only for these deployments (all if absent). Sets of sentinels are left out by it.
        deployments: optional Vec<At<String>>,
    }
}

choice! {
    /// What there is one file for.
    "a scope of artifacts"
    pub enum Per {
        /// One for each node, in the node's folder.
        Node = "node",
        /// One for each deployment and set of sentinels, in its folder.
        Deployment = "deployment",
        /// One for everything, at the top of the output.
        Architecture = "architecture",
    }
}

choice! {
    /// Kinds of servers, for artifacts.
    "a kind of servers"
    pub enum ArtifactEngine {
        /// Redis.
        Redis = "redis",
        /// Valkey.
        Valkey = "valkey",
        /// memcached.
        Memcached = "memcached",
        /// Sentinels of either product.
        Sentinel = "sentinel",
    }
}
