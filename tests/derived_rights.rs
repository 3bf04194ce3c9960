//! The rights derived for replication and Sentinel are enough on real servers: replicas follow, a sentinel
//! fails over, and no server logs a single refused command.

// Tests fail by panicking, and say on stderr what they counted.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use cachewright::catalog;
use cachewright::model::users::{replication_rules, sentinel_rules};
use cachewright::text::acl::{AclRule, Sensitive, write_acl_line};
use support::fleet::{sentinel_field, wait_for_replica};
use support::running::Running;
use support::servers::{Engine, Server, Servers};
use support::wait;

fn user(name: &str, rules: Vec<AclRule>) -> String {
    let password = AclRule::AddPassword(Sensitive(format!("{name}-pw").into_bytes()));
    let rules: Vec<AclRule> = [AclRule::On, password].into_iter().chain(rules).collect();
    String::from_utf8(write_acl_line(name, &rules).unwrap()).unwrap()
}

/// Whether INFO has this line. Not while it does not answer: sentinels cut off clients at a failover (CLIENT KILL).
fn info(server: &Running, line: &str) -> bool {
    let said = server.try_command(&["INFO", "replication"]).ok();
    let text: Option<String> = said.and_then(|said| redis::from_redis_value(said).ok());
    text.is_some_and(|text| text.lines().any(|other| other == line))
}

fn check(server: &Server, engine: catalog::Engine) {
    let version = server.version.to_string().parse().unwrap();
    let channels = if version >= catalog::Version::new(6, 2, 0) { "&* " } else { "" };
    let acl = format!(
        "user default on nopass ~* {channels}+@all\n{}\n{}\n",
        user("replica", replication_rules(engine, version)),
        user("watcher", sentinel_rules(engine, version)),
    );
    let start = |primary: Option<&Running>| {
        let launch = server.launch();
        let path = launch.write("users.acl", &acl);
        let mut launch = launch
            .line(format!("aclfile {}", path.display()))
            .line("masteruser replica")
            .line("masterauth replica-pw")
            .line("repl-diskless-sync-delay 0");
        if engine == catalog::Engine::Valkey && version >= catalog::Version::new(8, 0, 0) {
            // Its second connection needs a right of its own.
            launch = launch.line("dual-channel-replication-enabled yes").line("repl-diskless-sync yes");
        }
        if let Some(primary) = primary {
            launch = launch.line(format!("replicaof 127.0.0.1 {}", primary.port()));
        }
        launch.start()
    };
    let primary = start(None);
    let replica = start(Some(&primary));
    wait_for_replica(&replica);
    let sentinel = server
        .launch_sentinel()
        .line(format!("sentinel monitor m 127.0.0.1 {} 1", primary.port()))
        .line("sentinel auth-user m watcher")
        .line("sentinel auth-pass m watcher-pw")
        .start();
    wait::until("the sentinel sees the replica", || {
        sentinel_field(&sentinel, "m", "num-slaves") == Some("1".into())
    });
    let fails_over = || sentinel.try_command(&["SENTINEL", "FAILOVER", "m"]).is_ok();
    wait::until("the sentinel begins a failover", fails_over);
    wait::until("the replica leads", || info(&replica, "role:master"));
    wait::until("the old primary follows", || info(&primary, "role:slave"));
    wait::until("it is in step", || info(&primary, "master_link_status:up"));
    if engine == catalog::Engine::Valkey && version >= catalog::Version::new(9, 1, 0) {
        let back = || sentinel.try_command(&["SENTINEL", "FAILOVER", "m", "COORDINATED"]).is_ok();
        wait::until("the sentinel begins a coordinated failover", back);
        let leads = wait::try_until(wait::LIMIT, || info(&primary, "role:master").then_some(()));
        let logs = [&primary, &replica].map(|node| format!("{:?}", node.command(&["ACL", "LOG"])));
        assert!(
            leads.is_some(),
            "{server}: the first primary does not lead again: {logs:?}\n{}",
            sentinel.log()
        );
        wait::until("the other follows", || info(&replica, "role:slave"));
    }
    for node in [&primary, &replica] {
        let log = format!("{:?}", node.command(&["ACL", "LOG"]));
        assert!(!log.contains("watcher") && !log.contains("replica"), "{server} refused something: {log}");
    }
    eprintln!("{server}: replication and failover with derived rights alone");
}

#[test]
fn derived_rights_are_enough() {
    for server in Servers::redis_like() {
        match server.engine {
            Engine::Redis => check(server, catalog::Engine::Redis),
            Engine::Valkey => check(server, catalog::Engine::Valkey),
            Engine::Redict | Engine::Memcached => {}
        }
    }
}
