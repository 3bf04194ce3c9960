//! Whole files that depend on more than one line: our verdict and that of a real start.

use std::collections::BTreeMap;

use cachewright::catalog::{Target, directive};
use cachewright::text::conf::ConfDoc;
use cachewright::value::{FileSettings, Judgement, file_rules, fold_lines};

use crate::support::launch::Launch;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

/// Files to try; FOLDER stands for a folder that exists, PORT for a free port.
const FILES: &[&[&str]] = &[
    &[],
    &["cluster-enabled yes"],
    &["cluster-enabled yes", "replicaof 127.0.0.1 1"],
    &["cluster-enabled yes", "replicaof no one"],
    &["replicaof 127.0.0.1 1"],
    &["user a on"],
    &["aclfile FOLDER/users.acl"],
    &["aclfile FOLDER/users.acl", "user a on"],
    &["aclfile \"\"", "user a on"],
    &["tls-port PORT"],
    &["tls-replication yes"],
    &["tls-cluster yes"],
    &["tls-port 0"],
    &["port 0"],
    &["port 0", "unixsocket FOLDER/socket"],
    &["bind \"\""],
    &["bind \"\"", "unixsocket FOLDER/socket"],
    &["bind \"\"", "cluster-enabled yes", "unixsocket FOLDER/socket"],
    &["bind 127.0.0.1 -::1"],
    &["bind \"127.0.0.1 -::1\""],
    &["bind *"],
    &["bind 127.0.0.1 ::*"],
    &["bind 127.0.0.1 -::*"],
    &["bind 127.0.0.1 \"\""],
    &["bind \"127.0.0.1 x\" ::1"],
    &["bind -127.0.0.1"],
    &["cluster-enabled yes", "port 60001"],
    &["cluster-enabled yes", "port 60001", "cluster-port 7321"],
    &["cluster-enabled yes", "port 7322", "cluster-port 7322"],
    &["port 60001"],
    &["hz 0"],
    &["hz 1001"],
    &["hz 1000"],
    &["nosuch 1"],
    &["no.such 1"],
    &["include FOLDER/none*.conf"],
    &["save 900 1", "save \"\"", "save 60 5"],
    &["replica-read-only yes", "slave-read-only no"],
];

/// The difference of the verdicts on each file, if any, and how many were tried.
pub(crate) fn compare(server: &Server, target: &Target) -> (usize, Vec<String>) {
    let mut wrong = Vec::new();
    for lines in FILES {
        let launch = server.launch();
        launch.write("users.acl", "");
        let lines: Vec<String> = lines.iter().map(|line| filled(line, &launch)).collect();
        let ours = our_problem(&lines, target);
        // A port of its own is not the one that the harness asks for an answer.
        let elsewhere = lines
            .iter()
            .any(|line| ["port ", "bind ", "cluster-enabled "].iter().any(|p| line.starts_with(p)));
        let mut launch = launch.lines(lines.clone());
        if elsewhere {
            launch = launch.ready_when_it_prints("eady to accept connections");
        }
        let theirs = match launch.try_start() {
            Err(refusal) => Some(refusal.reason()),
            Ok(running) => ours.as_deref().and_then(|ours| dies(&running, ours)),
        };
        if ours.is_some() != theirs.is_some() {
            wrong.push(format!("{lines:?}: we say {ours:?}, the server {theirs:?}"));
        }
    }
    (FILES.len(), wrong)
}

/// Whether a server that has answered dies of what is said to crash it: it does at its first regular work, which
/// may come after the first answer.
fn dies(running: &Running, ours: &str) -> Option<String> {
    let crashes = ours.contains("CrashesTheServer");
    let gone = || running.try_command(&["PING"]).is_err().then(|| "gone after its first answer".to_owned());
    if crashes { wait::try_until(wait::LIMIT, gone) } else { None }
}

fn filled(line: &str, launch: &Launch<'_>) -> String {
    let folder = launch.folder().display().to_string();
    // Not a port that anything else is told: above the one of the harness.
    line.replace("FOLDER", &folder).replace("PORT", &(launch.number() ^ 1).to_string())
}

/// Why we say that the file does not start.
fn our_problem(lines: &[String], target: &Target) -> Option<String> {
    let document = ConfDoc::parse(lines.join("\n"));
    let mut by_name: BTreeMap<&'static str, Vec<Vec<Vec<u8>>>> = BTreeMap::new();
    for (_, line) in document.directives() {
        let name = line.key();
        let known = directive(target.engine, &name)
            .filter(|d| d.at(target.versions.first).is_some_and(|facts| facts.knows(&name)));
        let Some(known) = known else { return Some(format!("unknown: {name}")) };
        let args = line.args.iter().map(|arg| arg.value.clone()).collect();
        by_name.entry(known.name).or_default().push(args);
    }
    // 6.x takes a pattern without a match for a missing file.
    if lines.iter().any(|line| line.starts_with("include ")) && target.versions.first.major < 7 {
        return Some("a file that does not exist".to_owned());
    }
    let mut settings = FileSettings::default();
    for (name, lines) in by_name {
        let folded = fold_lines(directive(target.engine, name).unwrap(), &lines, target);
        if let Some((_, reason)) = folded.judgements.iter().find_map(Judgement::refusal) {
            return Some(format!("{name}: {reason:?}"));
        }
        settings.has_user_lines |= name == "user";
        settings.values.insert(name, folded.value().unwrap().clone());
    }
    file_rules(&settings, target).first().map(|problem| format!("{problem:?}"))
}
