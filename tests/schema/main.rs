//! The JSON Schema of specs and the reference of the language: the committed files are what the code says, every
//! sound spec satisfies the schema, what `check` accepts is never refused by it, and slips are.
//!
//! `UPDATE_DOCS=1 cargo test --test schema` writes the files anew.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod accepted;
mod examples;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../one_token/mutate.rs"]
mod mutate;
#[path = "../one_token/random.rs"]
mod random;
mod refused;
mod settings;
#[path = "../one_token/sites.rs"]
mod sites;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../one_token/specs.rs"]
mod specs;
#[path = "../support/mod.rs"]
mod support;
mod validator;

use std::path::Path;

use cachewright::reference;

fn is_written(path: &str, generated: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, generated).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = written.lines().zip(generated.lines()).position(|(a, b)| a != b);
    assert!(written == generated, "{path} is old, from line {differs:?}; write it anew with UPDATE_DOCS=1");
}

#[test]
fn the_committed_schema_is_what_the_declarations_say() {
    is_written("schemas/spec.schema.json", &reference::schema());
}

#[test]
fn the_reference_of_the_language_is_what_the_declarations_say() {
    is_written("docs/language.md", &reference::markdown());
}
