//! Every shipped example and every starter spec is sound.

use std::path::{Path, PathBuf};

use cachewright::pipeline::{Compiled, compile};
use cachewright::report::{self, Format, Options};
use cachewright::spec::{Date, ReadText};

struct Disk;

impl ReadText for Disk {
    fn read(&self, path: &Path) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
        let files = entries.flatten().filter(|entry| entry.path().is_file());
        let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
        Ok(names.chain(["parts/header.j2".to_owned()]).collect())
    }
}

const TODAY: Date = Date { year: 2026, month: 11, day: 22 };

fn compiled(path: &str) -> Compiled {
    compile(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path), &Disk, TODAY)
}

#[test]
fn every_example_has_no_finding() {
    for path in [
        "examples/minimal.toml",
        "examples/local/local.toml",
        "examples/shop/staging.toml",
        "examples/shop/production.toml",
        "examples/container/cache.toml",
        "examples/kubernetes/cache.toml",
        "examples/templates/shop.toml",
        "templates/init/standalone.toml",
        "templates/init/replicated.toml",
        "templates/init/sentinel.toml",
        "templates/init/cluster.toml",
        "templates/init/memcached.toml",
    ] {
        let mut compiled = compiled(path);
        compiled.try_templates();
        let text = report::emit(&compiled.findings, &compiled.sources, Format::Human, &Options::default());
        assert!(compiled.findings.is_empty(), "{path}:\n{text}");
        assert!(compiled.checked().is_some());
    }
}
