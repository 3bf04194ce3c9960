//! How servers are run on their hosts: as whom, and by which program.

use crate::spec::decode::record;
use crate::spec::on_hosts::{Account, HostPath};

record! {
    /// How a server is started on its host.
    "a service"
    pub struct ServiceSpec {
        /// The system's user that it runs as (`redis`, `valkey` or `memcache` if absent).
        user: optional Account,
        /// The group; the user's own if only the user is given.
        group: optional Account,
        /// The server's program; sentinels run it with `--sentinel`.
        program: optional HostPath,
    }
}
