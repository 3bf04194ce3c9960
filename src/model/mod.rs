//! The spec resolved: names looked up, engines and versions known, settings typed, nodes placed.
//! Every value knows where it came from. Lowering reports what cannot be
//! resolved; whether the whole makes sense is `check`'s business.

mod any_node;
mod artifacts;
mod expected;
mod lower;
mod origin;
pub mod placement;
mod service;
mod settings;
mod topology;
pub mod users;

pub use any_node::AnyNode;
pub use artifacts::{OwnArtifact, OwnTemplates};
pub use expected::{Expected, Row, Surroundings, effective, hidden, readable, readable_own, readable_shared};
pub use lower::lower;
pub use origin::{Derivation, Origin};
pub use service::Service;
pub use settings::{Assigned, Setting, Settings};
pub use topology::{
    Deployment, Host, HostId, Login, Memcached, MemcachedNode, MemcachedOption, Model, Node, NodeId,
    Sentinel, SentinelSet, Shard, ShardId, SlotRange, Slots, Tls, Topology, User, Watch, WatchSetting,
};
