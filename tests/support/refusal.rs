//! What a server says when it does not start.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// A start that failed, with everything that was learned from it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// How the process ended; `None` when it was still there at the time limit, and was killed.
    pub(crate) status: Option<ExitStatus>,
    /// The configuration error, if it was one.
    pub(crate) fatal: Option<FatalConfig>,
    /// All that it printed.
    pub(crate) output: String,
}

impl Refusal {
    pub(crate) fn new(status: Option<ExitStatus>, output: String) -> Self {
        Self { status, fatal: FatalConfig::find(&output), output }
    }

    /// Whether it ended through a signal (a crash), rather than by its own decision.
    pub(crate) fn is_crash(&self) -> bool {
        self.status.is_some_and(|s| s.signal().is_some())
            || self.output.contains("BUG REPORT START")
            || self.output.contains("ASSERTION FAILED")
    }

    /// One line for people: the server's own reason.
    pub(crate) fn reason(&self) -> String {
        if let Some(fatal) = &self.fatal {
            return format!("line {}: {}", fatal.line, fatal.message);
        }
        let last = self.output.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("(no output)");
        match self.status {
            Some(status) => format!("{last} ({status})"),
            None => format!("{last} (still running at the time limit)"),
        }
    }
}

/// The block that `loadServerConfigFromString` prints before it gives up (config.c, all versions).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FatalConfig {
    /// Counted from 1, in the file that was read (which may be an included one).
    pub(crate) line: usize,
    /// The line as the server read it.
    pub(crate) text: String,
    /// Why it was refused.
    pub(crate) message: String,
}

impl FatalConfig {
    pub(crate) fn find(output: &str) -> Option<Self> {
        let (_, block) = output.split_once("*** FATAL CONFIG FILE ERROR")?;
        let mut lines = block.lines().skip(1);
        // "Reading the configuration file, at line 3", then ">>> 'the line'", then the reason.
        let line = lines.next()?.rsplit(' ').next()?.parse().ok()?;
        let text = lines.next()?.trim_start_matches(">>> ").trim_matches('\'').to_owned();
        let message = lines.next().unwrap_or_default().trim().to_owned();
        Some(Self { line, text, message })
    }
}
