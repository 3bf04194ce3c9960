//! start.sh on real servers: whatever was done to a server in whatever order, after a roll-out it is what the new
//! rendering says, its role apart; and until one, it is what its operators made of it.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod credentials;
#[path = "../rendered/files.rs"]
mod files;
mod fleet;
mod ground;
mod operation;
mod orders;
#[path = "../property/random.rs"]
#[allow(dead_code)]
mod random;
mod roles;
mod script;
mod secrets;
mod sentinels;
mod site;
#[path = "../support/mod.rs"]
mod support;
#[path = "../rendered/texts.rs"]
#[allow(dead_code)]
mod texts;
mod verify;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use fleet::Fleet;
use orders::Batch;
use site::Site;
use support::servers::{Engine, Server, Servers};

/// The servers that a deployment can be declared for.
fn servers() -> Vec<&'static Server> {
    Servers::redis_like().filter(|server| server.engine != Engine::Redict).collect()
}

/// What became of orders.
#[derive(Default)]
struct Tally {
    tried: usize,
    failed: Vec<String>,
}

/// Every ordered pair of operations and some long random orders, each from a first start on; every triple where
/// `ORDERS=all`. `ORDERS_ON` names the servers to try, by a part of their names (`redis 7`).
#[test]
fn every_order_ends_in_the_rendering() {
    let wanted = std::env::var("ORDERS_ON").unwrap_or_default();
    let tasks: Vec<(&'static Server, Batch)> = servers()
        .into_iter()
        .filter(|server| server.to_string().contains(&wanted))
        .flat_map(|server| orders::batches().into_iter().map(move |batch| (server, batch)))
        .collect();
    let (next, tallies, begun) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()), Instant::now());
    let work = || {
        while let Some((server, batch)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tally = try_batch(server, batch);
            let mut tallies = tallies.lock().unwrap();
            let sum: &mut Tally = tallies.entry(server.to_string()).or_default();
            sum.tried += tally.tried;
            sum.failed.extend(tally.failed);
        }
    };
    // Most of the time is spent on waiting for servers.
    let workers = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let mut failures = 0;
    for (server, tally) in tallies.into_inner().unwrap() {
        println!("{server}: {} orders tried, {} failed", tally.tried, tally.failed.len());
        failures += tally.failed.len();
        tally.failed.iter().take(5).for_each(|why| println!("    {why}"));
    }
    println!("all in {} s", begun.elapsed().as_secs());
    assert_eq!(failures, 0);
}

/// Tries orders at one place, each from a first start on.
fn try_batch(server: &'static Server, batch: &Batch) -> Tally {
    let (mut tally, mut site) = (Tally::default(), Site::new(server, batch.shape));
    for order in &batch.orders {
        // What panics names its order, too.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            Fleet::new(&mut site).and_then(|mut fleet| fleet.run(&order.operations))
        }));
        let why = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            Err(panic) => Some(message(&*panic)),
        };
        tally.failed.extend(why.map(|why| format!("{order}: {why}")));
        tally.tried += 1;
    }
    tally
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
