//! Whole random specs, on real servers: what passes `check` starts, and CONFIG GET * prints what the model says,
//! for every directive, set or not.
//!
//! The seeds are fixed, so that a failure is one on every machine. `PROPERTY_CASES` tries more of them per server,
//! `PROPERTY_SEED` begins elsewhere.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod random;
#[path = "../rendered/mod.rs"]
mod rendered;
mod specs;
#[path = "../support/mod.rs"]
mod support;
#[path = "../agreement/target.rs"]
mod target;
mod tls;
mod values;

use std::path::Path;
use std::sync::Arc;

use cachewright::catalog::{Target, VersionRange};
use rendered::Passwords;
use rendered::compare::{self, Compared};
use rendered::site::{NoSite, Site, log_in};
use rendered::texts::Texts;
use support::servers::{Engine, Server, Servers};
use support::tls::Certificates;

/// Specs per server.
const CASES: u64 = 25;

/// Nodes of one spec that are started: they share their settings but for a few.
const STARTED: usize = 2;

/// Refused specs that are borne, in a hundred: the generator means to make sound ones.
const REFUSED_IN_A_HUNDRED: usize = 5;

/// What became of the specs of one server.
#[derive(Default)]
struct Tally {
    specs: usize,
    with_tls: usize,
    refused: Vec<String>,
    started: usize,
    rows: usize,
    set: usize,
    wrong: Vec<String>,
}

#[test]
fn what_passes_check_starts_and_is_as_the_model_says() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let (cases, first) = (number("PROPERTY_CASES").unwrap_or(CASES), number("PROPERTY_SEED").unwrap_or(1));
    let certificates = Arc::new(Certificates::make());
    let (mut specs, mut refused, mut wrong) = (0, 0, 0);
    for server in Servers::redis_like().filter(|server| server.engine != Engine::Redict) {
        let exact = target::target(server);
        let mut tally = Tally::default();
        for seed in first..first + cases {
            try_one(seed, server, &exact, &certificates, &mut tally);
        }
        println!(
            "{server}: {} specs ({} with TLS), {} refused, {} nodes started, {} rows compared ({} of them set), {} wrong",
            tally.specs,
            tally.with_tls,
            tally.refused.len(),
            tally.started,
            tally.rows,
            tally.set,
            tally.wrong.len()
        );
        tally.refused.iter().chain(&tally.wrong).for_each(|story| println!("    {story}"));
        specs += tally.specs;
        refused += tally.refused.len();
        wrong += tally.wrong.len();
    }
    assert_eq!(wrong, 0, "see above");
    assert!(refused * 100 <= specs * REFUSED_IN_A_HUNDRED, "{refused} of {specs} specs were refused");
}

fn try_one(seed: u64, server: &Server, exact: &Target, certificates: &Arc<Certificates>, tally: &mut Tally) {
    // Every third is declared for exactly this patch, the others for all patches of the minor.
    let versions = if seed.is_multiple_of(3) {
        exact.versions
    } else {
        VersionRange::minor(exact.versions.first.major, exact.versions.first.minor)
    };
    let spec = specs::spec(seed, &Target { versions, ..*exact }, certificates);
    let path = Path::new("random.toml");
    let texts = Texts::default().with(path, spec.text.clone());
    tally.specs += 1;
    tally.with_tls += usize::from(spec.has_tls);
    let site = match Site::render(&texts, path, Some(Passwords::default())) {
        Ok(site) => site.with_certificates(certificates),
        Err(NoSite::Findings(findings)) => {
            tally.refused.push(format!("seed {seed}, {}:\n{findings}", spec.topology));
            return;
        }
        Err(NoSite::Unrendered(why)) => {
            tally.wrong.push(format!("seed {seed} is not rendered: {why}"));
            return;
        }
    };
    let deployment = &site.model.deployments[0];
    for node in deployment.nodes.iter().take(STARTED) {
        match log_in(site.launch(server, deployment, node), &site, deployment).try_start() {
            Err(refusal) => {
                let reason = refusal.reason();
                tally
                    .wrong
                    .push(format!("seed {seed}, {}: does not start: {reason}\n{}", node.id, spec.text));
            }
            Ok(running) => {
                let Compared { rows, set, wrong } =
                    compare::config(&running, deployment, node, site.passwords.as_ref());
                tally.started += 1;
                tally.rows += rows;
                tally.set += set;
                tally
                    .wrong
                    .extend(wrong.into_iter().map(|story| format!("seed {seed}, {}: {story}", node.id)));
            }
        }
    }
}
