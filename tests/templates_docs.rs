//! `docs/templates.md`: its reference is what the declarations say (`UPDATE_DOCS=1 cargo test --test templates_docs`
//! writes it anew), and its examples are rendered as they stand there.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use cachewright::emit::templates_markdown;

/// What stands in front of the generated part.
const MARK: &str = "<!-- reference: generated, UPDATE_DOCS=1 cargo test --test templates_docs -->\n";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates.md")
}

#[test]
fn the_reference_is_what_the_declarations_say() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (prose, written) = text.split_once(MARK).unwrap();
    let generated = format!("\n{}", templates_markdown());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(page(), format!("{prose}{MARK}{generated}")).unwrap();
        return;
    }
    let differs = written.lines().zip(generated.lines()).find(|(a, b)| a != b);
    assert!(
        written == generated,
        "docs/templates.md is old, at {differs:?}; write it anew with UPDATE_DOCS=1"
    );
}

/// The fenced blocks of a section that name a file, with the file.
fn files(section: &str) -> Vec<(&str, &str)> {
    let blocks = section.split("\n```").skip(1).step_by(2);
    let named = blocks.filter_map(|block| {
        let (info, text) = block.split_once('\n')?;
        Some((info.split_once("file=")?.1, text))
    });
    named.collect()
}

#[test]
fn the_examples_are_rendered_as_they_stand_there() {
    let text = std::fs::read_to_string(page()).unwrap();
    let examples: Vec<&str> =
        text.split("\n## ").filter(|section| section.starts_with("Example: ")).collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let title = example.lines().next().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (expected, given): (Vec<_>, Vec<_>) =
            files(example).into_iter().partition(|(path, _)| path.starts_with("out/"));
        assert!(!expected.is_empty() && given.len() > 1, "{title}");
        for (path, text) in given {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{text}\n")).unwrap();
        }
        for args in [&["check", "--deny", "warnings", "shop.toml"][..], &["render", "shop.toml", "-o", "out"]]
        {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
            let run = command.args(args).current_dir(folder.path()).output().unwrap();
            let said = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
            assert!(run.status.success(), "{title}: {said}");
        }
        for (path, text) in expected {
            let rendered = std::fs::read_to_string(folder.path().join(path)).unwrap();
            assert_eq!(rendered, format!("{text}\n"), "{title}: {path}");
        }
    }
}
