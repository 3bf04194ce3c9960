//! The untyped tree that layers are read into and merged as: every value with its place, and every
//! entry with the places of what it overrode.

use std::collections::BTreeMap;
use std::fmt;

use crate::source::{At, Span};

/// A value as it was written, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Raw,
    /// Where it stands.
    pub span: Span,
}

/// What TOML and JSON can both say.
#[derive(Clone, PartialEq)]
pub enum Raw {
    /// JSON's `null`; no field takes it.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text.
    Text(String),
    /// A date or time of TOML, as its own text.
    Datetime(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

impl fmt::Debug for Raw {
    /// Without single values: any may be a secret that somebody wrote into a spec.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::List(items) => f.debug_list().entries(items).finish(),
            Raw::Table(table) => table.fmt(f),
            Raw::Text(text) => write!(f, "a string of {} bytes", text.len()),
            other => f.write_str(other.what()),
        }
    }
}

impl Raw {
    /// What it is, with its article, for messages.
    pub fn what(&self) -> &'static str {
        match self {
            Raw::Null => "null",
            Raw::Bool(_) => "a boolean",
            Raw::Integer(_) => "an integer",
            Raw::Float(_) => "a float",
            Raw::Text(_) => "a string",
            Raw::Datetime(_) => "a date",
            Raw::List(_) => "a list",
            Raw::Table(_) => "a table",
        }
    }
}

/// A table: entries by key, and the names that `unset` takes away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The entries. In boxes, for most tables have two or three, and a map makes room for eleven.
    pub entries: BTreeMap<String, Box<Entry>>,
    /// What `unset` lists and no later layer sets again.
    pub unset: Vec<Unset>,
}

impl Table {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.value)
    }
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: Node,
    /// Where earlier layers set the same key, oldest first.
    pub overrode: Vec<Span>,
}

/// One name of an `unset` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unset {
    /// The name.
    pub name: At<String>,
    /// An earlier layer had set it.
    pub used: bool,
}
