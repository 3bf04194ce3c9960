//! The catalogue against every server at hand: no disagreement.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;

use cachewright::catalog_check::{Aspect, Options, Report, check};
use cachewright::live::Address;
use redis::Value;
use support::running::Running;
use support::servers::{Engine, Server, Servers};

fn ask(scheme: &str, port: u16, options: &Options) -> Report {
    let address: Address = format!("{scheme}://127.0.0.1:{port}").parse().unwrap();
    check(&address, options).unwrap()
}

/// Prints what was compared, and returns the number of disagreements.
fn tell(report: &Report) -> usize {
    println!("{}", report.summary());
    report.disagreements.iter().for_each(|one| println!("    {one}"));
    for note in &report.notes {
        println!("    note: {note}");
        // The limit of open files is the machine's.
        assert!(note.starts_with("`maxclients`"), "not all could be compared: {note}");
    }
    report.disagreements.len()
}

fn with_binary(server: &Server) -> Options {
    Options { binary: Some(server.program.clone()), ..Options::default() }
}

/// A server that was told nothing but where it may listen and write.
fn fresh(server: &Server) -> Running {
    let launch = server.launch();
    let text = format!("port {}\nbind 127.0.0.1\ndir {}\n", launch.number(), launch.folder().display());
    let file = launch.write("fresh.conf", &text);
    launch.file(file).start()
}

fn servers() -> impl Iterator<Item = &'static Server> {
    Servers::redis_like().filter(|server| server.engine != Engine::Redict)
}

#[test]
fn directives_commands_and_rules() {
    let mut disagreements = 0;
    for server in servers() {
        let running = fresh(server);
        let before = running.config_get_all();
        let report = ask("redis", running.port(), &with_binary(server));
        disagreements += tell(&report);
        assert_eq!(running.config_get_all(), before, "{server}: asking has changed it");
        assert_eq!(
            running.command(&["ACL", "USERS"]),
            Value::Array(vec![Value::BulkString(b"default".to_vec())]),
            "{server}"
        );
        assert!(report.compared[&Aspect::Names] > 300 && report.compared[&Aspect::Ranges] > 100, "{server}");
    }
    assert_eq!(disagreements, 0, "see above");
}

#[test]
fn sentinels() {
    let mut disagreements = 0;
    for server in servers() {
        let running = server.launch_sentinel().start();
        disagreements += tell(&ask("sentinel", running.port(), &Options::default()));
    }
    assert_eq!(disagreements, 0, "see above");
}

#[test]
fn memcached() {
    let mut disagreements = 0;
    for server in Servers::of(Engine::Memcached) {
        let running = server.launch().start();
        let given: BTreeSet<String> = ["listen", "port", "udp-port"].map(str::to_owned).into();
        let options = Options { given, without_napi_ids: true, ..Options::default() };
        let report = ask("memcached", running.port(), &options);
        assert!(report.notes.is_empty(), "{server}: {:?}", report.notes);
        assert!(report.compared[&Aspect::Defaults] > 50, "{server}");
        disagreements += tell(&report);
    }
    assert_eq!(disagreements, 0, "see above");
}

/// Before 1.6.40 the question itself can kill the server, so it is not asked without leave.
#[test]
fn an_old_memcached_is_not_asked_for_what_may_kill_it() {
    for server in Servers::of(Engine::Memcached) {
        let running = server.launch().arg("-N").arg("1").start();
        let report = ask("memcached", running.port(), &Options::default());
        let old = server.version < support::servers::Version(1, 6, 40);
        assert_eq!(report.notes.len(), usize::from(old), "{server}");
        assert_eq!(running.memcached("version").len(), 1, "{server} is gone");
    }
}

/// Redict, a fork of Redis 7.2.4 with some of 7.4, stands in for 7.2, which no package brings. Its differences are
/// printed, not judged: they are the fork's own or mistakes about 7.2, and only a reader can tell.
#[test]
fn a_fork_stands_in_for_redis_7_2() {
    for server in Servers::of(Engine::Redict) {
        let running = fresh(server);
        let report = ask("redis", running.port(), &with_binary(server));
        assert_eq!(report.identity.fork.as_deref(), Some(format!("redict {}", server.version).as_str()));
        tell(&report);
    }
}
