//! start.sh of sentinels: what Sentinel learned is kept, all else is the rendering's.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use tempfile::TempDir;

use crate::script::{Script, shells};
use crate::site::{render, write};
use crate::support::fleet::{replicated, sentinel_field};
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

/// What the spec says about one watched deployment.
#[derive(Debug, Clone)]
struct Watch {
    /// The port of the first day's primary.
    port: u16,
    quorum: u32,
    /// Lines of its table of Sentinel's settings.
    settings: &'static str,
}

/// A sentinel that watches deployments by these names.
fn spec(server: &Server, port: u16, data: &Path, watches: &[(&str, Watch)]) -> String {
    let (engine, version) = (server.engine.name(), server.version);
    // 6.0 has no users.
    let observer = if has_users(server) {
        "observer = { user = \"cachewright\", password = { env = \"AUTH\" } }\n"
    } else {
        ""
    };
    let mut text = format!(
        "format = 1\nname = \"test\"\n[hosts]\nhere = {{ address = \"127.0.0.1\" }}\n[sentinels.main]\n\
         engine = \"{engine}\"\nversion = \"{version}\"\nhosts = [\"here\", \"here\"]\nport = {port}\ndata-dir = \"{}\"\n\
         auth = {{ password = {{ env = \"AUTH\" }} }}\n{observer}",
        data.display()
    );
    for (name, watch) in watches {
        write!(
            text,
            "[{engine}.{name}]\nversion = \"{version}\"\ntopology = \"sentinel\"\ninitial-primary = \"here\"\n\
             replicas = [\"here\"]\nport = {}\nsurvives = \"nothing\"\ndata-dir = \"/nowhere/{name}\"\n\
             replication = {{ password = {{ env = \"AUTH\" }} }}\n\
             [{engine}.{name}.sentinel]\nset = \"main\"\nquorum = {}\n{}\n",
            watch.port, watch.quorum, watch.settings
        )
        .unwrap();
    }
    text
}

fn has_users(server: &Server) -> bool {
    server.version >= crate::support::servers::Version(6, 2, 0)
}

/// A sentinel, its primary and replica, and where its files are.
struct Watched {
    root: TempDir,
    ports: Vec<Port>,
    sentinel: Option<Running>,
}

impl Watched {
    fn roll_out(&self, server: &Server, watches: &[(&str, Watch)], password: &str) {
        let port = self.ports[0].number();
        let data = self.root.path().join("data");
        for artifact in render(&spec(server, port, &data, watches)) {
            if let Some(file) = artifact.path.strip_prefix(&format!("sentinels-main/here-{port}/")) {
                write(&self.root.path().join("etc").join(file), &artifact.bytes, artifact.mode);
            }
        }
        write(&self.data().join("secrets.env"), format!("AUTH={password}\n").as_bytes(), 0o600);
    }

    fn data(&self) -> std::path::PathBuf {
        self.root.path().join("data").join(format!("here-{}", self.ports[0].number()))
    }

    fn start(&mut self, server: &'static Server) {
        match &mut self.sentinel {
            Some(sentinel) => {
                sentinel.crash();
                sentinel.start_again().unwrap();
            }
            None => {
                let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.ports[0].number());
                let launch = server.launch_sentinel().through(self.root.path().join("etc/start.sh"));
                self.sentinel = Some(launch.at(socket).start());
            }
        }
    }

    fn sentinel(&self) -> &Running {
        self.sentinel.as_ref().unwrap()
    }

    fn field(&self, name: &str, field: &str) -> String {
        sentinel_field(self.sentinel(), name, field).unwrap_or_default()
    }

    fn working(&self) -> String {
        std::fs::read_to_string(self.data().join("sentinel.conf")).unwrap()
    }

    /// The ID in the working file; Sentinel writes it there.
    fn id(&self) -> String {
        let id = |text: String| {
            text.lines().find_map(|line| line.strip_prefix("sentinel myid ").map(str::to_owned))
        };
        wait::until("Sentinel has written its ID", || id(self.working()).is_some());
        id(self.working()).unwrap()
    }
}

#[test]
fn what_sentinel_learned_outlives_roll_outs() {
    // Sentinels take their time; they can take it side by side.
    std::thread::scope(|scope| {
        for server in crate::servers() {
            scope.spawn(|| keeps_what_it_learned(server));
        }
    });
}

