//! The records of the language, one file per family. A record says what may be written; what it
//! means together with others is `model`'s business.

mod artifact;
mod baseline;
mod common;
mod deployment;
mod memcached;
mod root;
mod sentinels;
mod service;

pub use artifact::{ArtifactEngine, ArtifactSpec, Per};
pub use baseline::{AcceptSpec, BaselineSpec, Reason};
pub use common::{
    AuthClients, BuildSpec, Config, ConfigEntry, Credentials, Disk, HostSpec, HugePages, Lint, LintLevel,
    LintSpec, NodeSpec, ObserverSpec, ProfileSpec, Purpose, Survives, Sysctl, TlsSpec,
};
pub use deployment::{PinRole, PinSpec, RedisSpec, Replicas, SentinelUse, TopologyKind, UserSpec, WatchSpec};
pub use memcached::MemcachedSpec;
pub use root::Spec;
pub use sentinels::{SentinelEngine, SentinelsSpec};
pub use service::ServiceSpec;
