//! Many servers side by side.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::runtime::{Builder, Runtime};

/// Does the work for every task, at most `at_once` of them at a time, each on a thread, and gives the results in the
/// order of the tasks. `done` hears of each that is done, from any thread.
pub fn side_by_side<T: Sync, R: Send>(
    tasks: &[T],
    at_once: usize,
    work: impl Fn(&T) -> R + Sync,
    done: impl Fn() + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(tasks.iter().map(|_| None).collect());
    let worker = || {
        while let Some((at, task)) = claim(tasks, &next) {
            let result = work(task);
            // Whoever panicked has put nothing half-done there.
            results.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
            done();
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.min(tasks.len()) {
            // Where the machine has no more threads, fewer will do.
            if thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().flatten().collect()
}

/// As [`side_by_side`], for work that waits: a thread for each processor, which waits for many tasks together.
///
/// # Errors
///
/// The system has nothing to wait with: no more open files.
pub(super) fn waiting_together<T: Sync, R: Send>(
    tasks: &[T],
    at_once: usize,
    work: impl AsyncFn(&T) -> R + Sync,
    done: impl Fn() + Sync,
) -> io::Result<Vec<R>> {
    let threads = processors().min(at_once).min(tasks.len()).max(1);
    let lane = |at: usize| {
        let share = at_once / threads + usize::from(at < at_once % threads);
        Ok((Builder::new_current_thread().enable_io().enable_time().build()?, share.max(1)))
    };
    let lanes: Vec<(Runtime, usize)> = (0..threads).map(lane).collect::<io::Result<_>>()?;
    let next = AtomicUsize::new(0);
    let wait = |(runtime, share): &(Runtime, usize)| {
        let claimed = stream::iter(std::iter::from_fn(|| claim(tasks, &next)));
        let one = async |(at, task)| {
            let result = work(task).await;
            done();
            (at, result)
        };
        let all = claimed.map(one).buffer_unordered(*share);
        runtime.block_on(all.collect::<Vec<_>>())
    };
    let mut results: Vec<(usize, R)> =
        side_by_side(&lanes, threads, wait, || ()).into_iter().flatten().collect();
    // A name that is still being looked up would be waited for.
    for (runtime, _) in lanes {
        runtime.shutdown_background();
    }
    results.sort_unstable_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// The next task that nobody has, and its place.
fn claim<'t, T>(tasks: &'t [T], next: &AtomicUsize) -> Option<(usize, &'t T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    tasks.get(at).map(|task| (at, task))
}

/// How many threads can run at a time.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_tasks() {
        let tasks: Vec<usize> = (0..100).collect();
        let told = AtomicUsize::new(0);
        let tell = || {
            told.fetch_add(1, Ordering::Relaxed);
        };
        let results = side_by_side(&tasks, 7, |task| task * 2, tell);
        assert_eq!(results, (0..100).map(|task| task * 2).collect::<Vec<_>>());
        let waited = waiting_together(&tasks, 7, async |task| task * 2, tell).unwrap();
        assert_eq!(waited, results);
        assert_eq!(told.into_inner(), 200);
        assert!(side_by_side(&[] as &[usize], 7, |task| *task, || ()).is_empty());
        assert!(waiting_together(&[] as &[usize], 7, async |task| *task, || ()).unwrap().is_empty());
    }

    #[test]
    fn no_more_than_asked_for_are_waited_for_at_a_time() {
        let tasks = [(); 20];
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = async |(): &()| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
        };
        waiting_together(&tasks, 7, work, || ()).unwrap();
        assert!((1..=7).contains(&most.into_inner()));
    }
}
