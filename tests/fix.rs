//! `check --fix`, the program as people call it: what it writes, what it leaves alone, and what it says.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A user that owns nothing.
const NOBODY: u32 = 65534;

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
fn standard_input_and_lists_of_rules_are_refused() {
    let folder = folder(&[("x.toml", ODD)]);
    let run = fix(folder.path(), &["-"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("standard input"), "{run:?}");
    assert_eq!(fix(folder.path(), &["--list-rules"]).status.code(), Some(2));
}

/// The program, run by somebody whom permissions stop, and who that is. Root becomes nobody.
fn without_rights(folder: &TempDir) -> (Command, u32) {
    let uid = std::fs::metadata("/proc/self").unwrap().uid();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    if uid == 0 {
        let copy = folder.path().join("cachewright");
        if !copy.exists() {
            std::fs::copy(env!("CARGO_BIN_EXE_cachewright"), &copy).unwrap();
        }
        set_mode(folder.path(), 0o755);
        command = Command::new(copy);
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir(folder.path().join("specs")).stdin(Stdio::null());
    (command, if uid == 0 { NOBODY } else { uid })
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_written_stays_as_it_is() {
    let folder = folder(&[("specs/x.toml", ODD)]);
    let (specs, file) = (folder.path().join("specs"), folder.path().join("specs/x.toml"));
    let refused = |why: &str| {
        let (mut program, _) = without_rights(&folder);
        let run = program.args(["check", "--fix", "x.toml"]).output().unwrap();
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        assert!(said.contains("cannot write x.toml") && said.contains(why), "{said}");
        assert!(said.contains("nothing was written") && !said.contains("fixed"), "{said}");
        assert_eq!(read(&folder, "specs/x.toml"), ODD);
        assert_eq!(std::fs::read_dir(&specs).unwrap().count(), 1, "nothing is left beside the file");
    };
    let (_, uid) = without_rights(&folder);
    std::os::unix::fs::chown(&specs, Some(uid), None).unwrap();
    // A file that is read-only on purpose, in a folder where it could be replaced.
    set_mode(&file, 0o444);
    refused("Permission denied");
    // A folder where nothing can be put aside.
    set_mode(&file, 0o666);
    set_mode(&specs, 0o555);
    refused("Permission denied");
    set_mode(&specs, 0o755);
    // Somebody else's file, which it could not give back.
    if std::fs::metadata(&file).unwrap().uid() != uid {
        refused("Operation not permitted");
    }
    let gid = (uid == NOBODY).then_some(NOBODY);
    std::os::unix::fs::chown(&file, Some(uid), gid).unwrap();
    let (mut program, _) = without_rights(&folder);
    assert_eq!(program.args(["check", "--fix", "x.toml"]).status().unwrap().code(), Some(0));
    assert_eq!(read(&folder, "specs/x.toml"), mended(ODD));
}

#[test]
fn a_file_keeps_its_owner_and_its_mode() {
    let folder = folder(&[("x.toml", ODD)]);
    let file = folder.path().join("x.toml");
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        std::os::unix::fs::chown(&file, Some(NOBODY), Some(NOBODY - 1)).unwrap();
    }
    set_mode(&file, 0o2604);
    let of = || std::fs::metadata(&file).map(|file| (file.uid(), file.gid(), file.mode())).unwrap();
    let before = of();
    assert_eq!(fix(folder.path(), &["x.toml"]).status.code(), Some(0));
    assert_eq!((of(), read(&folder, "x.toml")), (before, mended(ODD)));
}

/// The program is held up by a layer that is a pipe; meanwhile somebody saves the spec.
#[test]
fn a_file_that_changed_meanwhile_is_not_written_over() {
    let other = "format = 1\nname = \"y\"\nhosts.a.address = \"127.0.0.1\"\n[redis.s]\nversion = \"7.2\"\n\
                 topology = \"standalone\"\nhosts = [\"a\"]\nconfig.slave-priority = 90\n";
    let extended = other.replace("format = 1", "extends = [\"base.toml\"]");
    let folder = folder(&[("x.toml", &extended), ("y.toml", other)]);
    let (pipe, file) = (folder.path().join("base.toml"), folder.path().join("x.toml"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.current_dir(folder.path()).args(["check", "--fix", "y.toml", "x.toml"]).stdin(Stdio::null());
    let program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let saved = format!("{extended}# saved\n");
    // The spec has been read when its layer is asked for, which is so again after each fix. The thread ends with the
    // test's process: nobody opens the pipe any more.
    let save = saved.clone();
    std::thread::spawn(move || {
        while let Ok(mut layer) = std::fs::OpenOptions::new().write(true).open(&pipe) {
            std::fs::write(&file, &save).unwrap();
            let _ = std::io::Write::write_all(&mut layer, b"format = 1\n");
            drop(layer);
            // Time for the reader to see the end before the next one opens.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    let run = program.wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let said = text(&run.stderr);
    assert!(said.contains("x.toml changed while it was being mended: nothing was written"), "{said}");
    assert!(!said.contains("fixed"), "{said}");
    assert_eq!(read(&folder, "x.toml"), saved);
    assert_eq!(read(&folder, "y.toml"), other, "all or nothing");
}

/// What people write when nobody looks: every kind of layout that TOML has, with something to mend in each.
#[test]
fn a_long_and_messy_spec_keeps_its_layout() {
    let spec = include_str!("data/messy.toml").replace('\n', "\r\n");
    let wanted = include_str!("data/messy_mended.toml").replace('\n', "\r\n");
    let folder = folder(&[("x.toml", &spec)]);
    let run = fix(folder.path(), &["x.toml"]);
    assert_eq!(read(&folder, "x.toml"), wanted, "{run:?}");
    assert_eq!((run.status.code(), text(&run.stdout).contains("no findings")), (Some(0), true), "{run:?}");
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
