//! Every process that rendered scripts start, watched while they run: no secret is an argument of any, and the
//! environment of a server holds none.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tempfile::TempDir;

use crate::search::{Canary, shown};
use crate::site::{render, write};
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::{Engine, Server, Servers};

const ADMIN: Canary = Canary(8001);
const APP: Canary = Canary(8002);
const REPLICA: Canary = Canary(8003);
const SENTINEL: Canary = Canary(8004);

/// Scripts that are given secrets in their environment.
const GIVEN: [&str; 3] = ["/start.sh", "/entrypoint.sh", "/bootstrap.sh"];

/// Looks at all processes again and again until it is dropped.
struct Watch {
    ends: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    leaks: BTreeSet<String>,
    /// Programs that were seen with the folder of the test in their arguments.
    programs: BTreeSet<String>,
    looks: usize,
}

impl Watch {
    fn start(root: &Path) -> Self {
        let (ends, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Seen::default())));
        let (root, stop, notes) = (root.display().to_string(), ends.clone(), seen.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                look(&root, &mut notes.lock().unwrap());
                std::thread::yield_now();
            }
        });
        Watch { ends, seen, thread: Some(thread) }
    }

    /// Ends the watch; what was seen.
    fn end(mut self) -> Seen {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

/// Looks at every process of the machine once.
fn look(root: &str, seen: &mut Seen) {
    seen.looks += 1;
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let process = process.path();
        let id = process.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        if id.is_none_or(|id| id == std::process::id()) {
            continue;
        }
        // The environment may be that of another program than the arguments, unless these stay the same.
        let read = |file: &str| std::fs::read(process.join(file)).unwrap_or_default();
        let (before, environment) = (read("cmdline"), read("environ"));
        let after = read("cmdline");
        if let Some(how) = shown(&before, &[]) {
            seen.leaks.insert(format!("arguments ({how}): {}", String::from_utf8_lossy(&before)));
        }
        if before != after {
            continue;
        }
        let arguments = String::from_utf8_lossy(&after).replace('\0', " ");
        if arguments.contains(root) {
            seen.programs.insert(arguments.clone());
        }
        let given = GIVEN.iter().any(|script| arguments.contains(script));
        for variable in environment.split(|byte| *byte == 0) {
            // redis-cli and valkey-cli read their password there, and only there.
            let asked_for = variable.starts_with(b"REDISCLI_AUTH=");
            if !given && !asked_for && shown(variable, &[]).is_some() {
                let variable = String::from_utf8_lossy(variable).into_owned();
                seen.leaks.insert(format!("the environment of {arguments}: {variable}"));
            }
        }
    }
}

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
    fn start(&self, at: usize, script: &Path, environment: &[(&str, String)]) -> Running {
        let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.ports[at].number());
        let mut launch = self.server.launch().through(script).at(socket);
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

/// What was seen, and that it was enough.
#[track_caller]
fn judge(seen: &Seen, programs: &[&str]) {
    assert!(seen.leaks.is_empty(), "{:#?}", seen.leaks);
    for program in programs {
        let is_seen = seen.programs.iter().any(|arguments| arguments.contains(program));
        assert!(is_seen, "{program} was not seen among {:#?}", seen.programs);
    }
    println!("{} looks at {} command lines", seen.looks, seen.programs.len());
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
        let watch = Watch::start(root);
        write(&root.join("admin"), ADMIN.value().as_bytes(), 0o600);
        let primary = host.start(0, &host.rendered(0).join("start.sh"), &secrets());
        write(&host.data(1).join("secrets.env"), secrets_file().as_bytes(), 0o600);
        let replica = host.start(1, &host.rendered(1).join("start.sh"), &[]);
        let sentinel = server.launch_sentinel().through(root.join("etc/sentinels-main/here/start.sh"));
        let sentinel = secrets().iter().fold(sentinel, |launch, (name, value)| launch.env(name, value));
        let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, host.sentinel.number());
        let sentinel = sentinel.at(socket).start();
        let client = server.client.as_ref().unwrap();
        let output = Command::new("sh")
            .arg(root.join("etc/fleet/bootstrap.sh"))
            .args(["--user", "admin", "--wait", "40"])
            .env("CACHE_CLI", client)
            .env("REDISCLI_AUTH", ADMIN.value())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        assert_eq!(shown(&said, &[ADMIN, REPLICA]), None);
        let seen = watch.end();
        judge(&seen, &["start.sh", "bootstrap.sh", "-server", "sentinel"]);
        for running in [&primary, &replica, &sentinel] {
            let process = PathBuf::from(format!("/proc/{}", running.pid()));
            for file in ["cmdline", "environ"] {
                let text = std::fs::read(process.join(file)).unwrap();
                assert_eq!(shown(&text, &[ADMIN, APP, REPLICA, SENTINEL]), None, "{server}: {file}");
            }
            assert_eq!(shown(running.log().as_bytes(), &[ADMIN, APP, REPLICA, SENTINEL]), None, "{server}");
        }
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
    for (path, bytes) in crate::tree(root) {
        if shown(&bytes, &[ADMIN, APP, REPLICA, SENTINEL]).is_some() {
            let mode = std::fs::metadata(root.join(&path)).unwrap().mode() & 0o777;
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
        let watch = Watch::start(root);
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
        let running = host.start(0, &entry_point, &environment);
        let seen = watch.end();
        judge(&seen, &["start.sh", "-server"]);
        let process = PathBuf::from(format!("/proc/{}", running.pid()));
        assert_eq!(shown(&std::fs::read(process.join("environ")).unwrap(), &[ADMIN, APP, REPLICA]), None);
        everything_is_private(root);
    }
}
