//! The schema has teeth: slips that `check` reports are refused by it, and none that `check` accepts.

use std::collections::BTreeMap;

use cachewright::diag::Level;
use cachewright::explain::compile_example;
use cachewright::pipeline::Compiled;

use crate::mutate::mutations;
use crate::random::Random;
use crate::specs;
use crate::validator::{Schema, layer};

fn accepted(compiled: &Compiled) -> bool {
    compiled.findings.iter().all(|finding| finding.level != Level::Error)
}

/// What became of the mutations of one kind.
#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    refused: usize,
}

#[test]
fn one_wrong_token_is_refused_only_where_check_refuses_it() {
    let schema = Schema::new();
    let mut kinds: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut wrong = Vec::new();
    for spec in specs::all() {
        for path in spec.texts.keys() {
            for mutation in mutations(&spec, path, &mut Random::new(1)) {
                let Some(layer) = layer(path, &mutation.text) else { continue };
                let tally = kinds.entry(mutation.kind).or_default();
                tally.tried += 1;
                if schema.accepts(&layer) {
                    continue;
                }
                tally.refused += 1;
                if accepted(&spec.with(path, mutation.text).compile()) {
                    wrong.push(format!("{path}: {}: {:?}", mutation.what, schema.errors(&layer)));
                }
            }
        }
    }
    eprintln!("{kinds:#?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
