//! Real configuration files from public repositories, read and given back byte for byte.
//!
//! The files are not part of the repository. They are looked for in `../shared/corpus` beside it, or
//! where `CACHEWRIGHT_CORPUS` says; without them these tests say so and pass.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use cachewright::text::acl::{AclFile, AclLineKind, write_acl_line};
use cachewright::text::argv::{Item, OptionSpec, Takes, read_argv};
use cachewright::text::conf::{ConfDoc, ConfLineKind, split_args, write_directive};
use cachewright::text::env_file::{EnvFile, looks_like_env_file};
use cachewright::text::memcached_conf::MemcachedConf;
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

/// The files of one kind, sorted by name; never none.
fn files(root: &Path, kind: &str) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root.join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no {kind} files in the corpus");
    let name = |path: &Path| format!("{kind}/{}", path.file_name().unwrap().to_string_lossy());
    paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// What redis 7.0.15 said of a file: the line and text of its error, if it had one.
fn verdicts(root: &Path) -> Vec<(String, Option<(u64, String)>)> {
    let manifest: Vec<Value> =
        serde_json::from_slice(&fs::read(root.join("manifest.json")).unwrap()).unwrap();
    manifest
        .iter()
        .filter_map(|entry| {
            let verdict = entry.get("redis_7_0_15")?;
            let error = verdict["error"].as_str().map(str::to_owned);
            let line = verdict["error_line"].as_u64().unwrap_or_default();
            Some((entry["file"].as_str()?.to_owned(), error.map(|error| (line, error))))
        })
        .collect()
}

#[test]
fn redis_and_sentinel_files_survive() {
    let Some(root) = corpus() else { return };
    for (name, bytes) in files(&root, "redis").into_iter().chain(files(&root, "sentinel")) {
        let doc = ConfDoc::parse(bytes.clone());
        assert_eq!(doc.to_bytes(), bytes, "{name}");
        let joined: Vec<u8> = doc.lines().iter().flat_map(|line| doc.bytes(line.span).to_vec()).collect();
        assert_eq!(joined, bytes, "{name}");
        for (_, directive) in doc.directives() {
            let values: Vec<&[u8]> = directive.args.iter().map(|arg| arg.value.as_slice()).collect();
            let written = write_directive(&directive.name.lossy(), &values).unwrap();
            let read = split_args(written.as_bytes(), 0).unwrap();
            let read: Vec<&[u8]> = read.iter().skip(1).map(|arg| arg.value.as_slice()).collect();
            assert_eq!(read, values, "{name}: {written}");
        }
    }
}

#[test]
fn redis_7_0_15_agrees_about_quotes() {
    let Some(root) = corpus() else { return };
    let verdicts = verdicts(&root);
    let mut compared = 0;
    for (name, bytes) in files(&root, "redis").into_iter().chain(files(&root, "sentinel")) {
        let Some((_, verdict)) = verdicts.iter().find(|(file, _)| *file == name) else { continue };
        compared += 1;
        let doc = ConfDoc::parse(bytes);
        let first_bad = doc.lines().iter().position(|line| matches!(line.kind, ConfLineKind::Bad(_)));
        match verdict {
            None => assert_eq!(first_bad, None, "{name}: the server accepts this file"),
            Some((line, error)) if error.contains("Unbalanced quotes") => {
                assert!(first_bad.is_some(), "{name}: the server refuses the quotes of line {line}");
            }
            Some(_) => {}
        }
    }
    assert!(compared > 100, "only {compared} files have a verdict");
}

#[test]
fn acl_files_survive_and_redis_7_0_15_agrees() {
    let Some(root) = corpus() else { return };
    let verdicts = verdicts(&root);
    for (name, bytes) in files(&root, "acl") {
        let file = AclFile::parse(bytes.clone());
        assert_eq!(file.to_bytes(), bytes, "{name}");
        let verdict = verdicts.iter().find(|(file, _)| *file == name).map(|(_, verdict)| verdict);
        if let Some(None) = verdict {
            assert_eq!(file.errors().collect::<Vec<_>>(), Vec::<&_>::new(), "{name}: the server accepts it");
        }
        for line in file.lines() {
            let AclLineKind::User(user) = &line.kind else { continue };
            if !user.rules.errors.is_empty() {
                continue;
            }
            let rules = user.rules.plain();
            let written = write_acl_line(&user.name.lossy(), &rules).unwrap();
            let again = AclFile::parse(written);
            assert_eq!(again.users().next().unwrap().1.rules.plain(), rules, "{name}");
        }
    }
}

#[test]
fn memcached_files_survive() {
    let Some(root) = corpus() else { return };
    for (name, bytes) in files(&root, "memcached") {
        if looks_like_env_file(&bytes) {
            let file = EnvFile::parse(bytes.clone());
            assert_eq!(file.to_bytes(), bytes, "{name}");
            assert!(!file.entries().is_empty(), "{name}");
        } else {
            let conf = MemcachedConf::parse(bytes.clone());
            assert_eq!(conf.to_bytes(), bytes, "{name}");
        }
    }
}

/// memcached 1.6.18's options with a value, short and long; the others have none.
const WITH_VALUE: &[(char, &str)] = &[
    ('a', "unix-mask"),
    ('p', "port"),
    ('s', "unix-socket"),
    ('U', "udp-port"),
    ('m', "memory-limit"),
    ('c', "conn-limit"),
    ('l', "listen"),
    ('u', "user"),
    ('P', "pidfile"),
    ('f', "slab-growth-factor"),
    ('n', "slab-min-size"),
    ('t', "threads"),
    ('D', "delimiter"),
    ('R', "max-reqs-per-event"),
    ('b', "listen-backlog"),
    ('B', "protocol"),
    ('I', "max-item-size"),
    ('Y', "auth-file"),
    ('e', "memory-file"),
    ('o', "extended"),
];

#[test]
fn memcached_command_lines_are_read() {
    let Some(root) = corpus() else { return };
    let specs: Vec<OptionSpec<'_>> = WITH_VALUE
        .iter()
        .map(|&(short, name)| OptionSpec { name, short: Some(short), takes: Takes::Value })
        .chain("AMkrvdLCSFXWZ".chars().map(|short| OptionSpec {
            name: if short == 'v' { "verbose" } else { "" },
            short: Some(short),
            takes: if short == 'v' { Takes::OptionalLong } else { Takes::Nothing },
        }))
        .collect();
    let lines: Vec<Value> =
        serde_json::from_slice(&fs::read(root.join("memcached_cmdlines.json")).unwrap()).unwrap();
    let (mut options, mut bad) = (0, 0);
    for line in &lines {
        let args: Vec<&str> =
            line["argv"].as_array().unwrap().iter().skip(1).filter_map(Value::as_str).collect();
        for item in read_argv(&args, &specs) {
            match item {
                Item::Option { .. } => options += 1,
                Item::Bad { .. } => bad += 1,
                _ => {}
            }
        }
    }
    assert!(options > 20 * bad.max(1), "{options} options, {bad} that could not be read");
}
