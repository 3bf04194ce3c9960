//! Whose role is kept, who gets the first day's, and when start.sh would rather ask.

use crate::script::{Script, shells};
use crate::site::write;
use crate::support::wait;

const SPEC: &str = r#"
format = 1
name = "test"
[hosts]
a = { address = "10.0.0.1" }
b = { address = "10.0.0.2" }
[redis.cache]
version = "7.0"
topology = "replicated"
initial-primary = "a"
replicas = ["b"]
survives = "nothing"
data-dir = "DATA"
[redis.cache.config]
timeout = 1
"#;

/// A script of node `b`, whose primary is `a`.
fn replica(shell: &[&'static str]) -> Script {
    Script::new(shell, SPEC, "cache", "b")
}

fn role(script: &Script) -> Vec<String> {
    let lines = script.directive("redis.conf", "replicaof");
    lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
}

/// Rolls out something new.
fn change(script: &Script, edition: u32) {
    let timeout = format!("timeout = {edition}");
    script.roll_out(&SPEC.replace("timeout = 1", &timeout), "cache", "b");
    script.prepare();
    assert_eq!(script.directive("redis.conf", "timeout"), [edition.to_string().into_bytes()]);
}

#[test]
fn the_role_outlives_roll_outs() {
    for shell in shells() {
        let script = replica(shell);
        script.prepare();
        assert_eq!(role(&script), ["10.0.0.1 6379"]);
        change(&script, 2);
        assert_eq!(role(&script), ["10.0.0.1 6379"]);
        let file = script.data.join("redis.conf");
        let written = [
            ("SlaveOf 10.0.0.9 1\n  REPLICAOF 10.0.0.3 7000\r\n", Some("10.0.0.3 7000")),
            ("replicaof 10.0.0.3 7000\nreplicaof NO one\n", None),
            ("port 1\n# replicaof 10.0.0.3 7000\n", None),
            ("\"replicaof\" b.example 6379", Some("b.example 6379")),
            ("replicaof \"10.0.0.4\" 1\nname \"\u{e9}\"\n", Some("10.0.0.4 1")),
        ];
        for (at, (text, expected)) in written.into_iter().enumerate() {
            write(&file, text.as_bytes(), 0o600);
            std::fs::remove_file(script.data.join("redis.conf.before")).ok();
            change(&script, 3 + u32::try_from(at).unwrap());
            assert_eq!(role(&script), expected.into_iter().collect::<Vec<_>>(), "{shell:?} {text}");
            assert_eq!(script.text("redis.conf.before"), text, "somebody's own file is kept");
        }
        // What the server wrote stays while nothing changes.
        let text = format!("{}\nmaxclients 77\n", script.text("redis.conf"));
        write(&file, text.as_bytes(), 0o644);
        script.prepare();
        assert_eq!(script.text("redis.conf"), text);
    }
}

#[test]
fn where_data_are_the_role_is_asked_for() {
    for shell in shells() {
        for lost in [None, Some(&b""[..]), Some(b"\0\0\0\n")] {
            let mut script = replica(shell);
            write(&script.data.join("dump.rdb"), b"REDIS", 0o600);
            if let Some(bytes) = lost {
                write(&script.data.join("redis.conf"), bytes, 0o600);
            }
            script.refuse("dump.rdb is there but no");
            script.set("CACHEWRIGHT_ROLE", "leader");
            script.refuse("CACHEWRIGHT_ROLE is 'primary' or 'replica', not 'leader'");
            script.set("CACHEWRIGHT_ADOPT", "/nowhere");
            script.refuse("CACHEWRIGHT_ADOPT and CACHEWRIGHT_ROLE both say");
            script.environment.clear();
            script.set("CACHEWRIGHT_ADOPT", "/nowhere");
            script.refuse("CACHEWRIGHT_ADOPT: cannot read /nowhere");
            script.environment.clear();
            script.set("CACHEWRIGHT_ROLE", "primary");
            script.prepare();
            assert!(role(&script).is_empty());
            // Said once, it counts no more.
            script.set("CACHEWRIGHT_ROLE", "replica");
            change(&script, 9);
            assert!(role(&script).is_empty());
        }
        let mut script = replica(shell);
        write(&script.data.join("appendonlydir/x"), b"", 0o600);
        let old = script.root.path().join("old.conf");
        write(&old, b"port 1\nslaveof 10.0.0.7 6380\n", 0o600);
        script.set("CACHEWRIGHT_ADOPT", &old.display().to_string());
        script.prepare();
        assert_eq!(role(&script), ["10.0.0.7 6380"]);

        // A primary that was not the first of the spec, and the first that is none.
        let mut first = Script::new(shell, SPEC, "cache", "a");
        write(&first.data.join("dump.rdb"), b"REDIS", 0o600);
        first.refuse("whether this server leads or follows");
        first.set("CACHEWRIGHT_ROLE", "replica");
        first.refuse("put the line 'replicaof HOST PORT' into a file");
        first.environment.clear();
        first.set("CACHEWRIGHT_ADOPT", &old.display().to_string());
        first.prepare();
        assert_eq!(role(&first), ["10.0.0.7 6380"]);
    }
}

#[test]
fn other_topologies_have_no_first_day() {
    for shell in shells() {
        let alone = SPEC.replace(
            "\"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]",
            "\"standalone\"\nhosts = [\"b\"]",
        );
        let script = Script::new(shell, &alone.replace("a = { address = \"10.0.0.1\" }\n", ""), "cache", "b");
        let data = script.data.join("dump.rdb");
        write(&data, b"REDIS", 0o600);
        script.prepare();
        assert!(role(&script).is_empty());
    }
}

#[test]
fn an_engine_takes_over_from_another() {
    for shell in shells() {
        let script = replica(shell);
        script.prepare();
        write(&script.data.join("dump.rdb"), b"REDIS", 0o600);
        let text = script.text("redis.conf");
        let promoted: Vec<&str> = text.lines().filter(|line| !line.starts_with("replicaof")).collect();
        let promoted = promoted.join(
            "
",
        );
        write(&script.data.join("redis.conf"), promoted.as_bytes(), 0o600);
        let valkey = SPEC.replace("[redis.", "[valkey.").replace("\"7.0\"", "\"8.0\"");
        script.roll_out(&valkey, "cache", "b");
        script.prepare();
        assert!(script.directive("valkey.conf", "replicaof").is_empty());
        assert!(!script.data.join("redis.conf").exists());
        // And back, with what happened in between.
        let text = format!("{}replicaof 10.0.0.5 1\n", script.text("valkey.conf"));
        write(&script.data.join("valkey.conf"), text.as_bytes(), 0o600);
        script.roll_out(SPEC, "cache", "b");
        script.prepare();
        assert_eq!(role(&script), ["10.0.0.5 1"]);
    }
}

#[test]
fn two_starts_at_once_make_one_whole_file() {
    for shell in shells() {
        let script = replica(shell);
        for edition in 2..6 {
            script.roll_out(&SPEC.replace("timeout = 1", &format!("timeout = {edition}")), "cache", "b");
            let starts: Vec<_> = (0..6).map(|_| script.command(&[]).spawn().unwrap()).collect();
            for mut start in starts {
                assert!(start.wait().unwrap().success());
            }
            let one = script.text("redis.conf");
            std::fs::remove_dir_all(&script.data).unwrap();
            script.prepare();
            assert_eq!(script.text("redis.conf"), one);
        }
    }
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    for shell in shells() {
        let script = replica(shell);
        script.prepare();
        let before = script.text("redis.conf");
        script.roll_out(&SPEC.replace("timeout = 1", "timeout = 2"), "cache", "b");
        // Nothing can be written: as on a full disk.
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", "ulimit -f 0; exec \"$@\"", "sh"])
            .args(shell)
            .arg(script.rendered.join("start.sh"));
        assert!(!command.output().unwrap().status.success(), "{shell:?}");
        assert_eq!(script.text("redis.conf"), before, "{shell:?}");
        std::fs::remove_file(script.rendered.join("redis.conf")).unwrap();
        script.refuse("roll out the whole folder");
        write(&script.rendered.join("redis.conf"), b"", 0o644);
        script.refuse("roll out the whole folder");
    }
}

