//! Units as systemd reads them, and servers started exactly as their units say, with the limits that they set.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod rendered;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cachewright::check::Checked;
use cachewright::emit::{Artifact, EmitOptions, emit};
use cachewright::model::Model;
use rendered::compare;
use rendered::texts::{Texts, findings};
use support::launch::Launch;
use support::port::Port;
use support::servers::{Engine, Server, Servers, Version};
use tempfile::TempDir;

/// A unit, as far as it is assignments.
struct Unit(Vec<(String, String)>);

impl Unit {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with(['#', '[']) && !line.is_empty());
        let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Unit(lines.map(|line| pair(line).unwrap_or_else(|| panic!("no assignment: {line}"))).collect())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The words of a command line, as `extract_first_word` and specifiers in systemd have them.
    fn command(&self, key: &str) -> Vec<String> {
        let line = self.get(key).unwrap_or_else(|| panic!("no {key}"));
        let mut words = Vec::new();
        let mut chars = line.chars().peekable();
        while chars.peek().is_some() {
            let (mut word, mut quoted) = (String::new(), false);
            while let Some(c) = chars.next() {
                match c {
                    ' ' if !quoted => break,
                    '"' => quoted = !quoted,
                    '\\' => word.push(chars.next().unwrap()),
                    '%' | '$' => assert_eq!(chars.next(), Some(c), "a specifier or variable in {line}"),
                    c => word.push(c),
                }
                if matches!(c, '%' | '$') {
                    word.push(c);
                }
            }
            words.push(word);
        }
        words
    }
}

/// A rendered spec whose files are installed where its units expect them.
struct Installed {
    model: Checked<Model>,
    artifacts: Vec<Artifact>,
    root: TempDir,
    port: Port,
}

impl Installed {
    /// Renders what `spec` makes of a folder and a port.
    fn new(spec: impl Fn(&Path, u16) -> String) -> Self {
        let root = TempDir::with_prefix("cachewright-units-").unwrap();
        let port = Port::reserve();
        let path = Path::new("/nowhere/unit.toml");
        let text = spec(&root.path().canonicalize().unwrap(), port.number());
        let compiled = Texts::default().with(path, text).compile(path);
        let model = compiled.checked().unwrap_or_else(|| panic!("{}", findings(&compiled)));
        let artifacts = emit(&model, &EmitOptions::default()).unwrap();
        for artifact in &artifacts {
            let path = root.path().join("out").join(&artifact.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &artifact.bytes).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(artifact.mode)).unwrap();
        }
        Installed { model, artifacts, root, port }
    }

    fn unit(&self) -> Unit {
        let unit = self.artifacts.iter().find(|file| file.path.ends_with(".service")).unwrap();
        Unit::parse(std::str::from_utf8(&unit.bytes).unwrap())
    }

    /// Does what systemd does before it starts a service: makes its folder, and runs `ExecStartPre=`.
    fn prepare(unit: &Unit) {
        let working = PathBuf::from(&unit.command("ExecStart")[1]);
        let data = working.parent().unwrap();
        std::fs::create_dir_all(data).unwrap();
        std::fs::set_permissions(data, PermissionsExt::from_mode(0o700)).unwrap();
        let [script] = &unit.command("ExecStartPre")[..] else { panic!("start.sh wants no arguments") };
        let output = Command::new(script).current_dir("/").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(working.is_file(), "{} is where the unit expects it", working.display());
    }

    /// A start of what `ExecStart=` says.
    fn launch<'s>(self, server: &'s Server, unit: &Unit) -> Launch<'s> {
        let words = unit.command("ExecStart");
        assert_eq!(Path::new(&words[0]), server.program, "the wrapper is the program");
        let socket = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, self.port.number());
        server.launch().only_args(words[1..].to_vec()).port(self.port).at(socket)
    }
}

/// The same server, by a program that lowers the limit of open files and sets a variable first.
fn wrapped(server: &Server, folder: &Path, files: &str, variable: &str) -> Server {
    let program = folder.join("program");
    let text = format!(
        "#!/bin/sh\nulimit -n {files}\n{variable}\nexec '{}' \"$@\"\n",
        server.program.canonicalize().unwrap().display()
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    Server { program, ..server.clone() }
}

fn minor(server: &Server) -> String {
    let Version(major, minor, _) = server.version;
    format!("{major}.{minor}")
}

/// What the packages at hand are built with: see `tests/render_servers.rs`.
fn build(server: &Server) -> String {
    let tls = support::probe::file(server, &["tls-port 0"]).is_accepted();
    format!("build = {{ tls = {tls}, defrag = false }}")
}

fn redis_like() -> impl Iterator<Item = &'static Server> {
    Servers::all().iter().filter(|one| one.engine.is_redis_like() && one.engine != Engine::Redict)
}

