//! Every rule over real configuration files from public repositories, each taken for the settings of a small spec. It
//! prints how often each rule speaks, and with `CORPUS_FINDINGS=1` everything that is said: material for people who
//! judge whether it is true and worth saying. What is asserted is that files become specs that can be judged.
//!
//! The files are not part of the repository. They are looked for in `../shared/corpus` beside it, or where
//! `CACHEWRIGHT_CORPUS` says; without them this test says so and passes.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cachewright::catalog::{self, Engine, Facts, Owner, Repeat, VersionRange};
use cachewright::diag::{Code, Finding};
use cachewright::explain::compile_example;
use cachewright::text::conf::ConfDoc;
use serde_json::Value;

/// What follows from the topology, the hosts or TLS in a spec: a file says it itself.
const DERIVED: [&str; 7] =
    ["bind", "port", "aclfile", "masteruser", "unixsocket", "appenddirname", "dbfilename"];
/// What belongs to the machine that the file was found on, or to its place in a topology.
const LEFT_OUT: [&str; 7] =
    ["dir", "daemonize", "loadmodule", "sentinel", "cluster-enabled", "cluster-config-file", "user"];

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("CACHEWRIGHT_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no corpus at {}; set CACHEWRIGHT_CORPUS to its folder", root.display());
    None
}

/// The version that a file seems to be made for: the newest that a range names, else one of today's.
fn version(guess: &str) -> (&'static str, &'static str) {
    if guess.contains("valkey") {
        return ("valkey", "8.0");
    }
    let version = match guess {
        _ if guess.contains("-6.2") || guess.contains(">=6.2") => "6.2",
        _ if guess.contains(">=6.0") || guess.contains("-2.4") => "6.0",
        _ => "7.2",
    };
    ("redis", version)
}

/// The values of a directive's lines.
type Lines = Vec<Vec<String>>;

/// Where the servers of a file seem to stand. A file says little of it: what follows somebody on its own machine
/// stands beside it, who counts replicas or may log in as one is one of several.
fn places(lines: &BTreeMap<String, Lines>) -> &'static str {
    let last = |name: &str| lines.get(name).and_then(|lines| lines.last());
    let primary = last("replicaof").or_else(|| last("slaveof")).and_then(|args| args.first());
    let of_a_set = ["masterauth", "min-replicas-to-write", "min-slaves-to-write"];
    if last("cluster-enabled").is_some_and(|args| args == &["yes"]) {
        return "[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\nc = { address = \"10.0.0.3\" }\n\
                d = { address = \"10.0.0.4\" }\ne = { address = \"10.0.0.5\" }\nf = { address = \"10.0.0.6\" }\n\
                [ENGINE.s]\ntopology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]\n\
                shards = 3\nreplicas = 1\n";
    }
    if primary.is_some_and(|host| host.starts_with("127.") || host == "localhost") {
        return "[hosts]\na = { address = \"127.0.0.1\" }\nb = { address = \"127.0.0.2\" }\n[ENGINE.s]\n\
                topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\nsurvives = \"nothing\"\n";
    }
    if primary.is_some_and(|host| host != "no") || of_a_set.iter().any(|name| last(name).is_some()) {
        return "[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\n\
                c = { address = \"10.0.0.3\" }\n[ENGINE.s]\ntopology = \"replicated\"\n\
                initial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n";
    }
    "[hosts]\na = { address = \"10.0.0.1\" }\n[ENGINE.s]\ntopology = \"standalone\"\nhosts = [\"a\"]\n"
}

/// A file as a spec: passwords become references.
fn spec(doc: &ConfDoc, engine: &str, version: &str) -> String {
    let mut lines: BTreeMap<String, Lines> = BTreeMap::new();
    for (_, line) in doc.directives() {
        let args = line.args.iter().map(|arg| String::from_utf8_lossy(&arg.value).into_owned()).collect();
        lines.entry(line.key().into_owned()).or_default().push(args);
    }
    let places = places(&lines).replace("ENGINE", engine);
    let mut text =
        format!("format = 1\nname = \"corpus\"\n{places}version = \"{version}\"\n[{engine}.s.config]\n");
    let kind = if engine == "redis" { Engine::Redis } else { Engine::Valkey };
    let range: VersionRange = version.parse().unwrap();
    let mut written: BTreeMap<&str, String> = BTreeMap::new();
    for (name, lines) in &lines {
        let directive = catalog::directive(kind, name);
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with("cluster-announce") {
            continue;
        }
        let Some((directive, facts)) = directive.and_then(|d| Some((d, d.within(range).last()?))) else {
            // Unknown ones stay: what is said of them is worth reading too.
            let value = lines.last().unwrap().join(" ");
            written.insert(name, toml::Value::String(value).to_string());
            continue;
        };
        if directive.owner == Owner::Server {
            continue;
        }
        let value = if directive.secret { secret(lines) } else { value(name, lines, facts) };
        written.insert(facts.name, value);
    }
    for (name, value) in written {
        let key = toml::Value::String(name.to_owned());
        writeln!(text, "{key} = {value}").unwrap();
    }
    text
}

