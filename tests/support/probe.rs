//! Would a server take this line? Asked without starting one, tens of thousands of times.
//!
//! Two ways. [`file`] and [`each`] run the program on a file whose last line is always refused: the line that
//! the error names says whether those above were parsed, and the server never starts. [`Live`] tries values on
//! one long-lived server with a CONFIG SET that always fails as a whole.
//!
//! Both ask the parser only. What is found out later (a port in use, a file that is missing, two settings that
//! do not go together) needs a real start, and so does a name that the parser keeps for modules to come: any
//! unknown one on Redis 8.0, one with a dot from 7.0 on.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use super::refusal::Refusal;
use super::running::{Running, command};
use super::servers::Server;

/// Refused by every version, in a file as by CONFIG SET: `rdbcompression` takes only yes and no.
const GUARD: &str = "rdbcompression ?";

/// Refused by every sentinel, after all that it reads before.
const SENTINEL_GUARD: &str = "sentinel ?";

/// A probe runs for milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// What the parser says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every line was parsed.
    Accepted,
    /// The first line that was not, counted from 1, and the server's reason.
    Refused { line: usize, message: String },
    /// The server ended in another way than by naming a line: how, and what it printed last.
    Crashed { story: String },
}

impl Verdict {
    pub(crate) fn is_accepted(&self) -> bool {
        *self == Self::Accepted
    }
}

/// Parses these lines as one redis.conf. They may depend on each other.
pub(crate) fn file(server: &Server, lines: &[&str]) -> Verdict {
    Prober::new(server).file(lines)
}

/// Tries each line by itself, in the fewest runs: lines that are accepted share a run, a refused one costs one
/// more. The work is spread over the processors.
///
/// The lines must not influence each other in any order: no `include`, `dir`, `loadmodule`, `rename-command`,
/// `user` or `sentinel monitor`. For those use [`file`].
pub(crate) fn each(server: &Server, lines: &[&str]) -> Vec<Verdict> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    // Long files for lines that are mostly good; enough files that no thread is left with most of the bad.
    let chunks: Vec<&[&str]> = lines.chunks((lines.len() / (processors * 8)).clamp(16, 1_000)).collect();
    let next = AtomicUsize::new(0);
    let workers = processors.min(chunks.len());
    let work = || {
        let prober = Prober::new(server);
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = chunks.get(index) else {
                return done;
            };
            done.push((index, prober.each(chunk)));
        }
    };
    let mut judged: Vec<(usize, Vec<Verdict>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a prober")).collect()
    });
    judged.sort_by_key(|(index, _)| *index);
    judged.into_iter().flat_map(|(_, verdicts)| verdicts).collect()
}

/// Tries each line of a sentinel.conf by itself, below lines that all are parsed.
///
/// From 6.2 on a sentinel reads lines for itself before `monitor` lines and those before all others, each kind
/// in file order: `lines` must be of one kind, and must not influence each other.
pub(crate) fn sentinel_each(server: &Server, above: &[&str], lines: &[&str]) -> Vec<Verdict> {
    Prober::of_sentinel(server, above).each(lines)
}

/// Parses these lines as one sentinel.conf.
pub(crate) fn sentinel_file(server: &Server, lines: &[&str]) -> Verdict {
    Prober::of_sentinel(server, &[]).file(lines)
}

/// One thread's means to run the program on files.
struct Prober<'a> {
    server: &'a Server,
    folder: TempDir,
    /// Lines above all others, each with its line break, and their number.
    above: String,
    above_count: usize,
    /// The argument behind the file.
    mode: Option<&'static str>,
    /// The last line.
    guard: &'static str,
}

impl<'a> Prober<'a> {
    fn new(server: &'a Server) -> Self {
        assert!(server.engine.is_redis_like(), "{server} reads no redis.conf");
        let folder = TempDir::with_prefix("cachewright-probe-").expect("a temporary folder");
        Self { server, folder, above: String::new(), above_count: 0, mode: None, guard: GUARD }
    }

    fn of_sentinel(server: &'a Server, above: &[&str]) -> Self {
        Self {
            above: above.iter().flat_map(|line| [line, "\n"]).collect(),
            above_count: above.len(),
            mode: Some("--sentinel"),
            guard: SENTINEL_GUARD,
            ..Self::new(server)
        }
    }

