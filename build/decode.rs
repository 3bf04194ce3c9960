//! Reading of a schema file: its tables, its entries and how an entry changes from version to version.

use crate::problem::Problem;
use crate::version::Version;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// A schema file as it was parsed.
pub(crate) struct Schema {
    /// The name used in messages.
    pub(crate) file: String,
    /// Its tables.
    pub(crate) tables: Table,
}

impl Schema {
    /// Reads and parses a file below the folder of schemas.
    pub(crate) fn read(folder: &Path, name: &str) -> Result<Self, Vec<Problem>> {
        let path = folder.join(name);
        let file = format!("schemas/{name}");
        let text = fs::read_to_string(path).map_err(|error| Problem::of(&file, error))?;
        let tables = text.parse::<Table>().map_err(|error| Problem::of(&file, error))?;
        Ok(Schema { file, tables })
    }

    /// Takes one table out of the file and decodes it.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Vec<Problem>> {
        let value = self
            .tables
            .remove(name)
            .ok_or_else(|| Problem::of(&self.file, format!("[{name}] is missing")))?;
        self.decode(name, value).map_err(|problem| vec![problem])
    }

    /// Decodes one value of the file.
    pub(crate) fn decode<T: DeserializeOwned>(
        &self,
        entry: &str,
        value: impl Into<Value>,
    ) -> Result<T, Problem> {
        value.into().try_into().map_err(|error| self.problem(entry, error))
    }

    /// A mistake in this file.
    pub(crate) fn problem(&self, entry: &str, message: impl std::fmt::Display) -> Problem {
        Problem::new(&self.file, entry, message)
    }

    /// The states of an entry from version to version, oldest first: the entry itself without its `from`
    /// tables, then one state per `from` table, each the state before with some fields replaced.
    ///
    /// Where a `from` table names one of `heads`, the fields of `group` are not carried over: they belong
    /// together (a new kind makes the old range meaningless).
    pub(crate) fn states(
        &self,
        entry: &str,
        mut table: Table,
        heads: &[&str],
        group: &[&str],
    ) -> Result<Vec<(Option<Version>, Table)>, Problem> {
        let changes = match table.remove("from") {
            None => Table::new(),
            Some(Value::Table(changes)) => changes,
            Some(_) => return Err(self.problem(entry, "`from` is not a table of versions")),
        };
        let mut dated = Vec::new();
        for (version, change) in changes {
            let parsed = self.version(entry, &version)?;
            let Value::Table(change) = change else {
                return Err(self.problem(entry, format!("from.{version:?} is not a table")));
            };
            dated.push((parsed, change));
        }
        dated.sort_by_key(|(version, _)| *version);

        let mut states = vec![(None, table)];
        for (version, change) in dated {
            let mut next = states.last().map(|(_, state)| state.clone()).unwrap_or_default();
            if heads.iter().any(|head| change.contains_key(*head)) {
                next.retain(|field, _| !group.contains(&field));
            }
            next.extend(change);
            states.push((Some(version), next));
        }
        Ok(states)
    }

    /// Reads a version, patch included.
    pub(crate) fn version(&self, entry: &str, text: &str) -> Result<Version, Problem> {
        text.parse().map_err(|_| self.problem(entry, format!("{text:?} is not a version with its patch")))
    }

    /// The states of an entry for one engine, with the versions each holds for: `from."8.0.0"` changes it on
    /// every engine, `from."valkey 8.0.0"` on one. States that end before `first` are left out.
    pub(crate) fn dated(
        &self,
        engine: &str,
        entry: &str,
        mut table: Table,
        first: Version,
    ) -> Result<Vec<Dated>, Problem> {
        if let Some(Value::Table(changes)) = table.get_mut("from") {
            *changes = std::mem::take(changes)
                .into_iter()
                .filter_map(|(when, change)| match when.split_once(' ') {
                    None => Some((when, change)),
                    Some((of, when)) => (of == engine).then(|| (when.to_owned(), change)),
                })
                .collect();
        }
        let states = self.states(entry, table, &[], &[])?;
        let ends: Vec<Option<Version>> = states.iter().skip(1).map(|(from, _)| *from).chain([None]).collect();
        Ok(states
            .into_iter()
            .zip(ends)
            .filter(|(_, until)| until.is_none_or(|until| first < until))
            .map(|((from, state), until)| Dated {
                since: from.map_or(first, |from| from.max(first)),
                until,
                state,
            })
            .collect())
    }

    /// Takes the field `since` out of an entry.
    pub(crate) fn take_since(&self, entry: &str, table: &mut Table) -> Result<Option<Version>, Problem> {
        let Some(since) = table.remove("since") else { return Ok(None) };
        let text = since.as_str().ok_or_else(|| self.problem(entry, "`since` is not a text"))?;
        self.version(entry, text).map(Some)
    }
}

/// A state of an entry and the versions it holds for.
pub(crate) struct Dated {
    /// The first version.
    pub(crate) since: Version,
    /// The first version it no longer holds for.
    pub(crate) until: Option<Version>,
    /// The fields.
    pub(crate) state: Table,
}