fn keeps_what_it_learned(server: &'static Server) {
    let fleet = replicated(server, 1, &[]);
    let (primary, replica) = (fleet.primary.port(), fleet.replicas[0].port());
    let ports = Port::reserve_row(2, false);
    let mut watched = Watched { root: TempDir::new().unwrap(), ports, sentinel: None };
    let one = Watch {
        port: primary,
        quorum: 1,
        settings: "down-after-milliseconds = 1000\nfailover-timeout = 2000\nparallel-syncs = 3",
    };
    let other = Watch { port: 1, ..one.clone() };
    watched.roll_out(server, &[("one", one.clone()), ("other", other)], "first");
    watched.start(server);
    let id = watched.id();
    // Servers without a password refuse its login, and it goes on.
    wait::until("the replica is known", || watched.field("one", "num-slaves") == "1");
    // By hand, and kept by an unchanged roll-out.
    watched.sentinel().command(&["SENTINEL", "SET", "one", "parallel-syncs", "7"]);
    watched.start(server);
    assert_eq!(watched.field("one", "parallel-syncs"), "7", "{server}");

    wait::until("the replica is ready to lead", || {
        watched.sentinel().try_command(&["SENTINEL", "FAILOVER", "one"]).is_ok()
    });
    wait::until("the replica leads", || watched.field("one", "port") == replica.to_string());
    wait::until("Sentinel has written that", || {
        watched.working().contains(&format!("sentinel monitor one 127.0.0.1 {replica} 1\n"))
    });
    // Sentinel cuts its clients off, so an answer may be missing.
    wait::until("the old primary follows", || {
        let role = fleet.primary.try_command(&["ROLE"]);
        role.is_ok_and(|role| format!("{role:?}").contains("slave"))
    });
    let epoch = watched.field("one", "config-epoch");

    // A changed rendering: quorum, an option dropped, a master gone and one new, another password.
    let changed =
        Watch { quorum: 2, settings: "down-after-milliseconds = 900\nfailover-timeout = 2000", ..one };
    let newcomer = Watch { port: 2, ..changed.clone() };
    watched.roll_out(server, &[("newcomer", newcomer), ("one", changed)], "second");
    watched.start(server);
    assert_eq!(watched.id(), id, "{server}");
    for (name, field, expected) in [
        ("one", "port", replica.to_string()),
        ("one", "quorum", "2".into()),
        ("one", "parallel-syncs", "1".into()),
        ("one", "down-after-milliseconds", "900".into()),
        ("one", "config-epoch", epoch.clone()),
        ("one", "num-slaves", "1".into()),
        ("newcomer", "port", "2".into()),
        ("other", "port", String::new()),
    ] {
        assert_eq!(watched.field(name, field), expected, "{server}: {field} of {name}");
    }
    let text = watched.working();
    assert!(text.contains("auth-pass one \"second\"") || text.contains("auth-pass one second"), "{text}");
    assert!(!text.contains("first") && !text.contains(" other "), "{text}");
    if has_users(server) {
        let asked = watched.sentinel().command(&["AUTH", "cachewright", "second"]);
        assert_eq!(asked, redis::Value::Okay, "{server}");
        assert!(watched.sentinel().try_command(&["AUTH", "cachewright", "first"]).is_err(), "{server}");
    }
    // The same again changes nothing.
    watched.start(server);
    assert_eq!(watched.id(), id, "{server}");
    assert_eq!(watched.field("one", "config-epoch"), epoch, "{server}");
    println!("{server}: ID, epoch {epoch} and address kept, settings replaced");
}

/// The same with every awk at hand, and with what Sentinel never wrote.
#[test]
fn files_are_merged_by_every_awk() {
    let server = crate::servers()[0];
    let watch = Watch { port: 7000, quorum: 2, settings: "down-after-milliseconds = 900" };
    let text =
        spec(server, 26379, Path::new("DATA"), &[("b", Watch { port: 7010, ..watch.clone() }), ("a", watch)]);
    let bin = TempDir::new().unwrap();
    let mut tried = 0;
    for shell in shells() {
        for awk in ["mawk", "gawk", "busybox"] {
            let Some(real) = find(awk) else { continue };
            let _ = std::fs::remove_file(bin.path().join("awk"));
            std::os::unix::fs::symlink(real, bin.path().join("awk")).unwrap();
            let mut script = Script::new(shell, &text, "sentinels-main", "here-26379");
            script.set("AUTH", "p");
            script.set("PATH", &format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap()));
            let old = b"port 1\nsentinel monitor a 10.0.0.9 7001 9\r\nSENTINEL myid 00ff\n\
                sentinel known-replica a 10.0.0.8 7002\nsentinel known-slave a 10.0.0.7 7002\n\
                sentinel config-epoch a 5\nsentinel leader-epoch a 6\nsentinel known-sentinel a 10.0.0.6 1 ab\n\
                sentinel current-epoch 7\nsentinel auth-pass a old\nsentinel monitor gone 10.0.0.5 1 1\n\
                sentinel config-epoch gone 5\nuser default on nopass ~* +@all\n# \xff\xc3\nlogfile \"\xe9\"\n";
            let adopted = script.root.path().join("old.conf");
            write(&adopted, old, 0o600);
            script.set("CACHEWRIGHT_ADOPT", &adopted.display().to_string());
            script.prepare();
            let mut lines = script.directive("sentinel.conf", "sentinel");
            // What the whole sentinel is set to is rendered, and not merged.
            lines.retain(|line| !line.starts_with(b"deny") && !line.starts_with(b"announce-ip"));
            let lines: Vec<String> = lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect();
            let expected = [
                "monitor a 10.0.0.9 7001 2",
                "known-replica a 10.0.0.8 7002",
                "known-slave a 10.0.0.7 7002",
                "config-epoch a 5",
                "leader-epoch a 6",
                "known-sentinel a 10.0.0.6 1 ab",
                "down-after-milliseconds a 900",
                "monitor b 127.0.0.1 7010 2",
                "down-after-milliseconds b 900",
                "auth-pass a p",
                "auth-pass b p",
                "myid 00ff",
                "current-epoch 7",
            ];
            assert_eq!(lines, expected, "{shell:?} {awk}");
            tried += 1;
        }
    }
    assert!(tried > 0);
    println!("{tried} combinations of shell and awk");
}

fn find(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
