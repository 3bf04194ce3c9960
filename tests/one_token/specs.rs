//! The specs that are mutated, held in memory, and how one of their texts is compiled anew.

use std::collections::BTreeMap;
use std::path::Path;

use cachewright::pipeline::{Compiled, compile};
use cachewright::spec::{Date, ReadText};

pub(crate) const TODAY: Date = Date { year: 2026, month: 11, day: 22 };

/// A spec and its layers.
#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) main: &'static str,
    pub(crate) texts: BTreeMap<String, String>,
}

/// The main text of each spec, and its layers.
const SPECS: [(&str, &[&str]); 9] = [
    ("examples/minimal.toml", &[]),
    ("examples/local/local.toml", &[]),
    ("examples/shop/staging.toml", &["examples/shop/base.toml"]),
    ("examples/shop/production.toml", &["examples/shop/base.toml", "examples/shop/hosts.json"]),
    ("templates/init/standalone.toml", &[]),
    ("templates/init/replicated.toml", &[]),
    ("templates/init/sentinel.toml", &[]),
    ("templates/init/cluster.toml", &[]),
    ("templates/init/memcached.toml", &[]),
];

pub(crate) fn all() -> Vec<Spec> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        (path.to_owned(), text)
    };
    let spec = |(main, layers): &(&'static str, &[&str])| {
        let texts = layers.iter().copied().chain([*main]).map(read).collect();
        Spec { main, texts }
    };
    SPECS.iter().map(spec).collect()
}

impl ReadText for Spec {
    fn read(&self, path: &Path) -> Result<String, String> {
        let text = path.to_str().and_then(|path| self.texts.get(path));
        text.cloned().ok_or_else(|| "No such file or directory".to_owned())
    }
}

impl Spec {
    pub(crate) fn compile(&self) -> Compiled {
        compile(Path::new(self.main), self, TODAY)
    }

    pub(crate) fn with(&self, path: &str, text: String) -> Spec {
        let mut spec = self.clone();
        spec.texts.insert(path.to_owned(), text);
        spec
    }
}

/// A spec of one text.
pub(crate) fn one(text: String) -> Compiled {
    let texts = BTreeMap::from([("a.toml".to_owned(), text)]);
    Spec { main: "a.toml", texts }.compile()
}
