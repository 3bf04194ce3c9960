//! What every command says and writes while the secrets of a spec are at hand.

use std::path::Path;

use crate::search::shown;
use crate::specs::Planted;
use crate::{program, tree};

/// Runs a command in the folder of a spec, and looks through all that it says.
#[track_caller]
pub(crate) fn run(planted: &Planted, args: &[&str]) -> Option<i32> {
    let mut command = program();
    planted.give(&mut command);
    let output = command.current_dir(planted.folder.path()).args(args).output().unwrap();
    for (stream, bytes) in [("output", &output.stdout), ("errors", &output.stderr)] {
        if let Some(how) = shown(bytes, &planted.canaries) {
            panic!("{args:?} shows {how} in its {stream}:\n{}", String::from_utf8_lossy(bytes));
        }
    }
    output.status.code()
}

/// Looks through all that was written.
fn look_through(planted: &Planted) {
    let files = tree(planted.folder.path());
    let written = files.iter().filter(|(path, _)| !path.starts_with("secrets"));
    for (path, bytes) in written {
        assert_eq!(shown(bytes, &planted.canaries), None, "{}", path.display());
    }
}

#[test]
fn checking_and_rendering_show_no_secret_of_any_version() {
    for planted in Planted::all() {
        assert_eq!(run(&planted, &["check", "spec.toml", "--format", "json"]), Some(0));
        assert_eq!(run(&planted, &["render", "spec.toml", "-o", "out"]), Some(0));
        assert!(planted.folder.path().join("out/whole/h1/users.acl").exists());
        look_through(&planted);
    }
}

#[test]
fn no_command_shows_a_secret() {
    const ENDS: [(&[&str], i32); 32] = [
        (&["check", "spec.toml"], 0),
        (&["check", "spec.toml", "--color", "always", "--deny", "warnings"], 0),
        (&["render", "spec.toml", "-o", "out"], 0),
        (&["render", "spec.toml", "-o", "out", "--check", "--color", "always"], 0),
        (&["render", "spec.toml", "-o", "hosts", "--layout", "host"], 0),
        (&["render", "spec.toml", "-o", "out", "--layout", "host", "--check"], 1),
        (&["render", "spec.toml", "-o", "secret", "--with-secrets"], 0),
        (&["render", "spec.toml", "whole/h1/users.acl"], 0),
        (&["render", "spec.toml", "sentinels-whole/h1/sentinel.conf"], 0),
        (&["render", "spec.toml", "sentinels-whole/h1/start.sh"], 0),
        (&["render", "spec.toml", "manifest.json"], 0),
        (&["render", "spec.toml", "no-such-file", "--with-secrets"], 2),
        // Nobody is there to be asked; tests/drift looks for secrets where somebody is.
        (&["drift", "spec.toml", "--connect-timeout", "50ms"], 3),
        (&["drift", "spec.toml", "@h1", "--connect-timeout", "50ms", "--format", "json"], 3),
        (&["why", "spec.toml", "no-such-node"], 2),
        (&["explain"], 0),
        (&["explain", "literal-secret"], 0),
        (&["catalog"], 0),
        (&["catalog", "requirepass"], 0),
        (&["catalog", "auth-pass", "--color", "always"], 0),
        (&["place", "spec.toml"], 2),
        (&["place", "spec.toml", "--write", "pins.toml"], 2),
        (&["init", "cluster"], 0),
        (&["init", "sentinel", "-o", "new.toml"], 0),
        (&["schema", "-o", "schema.json"], 0),
        (&["templates"], 0),
        (&["templates", "export"], 0),
        (&["man"], 0),
        (&["man", "-o", "man"], 0),
        (&["completions", "bash"], 0),
        (&["--help"], 0),
        (&["dev", "verify-catalog", "redis://127.0.0.1:1"], 3),
    ];
    for planted in Planted::newest() {
        for (args, code) in ENDS {
            assert_eq!(run(&planted, args), Some(code), "{args:?}");
        }
        // What was asked for is looked through by `with_secrets`.
        std::fs::remove_dir_all(planted.folder.path().join("secret")).unwrap();
        look_through(&planted);
        for node in [
            "plain/h1",
            "profiled/h1",
            "noded/h1",
            "whole/h2",
            "named/h2",
            "sentinels-whole/h1",
            "sentinels-named/h1",
        ] {
            assert_eq!(run(&planted, &["why", "spec.toml", node]), Some(0), "{node}");
            for directive in ["requirepass", "tls-key-file-pass", "auth-pass"] {
                run(&planted, &["why", "spec.toml", node, directive]);
            }
        }
    }
}

/// Every command that there is stands above.
#[test]
fn no_command_is_forgotten() {
    let output = program().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut names: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    names.retain(|name| *name != "help");
    let known = [
        "check",
        "render",
        "drift",
        "why",
        "explain",
        "catalog",
        "place",
        "templates",
        "init",
        "schema",
        "completions",
        "man",
    ];
    assert_eq!(names, known);
}

/// A secret that is missing, or that a file cannot hold, is named by its reference.
#[test]
fn errors_name_references() {
    for planted in Planted::newest() {
        let mut command = program();
        planted.give(&mut command);
        command.env_remove("S1").env("S2", "c4n4ry\nb1rd").current_dir(planted.folder.path());
        let output = command.args(["render", "spec.toml", "-o", "out", "--with-secrets"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("the secret env:S1 for"), "{said}");
        assert_eq!(shown(said.as_bytes(), &planted.canaries), None, "{said}");
        assert!(!Path::new(&planted.folder.path().join("out")).exists());
    }
}
