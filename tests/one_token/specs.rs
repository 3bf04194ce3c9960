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
const SPECS: [(&str, &[&str]); 10] = [
    ("examples/minimal.toml", &[]),
    ("examples/local/local.toml", &[]),
    ("examples/shop/staging.toml", &["examples/shop/base.toml"]),
    ("examples/shop/production.toml", &["examples/shop/base.toml", "examples/shop/hosts.json"]),
    ("examples/templates/shop.toml", &[]),
    ("templates/init/standalone.toml", &[]),
    ("templates/init/replicated.toml", &[]),
    ("templates/init/sentinel.toml", &[]),
    ("templates/init/cluster.toml", &[]),
    ("templates/init/memcached.toml", &[]),
];

/// The folder of the one that has templates.
const TEMPLATES: &str = "examples/templates/templates";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn all() -> Vec<Spec> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
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
        // Templates are as they are: only specs are mutated.
        let template = path.starts_with(TEMPLATES).then(|| root().join(path));
        let template = || template.and_then(|path| std::fs::read_to_string(path).ok());
        text.cloned().or_else(template).ok_or_else(|| "No such file or directory".to_owned())
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        if folder != Path::new(TEMPLATES) {
            return Err("No such file or directory".to_owned());
        }
        let names = ["motd.j2", "parts/header.j2", "redis.conf.j2", "targets.json.j2"];
        Ok(names.map(str::to_owned).into())
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
