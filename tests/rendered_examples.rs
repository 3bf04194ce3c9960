//! All that is rendered from the examples, file by file, as reviewers see it.

#![allow(clippy::unwrap_used)]

mod rendered;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use cachewright::emit::{Artifact, EmitOptions, emit};
use rendered::texts::{Texts, findings};

/// Every file of an example, without secrets: its path, its permissions, and its content. Of scripts that start
/// servers, the first is shown whole, and of the others what differs from it.
fn rendering(example: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    let compiled = Texts::default().compile(&path);
    let model = compiled.checked().unwrap_or_else(|| panic!("{}", findings(&compiled)));
    let artifacts = emit(&model, &EmitOptions::default()).unwrap();
    assert!(artifacts.is_sorted_by_key(|artifact: &Artifact| artifact.path.clone()));
    let mut text = String::new();
    let mut shown = BTreeMap::new();
    for artifact in &artifacts {
        let mut content = String::from_utf8(artifact.bytes.to_vec()).unwrap();
        if let Some(kind) = kind(&artifact.path) {
            match shown.get(kind) {
                Some(first) => content = format!("(like {first})\n"),
                None => drop(shown.insert(kind, artifact.path.as_str())),
            }
        }
        writeln!(text, "==== {} {} ====\n{content}", artifact.path, artifact.mode_text()).unwrap();
    }
    text
}

/// What a file is, where one of an example is enough to see: those of other nodes say the same.
fn kind(path: &str) -> Option<&str> {
    let file = path.rsplit('/').next().unwrap();
    match file {
        "sysctl.conf" | "memcached.sysconfig" => Some(file),
        _ if file.ends_with(".service") => file.rsplit_once('-').map(|(kind, _)| kind),
        _ => None,
    }
}

#[test]
fn minimal() {
    insta::assert_snapshot!(rendering("minimal.toml"));
}

#[test]
fn local() {
    insta::assert_snapshot!(rendering("local/local.toml"));
}

#[test]
fn shop_staging() {
    insta::assert_snapshot!(rendering("shop/staging.toml"));
}

#[test]
fn shop_production() {
    insta::assert_snapshot!(rendering("shop/production.toml"));
}
