//! Taking files on a thread of its own, while the next ones are rendered.

use std::sync::mpsc::{TrySendError, sync_channel};
use std::thread;

/// Things that go over at once: waking the other thread costs more than handing over one of them.
const BATCH: usize = 32;
/// Batches that may wait.
const WAITING: usize = 2;

/// Runs `give`, and `take` with all that it gives, in the same order, on a second thread. Where the taker is behind,
/// the giver prepares for it what it has to give, rather than wait.
pub(super) fn beside<T: Send, R>(
    take: impl FnMut(T) + Send,
    prepare: impl Fn(&T),
    give: impl FnOnce(&mut dyn FnMut(T)) -> R,
) -> R {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<T>>(WAITING);
        let taker = scope.spawn(move || receiver.into_iter().flatten().for_each(take));
        let send = |batch: Vec<T>| {
            if let Err(TrySendError::Full(batch)) = sender.try_send(batch) {
                batch.iter().for_each(&prepare);
                // Nobody takes it where the taker panicked: then so do we, below.
                let _ = sender.send(batch);
            }
        };
        let mut batch = Vec::with_capacity(BATCH);
        let given = give(&mut |thing| {
            batch.push(thing);
            if batch.len() == BATCH {
                send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
            }
        });
        send(batch);
        drop(sender);
        taker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        given
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn everything_arrives_in_order() {
        let mut arrived = Vec::new();
        let take = |number| arrived.push(number);
        beside(take, |_| {}, |give| (0..1000).for_each(give));
        assert!(arrived.into_iter().eq(0..1000));
    }

    #[test]
    fn the_giver_prepares_what_has_to_wait() {
        let (begin, begun) = channel();
        let (prepared, taken) = (AtomicUsize::new(0), &AtomicUsize::new(0));
        let prepare = |_: &u32| {
            prepared.fetch_add(1, Ordering::Relaxed);
            let _ = begin.send(());
        };
        let take = move |_| {
            // Nothing is taken before the giver had to wait.
            if taken.fetch_add(1, Ordering::Relaxed) == 0 {
                begun.recv().unwrap();
            }
        };
        beside(take, prepare, |give| (0..1000).for_each(give));
        assert_eq!(taken.load(Ordering::Relaxed), 1000);
        assert!(prepared.load(Ordering::Relaxed) >= BATCH);
    }
}
