//! `check --fix`, the program as people call it: what it writes, what it leaves alone, and what it says.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Comments and a layout that no formatter would leave.
const ODD: &str = "# The shop's caches.\r\nformat=1\r\nname   = 'x'\r\n\r\n[hosts]\r\na = { address = \"127.0.0.1\" }\t# one\r\n\
                   \r\n[redis . s] # sessions\r\nversion = \"7.2\"\r\ntopology = \"standalone\"\r\nhosts = \"a\"\r\n\
                   \r\n  [redis.s.config]\r\n  # slave-priority as of old\r\n  slave-priority   = 90 # low\r\n\
                   \tmaxmemory = 0x40000000\r\n  unset = [\"hz\",]\r\n[lints]\r\nunused-host={level=\"allow\",reason=\"[]\"}#x\r\n";

fn mended(text: &str) -> String {
    text.replace("hosts = \"a\"", "hosts = [\"a\"]")
        .replace("  slave-priority ", "  replica-priority ")
        .replace("  unset = [\"hz\",]\r\n", "")
        .replace("unused-host={level=\"allow\",reason=\"[]\"}#x\r\n", "")
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn fix(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
    command.args(["check", "--fix"]).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn what_has_one_right_answer_is_mended_and_every_other_byte_stays() {
    let folder = folder(&[("x.toml", ODD)]);
    std::fs::set_permissions(folder.path().join("x.toml"), PermissionsExt::from_mode(0o640)).unwrap();
    let run = fix(folder.path(), &["x.toml"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert_eq!(read(&folder, "x.toml"), mended(ODD));
    let said = text(&run.stderr);
    let fixed: Vec<&str> = said.lines().collect();
    assert_eq!(
        fixed,
        [
            "fixed x.toml:11: expected a list, found a string (wrong-type)",
            "fixed x.toml:15: `slave-priority` is the old name of `replica-priority` (renamed-directive)",
            "fixed x.toml:17: `unset` takes away `hz`, which nothing sets (unset-without-effect)",
            "fixed x.toml:19: `unused-host` is silenced, and has nothing to say of this spec (unused-lint-level)",
        ]
    );
    assert_eq!(text(&run.stdout), "x.toml: 1 deployment, 1 node: no findings\n");
    let mode = std::fs::metadata(folder.path().join("x.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    let again = fix(folder.path(), &["x.toml"]);
    assert_eq!((text(&again.stderr), again.status.code()), (String::new(), Some(0)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the file");
}

#[test]
fn the_exit_code_is_that_of_what_is_left() {
    let wrong = format!("{ODD}[nonsense]\r\n");
    let folder = folder(&[("x.toml", &wrong)]);
    let run = fix(folder.path(), &["x.toml"]);
    assert_eq!(run.status.code(), Some(1));
    assert!(text(&run.stdout).contains("error[unknown-key]"), "{run:?}");
    assert!(read(&folder, "x.toml").contains("  replica-priority   = 90 # low\r\n"));
    assert_eq!(fix(folder.path(), &["nowhere.toml"]).status.code(), Some(2));
}

#[test]
fn json_says_what_was_mended_and_what_is_left() {
    let wrong = ODD.replace("  unset = [\"hz\",]", "  hz = 9999");
    let folder = folder(&[("x.toml", &wrong)]);
    let run = fix(folder.path(), &["--format", "json", "x.toml"]);
    let document: Value = serde_json::from_slice(&run.stdout).unwrap();
    let rules = |list: &str| -> Vec<String> {
        let list = document[list].as_array().unwrap().iter();
        list.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rules("fixed"), ["wrong-type", "renamed-directive", "unused-lint-level"]);
    assert_eq!(rules("findings"), ["reinterpreted-value"]);
    let renamed = &document["fixed"][1];
    assert_eq!(renamed["certainty"], "sure");
    assert_eq!(renamed["edits"], Value::Array(vec![renamed["fix"].clone()]));
    let wrapped = &document["fixed"][0];
    assert_eq!((wrapped["edits"].as_array().unwrap().len(), &wrapped["fix"]), (2, &Value::Null));
}

#[test]
fn layers_are_mended_and_links_followed() {
    let spec = "extends = [\"../base/base.toml\", \"hosts.json\"]\n[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\n\
                hosts = [\"a\"]\n";
    let base = "format = 1\nname = \"x\"\nredis.s.config = { slave-priority = 1 } # c\n";
    let hosts = "{\"hosts\": {\"a\": {\"address\": \"10.0.0.1\"}},\n \"redis\": {\"s\": {\"config\": {\"slave-read-only\": true}}}}";
    let folder = folder(&[("prod/x.toml", spec), ("base/real.toml", base), ("prod/hosts.json", hosts)]);
    symlink("real.toml", folder.path().join("base/base.toml")).unwrap();
    let run = fix(folder.path(), &["prod/x.toml"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert_eq!(read(&folder, "base/real.toml"), base.replace("slave", "replica"));
    assert_eq!(read(&folder, "prod/hosts.json"), hosts.replace("slave", "replica"));
    assert_eq!(read(&folder, "prod/x.toml"), spec);
    assert!(folder.path().join("base/base.toml").is_symlink());
    assert!(text(&run.stderr).contains("fixed base/base.toml:3: "), "{run:?}");
}

#[test]
fn standard_input_and_what_cannot_be_written_are_refused() {
    let folder = folder(&[("x.toml", ODD)]);
    let run = fix(folder.path(), &["-"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("standard input"), "{run:?}");
    assert_eq!(fix(folder.path(), &["--list-rules"]).status.code(), Some(2));
    // Root may write what is read-only.
    let path: PathBuf = folder.path().join("x.toml");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    if std::fs::OpenOptions::new().append(true).open(&path).is_err() {
        let run = fix(folder.path(), &["x.toml"]);
        assert_eq!((run.status.code(), read(&folder, "x.toml").as_str()), (Some(2), ODD));
        assert!(!text(&run.stderr).contains("fixed"), "{run:?}");
    }
}

#[test]
fn secrets_are_neither_touched_nor_shown() {
    let spec = ODD
        .replace("  unset = [\"hz\",]", "  masterauth = \"c4n4ry-b1rd\"\r\n  requirepass = [\"c4n4ry-b1rd\"]")
        .replace("unused-host=", "port-clash=");
    let folder = folder(&[("x.toml", &spec)]);
    let run = fix(folder.path(), &["x.toml"]);
    assert_eq!(run.status.code(), Some(1));
    assert!(!text(&run.stdout).contains("c4n4ry") && !text(&run.stderr).contains("c4n4ry"), "{run:?}");
    assert!(read(&folder, "x.toml").contains("  masterauth = \"c4n4ry-b1rd\"\r\n"));
}
