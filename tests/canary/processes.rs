//! Every program that rendered scripts run: no secret is an argument of any, and the environment of a server holds
//! none.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::search::{Canary, shown};
use crate::shims::Shims;
use crate::site::{render, write};
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::{Engine, Server, Servers};

const ADMIN: Canary = Canary(8001);
const APP: Canary = Canary(8002);
const REPLICA: Canary = Canary(8003);
const SENTINEL: Canary = Canary(8004);
const ALL: [Canary; 4] = [ADMIN, APP, REPLICA, SENTINEL];

/// A primary, a replica and a sentinel of one server, rendered to this host.
struct Host {
    server: &'static Server,
    root: TempDir,
    ports: Vec<Port>,
    sentinel: Port,
}

impl Host {
    fn new(server: &'static Server) -> Self {
        let root = TempDir::with_prefix("cachewright-watched-").unwrap();
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let host = Host { server, root, ports: Port::reserve_row(2, false), sentinel: Port::reserve() };
        for artifact in render(&host.spec()) {
            write(&host.root.path().join("etc").join(&artifact.path), &artifact.bytes, artifact.mode);
        }
        host
    }

    fn spec(&self) -> String {
        let (engine, version, root) =
            (self.server.engine.name(), self.server.version, self.root.path().display());
        format!(
            "format = 1\nname = \"watched\"\n[hosts]\nhere = {{ address = \"127.0.0.1\" }}\n\
             [sentinels.main]\nengine = \"{engine}\"\nversion = \"{version}\"\nhosts = [\"here\"]\nport = {}\n\
             data-dir = \"{root}/sentinel\"\nauth = {{ user = \"sentinel\", password = {{ env = \"SENTINEL\" }} }}\n\
             [{engine}.fleet]\nversion = \"{version}\"\ntopology = \"sentinel\"\ninitial-primary = \"here\"\n\
             replicas = [\"here\"]\nport = {}\nsurvives = \"nothing\"\ndata-dir = \"{root}/data\"\n\
             sentinel = {{ set = \"main\", quorum = 1 }}\n\
             replication = {{ user = \"replica\", password = {{ env = \"REPLICA\" }} }}\n\
             users.admin = {{ passwords = {{ file = \"{root}/admin\" }}, rules = \"~* &* +@all\" }}\n\
             users.app = {{ passwords = [{{ env = \"APP\" }}], rules = \"~app:* +@read\" }}\n",
            self.sentinel.number(),
            self.ports[0].number(),
        )
    }

    fn node(&self, at: usize) -> String {
        format!("here-{}", self.ports[at].number())
    }

    fn data(&self, at: usize) -> PathBuf {
        self.root.path().join("data").join(self.node(at))
    }

    fn rendered(&self, at: usize) -> PathBuf {
        self.root.path().join("etc/fleet").join(self.node(at))
    }

    /// A start of a node, through a script, with its secrets in its environment or in a file.
    fn start(&self, at: usize, script: &Path, shims: &Shims, environment: &[(&str, String)]) -> Running {
        let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.ports[at].number());
        let mut launch = self.server.launch().through(script).at(socket);
        launch = launch.env("PATH", &shims.bin().display().to_string());
        for (name, value) in environment {
            launch = launch.env(name, value);
        }
        launch.login(Some("admin"), &ADMIN.value()).start()
    }
}

