//! The canonical value.

use std::fmt;

use crate::catalog::{Directive, Kind, Special, Version};

use super::cnum::until_nul;
use super::notify::Events;
use super::output_limits::OutputLimits;
use super::percentiles::Percentile;
use super::save::SavePoint;
use super::units::size_text;

/// A directive's value in its one canonical form: two texts that a server takes for the same give the
/// same value. Ordered and hashable; what it means depends on the directive it belongs to.
///
/// A text may be a secret: whoever prints a value asks [`Directive::secret`] first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `yes` or `no`.
    Bool(bool),
    /// A word of an enumeration, as the server prints it.
    Word(&'static str),
    /// Words of bit flags in the server's order, each once; never empty, as the empty set has a word of its own.
    Flags(Vec<&'static str>),
    /// A number in the directive's unit.
    Integer(i128),
    /// A number of bytes.
    Bytes(u64),
    /// A percentage of `maxmemory`, 1 to 100.
    Percent(u8),
    /// Permissions, as a number.
    Octal(u32),
    /// Any text; empty where it is not set.
    Text(Vec<u8>),
    /// Points at which the data set is saved, in order; none saves never.
    Save(Vec<SavePoint>),
    /// Addresses, in order.
    Addresses(Vec<Vec<u8>>),
    /// Limits per class of clients; in a box, for they are twice as large as any other value.
    OutputLimits(Box<OutputLimits>),
    /// Classes of keyspace events.
    Events(Events),
    /// Percentiles, in order.
    Percentiles(Vec<Percentile>),
    /// Scores of a primary, a replica, a saving child.
    OomScores([i16; 3]),
    /// The primary of a replica; none for `no one`.
    Primary(Option<Primary>),
    /// The arguments of a directive that is a command (`user`, `loadmodule`, `rename-command`, `include`).
    Args(Vec<Vec<u8>>),
}

/// Whom a replica follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Primary {
    /// Host name or address, as written.
    pub host: Vec<u8>,
    /// TCP port.
    pub port: u16,
}

impl Value {
    /// A number, or a number of bytes.
    pub fn as_number(&self) -> Option<i128> {
        match self {
            Value::Integer(number) => Some(*number),
            Value::Bytes(bytes) => Some((*bytes).into()),
            _ => None,
        }
    }

    /// A number of bytes.
    pub fn as_bytes(&self) -> Option<u64> {
        match self {
            Value::Bytes(bytes) => Some(*bytes),
            _ => None,
        }
    }

