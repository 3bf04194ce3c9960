//! What one reading depends on: the server, its build, and the facts of the directive there.

use crate::catalog::{Build, Directive, Engine, Facts, Version};

use super::reason::{Otherwise, Reason, Stage};
use super::value::Value;

/// One released server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) engine: Engine,
    pub(super) version: Version,
}

impl Server {
    /// Redis 6: its own parser, with one branch per directive.
    pub(super) fn is_six(self) -> bool {
        self.version < Version::new(7, 0, 0)
    }

    /// Redis of this version or later (not a Valkey).
    pub(super) fn is_redis_from(self, major: u8, minor: u8) -> bool {
        self.engine == Engine::Redis && self.version >= Version::new(major, minor, 0)
    }

    /// Valkey of this version or later.
    pub(super) fn is_valkey_from(self, major: u8, minor: u8) -> bool {
        self.engine == Engine::Valkey && self.version >= Version::new(major, minor, 0)
    }

    /// Splits a single argument of a directive with many again at its blanks (config.c since 7.0.1).
    pub(super) fn resplits(self) -> bool {
        self.version >= Version::new(7, 0, 1)
    }
}

/// The versions inside a minor at which the parsers themselves changed (config.c and notify.c at all tags
/// from 6.0.0 to 7.4.1): a range of patches is judged on both sides of each.
pub(super) const PARSER_CHANGES: [Version; 4] = [
    Version::new(6, 0, 9),  // the port of replicaof is checked
    Version::new(6, 0, 10), // oom-score-adj-values up to 2000
    Version::new(6, 2, 2),  // events of modules (`d`)
    Version::new(7, 0, 1),  // see Server::resplits
];

/// A directive on one server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) directive: &'a Directive,
    pub(super) facts: &'static Facts,
    pub(super) server: Server,
    pub(super) build: Build,
}

impl Case<'_> {
    /// When a line with a wrong number of arguments fails. A line that Redis 8.0 does not understand is
    /// queued for its modules if it has an argument, and found wanting only when they are loaded.
    fn unmatched(self, got: usize) -> Stage {
        if self.server.is_redis_from(8, 0) && got > 0 { Stage::Start } else { Stage::Parse }
    }

    /// A wrong number of arguments for a directive of the server's table.
    pub(super) fn arity<T>(self, wanted: &'static str, args: &[&[u8]]) -> Result<T, Reason> {
        Err(wrong_arity(wanted, args, Stage::Parse))
    }

    /// A wrong number of arguments for a directive that the file reader compares by name and number.
    pub(super) fn unmatched_arity<T>(self, wanted: &'static str, args: &[&[u8]]) -> Result<T, Reason> {
        Err(wrong_arity(wanted, args, self.unmatched(args.len())))
    }

    /// The one argument of a directive that takes one.
    pub(super) fn one<'b>(self, args: &[&'b [u8]]) -> Result<&'b [u8], Reason> {
        match args {
            [arg] => Ok(arg),
            _ => self.arity("one value", args),
        }
    }
}

/// The reason of a wrong number of arguments.
fn wrong_arity(wanted: &'static str, args: &[&[u8]], stage: Stage) -> Reason {
    let comment = args.iter().skip(1).any(|arg| arg.starts_with(b"#"));
    if comment && stage == Stage::Parse {
        Reason::TrailingComment
    } else {
        Reason::WrongArity { wanted, got: args.len(), stage }
    }
}

/// What a server made of the arguments of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) value: Value,
    pub(super) otherwise: Option<Otherwise>,
}

impl Reading {
    /// Taken as written.
    pub(super) fn plain(value: Value) -> Self {
        Reading { value, otherwise: None }
    }

    /// Taken otherwise than written, if so.
    pub(super) fn noted(value: Value, otherwise: Option<Otherwise>) -> Self {
        Reading { value, otherwise }
    }
}
