//! Taking files on a thread of its own, while the next ones are rendered.

use std::sync::mpsc::sync_channel;
use std::thread;

/// Things that go over at once: waking the other thread costs more than handing over one of them.
const BATCH: usize = 32;
/// Batches that may wait.
const WAITING: usize = 2;

/// Who takes could not go on: nothing more is wanted.
#[derive(Debug)]
pub struct Gone;

/// Runs `give`, and `take` with all that it gives, in the same order, on a second thread. What became of each;
/// where taking failed, that is what stopped the giving, and it is the same failure on every run.
pub fn beside<T: Send, E: Send, R>(
    mut take: impl FnMut(T) -> Result<(), E> + Send,
    give: impl FnOnce(&mut dyn FnMut(T) -> Result<(), Gone>) -> R,
) -> (R, Result<(), E>) {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<T>>(WAITING);
        let taker = scope.spawn(move || receiver.into_iter().flatten().try_for_each(&mut take));
        let mut batch = Vec::with_capacity(BATCH);
        let given = give(&mut |thing| {
            batch.push(thing);
            if batch.len() < BATCH {
                return Ok(());
            }
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            sender.send(full).map_err(|_| Gone)
        });
        // Where nobody takes it, the taker says why.
        let _ = sender.send(batch);
        drop(sender);
        let taken = taker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (given, taken)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_arrives_in_order() {
        let mut arrived = Vec::new();
        let take = |number| {
            arrived.push(number);
            Ok::<(), ()>(())
        };
        let (given, taken) = beside(take, |sink| (0..1000).try_for_each(sink));
        assert!(given.is_ok() && taken.is_ok());
        assert!(arrived.into_iter().eq(0..1000));
    }

    #[test]
    fn the_first_failure_stops_the_giving() {
        let take = |number: u32| if number < 3 { Ok(()) } else { Err(number) };
        let (given, taken) = beside(take, |sink| (0..).try_for_each(sink));
        assert!(given.is_err());
        assert_eq!(taken, Err(3));
        assert_eq!(beside(take, |sink| sink(4).is_ok()), (true, Err(4)), "also when it comes last");
    }
}
