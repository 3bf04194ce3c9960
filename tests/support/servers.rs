//! The servers at hand: what `scripts/servers` brought in.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::OnceLock;

/// Who made a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Redis,
    Valkey,
    Redict,
    Memcached,
}

impl Engine {
    const ALL: [Self; 4] = [Self::Redis, Self::Valkey, Self::Redict, Self::Memcached];

    /// The name that its programs and folders begin with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
            Self::Redict => "redict",
            Self::Memcached => "memcached",
        }
    }

    /// Whether it reads a redis.conf and speaks the Redis protocol.
    pub(crate) fn is_redis_like(self) -> bool {
        self != Self::Memcached
    }
}

/// A version as `--version` prints it, to the patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<u32> = text
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| format!("not a version: {text:?}"))?;
        match numbers[..] {
            [major, minor, patch] => Ok(Self(major, minor, patch)),
            _ => Err(format!("not a version: {text:?}")),
        }
    }
}

/// One server at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) engine: Engine,
    pub(crate) version: Version,
    /// The server program.
    pub(crate) program: PathBuf,
    /// The command line client; memcached has none.
    pub(crate) client: Option<PathBuf>,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.engine.name(), self.version)
    }
}

impl Server {
    /// The server in `folder`, if one is there.
    fn in_folder(folder: &Path) -> Option<Self> {
        Engine::ALL.into_iter().find_map(|engine| {
            let bin = folder.join("bin");
            let program = if engine.is_redis_like() {
                bin.join(format!("{}-server", engine.name()))
            } else {
                bin.join(engine.name())
            };
            program.is_file().then(|| Self {
                engine,
                version: version_of(folder, &program),
                client: engine.is_redis_like().then(|| bin.join(format!("{}-cli", engine.name()))),
                program,
            })
        })
    }

    /// Whether a value can be tried on a live server: CONFIG SET takes several names, all or none, from Redis
    /// 7.0 on (`configSetCommand` in config.c).
    pub(crate) fn has_atomic_config_set(&self) -> bool {
        self.engine.is_redis_like() && self.version >= Version(7, 0, 0)
    }
}

/// The version that the program itself prints. `scripts/servers` notes that text once in version.txt; a folder
/// that was filled by other means is asked.
fn version_of(folder: &Path, program: &Path) -> Version {
    let said = std::fs::read_to_string(folder.join("version.txt")).unwrap_or_else(|_| {
        let output = Command::new(program)
            .arg("--version")
            .output()
            .unwrap_or_else(|e| panic!("{} does not run: {e}", program.display()));
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    parse_version(&said).unwrap_or_else(|| panic!("{} says no version: {said:?}", program.display()))
}

/// The version in the likes of `Redis server v=7.0.15 sha=…` and `memcached 1.6.18`.
fn parse_version(said: &str) -> Option<Version> {
    said.split_whitespace().find_map(|word| word.trim_start_matches("v=").parse().ok())
}

/// The servers at hand, looked up once per process and sorted by engine and version.
pub(crate) struct Servers;

impl Servers {
    /// All of them. None at all is said loudly, and is a failure where `REQUIRE_SERVERS=1`.
    pub(crate) fn all() -> &'static [Server] {
        static ALL: OnceLock<Vec<Server>> = OnceLock::new();
        let all = ALL.get_or_init(|| find_in(&folder()));
        if all.is_empty() {
            let complaint = format!("no servers in {}: run scripts/servers first", folder().display());
            assert!(
                std::env::var_os("REQUIRE_SERVERS").is_none_or(|v| v != "1"),
                "{complaint} (REQUIRE_SERVERS=1)"
            );
            eprintln!("SKIPPED, NOTHING WAS TESTED: {complaint}");
        }
        all
    }

    /// Those that read a redis.conf: redis, valkey, redict.
    pub(crate) fn redis_like() -> impl Iterator<Item = &'static Server> {
        Self::all().iter().filter(|s| s.engine.is_redis_like())
    }

    /// Those of one engine.
    pub(crate) fn of(engine: Engine) -> impl Iterator<Item = &'static Server> {
        Self::all().iter().filter(move |s| s.engine == engine)
    }

    /// The newest of an engine whose version is `prefix` or begins with it: "7.0" finds 7.0.15, not 7.2.1.
    pub(crate) fn find(engine: Engine, prefix: &str) -> Option<&'static Server> {
        Self::of(engine)
            .filter(|s| format!("{}.", s.version).starts_with(&format!("{prefix}.")))
            .max_by_key(|s| s.version)
    }
}

/// Where `scripts/servers` puts them.
fn folder() -> PathBuf {
    std::env::var_os("CACHEWRIGHT_SERVERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".servers"), PathBuf::from)
}

fn find_in(folder: &Path) -> Vec<Server> {
    let mut found: Vec<Server> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Server::in_folder(&entry.ok()?.path()))
        .collect();
    found.sort_by_key(|s| (s.engine, s.version));
    found
}
