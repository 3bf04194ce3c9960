//! Free loopback ports, safe across the test processes that run side by side.
//!
//! A port is held by a lock on a file named after it. The system drops the lock with its process, so a test
//! that is killed leaves nothing behind.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};

/// A cluster node's second port is this far above the first (`CLUSTER_PORT_INCR` in cluster.h).
const BUS_OFFSET: u16 = 10_000;

/// Both ports of a node stay below 32768, where Linux takes ports for outgoing connections from.
const FIRST: u16 = 11_000;
const COUNT: u16 = 11_000;

/// A port that belongs to this test until it is dropped.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _locks: Vec<File>,
}

impl Port {
    /// A port for a server of its own.
    pub(crate) fn reserve() -> Self {
        Self::search(&[0])
    }

    /// A port whose cluster bus port is reserved with it.
    pub(crate) fn reserve_for_cluster() -> Self {
        Self::search(&[0, BUS_OFFSET])
    }

    /// As many neighbouring ports, in order, with their bus ports where `for_cluster`.
    pub(crate) fn reserve_row(count: usize, for_cluster: bool) -> Vec<Self> {
        let mut row: Vec<Self> = Vec::new();
        while row.len() < count {
            let next = if for_cluster { Self::reserve_for_cluster() } else { Self::reserve() };
            if row.last().is_some_and(|last| last.number + 1 != next.number) {
                row.clear();
            }
            row.push(next);
        }
        row
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    fn search(offsets: &[u16]) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Processes start at different places, so that they seldom meet at a lock.
        let start = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap().wrapping_mul(37);
        (0..COUNT)
            .find_map(|_| {
                let step = NEXT.fetch_add(1, Ordering::Relaxed);
                let number = FIRST + start.wrapping_add(step) % COUNT;
                let locks = offsets.iter().map(|offset| hold(number + offset)).collect::<Option<_>>()?;
                Some(Self { number, _locks: locks })
            })
            .expect("no free port at all")
    }
}

/// The lock on a port that nobody listens on.
fn hold(number: u16) -> Option<File> {
    let folder = lock_folder();
    std::fs::create_dir_all(&folder).expect("the folder of port locks");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(number.to_string()))
        .ok()?;
    lock.try_lock().ok()?;
    TcpListener::bind(("127.0.0.1", number)).ok()?;
    Some(lock)
}

/// One for all test processes of this user; the name carries the user, as /tmp is everybody's.
fn lock_folder() -> PathBuf {
    std::env::temp_dir().join(format!("cachewright-ports-{}", super::user_id()))
}
