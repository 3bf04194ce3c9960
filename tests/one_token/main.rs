//! One token of each example made wrong, thousands of times: at least one finding covers the place, at most
//! two in all, and nothing panics. And texts that are hardly specs at all.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod hostile;
mod mutate;
mod random;
mod sites;
mod specs;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cachewright::diag::Finding;
use cachewright::pipeline::Compiled;
use cachewright::source::Span;

use mutate::{Mutation, mutations};
use random::Random;
use specs::Spec;

/// How often each place of each text is mutated, with other letters each time; `CACHEWRIGHT_ROUNDS` says
/// otherwise.
const ROUNDS: u64 = 1;
/// One cause may have one consequence besides.
const MOST_FINDINGS: usize = 2;

#[test]
fn one_wrong_token_is_found_where_it_is() {
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("CACHEWRIGHT_ROUNDS").unwrap_or(ROUNDS);
    for spec in specs::all() {
        if !spec.compile().findings.is_empty() {
            wrong.entry(("as it is", "it has findings")).or_default().push(spec.main.to_owned());
            continue;
        }
        for path in spec.texts.keys() {
            for round in 0..rounds {
                let mut random = Random::new(round * 7919 + 1);
                for mutation in mutations(&spec, path, &mut random) {
                    *tried.entry(mutation.kind).or_default() += 1;
                    let compiled = spec.with(path, mutation.text.clone()).compile();
                    if let Some(complaint) = complaint(&mutation, &compiled) {
                        let story = story(&spec, &mutation, &compiled);
                        wrong.entry((mutation.kind, complaint)).or_default().push(story);
                    }
                }
            }
        }
    }
    let total: usize = tried.values().sum();
    eprintln!("{total} mutations: {tried:?}");
    let shown = usize::try_from(number("CACHEWRIGHT_SHOWN").unwrap_or(3)).unwrap();
    for ((kind, complaint), stories) in &wrong {
        eprintln!("{kind}: {complaint}: {} times", stories.len());
        for story in stories.iter().take(shown) {
            eprintln!("{story}");
        }
    }
    let failed: usize = wrong.values().map(Vec::len).sum();
    assert_eq!(failed, 0, "of {total} mutations");
    assert!(total > 6000, "only {total} mutations");
}

fn complaint(mutation: &Mutation, compiled: &Compiled) -> Option<&'static str> {
    let count = compiled.findings.len();
    if count == 0 {
        Some("nothing is found")
    } else if !compiled.findings.iter().any(|finding| covers(finding, mutation, compiled)) {
        Some("no finding covers the place")
    } else if count > MOST_FINDINGS {
        Some("too many findings")
    } else {
        None
    }
}

fn covers(finding: &Finding, mutation: &Mutation, compiled: &Compiled) -> bool {
    let touches = |span: Span| {
        let source = compiled.sources.get(span.source);
        let lines = source.line_column(span.start).line..=source.line_column(span.end).line;
        mutation.places.get(&source.name).is_some_and(|places| places.iter().any(|line| lines.contains(line)))
    };
    finding.span().is_some_and(touches) || finding.related.iter().any(|related| touches(related.span))
}

fn story(spec: &Spec, mutation: &Mutation, compiled: &Compiled) -> String {
    let mut story =
        format!("  {} {} {} (lines {:?})", spec.main, mutation.path, mutation.what, mutation.places);
    for finding in compiled.findings.iter().take(6) {
        let at = finding.span().map(|span| compiled.sources.locate(span).to_string());
        let (at, rule) = (at.unwrap_or_default(), finding.code.name());
        write!(story, "\n    {at} {rule} {}", finding.title).unwrap();
    }
    story
}
