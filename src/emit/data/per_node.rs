//! The record [`PerNode`].

use super::{Deployment, Node, Shared, record};

record! {
    /// What a template sees with `per = "node"`.
    pub(in crate::emit) struct PerNode<'a> {
        /// The version of these records: 1.
        pub(in crate::emit) format: u32,
        /// The spec's name.
        pub(in crate::emit) spec: &'a str,
        /// The node.
        pub(in crate::emit) node: Shared<Node>,
        /// Its deployment or set of sentinels, with all nodes.
        pub(in crate::emit) deployment: Shared<Deployment>,
    }
}
