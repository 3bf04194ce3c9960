//! What `{:?}` shows of the types that could hold a secret, for logs and panics are made of it.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use cachewright::emit::{Bytes, EmitOptions, Secret, SecretSource, emit, emit_to};
use cachewright::source::Sources;
use cachewright::spec::SecretRef;
use cachewright::tree::{Staging, compare};

use crate::search::{Canary, shown};
use crate::specs::Planted;
use crate::texts::Texts;

impl SecretSource for Planted {
    fn get(&self, reference: &SecretRef) -> Option<Secret> {
        Some(Secret(self.behind(&reference.to_string()).value().into_bytes()))
    }
}

#[track_caller]
fn hides(what: &str, value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        if let Some(how) = shown(text.as_bytes(), &[Canary(1)]) {
            let lines = text.lines().filter(|line| shown(line.as_bytes(), &[]).is_some()).take(5);
            panic!("{what} shows {how}: {:#?}", lines.collect::<Vec<_>>());
        }
    }
}

fn compiled(text: String) -> cachewright::pipeline::Compiled {
    let path = Path::new("spec.toml");
    Texts::default().with(path, text).compile(path)
}

#[test]
fn rendering_with_secrets() {
    for planted in Planted::newest() {
        let checked = compiled(planted.text.clone()).take_checked().unwrap();
        let options = EmitOptions { secrets: Some(&planted), ..EmitOptions::default() };
        hides("options", &options);
        let artifacts = emit(&checked, &options).unwrap();
        assert!(artifacts.iter().any(|artifact| shown(&artifact.bytes, &[]).is_some()), "they hold secrets");
        hides("artifacts", &artifacts);
        let out = planted.folder.path().join("out");
        let mut staging = Staging::open(&out).unwrap();
        let manifest = emit_to(&checked, &options, |artifact| staging.add(&artifact)).unwrap();
        hides("the manifest", &manifest);
        hides("what is staged", &staging);
        hides("what was done", &staging.commit(&manifest).unwrap());
        let mut comparison = compare(&out).unwrap();
        let bare = emit(&checked, &EmitOptions::default()).unwrap();
        let differences: Vec<_> = bare.iter().map(|artifact| comparison.with(artifact).unwrap()).collect();
        assert!(differences.iter().any(Option::is_some));
        hides("differences", &differences);
        hides("the comparison", &comparison);
        let panic = catch_unwind(AssertUnwindSafe(|| assert_eq!(artifacts, bare))).unwrap_err();
        hides("a panic", panic.downcast_ref::<String>().unwrap());
    }
}

#[test]
fn secrets_themselves() {
    let value = Canary(1).value();
    hides("a secret", &Secret(value.clone().into_bytes()));
    hides("bytes", &Bytes::from(value.clone()));
    let mut sources = Sources::default();
    sources.add("spec.toml", value);
    hides("texts", &sources);
}

/// Literals in a spec: what becomes of it is shown without them as well.
#[test]
fn specs_that_hold_literals() {
    let planted = Planted::newest().next().unwrap();
    let value = Canary(1).value();
    for (from, to) in [
        (".plain.config]\n", format!(".plain.config]\nrequirepas = \"{value}\"\n")),
        (".plain.config]\n", format!(".plain.config]\nuser = \"app on >{value} ~*\"\n")),
        ("{ env = \"S1\" }", format!("\"{value}\"")),
        ("{ env = \"S2\" }", format!("\"{value}")),
        ("{ env = \"S20\" }", format!("\"{value}\"")),
        ("~* +@read\"", format!("~* >{value} +@read\"")),
    ] {
        let compiled = compiled(planted.text.replacen(from, &to, 1));
        assert!(!compiled.findings.is_empty(), "{to}");
        hides(&format!("what was made of {to}"), &compiled);
        hides(&format!("the model of {to}"), &compiled.model);
    }
}
