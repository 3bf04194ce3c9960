//! The record [`Node`].

use std::collections::BTreeMap;

use super::{Host, Tls, record};

record! {
    /// A server: of Redis, Valkey or memcached, or a sentinel.
    pub(in crate::emit) struct Node {
        /// Its name: the host's, or `HOST-PORT` in clusters and where several of a deployment share a host.
        pub(in crate::emit) name: String,
        /// The name of its deployment or set of sentinels.
        pub(in crate::emit) deployment: String,
        /// The folder of its deployment in the output; its own files stand in `FOLDER/NAME`.
        pub(in crate::emit) folder: String,
        /// `redis`, `valkey`, `memcached` or `sentinel`.
        pub(in crate::emit) kind: &'static str,
        /// The product: `redis`, `valkey` or `memcached`; of a sentinel the one that it comes with.
        pub(in crate::emit) engine: &'static str,
        /// The version, as the spec has it.
        pub(in crate::emit) version: String,
        /// `standalone`, `replicated`, `sentinel` or `cluster`; `standalone` for memcached and sentinels.
        pub(in crate::emit) topology: &'static str,
        /// Its machine.
        pub(in crate::emit) host: Host,
        /// The port that clients use: the TLS port where no plain one is open.
        pub(in crate::emit) port: u16,
        /// How it speaks TLS; none where it does not.
        pub(in crate::emit) tls: Option<Tls>,
        /// On the first day `primary` or `replica`; later the servers decide. None for memcached and sentinels.
        pub(in crate::emit) role: Option<&'static str>,
        /// The name of the node that it follows on the first day; none for primaries.
        pub(in crate::emit) primary: Option<String>,
        /// The number of its shard, in clusters.
        pub(in crate::emit) shard: Option<u16>,
        /// The slots of its shard, such as `0-5460`, in clusters.
        pub(in crate::emit) slots: Option<String>,
        /// Its data folder; none for memcached.
        pub(in crate::emit) data_dir: Option<String>,
        /// The settings that the spec makes and those that follow from it, by name, as the server prints them
        /// (`maxmemory` in bytes). Those of several lines have a line break between each two. A switch of
        /// memcached is `yes`. Secrets are not among them.
        pub(in crate::emit) settings: BTreeMap<String, String>,
        /// Where the secrets of its settings are found, by the setting's name: `env:NAME` or `file:PATH`.
        pub(in crate::emit) secrets: BTreeMap<String, String>,
    }
}