fn secret(lines: &Lines) -> String {
    match lines.last().unwrap().as_slice() {
        [empty] if empty.is_empty() => "\"\"".to_owned(),
        _ => "{ env = \"CORPUS_SECRET\" }".to_owned(),
    }
}

fn value(name: &str, lines: &Lines, facts: &Facts) -> String {
    let line = |args: &Vec<String>| {
        let plain = |arg: &String| !arg.is_empty() && !arg.contains([' ', '"', '\'', '\\', '\t']);
        let word =
            |arg: &String| if plain(arg) { arg.clone() } else { format!("\"{}\"", arg.escape_default()) };
        let text = match args.as_slice() {
            [only] => only.clone(),
            _ => args.iter().map(word).collect::<Vec<_>>().join(" "),
        };
        toml::Value::String(text).to_string()
    };
    let adds_up = facts.repeat != Repeat::LastWins;
    let value = if adds_up && (lines.len() > 1 || name == "save") {
        let nothing = |args: &Vec<String>| args.len() == 1 && args[0].is_empty();
        let kept = lines.iter().rposition(nothing).filter(|_| name == "save").map_or(0, |at| at + 1);
        format!("[{}]", lines[kept..].iter().map(line).collect::<Vec<_>>().join(", "))
    } else {
        line(lines.last().unwrap())
    };
    let derived = DERIVED.contains(&name) || name.starts_with("tls-");
    if derived { format!("{{ override = {value} }}") } else { value }
}

/// What is found that a person could judge: with the host's own address in place of the file's, and no users, some
/// things follow from the spec and not from the file.
fn print(file: &str, version: &str, spec: &str, findings: &[&Finding]) {
    for finding in findings {
        let place = finding.span().map_or("", |span| {
            let start = spec[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
            spec[start..].lines().next().unwrap_or("")
        });
        eprintln!("{file} {version} {}: {}\n    {place}", finding.code.name(), finding.title);
        for help in &finding.help {
            eprintln!("    help: {help}");
        }
        for note in &finding.notes {
            eprintln!("    note: {note}");
        }
    }
}

#[test]
fn rules_speak_of_real_files() {
    let Some(root) = corpus() else { return };
    let manifest: Vec<Value> =
        serde_json::from_slice(&std::fs::read(root.join("manifest.json")).unwrap()).unwrap();
    let (mut files, mut unfit) = (0, Vec::new());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in manifest.iter().filter(|entry| entry["kind"] == "redis") {
        let file = entry["file"].as_str().unwrap();
        let (engine, version) = version(entry["guessed_version"].as_str().unwrap_or(""));
        let doc = ConfDoc::parse(std::fs::read(root.join(file)).unwrap());
        let text = spec(&doc, engine, version);
        let compiled = compile_example(&text, &[]);
        let lints: Vec<&Finding> = compiled.findings.iter().collect();
        files += 1;
        for finding in &lints {
            *counts.entry(finding.code.name()).or_default() += 1;
        }
        // A file can hold values that no server takes; no file can make a spec that is none.
        let is_none =
            [Code::Syntax, Code::UnknownKey, Code::WrongType, Code::MissingKey, Code::LiteralSecret];
        let faults: Vec<_> = lints.iter().filter(|finding| is_none.contains(&finding.code)).collect();
        if !faults.is_empty() {
            unfit.push(format!("{file}: {:?}\n{text}", faults.iter().map(|f| &f.title).collect::<Vec<_>>()));
        }
        if std::env::var_os("CORPUS_FINDINGS").is_some() {
            print(file, version, &text, &lints);
        }
    }
    let mut table: Vec<_> = counts.into_iter().collect();
    table.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    eprintln!("{files} files");
    for (name, count) in table {
        eprintln!("{count:5}  {name}");
    }
    assert!(unfit.is_empty(), "\n{}", unfit.join("\n"));
    assert!(files > 100, "only {files} files");
}
