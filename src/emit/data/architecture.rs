//! The record [`PerArchitecture`].

use super::{Deployment, Host, Shared, record};

record! {
    /// What a template sees with `per = "architecture"`.
    pub(in crate::emit) struct PerArchitecture<'a> {
        /// The version of these records: 1.
        pub(in crate::emit) format: u32,
        /// The spec's name.
        pub(in crate::emit) spec: &'a str,
        /// The machines, by name.
        pub(in crate::emit) hosts: Vec<Host>,
        /// The deployments of Redis, Valkey and memcached, by name.
        pub(in crate::emit) deployments: Vec<Shared<Deployment>>,
        /// The sets of sentinels, by name.
        pub(in crate::emit) sentinels: Vec<Shared<Deployment>>,
    }
}
