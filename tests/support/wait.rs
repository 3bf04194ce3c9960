//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a server may take for what normally takes milliseconds: CI machines are slow and shared.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(3);

/// Looks until `condition` yields something or the limit has passed.
pub(crate) fn try_until<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Looks until `condition` holds; panics with `what` after [`LIMIT`].
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let met = try_until(LIMIT, || condition().then_some(()));
    assert!(met.is_some(), "waited {LIMIT:?} in vain until {what}");
}
