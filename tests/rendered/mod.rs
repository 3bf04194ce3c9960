//! What was rendered, put where a real server finds it, and what that server then says compared with the model.
//! Which specs are rendered is the tests' business.

// Each test compiles this anew and uses its own part of it.
#![allow(dead_code)]
#![allow(clippy::unwrap_used)]

pub(crate) mod compare;
pub(crate) mod failover;
pub(crate) mod site;
pub(crate) mod texts;

use cachewright::emit::{Secret, SecretSource};
use cachewright::spec::SecretRef;

/// Every secret has its own name for a value, unless one is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Passwords {
    /// The value of all of them.
    pub(crate) all: Option<String>,
}

impl Passwords {
    pub(crate) fn value(&self, reference: &SecretRef) -> String {
        self.all.clone().unwrap_or_else(|| format!("secret-of-{reference}"))
    }
}

impl SecretSource for Passwords {
    fn get(&self, reference: &SecretRef) -> Option<Secret> {
        Some(Secret(self.value(reference).into_bytes()))
    }
}
