//! What docs/rollout.md and docs/secrets.md tell people to do, done on real servers in the order that they say.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../rendered/files.rs"]
mod files;
mod ground;
mod links;
mod rotation;
mod sentinels;
#[path = "../support/mod.rs"]
mod support;
#[path = "../rendered/texts.rs"]
#[allow(dead_code)]
mod texts;

use support::servers::{Engine, Server, Servers};

/// The oldest and the newest of Redis and of Valkey.
fn oldest_and_newest() -> Vec<&'static Server> {
    let mut chosen: Vec<&Server> = Vec::new();
    for engine in [Engine::Redis, Engine::Valkey] {
        chosen.extend(Servers::of(engine).next());
        chosen.extend(Servers::of(engine).last().filter(|last| !chosen.contains(last)));
    }
    chosen
}

/// Runs a test on each server at the same time: most of it is waiting.
fn on_each(servers: &[&'static Server], test: impl Fn(&'static Server) + Sync) {
    std::thread::scope(|scope| {
        for server in servers {
            scope.spawn(|| test(server));
        }
    });
}
