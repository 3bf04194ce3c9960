//! What rules come to, as we replay them and as `ACL DRYRUN` of real servers (7.0 and later) says: every command and
//! subcommand, for lists of rules in many orders.

// Tests fail by panicking, and say on stderr what they counted.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::collections::BTreeMap;

use cachewright::catalog::{self, acl};
use cachewright::model::users::rights;
use cachewright::text::acl::read_rules;
use support::running::Running;
use support::servers::{Engine, Server, Servers};

const RULES: &[&str] = &[
    "+@all",
    "-@all +get",
    "+@read +@write",
    "+@read +@write -@dangerous",
    "-@dangerous +@read +@write",
    "+info -@dangerous",
    "-@dangerous +info",
    "+config -@dangerous",
    "+client -@dangerous +client|list",
    "+@slow",
    "+@all -@slow",
    "+@admin -@dangerous +acl|whoami",
    "+config|get +config -config|set",
    "+@all -config +config|get",
    "+@all -@admin -@scripting +script|kill",
    "+@connection +@pubsub -@fast",
    "+@fast -@read +@keyspace",
    "-flushall +@write",
    "+@all -cluster|reset -debug",
    "+@transaction +memory -memory|usage +object|freq",
];

/// What everybody may, logged in or not (`CMD_NO_AUTH`).
const ALWAYS: [&str; 4] = ["auth", "hello", "quit", "reset"];

/// A command or subcommand with as many arguments as the server asks for.
type Calls = BTreeMap<&'static str, Vec<String>>;

fn dry_run(running: &Running, user: &str, calls: &[&Vec<String>]) -> Vec<String> {
    let mut pipe = redis::pipe();
    for call in calls {
        pipe.cmd("ACL").arg("DRYRUN").arg(user).arg(call);
    }
    pipe.ignore_errors();
    let answers: Vec<redis::Value> = pipe.query(&mut running.connect().unwrap()).unwrap();
    answers.into_iter().map(|answer| format!("{answer:?}")).collect()
}

/// How each command can be called, by trying.
fn calls(running: &Running, engine: catalog::Engine, version: catalog::Version) -> Calls {
    running.command(&["ACL", "SETUSER", "all", "on", "nopass", "~*", "&*", "+@all"]);
    let mut calls = Calls::new();
    for command in acl::commands(engine) {
        let container = acl::subcommands(engine, command.name, version).next().is_some();
        if command.at(version).is_none() || container || ALWAYS.contains(&command.name) {
            continue;
        }
        let tries: Vec<Vec<String>> = (0..8)
            .map(|arguments| {
                let words = command.name.split('|').map(str::to_owned);
                words.chain((0..arguments).map(|_| "1".to_owned())).collect()
            })
            .collect();
        let answers = dry_run(running, "all", &tries.iter().collect::<Vec<_>>());
        let fits = answers.iter().position(|answer| answer.to_lowercase().contains("ok"));
        calls.extend(fits.map(|at| (command.name, tries[at].clone())));
    }
    calls
}

fn check(server: &Server, engine: catalog::Engine) {
    let version: catalog::Version = server.version.to_string().parse().unwrap();
    if version < catalog::Version::new(7, 0, 0) {
        return;
    }
    let running = server.launch().start();
    let calls = calls(&running, engine, version);
    assert!(calls.len() > 300, "{server}: {} commands can be called", calls.len());
    let list: Vec<&Vec<String>> = calls.values().collect();
    for rules in RULES {
        let mut set = vec!["ACL", "SETUSER", "u", "reset", "on", "nopass", "~*", "&*"];
        set.extend(rules.split(' '));
        running.command(&set);
        let read = read_rules(rules).plain();
        let ours = rights(&read, engine, version, false);
        for (name, answer) in calls.keys().zip(dry_run(&running, "u", &list)) {
            let (command, sub) =
                name.split_once('|').map_or((*name, None), |(command, sub)| (command, Some(sub)));
            let allowed = !answer.contains("no permissions to run");
            assert_eq!(ours.may(command, sub), allowed, "{server}: {rules}: {name}: {answer}");
        }
    }
    eprintln!("{server}: {} commands under {} lists of rules", calls.len(), RULES.len());
}

#[test]
fn rules_come_to_what_servers_make_of_them() {
    for server in Servers::redis_like() {
        match server.engine {
            Engine::Redis => check(server, catalog::Engine::Redis),
            Engine::Valkey => check(server, catalog::Engine::Valkey),
            Engine::Redict | Engine::Memcached => {}
        }
    }
}
