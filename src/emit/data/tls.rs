//! The record [`Tls`].

use super::record;

record! {
    /// How a server speaks TLS.
    pub(in crate::emit) struct Tls {
        /// The port that speaks TLS.
        pub(in crate::emit) port: u16,
        /// Whether a plain port is open beside it.
        pub(in crate::emit) plain_too: bool,
        /// Whether replication speaks TLS.
        pub(in crate::emit) replication: bool,
        /// Whether the cluster bus speaks TLS.
        pub(in crate::emit) cluster_bus: bool,
    }
}