fn head() -> String {
    "format = 1\nname = \"units\"\n[hosts]\nh = { address = \"127.0.0.1\" }\n".to_owned()
}

/// A standalone server, its program a wrapper in `programs`.
fn standalone(server: &Server, root: &Path, port: u16, programs: &Path, more: &str) -> String {
    let (engine, version, build) = (server.engine.name(), minor(server), build(server));
    let (root, program) = (root.display(), programs.join("program"));
    format!(
        "{}[{engine}.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"h\"]\nport = {port}\n{build}\n\
         data-dir = \"{root}/data one\"\ninstall-dir = \"{root}/out/s\"\nservice.program = \"{}\"\n{more}\n",
        head(),
        program.display()
    )
}

/// The exact lines of the unit, on every server: it is what the spec declares, with no default changed by how it
/// is started, and it needs no more files than the unit gives.
#[test]
fn servers_start_as_their_units_say() {
    for server in redis_like() {
        let programs = TempDir::new().unwrap();
        let site = Installed::new(|root, port| standalone(server, root, port, programs.path(), ""));
        let unit = site.unit();
        let files = unit.get("LimitNOFILE").unwrap().to_owned();
        let server = wrapped(server, programs.path(), &files, "");
        Installed::prepare(&unit);
        let model = site.model.clone();
        let (deployment, node) = (&model.deployments[0], &model.deployments[0].nodes[0]);
        let (running, _root) = site.keep(&server, &unit);
        let compared = compare::config(&running, deployment, node, None);
        assert_eq!(compared.wrong, [""; 0], "{server}");
        assert_eq!(running.config_get_all()["maxclients"], "10000", "{server}");
        assert_eq!(open_files(running.pid()), files, "{server} had to raise its limit");
        println!("{server}: {} settings as declared, {files} files", compared.rows);
    }
}

/// The limit of open files of a process.
fn open_files(pid: u32) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().to_owned()
}

impl Installed {
    /// Starts it and keeps its folder.
    fn keep(mut self, server: &Server, unit: &Unit) -> (support::running::Running, TempDir) {
        let root = std::mem::replace(&mut self.root, TempDir::new().unwrap());
        (self.launch(server, unit).start(), root)
    }
}

/// `Type=notify` holds what it promises: the server says `READY=1`, or it was built without.
#[test]
fn servers_of_notifying_units_notify() {
    let mut silent = Vec::new();
    for server in redis_like() {
        let programs = TempDir::new().unwrap();
        let more = "config.supervised = \"systemd\"";
        let site = Installed::new(|root, port| standalone(server, root, port, programs.path(), more));
        let unit = site.unit();
        assert_eq!(unit.get("Type"), Some("notify"));
        let socket = UnixDatagram::bind(programs.path().join("notify")).unwrap();
        let variable = format!("export NOTIFY_SOCKET='{}/notify'", programs.path().display());
        let server = wrapped(server, programs.path(), "4096", &variable);
        Installed::prepare(&unit);
        let (running, _root) = site.keep(&server, &unit);
        if !says_ready(&socket) {
            let log = running.log();
            assert!(log.contains("libsystemd"), "{server} could notify and does not: {log}");
            silent.push(server.to_string());
        }
    }
    assert!(silent.len() <= 1, "only the redis 6.2 at hand is built without: {silent:?}");
}

fn says_ready(socket: &UnixDatagram) -> bool {
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut buffer = [0; 4096];
    while let Ok(length) = socket.recv(&mut buffer) {
        if buffer[..length].windows(7).any(|window| window == b"READY=1") {
            return true;
        }
    }
    false
}

#[test]
fn sentinels_start_as_their_units_say() {
    for server in redis_like() {
        let programs = TempDir::new().unwrap();
        let watched = Port::reserve();
        let site = Installed::new(|root, port| {
            let (engine, version, build) = (server.engine.name(), minor(server), build(server));
            let (root, program) = (root.display(), programs.path().join("program"));
            format!(
                "{}[sentinels.main]\nengine = \"{engine}\"\nversion = \"{version}\"\nhosts = [\"h\"]\nport = {port}\n{build}\n\
                 data-dir = \"{root}/data\"\ninstall-dir = \"{root}/out/sentinels-main\"\nservice.program = \"{}\"\n\
                 [{engine}.s]\nversion = \"{version}\"\ntopology = \"sentinel\"\ninitial-primary = \"h\"\nport = {}\n\
                 {build}\nsentinel = {{ set = \"main\", quorum = 1 }}\nsurvives = \"nothing\"\n",
                head(),
                program.display(),
                watched.number(),
            )
        });
        let unit = site.artifacts.iter().find(|file| file.path.contains("-sentinel-main-")).unwrap();
        let unit = Unit::parse(std::str::from_utf8(&unit.bytes).unwrap());
        let server = wrapped(server, programs.path(), unit.get("LimitNOFILE").unwrap(), "");
        Installed::prepare(&unit);
        let (running, _root) = site.keep(&server, &unit);
        let answer: Vec<String> = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg("s")
            .query(&mut running.connect().unwrap())
            .unwrap();
        assert_eq!(answer, ["127.0.0.1".to_owned(), watched.number().to_string()], "{server}");
        assert_eq!(open_files(running.pid()), unit.get("LimitNOFILE").unwrap(), "{server}");
    }
}

