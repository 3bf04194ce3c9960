//! Who follows whom, and whether replicas can log in at this moment.

use crate::ground::{Ground, SERVERS};
use crate::support::running::Running;
use crate::support::wait;

/// INFO replication; not while there is no answer, as while Sentinel cuts clients off.
fn replication(running: &Running) -> Option<String> {
    redis::from_redis_value(running.try_command(&["INFO", "replication"]).ok()?).ok()
}

/// One of its fields.
pub(crate) fn field(running: &Running, name: &str) -> Option<String> {
    let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned());
    replication(running)?.lines().find_map(value)
}

/// How many replicas a primary sends what is written to.
pub(crate) fn fed(primary: &Running) -> usize {
    replication(primary).map_or(0, |text| text.matches("state=online").count())
}

/// Waits until a primary feeds so many replicas.
#[track_caller]
pub(crate) fn wait_for(primary: &Running, replicas: usize) {
    wait::until("all replicas are linked", || fed(primary) == replicas);
}

/// Cuts off every replica of a primary that leads all others, and waits until they are linked again: each has logged
/// in with what counts at this moment.
#[track_caller]
pub(crate) fn are_made_anew(ground: &Ground, primary: &'static str) {
    let replicas = ground.servers().count() - 1;
    let primary = ground.on(SERVERS, primary);
    wait_for(primary, replicas);
    // The primary forgets them at once. Every version takes `slave`.
    let cut: usize = redis::from_redis_value(primary.command(&["CLIENT", "KILL", "TYPE", "slave"])).unwrap();
    assert_eq!(cut, replicas, "{}", ground.server);
    wait_for(primary, replicas);
}
