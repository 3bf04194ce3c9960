//! What the catalogue calls a server at hand.

use cachewright::catalog::{Build, Engine, Target, Version, VersionRange};

use crate::support::probe;
use crate::support::servers::{Engine as Maker, Server};

/// The target that describes exactly one server, its build found out by its parser.
pub(crate) fn target(server: &Server) -> Target {
    let number = |n: u32| u8::try_from(n).unwrap();
    let version = Version::new(
        number(server.version.0),
        number(server.version.1),
        server.version.2.try_into().unwrap(),
    );
    let engine = match server.engine {
        Maker::Valkey => Engine::Valkey,
        Maker::Redis | Maker::Redict | Maker::Memcached => Engine::Redis,
    };
    let build = Build {
        tls: probe::file(server, &["tls-port 0"]).is_accepted(),
        defrag: probe::file(server, &["activedefrag yes"]).is_accepted(),
        systemd: true,
        modules: false,
    };
    Target { engine, versions: VersionRange::exactly(version), build }
}
