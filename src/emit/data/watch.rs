//! The record [`Watch`].

use super::record;

record! {
    /// How a set of sentinels watches a deployment.
    pub(in crate::emit) struct Watch {
        /// The name of the set of sentinels.
        pub(in crate::emit) set: String,
        /// The name of the deployment.
        pub(in crate::emit) deployment: String,
        /// The name that Sentinel and its clients know the deployment by.
        pub(in crate::emit) master_name: String,
        /// How many sentinels must agree.
        pub(in crate::emit) quorum: i64,
    }
}
