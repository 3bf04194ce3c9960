//! `render --with-secrets`: secrets stand where the manifest says, in files of mode 0600, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::commands::run;
use crate::search::{Canary, shown};
use crate::specs::Planted;
use crate::tree;

const RENDER: [&str; 5] = ["render", "spec.toml", "-o", "out", "--with-secrets"];

/// What the manifest says of a file: the secrets that it holds, as they are and as checksums.
#[derive(Default)]
struct Said {
    plain: BTreeSet<Canary>,
    hashed: BTreeSet<Canary>,
    mode: String,
}

fn manifest(planted: &Planted) -> BTreeMap<String, Said> {
    let text = std::fs::read(planted.folder.path().join("out/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&text).unwrap();
    let mut files = BTreeMap::new();
    for file in manifest["files"].as_array().unwrap() {
        let mut said = Said { mode: file["mode"].as_str().unwrap().to_owned(), ..Said::default() };
        for slot in file["secrets"].as_array().into_iter().flatten() {
            if slot["filled"] == Value::Bool(true) {
                let canary = planted.behind(slot["secret"].as_str().unwrap());
                let user = slot["place"].as_str().unwrap().starts_with("user ");
                if user {
                    said.hashed.insert(canary)
                } else {
                    said.plain.insert(canary)
                };
            }
        }
        files.insert(file["path"].as_str().unwrap().to_owned(), said);
    }
    files
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn secrets_stand_where_the_manifest_says() {
    for planted in Planted::all() {
        assert_eq!(run(&planted, &RENDER), Some(0));
        let (said, mut seen) = (manifest(&planted), BTreeSet::new());
        let out = planted.folder.path().join("out");
        for (path, bytes) in tree(&out) {
            let (name, mut rest) = (path.to_str().unwrap(), String::from_utf8(bytes.clone()).unwrap());
            let none = Said::default();
            let said = said.get(name).unwrap_or(&none);
            for canary in &said.plain {
                assert!(canary.is_in(&bytes), "{name} holds {canary:?}");
                rest = rest.replace(&canary.value(), "");
            }
            for canary in &said.hashed {
                assert!(!canary.is_in(&bytes), "{name} holds {canary:?} as it is");
                assert!(rest.contains(&format!("#{}", canary.hash())), "{name} holds {canary:?}");
                rest = rest.replace(&canary.hash(), "");
            }
            seen.extend(said.plain.union(&said.hashed).copied());
            assert_eq!(shown(rest.as_bytes(), &planted.canaries), None, "{name}");
            if !said.plain.is_empty() || !said.hashed.is_empty() {
                assert_eq!((mode(&out.join(&path)), said.mode.as_str()), (0o600, "0600"), "{name}");
            }
        }
        assert_eq!(seen, planted.canaries.iter().copied().collect(), "every secret is put in");
    }
}

#[test]
fn what_would_change_is_shown_without_secrets() {
    for mut planted in Planted::newest() {
        let check = [&RENDER[..], &["--check", "--color", "always"]].concat();
        let without = ["render", "spec.toml", "-o", "out", "--check"];
        assert_eq!(run(&planted, &RENDER), Some(0));
        assert_eq!(run(&planted, &check), Some(0));
        assert_eq!(run(&planted, &without), Some(1), "against references");
        planted.rotate();
        assert_eq!(run(&planted, &check), Some(1), "with other secrets");
        assert_eq!(run(&planted, &RENDER), Some(0));
        let text = planted.text.replace(".plain.config]\n", ".plain.config]\nmaxmemory = \"1gb\"\n");
        let text = text.replace("+@read", "+@write").replace("quorum = 2", "quorum = 1");
        std::fs::write(planted.spec(), text).unwrap();
        assert_eq!(run(&planted, &check), Some(1), "with other settings");
        assert_eq!(run(&planted, &without), Some(1));
        // Without what says that they hold secrets: by a public mode, or nothing at all.
        let out = planted.folder.path().join("out");
        for path in tree(&out).keys() {
            std::fs::set_permissions(out.join(path), PermissionsExt::from_mode(0o644)).unwrap();
        }
        assert_eq!(run(&planted, &check), Some(1));
        std::fs::remove_file(out.join("manifest.json")).unwrap();
        assert_eq!(run(&planted, &check), Some(1));
        assert_eq!(run(&planted, &without), Some(1));
    }
}

/// Whatever a killed run leaves, under the most open umask: nothing with a secret in it is for others to read.
#[test]
fn a_killed_run_leaves_nothing_open() {
    let planted = Planted::newest().next().unwrap();
    let out = planted.folder.path().join("out");
    let mut left = 0;
    for round in 0..40u32 {
        let _ = std::fs::remove_dir_all(&out);
        let mut command = Command::new("sh");
        planted.give(&mut command);
        command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cachewright")]);
        command.args(RENDER).current_dir(planted.folder.path());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // As soon as there is anything, then a little later each time.
        while !out.exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(u64::from(round)));
        child.kill().unwrap();
        child.wait().unwrap();
        for (path, bytes) in tree(&out) {
            let holds = shown(&bytes, &planted.canaries);
            if let Some(how) = holds {
                left += 1;
                assert_eq!(mode(&out.join(&path)), 0o600, "{} holds {how}", path.display());
            }
        }
    }
    assert!(left > 0, "no run left anything with a secret in it");
    assert_eq!(run(&planted, &RENDER), Some(0));
    assert!(!out.join(".cachewright").exists(), "what was left is cleared away");
}
