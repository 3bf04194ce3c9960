//! Specs for a test: from memory, or from the repository and declared anew for another server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cachewright::pipeline::{Compiled, compile};
use cachewright::report::{self, Format, Options};
use cachewright::spec::{Date, ReadText};

/// Decides which lint levels have expired: none.
const TODAY: Date = Date { year: 2026, month: 1, day: 1 };

/// Texts by path, and those of the repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    /// In memory; they come first.
    pub(crate) own: BTreeMap<PathBuf, String>,
    /// The engine and version that files of the repository are declared for instead of their own.
    pub(crate) declared: Option<(&'static str, String)>,
}

impl ReadText for Texts {
    fn read(&self, path: &Path) -> Result<String, String> {
        if let Some(text) = self.own.get(path) {
            return Ok(text.clone());
        }
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(match &self.declared {
            Some((engine, version)) => declared_anew(&text, engine, version),
            None => text,
        })
    }
}

impl Texts {
    /// The spec at a path.
    pub(crate) fn compile(&self, path: &Path) -> Compiled {
        compile(path, self, TODAY)
    }

    /// Puts a text into memory.
    pub(crate) fn with(mut self, path: &Path, text: String) -> Self {
        self.own.insert(path.to_owned(), text);
        self
    }
}

/// The findings as people read them.
pub(crate) fn findings(compiled: &Compiled) -> String {
    report::emit(&compiled.findings, &compiled.sources, Format::Human, &Options::default())
}

/// Moves every deployment and set of sentinels of a TOML text to another engine and version; memcached where
/// that is the engine.
fn declared_anew(text: &str, engine: &str, version: &str) -> String {
    let mut out = String::new();
    let mut table = String::new();
    for line in text.lines() {
        let header = line.strip_prefix('[').filter(|rest| !rest.starts_with('['));
        if let Some(header) = header {
            header.split(['.', ']']).next().unwrap_or_default().clone_into(&mut table);
        }
        let redis_like = matches!(table.as_str(), "redis" | "valkey");
        let mine =
            if engine == "memcached" { table == "memcached" } else { redis_like || table == "sentinels" };
        match header {
            Some(header) if mine && redis_like => {
                let rest = &header[table.len()..];
                write!(out, "[{engine}{rest}").unwrap();
            }
            _ if mine && line.starts_with("version = ") => {
                write!(out, "version = \"{version}\"").unwrap();
                if table == "sentinels" {
                    write!(out, "\nengine = \"{engine}\"").unwrap();
                }
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}
