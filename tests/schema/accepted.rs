//! Random specs, as the tests on real servers make them: what `check` accepts satisfies the schema.

#[allow(dead_code, reason = "shared with other tests")]
#[path = "../property/random.rs"]
mod random;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../property/specs.rs"]
mod specs;
#[path = "../property/tls.rs"]
mod tls;
#[path = "../property/values.rs"]
mod values;

use cachewright::catalog::{Build, Engine, Target, supported};
use cachewright::explain::compile_example;

use crate::support::tls::Certificates;
use crate::validator::{Schema, layer};

/// Specs for each minor version.
const CASES: u64 = 25;

#[test]
fn random_sound_specs_satisfy_the_schema() {
    let schema = Schema::new();
    let build = Build { tls: true, defrag: true, systemd: false, modules: false };
    let certificates = Certificates::make();
    let (mut accepted, mut wrong) = (0, Vec::new());
    for engine in [Engine::Redis, Engine::Valkey] {
        for minor in supported(engine) {
            for seed in 1..=CASES {
                let spec = specs::spec(seed, &Target { engine, versions: minor.range, build }, &certificates);
                if compile_example(&spec.text, &[]).checked().is_none() {
                    continue;
                }
                accepted += 1;
                let errors = schema.errors(&layer("a.toml", &spec.text).unwrap());
                if !errors.is_empty() {
                    wrong.push(format!(
                        "{engine} {}, seed {seed}, {}: {errors:#?}",
                        minor.range, spec.topology
                    ));
                }
            }
        }
    }
    eprintln!("{accepted} specs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(accepted > 200, "only {accepted} specs were sound");
}
