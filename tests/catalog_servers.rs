//! The catalogue against every server at hand: no disagreement.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;

use cachewright::catalog_check::{Aspect, Options, Report, check};
use cachewright::live::Address;
use redis::Value;
use support::servers::{Engine, Server, Servers};

const ASPECTS: [Aspect; 7] = [
    Aspect::Names,
    Aspect::Defaults,
    Aspect::Mutability,
    Aspect::Ranges,
    Aspect::Words,
    Aspect::Commands,
    Aspect::AclRules,
];

fn ask(scheme: &str, port: u16, options: &Options) -> Report {
    let address: Address = format!("{scheme}://127.0.0.1:{port}").parse().unwrap();
    check(&address, options).unwrap()
}

/// Prints what was compared, and returns the number of disagreements.
fn tell(server: &Server, what: &str, report: &Report) -> usize {
    let counts: Vec<String> = ASPECTS
        .iter()
        .filter_map(|aspect| Some(format!("{} {}", report.compared.get(aspect)?, aspect.title())))
        .collect();
    let found = report.disagreements.len();
    println!("{server}{what}: {} compared, {found} disagreements", counts.join(", "));
    report.disagreements.iter().for_each(|one| println!("    {one}"));
    report.notes.iter().for_each(|note| println!("    note: {note}"));
    assert!(report.notes.is_empty(), "{server}: not all could be compared");
    found
}

fn with_binary(server: &Server) -> Options {
    Options { binary: Some(server.program.clone()), ..Options::default() }
}

fn servers() -> impl Iterator<Item = &'static Server> {
    Servers::redis_like().filter(|server| server.engine != Engine::Redict)
}

#[test]
fn directives_commands_and_rules() {
    let mut disagreements = 0;
    for server in servers() {
        let running = server.launch().start();
        let before = running.config_get_all();
        let report = ask("redis", running.port(), &with_binary(server));
        disagreements += tell(server, "", &report);
        assert_eq!(running.config_get_all(), before, "{server}: asking has changed it");
        assert_eq!(running.command(&["ACL", "USERS"]), Value::Array(vec![Value::BulkString(b"default".to_vec())]), "{server}");
        assert!(report.compared[&Aspect::Names] > 300 && report.compared[&Aspect::Ranges] > 100, "{server}");
    }
    assert_eq!(disagreements, 0, "see above");
}

#[test]
fn sentinels() {
    let mut disagreements = 0;
    for server in servers() {
        let running = server.launch_sentinel().start();
        disagreements += tell(server, " as sentinel", &ask("sentinel", running.port(), &Options::default()));
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
        disagreements += tell(server, "", &ask("memcached", running.port(), &options));
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
        let running = server.launch().start();
        let report = ask("redis", running.port(), &with_binary(server));
        assert_eq!(report.identity.fork.as_deref(), Some(format!("redict {}", server.version).as_str()));
        tell(server, " as redis 7.2.4", &report);
    }
}