    /// A word of an enumeration.
    pub fn as_word(&self) -> Option<&'static str> {
        match self {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether a switch is on.
    pub fn as_switch(&self) -> Option<bool> {
        match self {
            Value::Bool(on) => Some(*on),
            _ => None,
        }
    }

    /// What `CONFIG GET` prints for the value, byte for byte.
    pub fn printed(&self, directive: &Directive, version: Version) -> Vec<u8> {
        match self {
            Value::Bool(yes) => yes_or_no(*yes).to_vec(),
            Value::Word(word) => word.as_bytes().to_vec(),
            Value::Flags(words) => words.join(" ").into_bytes(),
            Value::Integer(number) => number.to_string().into_bytes(),
            Value::Bytes(bytes) => bytes.to_string().into_bytes(),
            Value::Percent(percent) => format!("{percent}%").into_bytes(),
            Value::Octal(bits) => format!("{bits:o}").into_bytes(),
            Value::Text(text) => text.clone(),
            Value::Save(points) => joined(points),
            Value::Addresses(addresses) => {
                addresses.iter().map(|a| until_nul(a)).collect::<Vec<_>>().join(&b' ')
            }
            Value::OutputLimits(limits) => {
                limits.completed(default_of(directive, version)).to_string().into_bytes()
            }
            Value::Events(events) => events.printed(all_events(directive, version)).into_bytes(),
            Value::Percentiles(percentiles) => joined(percentiles),
            Value::OomScores(scores) => joined(scores),
            Value::Primary(None) => Vec::new(),
            Value::Primary(Some(primary)) => primary.printed(),
            Value::Args(args) => args.join(&b' '),
        }
    }

    /// The arguments of every line that sets the value, on any version: several lines for save points,
    /// limits per class and lists of commands.
    pub fn to_lines(&self) -> Vec<Vec<Vec<u8>>> {
        match self {
            Value::Bool(yes) => one_argument(yes_or_no(*yes).to_vec()),
            Value::Word(word) => one_argument(word.as_bytes().to_vec()),
            Value::Flags(words) => vec![words.iter().map(|word| word.as_bytes().to_vec()).collect()],
            Value::Integer(number) => one_argument(number.to_string().into_bytes()),
            Value::Bytes(bytes) => one_argument(size_text(*bytes).into_bytes()),
            Value::Percent(percent) => one_argument(format!("{percent}%").into_bytes()),
            Value::Octal(bits) => one_argument(format!("{bits:o}").into_bytes()),
            Value::Text(text) => one_argument(text.clone()),
            Value::Save(points) if points.is_empty() => one_argument(Vec::new()),
            Value::Save(points) => points.iter().map(SavePoint::arguments).collect(),
            Value::Addresses(addresses) => vec![or_empty(addresses.clone())],
            Value::OutputLimits(limits) => limits.lines(),
            Value::Events(events) => one_argument(events.letters().into_bytes()),
            Value::Percentiles(percentiles) => vec![or_empty(texts(percentiles))],
            Value::OomScores(scores) => vec![texts(scores)],
            Value::Primary(None) => vec![vec![b"no".to_vec(), b"one".to_vec()]],
            Value::Primary(Some(primary)) => {
                vec![vec![primary.host.clone(), primary.port.to_string().into_bytes()]]
            }
            Value::Args(args) => vec![args.clone()],
        }
    }

    /// The arguments of [`Value::to_lines`], for a value that one line holds; of the first line otherwise.
    pub fn to_args(&self) -> Vec<Vec<u8>> {
        self.to_lines().into_iter().next().unwrap_or_default()
    }
}

impl Primary {
    /// Host and port as `CONFIG GET` prints them: config.c formats them into 256 bytes, the last a NUL.
    fn printed(&self) -> Vec<u8> {
        let mut text = until_nul(&self.host).to_vec();
        text.extend_from_slice(format!(" {}", self.port).as_bytes());
        text.truncate(255);
        text
    }
}

impl fmt::Debug for Value {
    // A text may be a password: what panics and logs print must not hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Value::Args(args) => write!(f, "Args({} arguments)", args.len()),
            other => write!(f, "{other}"),
        }
    }
}

impl fmt::Display for Value {
    /// The value as people write it in one line; [`Value::printed`] is what servers print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.to_lines();
        let words: Vec<_> = lines.iter().flatten().map(|arg| String::from_utf8_lossy(arg)).collect();
        f.write_str(&words.join(" "))
    }
}

/// The default of a directive, as the server prints it.
fn default_of(directive: &Directive, version: Version) -> &'static [u8] {
    directive.at(version).and_then(|facts| facts.default).unwrap_or_default().as_bytes()
}

/// The classes of events that `A` stands for.
fn all_events(directive: &Directive, version: Version) -> &'static str {
    match directive.at(version).map(|facts| facts.kind) {
        Some(Kind::Special(Special::NotifyKeyspaceEvents { all, .. })) => all,
        _ => "A",
    }
}

/// The two words of a switch.
fn yes_or_no(yes: bool) -> &'static [u8] {
    if yes { b"yes" } else { b"no" }
}

/// One line with one argument.
fn one_argument(argument: Vec<u8>) -> Vec<Vec<Vec<u8>>> {
    vec![vec![argument]]
}

/// An empty list is written as one empty argument.
fn or_empty(args: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if args.is_empty() { vec![Vec::new()] } else { args }
}

/// Each item as a text.
fn texts<T: fmt::Display>(items: &[T]) -> Vec<Vec<u8>> {
    items.iter().map(|item| item.to_string().into_bytes()).collect()
}

/// The items with a blank between each two.
fn joined<T: fmt::Display>(items: &[T]) -> Vec<u8> {
    texts(items).join(&b' ')
}
