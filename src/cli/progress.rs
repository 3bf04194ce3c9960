//! How far long work has got, on a terminal; nothing is left of it afterwards.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner shows no bar.
const LONG: Duration = Duration::from_millis(700);

/// A bar on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// Who shows the bar if the work takes long; hears of its end as this is dropped.
    starter: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to count `total` steps; shown only where a terminal is there to see it.
    pub(super) fn start(what: &'static str, total: usize, terminal: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
        // The template is ours, and right.
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_message(what);
        let starter = terminal.then(|| {
            let (sender, ended) = channel();
            let bar = bar.clone();
            let show = move || {
                if ended.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(200));
                }
            };
            (sender, std::thread::spawn(show))
        });
        Progress { bar, starter }
    }

    /// One step is done.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn end(mut self) {
        if let Some((sender, thread)) = self.starter.take() {
            drop(sender);
            // It cannot panic, and a bar is not worth one.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
