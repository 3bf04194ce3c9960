//! Many servers side by side.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What a thread that waits for a server needs: far less than usual.
const STACK: usize = 512 << 10;

/// Does the work for every task, at most `at_once` of them at a time, and gives the results in the order of the tasks.
/// `done` hears of each that is done, from any thread.
pub fn side_by_side<T: Sync, R: Send>(
    tasks: &[T],
    at_once: usize,
    work: impl Fn(&T) -> R + Sync,
    done: impl Fn() + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(tasks.iter().map(|_| None).collect());
    let worker = || {
        while let Some(task) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            tasks.get(at).map(|task| (at, task))
        } {
            let result = work(task.1);
            // Whoever panicked has put nothing half-done there.
            results.lock().unwrap_or_else(PoisonError::into_inner)[task.0] = Some(result);
            done();
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.min(tasks.len()) {
            // Where the machine has no more threads, fewer will do.
            if thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(told.into_inner(), 100);
        assert!(side_by_side(&[] as &[usize], 7, |task| *task, || ()).is_empty());
    }
}
