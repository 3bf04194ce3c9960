//! A value as a spec writes it, and the lines that a server would be given for it.

use std::fmt;

use crate::catalog::{Directive, Facts, Kind, Repeat, Special, Version};

use super::resplit::split;

/// A value as TOML or JSON types it.
#[derive(Debug, Clone, PartialEq)]
pub enum Written<'a> {
    /// `true` and `false` stand for `yes` and `no`.
    Bool(bool),
    /// A whole number, in decimal.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A text as the server takes it.
    Text(&'a str),
    /// A list: of words, addresses or lines.
    List(Vec<Written<'a>>),
}

/// A value that does not fit the directive's shape, before any server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadShape {
    /// The directive takes one value.
    NotAList,
    /// A list inside of a list.
    NestedList,
    /// An octal number must be written as a text: TOML's own octal numbers would read otherwise.
    OctalAsText,
    /// A text has a quote without its partner.
    UnbalancedQuotes,
    /// The directive does not exist in this version.
    NotInThisVersion,
}

impl fmt::Display for BadShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadShape::NotAList => "it takes one value, not a list",
            BadShape::NestedList => "a list must not hold lists",
            BadShape::OctalAsText => "write the octal number as a text, such as \"770\"",
            BadShape::UnbalancedQuotes => "a quote is not closed",
            BadShape::NotInThisVersion => "this version does not know the directive",
        })
    }
}

impl std::error::Error for BadShape {}

/// How the arguments of a directive are made of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One value, one argument.
    One,
    /// A list of arguments on one line.
    Arguments,
    /// A list of lines, each of several arguments.
    Lines,
    /// A list of lines with one argument each.
    LinesOfOne,
}

/// The arguments of every line that a value stands for, to be judged by [`fold_lines`](super::fold_lines).
///
/// `true` is `yes`; a list is several arguments (`bind`) or several lines (`save`, `user`); an empty list is
/// one empty argument, which is how servers write "none" (`save ""`).
pub fn written_lines(
    directive: &Directive,
    value: &Written<'_>,
    version: Version,
) -> Result<Vec<Vec<Vec<u8>>>, BadShape> {
    let facts = directive.at(version).ok_or(BadShape::NotInThisVersion)?;
    let octal = matches!(facts.kind, Kind::Octal(_) | Kind::Special(Special::UncheckedOctal));
    if octal && matches!(value, Written::Integer(_)) {
        return Err(BadShape::OctalAsText);
    }
    match (shape(facts), value) {
        (Shape::LinesOfOne, Written::List(items)) => {
            items.iter().map(|item| Ok(vec![scalar(item)?])).collect()
        }
        (Shape::One | Shape::LinesOfOne, value) => Ok(vec![vec![scalar(value)?]]),
        (_, Written::List(items)) if items.is_empty() => Ok(nothing(facts)),
        (Shape::Arguments, Written::List(items)) => {
            Ok(vec![items.iter().map(nested).collect::<Result<_, BadShape>>()?])
        }
        (Shape::Lines, Written::List(items)) => items.iter().map(line).collect(),
        (_, value) => Ok(vec![line(value)?]),
    }
}

/// Whether a value may be a list.
pub fn takes_list(facts: &Facts) -> bool {
    shape(facts) != Shape::One
}

/// The shape of a directive's values.
fn shape(facts: &Facts) -> Shape {
    match facts.kind {
        Kind::Flags(_)
        | Kind::Special(
            Special::Bind { .. }
            | Special::LatencyTrackingInfoPercentiles
            | Special::OomScoreAdjValues { .. }
            | Special::Replicaof { .. },
        ) => Shape::Arguments,
        Kind::Special(
            Special::Save { .. }
            | Special::ClientOutputBufferLimit { .. }
            | Special::User
            | Special::Loadmodule
            | Special::RenameCommand
            | Special::Sentinel,
        ) => Shape::Lines,
        Kind::Special(Special::Include { .. }) => Shape::LinesOfOne,
        _ if facts.repeat == Repeat::Accumulate => Shape::LinesOfOne,
        _ => Shape::One,
    }
}

/// What an empty list stands for: "none", where the directive can be that; otherwise no line at all.
fn nothing(facts: &Facts) -> Vec<Vec<Vec<u8>>> {
    match facts.kind {
        Kind::Special(
            Special::User
            | Special::Loadmodule
            | Special::RenameCommand
            | Special::Sentinel
            | Special::ClientOutputBufferLimit { .. },
        ) => Vec::new(),
        Kind::Special(Special::Replicaof { .. }) => vec![vec![b"no".to_vec(), b"one".to_vec()]],
        _ => vec![vec![Vec::new()]],
    }
}

/// The arguments of a line, split as the servers split it; an empty text is one empty argument.
fn line(value: &Written<'_>) -> Result<Vec<Vec<u8>>, BadShape> {
    let text = nested(value)?;
    let args = split(&text).ok_or(BadShape::UnbalancedQuotes)?;
    Ok(if args.is_empty() { vec![text] } else { args })
}

/// One item of a list.
fn nested(value: &Written<'_>) -> Result<Vec<u8>, BadShape> {
    scalar(value).map_err(|_| BadShape::NestedList)
}

/// One argument.
pub(super) fn scalar(value: &Written<'_>) -> Result<Vec<u8>, BadShape> {
    Ok(match value {
        Written::Bool(true) => b"yes".to_vec(),
        Written::Bool(false) => b"no".to_vec(),
        Written::Integer(number) => number.to_string().into_bytes(),
        Written::Float(number) => format!("{number:?}").into_bytes(),
        Written::Text(text) => text.as_bytes().to_vec(),
        Written::List(_) => return Err(BadShape::NotAList),
    })
}
