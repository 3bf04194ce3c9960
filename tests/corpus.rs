//! Real configuration files from public repositories, judged as redis 7.0.15 judged them: accepted, or
//! refused at a line.
//!
//! The files are not part of the repository. They are looked for in `../shared/corpus` beside it, or where
//! `CACHEWRIGHT_CORPUS` says; without them this test says so and passes. For the server's verdict, paths
//! had been pointed at existing places, `replicaof` and what a cluster's node announces had been taken out, modules were not
//! loaded, and sentinels watched 127.0.0.1: the same is done here.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use cachewright::catalog::{Build, Engine, Target};
use cachewright::check::conf::{ConfReader, ConfVerdict, judge_conf};
use cachewright::text::conf::ConfDoc;
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("CACHEWRIGHT_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no corpus at {}; set CACHEWRIGHT_CORPUS to its folder", root.display());
    None
}

/// Debian's build of the server that judged the files.
fn target() -> Target {
    let build = Build { tls: true, defrag: false, systemd: true, modules: false };
    Target { engine: Engine::Redis, versions: "7.0.15".parse().unwrap(), build }
}

/// The file as the server was given it. Lines keep their numbers.
fn mapped(mut bytes: Vec<u8>) -> ConfDoc {
    let doc = ConfDoc::parse(bytes.clone());
    for (at, line) in doc.directives() {
        let name = line.key();
        let taken_out = matches!(name.as_ref(), "replicaof" | "slaveof" | "loadmodule")
            || name.starts_with("cluster-announce");
        if taken_out {
            bytes[doc.lines()[at].content.range()].fill(b'#');
        }
    }
    let mut doc = ConfDoc::parse(bytes);
    let monitors: Vec<(usize, Vec<Vec<u8>>)> = doc
        .directives()
        .filter(|(_, line)| line.is("sentinel") && line.args.len() == 5)
        .filter(|(_, line)| line.args[0].value.eq_ignore_ascii_case(b"monitor"))
        .map(|(at, line)| (at, line.args.iter().map(|arg| arg.value.clone()).collect()))
        .collect();
    for (at, mut args) in monitors {
        args[2] = b"127.0.0.1".to_vec();
        doc.set_args(at, &args).unwrap();
    }
    doc
}

struct Entry {
    file: String,
    /// The line of the error and its text.
    error: Option<(usize, String)>,
}

fn entries(root: &Path) -> Vec<Entry> {
    let manifest: Vec<Value> =
        serde_json::from_slice(&std::fs::read(root.join("manifest.json")).unwrap()).unwrap();
    let of_kind = |entry: &&Value| matches!(entry["kind"].as_str(), Some("redis" | "sentinel"));
    manifest
        .iter()
        .filter(of_kind)
        .map(|entry| {
            let verdict = &entry["redis_7_0_15"];
            let error = verdict["error"].as_str().map(|text| {
                (usize::try_from(verdict["error_line"].as_u64().unwrap()).unwrap(), text.to_owned())
            });
            Entry { file: entry["file"].as_str().unwrap().to_owned(), error }
        })
        .collect()
}

fn ours(verdict: &ConfVerdict) -> Option<(usize, String)> {
    match verdict.first_refusal() {
        Some(line) => Some((line.line, line.problem.as_ref().map(ToString::to_string).unwrap_or_default())),
        None if verdict.combinations.is_empty() => None,
        None => Some((0, format!("{:?}", verdict.combinations))),
    }
}

#[test]
fn every_file_is_judged_as_redis_7_0_15_judged_it() {
    let Some(root) = corpus() else { return };
    let (mut agreed, mut disagreed) = (0, Vec::new());
    for entry in entries(&root) {
        let doc = mapped(std::fs::read(root.join(&entry.file)).unwrap());
        let reader =
            if entry.file.starts_with("sentinel/") { ConfReader::Sentinel } else { ConfReader::Server };
        let ours = ours(&judge_conf(&doc, &target(), reader));
        if ours.as_ref().map(|(line, _)| *line) == entry.error.as_ref().map(|(line, _)| *line) {
            agreed += 1;
        } else {
            disagreed.push(format!("{}: the server says {:?}, we say {ours:?}", entry.file, entry.error));
        }
    }
    eprintln!("{} files: {agreed} agreed, {} disagreed", agreed + disagreed.len(), disagreed.len());
    assert!(disagreed.is_empty(), "\n{}", disagreed.join("\n"));
    assert!(agreed > 150, "only {agreed} files have a verdict");
}
