//! The only place that prints. Results go to standard output, everything about them to standard
//! error; colour only where a terminal reads it and nobody asked for none.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the one place")]

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::ColorChoice;

use super::exit::Exit;

/// Standard output and error of one run.
#[derive(Debug)]
pub(super) struct Output {
    color: ColorChoice,
    /// Standard output is closed or full: nothing more is written, and the run has not succeeded.
    broken: Option<io::ErrorKind>,
}

impl Output {
    pub(super) fn new(color: ColorChoice) -> Self {
        Output { color, broken: None }
    }

    /// Whether text for standard output may hold colour.
    pub(super) fn color_out(&self) -> bool {
        self.colored(io::stdout().is_terminal())
    }

    /// Whether text for standard error may hold colour.
    pub(super) fn color_err(&self) -> bool {
        self.colored(io::stderr().is_terminal())
    }

    fn colored(&self, terminal: bool) -> bool {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !unwanted,
        }
    }

    /// The width of the terminal that reads standard output; none where no terminal does.
    #[allow(clippy::unused_self, reason = "only what prints asks about the terminal")]
    pub(super) fn width(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    }

    /// Writes results.
    pub(super) fn out(&mut self, text: impl AsRef<[u8]>) {
        if self.broken.is_none() {
            let mut stdout = io::stdout().lock();
            let written = stdout.write_all(text.as_ref()).and_then(|()| stdout.flush());
            self.broken = written.err().map(|error| error.kind());
        }
    }

    /// Writes what is to be known about results.
    #[allow(clippy::unused_self, reason = "nothing prints without an `Output`")]
    pub(super) fn err(&mut self, text: impl AsRef<[u8]>) {
        // Nobody can be told that standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_ref());
    }

    /// A mistake in how the program was called, in one line.
    pub(super) fn usage(&mut self, text: &str) -> Exit {
        self.err(format!("error: {text}\n"));
        Exit::Usage
    }

    /// The process's exit code.
    pub(super) fn finish(mut self, exit: Exit) -> ExitCode {
        let exit = match self.broken {
            // `cachewright catalog | head` has read what it wanted.
            None | Some(io::ErrorKind::BrokenPipe) => exit,
            Some(kind) => {
                self.err(format!("error: cannot write to standard output: {kind}\n"));
                exit.and(Exit::Usage)
            }
        };
        ExitCode::from(exit as u8)
    }
}
