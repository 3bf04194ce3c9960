//! What the program writes about itself: the schema, completions of shells, manual pages.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};

/// The commands that people see, as `--help` lists them, and what stands below them.
const COMMANDS: &[&str] = &[
    "check",
    "render",
    "drift",
    "why",
    "explain",
    "catalog",
    "templates",
    "templates export",
    "place",
    "init",
    "schema",
    "completions",
    "man",
];

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    let output = command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn the_schema_is_printed_or_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), &["schema"]);
    assert_eq!((printed.code, printed.out.as_str()), (Some(0), cachewright::reference::schema().as_str()));
    let file = folder.path().join("spec.schema.json");
    std::fs::write(&file, printed.out.replace("maxmemory", "maxmemori")).unwrap();
    let written = run(folder.path(), &["schema", "-o", "spec.schema.json"]);
    assert_eq!((written.code, written.out.as_str()), (Some(0), ""), "{}", written.err);
    assert!(written.err.contains("spec.schema.json"), "{}", written.err);
    assert_eq!(std::fs::read_to_string(file).unwrap(), printed.out);
    assert_eq!(run(folder.path(), &["schema", "-o", "/proc/no/such.json"]).code, Some(2));
}

#[test]
fn what_others_wrote_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |args: &[&str], path: &str| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "name = \"mine\"\n").unwrap();
        let run = run(folder.path(), args);
        assert_eq!(run.code, Some(2), "{args:?}");
        assert!(run.err.contains(path) && run.err.contains("left alone"), "{}", run.err);
        assert_eq!(std::fs::read(&file).unwrap(), b"name = \"mine\"\n");
    };
    refused(&["schema", "-o", "one.toml"], "one.toml");
    refused(&["man", "-o", "man1"], "man1/cachewright-why.1");
    assert_eq!(std::fs::read_dir(folder.path().join("man1")).unwrap().count(), 1, "all or nothing");
    // Pages of another version of ours are written anew.
    let page = folder.path().join("man1/cachewright-why.1");
    std::fs::remove_file(&page).unwrap();
    assert_eq!(run(folder.path(), &["man", "-o", "man1"]).code, Some(0));
    let ours = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, ours.replace(env!("CARGO_PKG_VERSION"), "0.0.1") + "older\n").unwrap();
    assert_eq!(run(folder.path(), &["man", "-o", "man1"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(&page).unwrap(), ours);
}

#[test]
fn every_shell_completes_every_command_and_none_for_ourselves() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(folder.path(), &["completions", shell]);
        assert_eq!(script.code, Some(0), "{}", script.err);
        for word in COMMANDS.iter().flat_map(|command| command.split(' ')) {
            assert!(script.out.contains(word), "{shell}: {word}");
        }
        assert!(!script.out.contains("verify-catalog"), "{shell}");
    }
    let wrong = run(folder.path(), &["completions", "tcsh"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("bash"), "{}", wrong.err);
}

#[test]
fn bash_takes_its_completions() {
    let folder = tempfile::tempdir().unwrap();
    let script = run(folder.path(), &["completions", "bash"]).out;
    std::fs::write(folder.path().join("cachewright.bash"), script).unwrap();
    let ask = "source ./cachewright.bash && COMP_WORDS=(cachewright ren) COMP_CWORD=1 && \
               _cachewright cachewright ren cachewright && echo \"${COMPREPLY[@]}\"";
    let answer =
        Command::new("bash").args(["--norc", "-c", ask]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "render", "{answer:?}");
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let written = run(folder.path(), &["man", "-o", "man1"]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<String> =
        COMMANDS.iter().map(|command| format!("cachewright-{}.1", command.replace(' ', "-"))).collect();
    expected.push("cachewright.1".to_owned());
    expected.sort();
    assert_eq!(names, expected);
    let page = |name: &str| std::fs::read_to_string(folder.path().join("man1").join(name)).unwrap();
    assert_eq!(run(folder.path(), &["man"]).out, page("cachewright.1"));
    assert!(page("cachewright.1").contains("cachewright\\-render(1)"));
    assert!(page("cachewright-templates.1").contains("cachewright\\-templates\\-export(1)"));
    assert!(page("cachewright-templates-export.1").contains("NAME"));
    let render = page("cachewright-render.1");
    assert!(
        render.contains(".TH cachewright-render 1") || render.contains(".TH cachewright\\-render 1"),
        "{render}"
    );
    assert!(render.contains("with\\-secrets"), "{render}");
}
