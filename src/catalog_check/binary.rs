//! A server program that reads configurations, and never starts: the last line is always refused.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::parser::{Answer, Parser, Trial};
use crate::live::Failure;

/// Refused by every version.
const GUARD: &str = "rdbcompression ?";

/// Reading a configuration takes milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// The program of a server.
pub(super) struct Program<'a> {
    path: &'a Path,
}

impl<'a> Program<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Program { path }
    }

    /// The first line that is refused, from 0, and why; the number of lines where only the guard is.
    fn read(&self, lines: &[String]) -> Result<(usize, String), Failure> {
        let mut text = lines.join("\n");
        text.push('\n');
        text.push_str(GUARD);
        text.push('\n');
        let said = self.run(&text)?;
        fatal(&said).filter(|(line, _)| *line <= lines.len()).ok_or_else(|| {
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("(nothing)");
            Failure::Lost(format!("{} does not name the line it refuses: {last}", self.path.display()))
        })
    }

    /// Runs the program on a configuration that it reads from its standard input; what it said on standard error.
    fn run(&self, text: &str) -> Result<String, Failure> {
        let lost = |error: std::io::Error| Failure::Lost(format!("{}: {error}", self.path.display()));
        let mut child = Command::new(self.path)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(lost)?;
        if let Some(mut input) = child.stdin.take() {
            // A program that does not read to the end says why on standard error.
            let _ = input.write_all(text.as_bytes());
        }
        let (sender, receiver) = mpsc::channel();
        let errors = child.stderr.take();
        thread::spawn(move || {
            let mut said = Vec::new();
            if let Some(mut errors) = errors {
                let _ = errors.read_to_end(&mut said);
            }
            let _ = sender.send(String::from_utf8_lossy(&said).into_owned());
        });
        let said = receiver.recv_timeout(LIMIT);
        if said.is_err() {
            let _ = child.kill();
        }
        child.wait().map_err(lost)?;
        said.map_err(|_| Failure::Lost(format!("{} does not end", self.path.display())))
    }
}

/// The line, from 0, and the reason in the block that `loadServerConfigFromString` ends with (config.c).
fn fatal(said: &str) -> Option<(usize, String)> {
    let (_, block) = said.split_once("*** FATAL CONFIG FILE ERROR")?;
    let mut lines = block.lines().skip(1);
    // `Reading the configuration file, at line 3`, then the line itself, then the reason.
    let number: usize = lines.next()?.rsplit(' ').next()?.parse().ok()?;
    let reason = lines.nth(1).unwrap_or_default();
    Some((number.checked_sub(1)?, reason.trim().to_owned()))
}

impl Parser for Program<'_> {
    fn is_harmless(&self) -> bool {
        true
    }

    /// Lines that are taken share a run; a refused one costs one more.
    fn try_all(&mut self, trials: &[Trial]) -> Result<Vec<Answer>, Failure> {
        let lines: Vec<String> = trials.iter().map(line).collect();
        let mut answers = Vec::with_capacity(lines.len());
        while answers.len() < lines.len() {
            let rest = &lines[answers.len()..];
            let rest = &rest[..rest.len().min(SHARED)];
            let (refused, reason) = self.read(rest)?;
            answers.extend(std::iter::repeat_n(Answer::Taken, refused));
            if refused < rest.len() {
                answers.push(if reason.starts_with("Bad directive") {
                    Answer::Unknown
                } else {
                    Answer::Refused(reason)
                });
            }
        }
        Ok(answers)
    }
}

/// So many lines at most share a run.
const SHARED: usize = 200;

/// A line as [`Trial`] means it: several words stay several arguments.
fn line(trial: &Trial) -> String {
    let value = if trial.value.is_empty() { "\"\"" } else { &trial.value };
    format!("{} {value}", trial.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_line_is_found() {
        let said = "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n\
                    Reading the configuration file, at line 3\n>>> 'hz x'\n\
                    argument couldn't be parsed into an integer\n";
        assert_eq!(fatal(said), Some((2, "argument couldn't be parsed into an integer".to_owned())));
        assert_eq!(fatal("Segmentation fault"), None);
    }
}
