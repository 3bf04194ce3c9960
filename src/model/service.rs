//! How the servers of a deployment are run on their hosts.

use crate::catalog::Engine;

/// As whom, by which program and from which folder servers run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The system's user, a name or a number.
    pub user: String,
    /// The group; none is the user's own.
    pub group: Option<String>,
    /// The path of the program.
    pub program: String,
    /// The folder on the host that rendered files are installed below, one folder for each node.
    pub install_dir: String,
}

impl Service {
    /// Files that a server keeps open beside its clients (`CONFIG_MIN_RESERVED_FDS` in server.h, the same number
    /// from Redis 6.0 to 8.0 and in Valkey): without them it lowers `maxclients`.
    pub const RESERVED_FILES: u64 = 32;

    /// What Debian's packages of an engine have, for a folder of the output.
    pub fn usual(engine: Engine, folder: &str) -> Self {
        let (user, program) = match engine {
            Engine::Redis => ("redis", "/usr/bin/redis-server"),
            Engine::Valkey => ("valkey", "/usr/bin/valkey-server"),
            Engine::Memcached => ("memcache", "/usr/bin/memcached"),
        };
        Service {
            user: user.to_owned(),
            group: Some(user.to_owned()),
            program: program.to_owned(),
            install_dir: format!("/etc/cachewright/{folder}"),
        }
    }
}