/// Something that has a server's name and works in the data folder, as a child does that a dead server left behind.
struct Orphan(std::process::Child);

impl Orphan {
    fn start(script: &Script) -> Self {
        let program = script.root.path().join("redis-server");
        std::fs::copy("/bin/sleep", &program).unwrap();
        let mut command = std::process::Command::new(&program);
        command.arg("60").current_dir(&script.data);
        // It can be run once no process that was just forked has it open any more.
        Orphan(wait::try_until(wait::LIMIT, || command.spawn().ok()).unwrap())
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_server_that_runs_keeps_its_files() {
    for (nth, shell) in shells().iter().enumerate() {
        // One shell meets all servers, the others one.
        let servers = crate::servers();
        for server in if nth == 0 { &servers[..] } else { &servers[servers.len() - 1..] } {
            let script = replica(shell);
            script.prepare();
            let dir = format!("dir {}", script.data.display());
            let socket = format!("unixsocket {}", script.root.path().join("socket").display());
            let without_port = ["port 0", &socket];
            let started = [
                server.launch().line(&dir),
                server.launch_sentinel().line(&dir),
                server
                    .launch()
                    .line(&dir)
                    .lines(without_port)
                    .ready_when_it_prints("eady to accept connections"),
            ];
            for (at, launch) in started.into_iter().enumerate() {
                let running = launch.start();
                script.prepare();
                let edition = format!("timeout = {}", 2 + at);
                script.roll_out(&SPEC.replace("timeout = 1", &edition), "cache", "b");
                script.refuse("stop it first");
                drop(running);
                let left_behind = Orphan::start(&script);
                script.prepare();
                assert_eq!(script.directive("redis.conf", "timeout"), [(2 + at).to_string().into_bytes()]);
                drop(left_behind);
            }
        }
    }
}
