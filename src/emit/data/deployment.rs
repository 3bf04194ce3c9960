//! The record [`Deployment`].

use super::{Node, Shared, Watch, record};

record! {
    /// A deployment of Redis, Valkey or memcached, or a set of sentinels.
    pub(in crate::emit) struct Deployment {
        /// Its name.
        pub(in crate::emit) name: String,
        /// Its folder in the output: its name, and `sentinels-NAME` for sentinels.
        pub(in crate::emit) folder: String,
        /// `redis`, `valkey`, `memcached` or `sentinel`.
        pub(in crate::emit) kind: &'static str,
        /// The product: `redis`, `valkey` or `memcached`; of sentinels the one that they come with.
        pub(in crate::emit) engine: &'static str,
        /// The version, as the spec has it.
        pub(in crate::emit) version: String,
        /// `standalone`, `replicated`, `sentinel` or `cluster`; `standalone` for memcached and sentinels.
        pub(in crate::emit) topology: &'static str,
        /// Whether clients can speak TLS.
        pub(in crate::emit) tls: bool,
        /// How many shards a cluster has; 0 for others.
        pub(in crate::emit) shards: usize,
        /// How sentinels watch: a deployment has one such record at most, a set one for each deployment that it
        /// watches.
        pub(in crate::emit) watches: Vec<Watch>,
        /// The names of its ACL users.
        pub(in crate::emit) users: Vec<String>,
        /// Its nodes, in the order of the spec's hosts; a cluster's by shard.
        pub(in crate::emit) nodes: Vec<Shared<Node>>,
    }
}
