//! The example of docs/json.md is what `check --format json` writes: `UPDATE_DOCS=1 cargo test --test json_docs` writes
//! it anew.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// Splits a page before and behind the lines of its first fenced block of a language.
fn around<'p>(page: &'p str, language: &str) -> [&'p str; 3] {
    let fence = format!("```{language}\n");
    let start = page.find(&fence).unwrap() + fence.len();
    let length = page[start..].find("```\n").unwrap();
    [&page[..start], &page[start..start + length], &page[start + length..]]
}

#[test]
fn the_example_is_what_check_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("prod")).unwrap();
    let [_, spec, _] = around(&page, "toml");
    std::fs::write(folder.path().join("prod/shop.toml"), spec).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    let run = command.args(["check", "--format", "json", "prod/shop.toml"]).current_dir(folder.path());
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let document = String::from_utf8(output.stdout).unwrap();
    let [before, written, behind] = around(&page, "json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{document}{behind}")).unwrap();
        return;
    }
    assert_eq!(written, document, "docs/json.md is old; write it anew with UPDATE_DOCS=1");
}
