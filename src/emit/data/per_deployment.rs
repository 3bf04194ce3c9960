//! The record [`PerDeployment`].

use super::{Deployment, Shared, record};

record! {
    /// What a template sees with `per = "deployment"`.
    pub(in crate::emit) struct PerDeployment<'a> {
        /// The version of these records: 1.
        pub(in crate::emit) format: u32,
        /// The spec's name.
        pub(in crate::emit) spec: &'a str,
        /// The deployment or set of sentinels, with its nodes.
        pub(in crate::emit) deployment: Shared<Deployment>,
    }
}
