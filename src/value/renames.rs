//! `rename-command` lines in a row: each takes a command's name away and gives it another one, or none.

use std::collections::BTreeMap;
use std::fmt;

use crate::catalog::{Target, acl};

/// Why a server refuses a `rename-command` line (`loadServerConfigFromString` in config.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RenameProblem {
    /// The server does not have the command (any more).
    NoSuchCommand,
    /// Another command has the new name.
    NameTaken,
}

impl fmt::Display for RenameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RenameProblem::NoSuchCommand => "there is no such command to rename",
            RenameProblem::NameTaken => "another command has the new name",
        })
    }
}

/// The names that the lines so far took away and gave.
#[derive(Debug, Clone, Default)]
pub struct Renames {
    /// Whether a command answers to the name, in lower case, where a line changed that.
    changed: BTreeMap<String, bool>,
}

impl Renames {
    /// Takes the next line: a command and its new name, in any case; an empty one takes the command away.
    pub fn rename(&mut self, from: &str, to: &str, target: &Target) -> Result<(), RenameProblem> {
        let (from, to) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
        if !self.has(&from, target) {
            return Err(RenameProblem::NoSuchCommand);
        }
        self.changed.insert(from, false);
        if to.is_empty() {
            return Ok(());
        }
        if self.has(&to, target) {
            return Err(RenameProblem::NameTaken);
        }
        self.changed.insert(to, true);
        Ok(())
    }

    /// Whether every version of the target has a command of that name.
    fn has(&self, name: &str, target: &Target) -> bool {
        let built_in = || {
            let command = acl::command(target.engine, name, None);
            let versions = [target.versions.first, target.versions.last];
            command.is_some_and(|command| versions.iter().all(|version| command.at(*version).is_some()))
        };
        self.changed.get(name).copied().unwrap_or_else(built_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Build, Engine, VersionRange};

    #[test]
    fn lines_follow_each_other() {
        let build = Build { tls: true, defrag: true, systemd: true, modules: false };
        let target = Target { engine: Engine::Redis, versions: VersionRange::minor(7, 0), build };
        let mut renames = Renames::default();
        assert_eq!(renames.rename("FLUSHALL", "", &target), Ok(()));
        assert_eq!(renames.rename("flushall", "x", &target), Err(RenameProblem::NoSuchCommand));
        assert_eq!(renames.rename("config", "get", &target), Err(RenameProblem::NameTaken));
        assert_eq!(renames.rename("keys", "flushall", &target), Ok(()));
        assert_eq!(renames.rename("nosuch", "x", &target), Err(RenameProblem::NoSuchCommand));
    }
}
