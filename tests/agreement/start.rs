//! Accepted values, started for real: one file holds one value of every directive, so that a server has to be
//! started only as often as the directive with the most values asks for.

use std::collections::BTreeMap;

use cachewright::catalog::{Directive, Facts, Kind, Shown, Special, Target};
use cachewright::value::{Judgement, Reason, Value};

use super::lines::Line;
use crate::support::servers::Server;

/// What a comparison came to.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) tried: usize,
    pub(crate) starts: usize,
    pub(crate) wrong: Vec<String>,
}

/// Directives that a started server cannot be given at will, and why.
const NOT_STARTED: &[(&str, &str)] = &[
    ("aclfile", "must exist"),
    ("always-show-logo", "prints before the readiness that the harness waits for"),
    ("appenddirname", "a name that the file system must take"),
    ("appendfilename", "a name that the file system must take"),
    ("appendonly", "loads and writes files"),
    ("bind", "must be addresses of the machine"),
    ("bind-source-addr", "must be an address of the machine"),
    ("cluster-enabled", "changes other directives"),
    ("daemonize", "leaves the harness"),
    ("dbfilename", "a name that the file system must take"),
    ("dir", "prints the folder in full"),
    ("debug-context", "printed by crashes only"),
    ("locale-collate", "must be a locale of the machine"),
    ("logfile", "the harness reads the log"),
    ("maxclients", "lowered to the limit of open files"),
    ("pidfile", "must be writable"),
    ("port", "the harness chose it"),
    ("rdma-bind", "needs hardware"),
    ("rdma-port", "needs hardware"),
    ("replicaof", "a primary that does not exist"),
    ("requirepass", "the harness would have to log in"),
    ("supervised", "changes pidfile"),
    ("syslog-enabled", "the machine's log"),
    ("unixsocket", "must be writable"),
    ("watchdog-period", "interrupts the server by a signal"),
];

/// Starts the server on every accepted value and compares what it prints.
pub(crate) fn compare(server: &Server, target: &Target, lines: &[Line]) -> Report {
    let mut queues: BTreeMap<&'static str, Vec<(&Line, Vec<u8>)>> = BTreeMap::new();
    for line in lines {
        if let Some((directive, expected)) = expectation(line, target) {
            queues.entry(directive.name).or_default().push((line, expected));
        }
    }
    let most = queues.values().map(Vec::len).max().unwrap_or(0);
    let mut report = Report::default();
    for round in 0..most {
        let batch: Vec<_> =
            queues.iter().filter_map(|(name, queue)| Some((*name, queue.get(round)?))).collect();
        compare_batch(server, target, &batch, &mut report);
    }
    report
}

type Item<'a> = (&'static str, &'a (&'a Line, Vec<u8>));

/// One start. A file that does not start, or whose server does not answer, is halved until the lines at fault
/// are alone.
fn compare_batch(server: &Server, target: &Target, batch: &[Item<'_>], report: &mut Report) {
    report.starts += 1;
    match printed(server, target, batch) {
        Ok(printed) => {
            report.tried += batch.len();
            for ((_, (line, expected)), printed) in batch.iter().zip(printed) {
                if printed != *expected {
                    let (printed, expected) =
                        (String::from_utf8_lossy(&printed), String::from_utf8_lossy(expected));
                    report.wrong.push(format!("{:?} prints {printed:?}, we say {expected:?}", line.text));
                }
            }
        }
        Err(story) if batch.len() == 1 => {
            report.tried += 1;
            report.wrong.push(format!("{:?} does not start: {story}", batch[0].1.0.text));
        }
        Err(_) => {
            let (first, second) = batch.split_at(batch.len() / 2);
            compare_batch(server, target, first, report);
            compare_batch(server, target, second, report);
        }
    }
}

/// What a server prints for each directive, started on all of the lines.
fn printed(server: &Server, target: &Target, batch: &[Item<'_>]) -> Result<Vec<Vec<u8>>, String> {
    let launch = server.launch().lines(batch.iter().map(|(_, (line, _))| line.text.clone()));
    let running = launch.try_start().map_err(|refusal| refusal.reason())?;
    let mut connection = running.connect().map_err(|error| error.to_string())?;
    let mut ask = |(name, _): &Item<'_>| {
        let name = facts(target, name).name;
        let answer: Result<(String, Vec<u8>), _> =
            redis::cmd("CONFIG").arg("GET").arg(name).query(&mut connection);
        answer.map(|(_, printed)| printed).map_err(|error| format!("CONFIG GET {name}: {error}"))
    };
    batch.iter().map(&mut ask).collect()
}

fn facts(target: &Target, name: &str) -> &'static Facts {
    cachewright::catalog::directive(target.engine, name).unwrap().at(target.versions.first).unwrap()
}

/// What a started server should print for a line, where it is one to start with.
fn expectation(line: &Line, target: &Target) -> Option<(&'static Directive, Vec<u8>)> {
    let (directive, judgement) = line.judged.as_ref()?;
    let facts = directive.at(target.versions.first)?;
    let shown = matches!(facts.shown, Shown::Listed | Shown::ByAlias | Shown::ByExactName);
    let excluded =
        NOT_STARTED.iter().any(|(name, _)| *name == directive.name) || directive.name.starts_with("tls-");
    let value = accepted(judgement)?;
    let ignored = matches!(facts.kind, Kind::Ignored | Kind::Special(Special::Sentinel));
    (shown && !excluded && !ignored && is_harmless(directive.name, value))
        .then(|| (*directive, value.printed(directive, target.versions.first)))
}

/// Whether a server with the value still serves the test.
fn is_harmless(name: &str, value: &Value) -> bool {
    const ROOM: u64 = 1 << 20;
    match (name, value) {
        // Allocated at the start, and one thread each.
        ("databases" | "io-threads", Value::Integer(number)) => *number <= 20,
        // Small ones disconnect the test itself.
        ("timeout", Value::Integer(number)) => *number == 0 || *number > 60,
        ("client-query-buffer-limit", Value::Bytes(bytes)) => *bytes >= ROOM,
        ("client-query-buffer-limit", _) => false,
        ("maxmemory-clients", value) => *value == Value::Bytes(0),
        ("client-output-buffer-limit", Value::OutputLimits(limits)) => limits
            .normal
            .is_none_or(|limit| [limit.hard, limit.soft].iter().all(|size| *size == 0 || *size >= ROOM)),
        _ => true,
    }
}

/// The value of a line that lets a server start.
fn accepted(judgement: &Judgement) -> Option<&Value> {
    let crashes = judgement.refusal().is_some_and(|(_, reason)| *reason == Reason::CrashesTheServer);
    if crashes { None } else { judgement.value() }
}
