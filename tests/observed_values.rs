//! Every line of tests/data/observed-values.tsv: what nine real servers made of it is what `value` says.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeMap;

use cachewright::catalog::{Build, Directive, Engine, Target, VersionRange, directive};
use cachewright::text::conf::ConfDoc;
use cachewright::value::{FileProblem, FileSettings, Stage, Value, file_rules, fold_lines, runtime_value};

const OBSERVED: &str = include_str!("data/observed-values.tsv");

const SERVERS: [&str; 9] = [
    "redis-6.0.20",
    "redis-6.2.16",
    "redis-7.0.15",
    "redis-7.2.6",
    "redis-7.4.1",
    "redis-8.0.6",
    "valkey-7.2.7",
    "valkey-8.0.1",
    "valkey-9.1.2",
];

/// Results that depend on the machine of the measurement, and why.
const ENVIRONMENT: [(&str, &str); 7] = [
    ("dir .", "the current folder"),
    ("dir ..", "the current folder"),
    ("dir /tmp/", "CONFIG GET prints getcwd(), without the last slash"),
    ("maxclients 5000000", "lowered to the limit of open files"),
    ("cluster-enabled yes\ndatabases 16", "the measuring port was above 55535 on three servers"),
    ("include /nonexistent.conf", "the file does not exist"),
    ("include /nonexistent*.conf", "no file matches, which 6.x takes for a missing file"),
];

struct Case {
    conf: String,
    get: Vec<String>,
    server: &'static str,
    expected: Option<Vec<String>>,
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match (c, c == '\\') {
            (_, true) => match chars.next().unwrap() {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            },
            (c, _) => c,
        });
    }
    out
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in OBSERVED.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [conf, get, servers, result] = columns[..] else { panic!("four columns: {line}") };
        for server in
            SERVERS.into_iter().filter(|name| servers == "all" || servers.split(' ').any(|s| s == *name))
        {
            let get: Vec<String> = get.split(',').map(str::to_owned).collect();
            let expected = unescape(result).strip_prefix('=').map(|printed| match get.len() {
                1 => vec![printed.to_owned()],
                _ => printed.split(" / ").map(str::to_owned).collect(),
            });
            cases.push(Case { conf: unescape(conf), get, server, expected });
        }
    }
    cases
}

fn target(server: &str) -> Target {
    let (engine, version) = server.split_once('-').unwrap();
    let engine = if engine == "redis" { Engine::Redis } else { Engine::Valkey };
    let build = Build { tls: true, defrag: false, systemd: false, modules: false };
    Target { engine, versions: VersionRange::exactly(version.parse().unwrap()), build }
}

/// A directive and the arguments of each of its lines.
type Lines = (&'static Directive, Vec<Vec<Vec<u8>>>);

/// The values in effect of a file, or why it does not start a server.
fn load(conf: &str, target: &Target) -> Result<BTreeMap<&'static str, Value>, String> {
    let document = ConfDoc::parse(conf.as_bytes());
    if let Some(error) = document.errors().next() {
        return Err(format!("{error:?}"));
    }
    let mut lines: BTreeMap<&'static str, Lines> = BTreeMap::new();
    for (_, line) in document.directives() {
        let name = line.key();
        let known = directive(target.engine, &name)
            .filter(|d| d.at(target.versions.first).is_some_and(|facts| facts.knows(&name)))
            .ok_or_else(|| format!("unknown: {name}"))?;
        let args = line.args.iter().map(|arg| arg.value.clone()).collect();
        lines.entry(known.name).or_insert((known, Vec::new())).1.push(args);
    }
    let mut settings = FileSettings::default();
    for (name, (directive, lines)) in lines {
        let folded = fold_lines(directive, &lines, target);
        if let Some((_, reason)) = folded.judgements.iter().find_map(|j| j.refusal()) {
            return Err(format!("{name}: {reason:?}"));
        }
        settings.has_user_lines |= name == "user";
        settings.values.insert(name, folded.value().unwrap().clone());
    }
    match file_rules(&settings, target).first() {
        Some(problem) => Err(format!("{problem:?}")),
        None => Ok(settings.values),
    }
}

/// What CONFIG GET prints for a name, after a start on the values.
fn printed(name: &str, values: &BTreeMap<&'static str, Value>, target: &Target) -> String {
    let version = target.versions.first;
    let Some(directive) = directive(target.engine, name).filter(|d| d.at(version).unwrap().knows(name))
    else {
        return "(no such)".to_owned();
    };
    match values.get(directive.name) {
        Some(value) => String::from_utf8(value.printed(directive, version)).unwrap(),
        None => directive.at(version).unwrap().default.unwrap_or_default().to_owned(),
    }
}

#[test]
fn servers_print_what_we_say() {
    let cases = cases();
    let (mut tried, mut disagreements) = (0, Vec::new());
    for case in cases.iter().filter(|case| ENVIRONMENT.iter().all(|(conf, _)| case.conf != *conf)) {
        let target = target(case.server);
        let ours = load(&case.conf, &target)
            .map(|values| case.get.iter().map(|name| printed(name, &values, &target)).collect::<Vec<_>>());
        tried += 1;
        if ours.as_ref().ok() != case.expected.as_ref() {
            disagreements
                .push(format!("{} {:?}: {ours:?}, observed {:?}", case.server, case.conf, case.expected));
        }
    }
    println!("{tried} observations, {} disagreements", disagreements.len());
    assert_eq!(cases.len(), 1413);
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

#[test]
fn a_cluster_hides_the_number_of_databases() {
    for (server, shown) in [
        ("redis-6.2.16", 16),
        ("redis-7.0.15", 16),
        ("redis-7.2.6", 1),
        ("redis-8.0.6", 1),
        ("valkey-8.0.1", 1),
        ("valkey-9.1.2", 16),
    ] {
        let value = runtime_value("databases", &Value::Integer(16), true, &target(server));
        assert_eq!(value, Value::Integer(shown), "{server}");
    }
}

#[test]
fn stages_are_told_apart() {
    let target = target("redis-6.0.20");
    let hz = directive(Engine::Redis, "hz").unwrap();
    let folded = fold_lines(hz, &[vec!["0"]], &target);
    assert_eq!(folded.judgements[0].refusal().unwrap().1.stage(), Stage::Start);
    assert!(!folded.judgements[0].stops_the_parser());
}

#[test]
fn what_listens_nowhere_does_not_start() {
    let target = target("redis-7.2.6");
    assert_eq!(load("bind \"\"", &target).unwrap_err(), format!("{:?}", FileProblem::ListensNowhere));
    assert!(load("bind \"\"\nunixsocket /run/s", &target).is_ok());
}
