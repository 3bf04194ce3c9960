//! The record [`Host`].

use super::record;

record! {
    /// A machine.
    pub(in crate::emit) struct Host {
        /// Its name in the spec.
        pub(in crate::emit) name: String,
        /// The address that others reach it by: IP or host name.
        pub(in crate::emit) address: String,
        /// Its failure domain.
        pub(in crate::emit) zone: Option<String>,
    }
}
