//! Secrets for comparing: asked for once, never shown.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::emit::{Secret, SecretSource};
use crate::spec::SecretRef;

/// The secrets of one run, each looked up once.
pub struct Secrets<'s> {
    source: &'s dyn SecretSource,
    known: Mutex<BTreeMap<SecretRef, Option<Secret>>>,
}

impl<'s> Secrets<'s> {
    /// Those of a source.
    pub fn new(source: &'s dyn SecretSource) -> Self {
        Secrets { source, known: Mutex::new(BTreeMap::new()) }
    }

    /// The secret behind a reference; none where there is no such variable or file, or nothing in it.
    pub fn get(&self, reference: &SecretRef) -> Option<Secret> {
        // A map of what was looked up is whole whoever panicked.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let look_up = || self.source.get(reference).filter(|secret| !secret.0.is_empty());
        known.entry(reference.clone()).or_insert_with(look_up).clone()
    }
}

/// Where a secret is found, in words.
pub(super) fn place(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("the password in the variable {name}"),
        SecretRef::File(path) => format!("the password in {path}"),
    }
}

/// Says which secret is missing.
pub(super) fn missing(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => {
            format!("not compared: the environment variable {name} is not set here")
        }
        SecretRef::File(path) => format!("not compared: {path} cannot be read here, or is empty"),
    }
}
