//! What the integration tests share: real servers, found, started, asked and stopped.
//!
//! Everything about running a server lives here. What a test expects of it does not, and nothing here knows
//! cachewright itself: a mistake in the product must not be able to hide in the harness.
//!
//! Every wait is for a condition and has a limit; every server listens on loopback, on a port that no other
//! test process holds, and dies with its test, whatever way the test ends.

// Each file under tests/ compiles this anew and uses its own part of it.
#![allow(dead_code)]
// A harness fails by panicking, with the story of what it waited for, and talks on stderr.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

pub(crate) mod fleet;
pub(crate) mod launch;
pub(crate) mod port;
pub(crate) mod probe;
pub(crate) mod refusal;
pub(crate) mod running;
pub(crate) mod servers;
pub(crate) mod tls;
pub(crate) mod wait;
pub(crate) mod watchdog;

/// The user that this process runs as, as the owner of its own /proc entry.
fn user_id() -> u32 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").expect("/proc is mounted").uid()
}