fn secrets() -> [(&'static str, String); 3] {
    [("APP", APP.value()), ("REPLICA", REPLICA.value()), ("SENTINEL", SENTINEL.value())]
}

fn secrets_file() -> String {
    secrets().iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// What everybody who may look at a process sees of it.
#[track_caller]
fn look_at(running: &Running) {
    let process = PathBuf::from(format!("/proc/{}", running.pid()));
    for file in ["cmdline", "environ"] {
        let text = std::fs::read(process.join(file)).unwrap();
        assert!(!text.is_empty(), "{file}");
        assert_eq!(shown(&text, &ALL), None, "{}: {file}", running.server());
    }
    assert_eq!(shown(running.log().as_bytes(), &ALL), None, "{}", running.server());
}

fn newest() -> impl Iterator<Item = &'static Server> {
    [Engine::Redis, Engine::Valkey]
        .into_iter()
        .filter_map(|engine| Servers::of(engine).max_by_key(|s| s.version))
}

/// Secrets from the environment, from a file of them, and from files of their own.
#[test]
fn servers_sentinels_and_bootstrap() {
    for server in newest() {
        let host = Host::new(server);
        let root = host.root.path();
        let client = server.client.as_ref().unwrap();
        let shims = Shims::new(root, &[client]);
        let path = shims.bin().display().to_string();
        write(&root.join("admin"), ADMIN.value().as_bytes(), 0o600);
        let primary = host.start(0, &host.rendered(0).join("start.sh"), &shims, &secrets());
        write(&host.data(1).join("secrets.env"), secrets_file().as_bytes(), 0o600);
        let replica = host.start(1, &host.rendered(1).join("start.sh"), &shims, &[]);
        let sentinel = server.launch_sentinel().through(root.join("etc/sentinels-main/here/start.sh"));
        // What it does not know of, it cannot take out of the environment: docs/secrets.md.
        let own = secrets().into_iter().filter(|(name, _)| *name == "SENTINEL");
        let sentinel = own.fold(sentinel, |launch, (name, value)| launch.env(name, &value));
        let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, host.sentinel.number());
        let sentinel = sentinel.env("PATH", &path).at(socket).start();
        let started = shims.judge(&[], &["awk", "mv", "sha256sum"]);
        let output = Command::new("sh")
            .arg(root.join("etc/fleet/bootstrap.sh"))
            .args(["--user", "admin", "--wait", "40"])
            .env("PATH", &path)
            .env("CACHE_CLI", shims.bin().join(client.file_name().unwrap()))
            .env("REDISCLI_AUTH", ADMIN.value())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        assert_eq!(shown(&said, &[ADMIN, REPLICA]), None);
        // The program that logs in reads its password there, and so the others of that script have it too.
        let ran = shims.judge(&["REDISCLI_AUTH"], &[client.file_name().unwrap().to_str().unwrap()]);
        assert!(ran > started);
        println!("{server}: {ran} programs of scripts were looked at");
        [&primary, &replica, &sentinel].into_iter().for_each(look_at);
        // They do run with those secrets.
        let conf = format!("{}.conf", server.engine.name());
        assert!(REPLICA.is_in(&std::fs::read(host.data(1).join(conf)).unwrap()));
        let users = std::fs::read_to_string(host.data(0).join("users.acl")).unwrap();
        assert!(users.contains(&APP.hash()) && !APP.is_in(users.as_bytes()));
        assert!(SENTINEL.is_in(&std::fs::read(root.join("sentinel/sentinel.conf")).unwrap()));
        everything_is_private(root);
    }
}

/// Whatever holds a secret is its owner's alone, in a folder that is.
fn everything_is_private(root: &Path) {
    let files = crate::tree(root);
    for (path, bytes) in files.iter().filter(|(path, _)| !path.starts_with("shims")) {
        if shown(bytes, &ALL).is_some() {
            let mode = std::fs::metadata(root.join(path)).unwrap().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}

/// The entry point of the example for containers; as root it becomes another user.
#[test]
fn the_entry_point_of_a_container() {
    const NOBODY: &str = "nobody";
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    for server in newest() {
        let host = Host::new(server);
        let root = host.root.path();
        let shims = Shims::new(root, &[]);
        write(&root.join("admin"), ADMIN.value().as_bytes(), 0o600);
        write(&root.join("secrets.env"), secrets_file().as_bytes(), 0o600);
        std::fs::create_dir_all(host.data(0)).unwrap();
        if is_root {
            let paths = [root.join("data"), host.data(0), root.join("admin")];
            assert!(Command::new("chown").arg(NOBODY).args(paths).status().unwrap().success());
        }
        let environment = [
            ("NODE", host.rendered(0).display().to_string()),
            ("OWN", root.join("own").display().to_string()),
            ("RUN_AS", NOBODY.to_owned()),
            ("CACHEWRIGHT_SECRETS", root.join("secrets.env").display().to_string()),
            // As a container's own environment has it.
            ("APP", APP.value()),
        ];
        let entry_point = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/container/entrypoint.sh");
        let running = host.start(0, &entry_point, &shims, &environment);
        // What a container was given, all that it starts has until the server is started.
        let ran = shims.judge(&["APP"], if is_root { &["setpriv", "sha256sum"] } else { &["sha256sum"] });
        println!("{server}: {ran} programs of the entry point were looked at");
        look_at(&running);
        everything_is_private(root);
    }
}