    fn file(&self, lines: &[&str]) -> Verdict {
        let mut text = self.above.clone();
        for line in lines {
            assert!(!line.contains('\n'), "one line at a time: {line:?}");
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(self.guard);
        text.push('\n');
        let path = self.folder.path().join("probe.conf");
        std::fs::write(&path, text).expect("the probe's file");
        let mut command = Command::new(&self.server.program);
        let refusal = run(command.arg(&path).args(self.mode).current_dir(self.folder.path()));
        let last = self.above_count + lines.len() + 1;
        match refusal.fatal {
            Some(fatal) if fatal.line == last && fatal.text == self.guard => Verdict::Accepted,
            Some(fatal) if fatal.line <= self.above_count => {
                panic!("{} refuses line {} of those above: {}", self.server, fatal.line, fatal.message)
            }
            Some(fatal) => Verdict::Refused { line: fatal.line - self.above_count, message: fatal.message },
            None => Verdict::Crashed { story: refusal.reason() },
        }
    }

    /// Each line's own verdict. The lines above a refused one were parsed, so only those below it are left.
    fn each(&self, lines: &[&str]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(lines.len());
        while verdicts.len() < lines.len() {
            let rest = &lines[verdicts.len()..];
            match self.file(rest) {
                Verdict::Accepted => verdicts.resize(lines.len(), Verdict::Accepted),
                Verdict::Refused { line, message } => {
                    assert!(line <= rest.len(), "{}: an error at line {line} of {}", self.server, rest.len());
                    verdicts.resize(verdicts.len() + line - 1, Verdict::Accepted);
                    verdicts.push(Verdict::Refused { line: 1, message });
                }
                // It does not say which line it was: halves tell.
                Verdict::Crashed { .. } if rest.len() > 1 => {
                    let (first, second) = rest.split_at(rest.len() / 2);
                    verdicts.extend(self.each(first));
                    verdicts.extend(self.each(second));
                }
                crashed @ Verdict::Crashed { .. } => verdicts.push(crashed),
            }
        }
        verdicts
    }
}

/// Runs a program that ends by itself, and kills it if it does not.
fn run(command: &mut Command) -> Refusal {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().expect("a second handle"))
        .stderr(writer)
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    // The command keeps the pipe's writing end open, which would keep the reader waiting.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (sender, receiver) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut output = Vec::new();
        let _ = reader.read_to_end(&mut output);
        let _ = sender.send(String::from_utf8_lossy(&output).into_owned());
    });
    let in_time = receiver.recv_timeout(LIMIT);
    let timed_out = in_time.is_err();
    if timed_out {
        let _ = child.kill();
    }
    let status = child.wait().expect("the end of a child");
    let output = in_time.unwrap_or_else(|_| receiver.recv().unwrap_or_default());
    let _ = reading.join();
    Refusal::new((!timed_out).then_some(status), output)
}

/// A long-lived server on which values are tried without any lasting change (7.0 and later).
///
/// CONFIG SET checks all its pairs before it changes anything, and an error names the pair. So a second pair
/// that is always wrong keeps the first from being applied, and is blamed exactly if the first is acceptable.
pub(crate) struct Live {
    connection: redis::Connection,
    running: Running,
}

impl Live {
    /// Starts the server; `None` if its CONFIG SET is not atomic.
    pub(crate) fn start(server: &Server) -> Option<Self> {
        server.has_atomic_config_set().then(|| {
            let running = server.launch().start();
            let connection = running.connect().expect("a connection");
            Self { connection, running }
        })
    }

    /// The server that the values are tried on.
    pub(crate) fn running(&self) -> &Running {
        &self.running
    }

    /// Tries one value as CONFIG SET would take it: as one argument, quotes and all. A directive that cannot be
    /// changed at runtime is refused with the server's words for that.
    pub(crate) fn value(&mut self, name: &str, value: &str) -> Verdict {
        // A pair may not come twice.
        let guard =
            if name.eq_ignore_ascii_case("rdbcompression") { "activerehashing" } else { "rdbcompression" };
        let error = match command(&mut self.connection, &["CONFIG", "SET", name, value, guard, "?"]) {
            Ok(answer) => {
                panic!("CONFIG SET {name} {value:?} with a wrong {guard} was taken: {answer:?}")
            }
            Err(error) => error,
        };
        let Some(message) = error.detail() else {
            return Verdict::Crashed { story: error.to_string() };
        };
        if message.contains(&format!("(possibly related to argument '{guard}')")) {
            return Verdict::Accepted;
        }
        Verdict::Refused { line: 1, message: message.to_owned() }
    }
}
