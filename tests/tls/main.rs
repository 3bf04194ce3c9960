//! TLS fleets on real servers: specs with `tls` tables are checked, rendered, started with certificates made for the
//! test, brought into shape by their scripts, and asked whether they are what was declared.
//!
//! Redis 6.2 is at hand in a build without TLS only; each test says that it was left out.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod clients;
mod fleets;
#[path = "../rendered/mod.rs"]
mod rendered;
mod specs;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use cachewright::model::Deployment;
use rendered::compare;
use rendered::site::Site;
use support::running::Running;
use support::servers::{Engine, Server, Servers};

/// The servers that a deployment can be declared for and that have TLS; the others are named.
fn servers_with_tls() -> Vec<&'static Server> {
    let declarable = Servers::redis_like().filter(|server| server.engine != Engine::Redict);
    let (with, without): (Vec<_>, Vec<_>) =
        declarable.partition(|server| support::probe::file(server, &["tls-port 0"]).is_accepted());
    for server in without {
        println!("{server}: LEFT OUT, this build has no TLS");
    }
    with
}

/// The oldest and the newest Redis and the newest Valkey with TLS: they differ most in how they do it.
fn three_servers_with_tls() -> Vec<&'static Server> {
    let all = servers_with_tls();
    let of = |engine| all.iter().copied().filter(move |server| server.engine == engine);
    let chosen = [of(Engine::Redis).next(), of(Engine::Redis).next_back(), of(Engine::Valkey).next_back()];
    let mut seen = BTreeSet::new();
    chosen.into_iter().flatten().filter(|server| seen.insert(server.to_string())).collect()
}

/// Runs a test on each server at the same time: most of it is waiting.
fn on_each(servers: &[&'static Server], test: impl Fn(&'static Server) + Sync) {
    std::thread::scope(|scope| {
        for server in servers {
            scope.spawn(|| test(server));
        }
    });
}

/// CONFIG GET * of every node is what the model says.
#[track_caller]
fn compare_all(site: &Site, deployment: &Deployment, running: &[Running]) {
    for (node, running) in deployment.nodes.iter().zip(running) {
        let compared = compare::config(running, deployment, node, site.passwords.as_ref());
        assert_eq!(compared.wrong, [""; 0], "{}, {} {}", running.server(), deployment.name.value, node.id);
    }
}
