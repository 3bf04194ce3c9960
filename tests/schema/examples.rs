//! Every shipped spec satisfies the schema, layer by layer.

use std::path::{Path, PathBuf};

use cachewright::check::RULES;

use crate::validator::{Schema, layer};

fn is_layer(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml" || extension == "json")
}

/// Every file of some folders that is a layer.
fn layers() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("examples"), root.join("templates/init")];
    let mut layers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_layer(&path) {
                layers.push(path);
            }
        }
    }
    layers
}

#[test]
fn every_shipped_layer_satisfies_the_schema() {
    let schema = Schema::new();
    let layers = layers();
    assert!(layers.len() >= 11, "{layers:?}");
    for path in layers {
        let text = std::fs::read_to_string(&path).unwrap();
        let layer = layer(&path.to_string_lossy(), &text).unwrap();
        let errors = schema.errors(&layer);
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn every_passing_example_of_a_rule_satisfies_the_schema() {
    let schema = Schema::new();
    for rule in RULES {
        let texts = rule.passes.layers.iter().copied().chain([("shop.toml", rule.passes.spec)]);
        // Templates lie beside layers.
        for (path, text) in texts.filter(|(path, _)| is_layer(Path::new(path))) {
            let errors = schema.errors(&layer(path, text).unwrap());
            assert!(errors.is_empty(), "{} {path}: {errors:#?}", rule.code.name());
        }
    }
}
