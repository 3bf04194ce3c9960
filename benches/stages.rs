//! The stages of the pipeline one by one, for fleets of 100, 1,000 and 10,000 nodes.
//!
//!     cargo bench --bench stages

#![allow(clippy::unwrap_used, missing_docs)]

mod fleet;

use std::hint::black_box;
use std::path::Path;

use cachewright::check::{self, Checked};
use cachewright::diag::Findings;
use cachewright::emit::{EmitOptions, emit_to};
use cachewright::model;
use cachewright::spec::{self, Date, ReadText};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fleet::Fleet;

const TODAY: Date = Date { year: 2026, month: 1, day: 1 };

struct One(String);

impl ReadText for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

fn stages(criterion: &mut Criterion) {
    for (name, fleet) in [("plain", Fleet::Plain), ("mixed", Fleet::Mixed)] {
        for nodes in [100, 1000, 10_000] {
            fleet_of(criterion, name, fleet, nodes);
        }
    }
}

fn fleet_of(criterion: &mut Criterion, name: &str, fleet: Fleet, nodes: usize) {
    let reader = One(fleet.spec(nodes));
    let path = Path::new("fleet.toml");
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).throughput(Throughput::Elements(u64::try_from(nodes).unwrap()));

    group.bench_with_input(BenchmarkId::new("load", nodes), &reader, |bencher, reader| {
        bencher.iter(|| spec::load(path, reader, &mut Findings::default()));
    });
    let layers = spec::load(path, &reader, &mut Findings::default());
    group.bench_with_input(BenchmarkId::new("decode", nodes), &layers, |bencher, layers| {
        bencher.iter(|| spec::decode(layers, &mut Findings::default()));
    });
    let decoded = spec::decode(&layers, &mut Findings::default()).unwrap();
    group.bench_with_input(BenchmarkId::new("lower", nodes), &decoded, |bencher, decoded| {
        bencher.iter(|| model::lower(decoded, &layers, &mut Findings::default()));
    });
    let mut findings = Findings::default();
    let lowered = model::lower(&decoded, &layers, &mut findings);
    group.bench_with_input(BenchmarkId::new("check", nodes), &lowered, |bencher, lowered| {
        bencher.iter(|| check::check(lowered, TODAY));
    });
    let checked = Checked::new(lowered, &findings).unwrap();
    group.bench_with_input(BenchmarkId::new("emit", nodes), &checked, |bencher, checked| {
        bencher.iter_batched(
            || (),
            |()| {
                emit_to(checked, &EmitOptions::default(), |artifact| {
                    black_box(artifact);
                    Ok::<(), ()>(())
                })
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