#[test]
fn memcached_starts_as_its_unit_says() {
    for server in Servers::all().iter().filter(|server| server.engine == Engine::Memcached) {
        let programs = TempDir::new().unwrap();
        let site = Installed::new(|_, port| {
            format!(
                "{}[memcached.m]\nversion = \"1.6\"\nhosts = [\"h\"]\nport = {port}\nservice.program = \"{}\"\n\
                 config = {{ conn-limit = 3000, D = \"$\", threads = 2 }}\n",
                head(),
                programs.path().join("program").display()
            )
        });
        let unit = site.unit();
        assert_eq!(unit.get("LimitNOFILE"), Some("3000"));
        let argv = site.artifacts.iter().find(|file| file.path.ends_with("memcached.argv")).unwrap();
        let argv = String::from_utf8(argv.bytes.to_vec()).unwrap();
        assert_eq!(unit.command("ExecStart")[1..], argv.lines().collect::<Vec<_>>());
        let server = wrapped(server, programs.path(), "3000", "");
        let (running, _root) = site.keep(&server, &unit);
        assert_eq!(open_files(running.pid()), "3000", "{server}");
    }
}

const EXAMPLES: [&str; 5] = [
    "examples/local/local.toml",
    "examples/shop/production.toml",
    "templates/init/sentinel.toml",
    "templates/init/cluster.toml",
    "templates/init/memcached.toml",
];

/// A spec with everything that a unit can say.
const ODD: &str = r#"
format = 1
name = "odd"
[hosts]
h = { address = "10.0.0.1" }
[redis.one]
version = "7.2"
topology = "standalone"
hosts = ["h"]
port = 80
data-dir = "/srv/50% of $HOME"
install-dir = "/opt/caches"
service = { user = "0", group = "daemon" }
config = { supervised = "systemd", unixsocket = "/run/one/s.sock", logfile = "/var/log/one/one.log", save = [], shutdown-timeout = 600 }
[valkey.two]
version = "8.0"
topology = "standalone"
hosts = ["h"]
port = 81
config = { daemonize = true, pidfile = "/run/two/two.pid", unixsocket = "/tmp/two.sock", tls-ca-cert-file = "/home/ca.pem" }
[memcached.three]
version = "1.6"
hosts = ["h"]
port = 82
config = { D = "'", lock-memory = true, daemon = true, pidfile = "/run/three/three.pid", ext_path = "/srv/e x:1g" }
"#;

/// systemd itself finds nothing to say about any unit.
#[test]
fn systemd_understands_every_unit() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        let required = std::env::var_os("REQUIRE_SERVERS").is_some();
        assert!(!required, "systemd-analyze is not installed: install the package systemd");
        println!("SKIPPED: systemd-analyze is not installed (the package systemd has it)");
        return;
    }
    let folder = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let odd = folder.path().join("odd.toml");
    std::fs::write(&odd, ODD).unwrap();
    let specs = EXAMPLES.iter().map(|example| root.join(example)).chain([odd]);
    let mut units = Vec::new();
    for spec in specs {
        let compiled = Texts::default().compile(&spec);
        let model = compiled.checked().unwrap_or_else(|| panic!("{}", findings(&compiled)));
        let artifacts = emit(&model, &EmitOptions::default()).unwrap();
        for unit in artifacts.iter().filter(|file| file.path.ends_with(".service")) {
            let path = folder.path().join(unit.path.rsplit('/').next().unwrap());
            std::fs::write(&path, at_hand(std::str::from_utf8(&unit.bytes).unwrap())).unwrap();
            units.push(path);
        }
    }
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "", "of {} units", units.len());
    assert!(output.status.success());
    println!("systemd-analyze verify: {} units", units.len());
}

/// A unit whose programs are on this machine: systemd-analyze looks for them.
fn at_hand(unit: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key, command)) if key.starts_with("ExecStart") => match command.split_once(' ') {
            Some((_, arguments)) => format!("{key}=/bin/true {arguments}\n"),
            None => format!("{key}=/bin/true\n"),
        },
        _ => format!("{line}\n"),
    };
    unit.lines().map(line).collect()
}
