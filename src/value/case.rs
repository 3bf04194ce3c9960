//! What one reading depends on: the server, its build, and the facts of the directive there.

use crate::catalog::{Build, Directive, Engine, Facts, Feature, UnknownDirectives, Version, supported};

use super::reason::{Otherwise, Reason, Stage};
use super::value::Value;

/// The first version that splits a single argument of a directive with many again at its blanks. It is the
/// one change of the parsers between the patches of a minor that the catalogue does not hold (config.c and
/// util.c compared at all tags from 6.0.0 to 7.4.1).
pub(super) const RESPLIT_SINCE: Version = Version::new(7, 0, 1);

/// One released server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) engine: Engine,
    pub(super) version: Version,
}

impl Server {
    /// Redis 6: its own parser, with one branch per directive of a grammar of its own.
    pub(super) fn is_six(self) -> bool {
        self.version < Version::new(7, 0, 0)
    }

    /// Valkey of this version or later.
    pub(super) fn is_valkey_from(self, major: u8, minor: u8) -> bool {
        self.engine == Engine::Valkey && self.version >= Version::new(major, minor, 0)
    }

    /// When a line that the reader does not recognise by its name and number of arguments fails.
    pub(super) fn unmatched(self, got: usize) -> Stage {
        let all = supported(self.engine).iter().any(|minor| {
            minor.range.contains(self.version) && minor.unknown == UnknownDirectives::AllAreQueued
        });
        if all && got > 0 { Stage::Start } else { Stage::Parse }
    }

    /// See [`RESPLIT_SINCE`].
    pub(super) fn resplits(self) -> bool {
        self.version >= RESPLIT_SINCE
    }
}

/// A directive on one server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) directive: &'a Directive,
    pub(super) facts: &'static Facts,
    pub(super) server: Server,
    pub(super) build: Build,
}

impl Case<'_> {
    /// What the directive needs and the build lacks.
    pub(super) fn lacking(self) -> Option<Feature> {
        self.facts.needs.filter(|feature| !self.build.has(*feature))
    }

    /// A wrong number of arguments for a directive that the file reader compares by name and number.
    pub(super) fn unmatched_arity<T>(self, wanted: &'static str, args: &[&[u8]]) -> Result<T, Reason> {
        Err(wrong_arity(wanted, args, self.server.unmatched(args.len())))
    }
}

/// A wrong number of arguments for a directive of the server's table.
pub(super) fn arity<T>(wanted: &'static str, args: &[&[u8]]) -> Result<T, Reason> {
    Err(wrong_arity(wanted, args, Stage::Parse))
}

/// The one argument of a directive that takes one.
pub(super) fn one<'a>(args: &[&'a [u8]]) -> Result<&'a [u8], Reason> {
    match args {
        [arg] => Ok(arg),
        _ => arity("one value", args),
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
