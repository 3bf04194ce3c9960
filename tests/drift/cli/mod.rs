//! The program against real servers: exit codes, forms, logins, tunnels, baselines; and no secret in any of it.

mod accepted;
mod access;
mod forms;
mod secrets;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::observed::declared;
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::{Engine, Server, Servers};

/// What must never be seen.
const CANARY: &str = "c4n4ry-right-p4ssword";

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Two servers of one deployment with a password, and a spec of them.
struct Stage {
    folder: TempDir,
    ports: [Port; 2],
    servers: Vec<Running>,
}

fn server() -> Option<&'static Server> {
    Servers::find(Engine::Redis, "7.0")
}

impl Stage {
    /// Starts both on their rendered files, which the program itself writes.
    fn start(server: &'static Server) -> Self {
        Stage::start_with(server, "requirepass = { env = \"PASSWORD\" }\n")
    }

    /// The same with other settings and tables.
    fn start_with(server: &'static Server, more: &str) -> Self {
        let row = Port::reserve_row(2, false);
        let [first, second] = <[Port; 2]>::try_from(row).unwrap();
        let folder = TempDir::with_prefix("cachewright-drift-").unwrap();
        let root = folder.path().canonicalize().unwrap();
        let spec = format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [redis.one]\ntopology = \"standalone\"\nhosts = [\"a\", \"a\"]\nport = {}\ndata-dir = \"{}/data\"\n{}\
             [redis.one.config]\nmaxmemory = \"1gb\"\nmaxclients = 500\n{more}",
            first.number(),
            root.display(),
            declared(server)
        );
        std::fs::write(root.join("spec.toml"), spec).unwrap();
        let mut stage = Stage { folder, ports: [first, second], servers: Vec::new() };
        let out = root.join("out");
        let rendered = stage.program("render").arg("--with-secrets").arg("-o").arg(&out).output().unwrap();
        assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
        for port in &stage.ports {
            let number = port.number();
            let (node, data) = (out.join(format!("one/a-{number}")), root.join(format!("data/a-{number}")));
            std::fs::create_dir_all(&data).unwrap();
            if node.join("users.acl").exists() {
                std::fs::copy(node.join("users.acl"), data.join("users.acl")).unwrap();
            }
            let file = node.join("redis.conf");
            let launch = server.launch().file(file).at(format!("127.0.0.1:{number}").parse().unwrap());
            stage.servers.push(launch.login(None, CANARY).start());
        }
        stage
    }

    fn spec(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("spec.toml")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.spec().with_file_name(name)
    }

    fn node(&self, at: usize) -> String {
        format!("one/a-{}", self.ports[at].number())
    }

    fn program(&self, command: &str) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        program.arg(command).arg(self.spec()).stdin(Stdio::null());
        program.env_remove("REDISCLI_AUTH").env_remove("NO_COLOR").env("PASSWORD", CANARY);
        program
    }

    fn drift(&self, args: &[&str]) -> Run {
        finish(self.program("drift").args(args))
    }
}

fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn clean_drift_and_unobserved_have_their_codes() {
    let Some(server) = server() else { return };
    let mut stage = Stage::start(server);
    let run = stage.drift(&[]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "no drift: 2 nodes compared\n"), "{}", run.err);
    stage.servers[0].command(&["CONFIG", "SET", "maxmemory", "2gb"]);
    let run = stage.drift(&[]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    for said in ["maxmemory", "1gb", "2gb", "mend: CONFIG SET maxmemory 1gb", "1 difference on 1 node"] {
        assert!(run.out.contains(said), "no {said}: {}", run.out);
    }
    // The other node is clean by itself.
    assert_eq!(stage.drift(&[&stage.node(1)]).code, Some(0));
    // What could not be observed outweighs drift, which is told all the same.
    let gone = stage.servers.remove(1);
    gone.stop();
    let run = stage.drift(&["--retries", "0"]);
    assert_eq!(run.code, Some(3), "{}", run.out);
    assert!(run.out.contains("2gb") && run.out.contains("not observed"), "{}", run.out);
    assert!(run.out.contains("Connection refused"), "{}", run.out);
    let run = stage.drift(&[&stage.node(1)]);
    assert_eq!(run.code, Some(3), "{}", run.out);
    assert!(!run.out.contains("2gb"), "{}", run.out);
}

#[test]
fn a_slip_in_a_selector_is_answered_and_nobody_is_asked() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    let near = stage.node(0).replace("one/", "on/");
    for (selector, hint) in
        [(near.as_str(), stage.node(0)), ("oen", "one".to_owned()), ("a", "@a".to_owned())]
    {
        let run = stage.drift(&[selector]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{selector}");
        assert!(run.err.contains(&format!("did you mean `{hint}`?")), "{selector}: {}", run.err);
    }
    assert!(stage.drift(&["elsewhere"]).err.contains("its deployments are one"));
    assert_eq!(stage.drift(&["@a"]).code, Some(0));
}

#[test]
fn a_broken_spec_is_told_and_lints_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.toml");
    let drift = |path: &Path| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        finish(program.arg("drift").arg(path).args(["--connect-timeout", "200ms", "--retries", "0"]))
    };
    let port = Port::reserve();
    let text = format!(
        "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nidle = {{ address = \"127.0.0.2\" }}\n\
         [redis.one]\nversion = \"7.0\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n",
        port.number()
    );
    std::fs::write(&spec, &text).unwrap();
    let run = drift(&spec);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert_eq!(run.err, "");
    std::fs::write(&spec, format!("{text}config.hz = \"many\"\n")).unwrap();
    let run = drift(&spec);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.contains("[invalid-value]"), "{}", run.err);
    assert_eq!(drift(Path::new("/nowhere.toml")).code, Some(2));
}
