//! What stands where in a text: keys and values with their paths, headers, punctuation.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Integer,
    Bool,
    List,
    Table,
    Other,
}

/// A key with its value, or an item of a list (whose path ends in `[]`).
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: Vec<String>,
    /// None for an item of a list.
    pub(crate) key: Option<Range<usize>>,
    pub(crate) value: Range<usize>,
    pub(crate) shape: Shape,
    /// It stands inside braces or brackets.
    pub(crate) inline: bool,
}

impl Entry {
    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// One part of a `[header]`.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) path: Vec<String>,
    pub(crate) at: Range<usize>,
    /// It is the last part of its header.
    pub(crate) last: bool,
}

impl Part {
    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// Everything in a TOML text but comments.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let table = DeTable::parse(text).unwrap();
    let mut entries = Vec::new();
    walk(table.get_ref(), &mut Vec::new(), false, text, &mut entries);
    entries
}

fn walk(table: &DeTable<'_>, path: &mut Vec<String>, inline: bool, text: &str, out: &mut Vec<Entry>) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        let inside = text[value.span()].starts_with('{');
        if matches!(value.get_ref(), DeValue::Table(_)) && !inside {
            // Its keys stand in headers.
            if let DeValue::Table(table) = value.get_ref() {
                walk(table, path, false, text, out);
            }
        } else {
            node(Some(key.span()), value, path, inline, text, out);
        }
        path.pop();
    }
}

fn node(
    key: Option<Range<usize>>,
    value: &Spanned<DeValue<'_>>,
    path: &mut Vec<String>,
    inline: bool,
    text: &str,
    out: &mut Vec<Entry>,
) {
    let shape = match value.get_ref() {
        DeValue::String(_) => Shape::Text,
        DeValue::Integer(_) => Shape::Integer,
        DeValue::Boolean(_) => Shape::Bool,
        DeValue::Array(_) => Shape::List,
        DeValue::Table(_) => Shape::Table,
        _ => Shape::Other,
    };
    out.push(Entry { path: path.clone(), key, value: value.span(), shape, inline });
    match value.get_ref() {
        DeValue::Array(items) => {
            path.push("[]".to_owned());
            for item in items {
                node(None, item, path, true, text, out);
            }
            path.pop();
        }
        DeValue::Table(table) => walk(table, path, true, text, out),
        _ => {}
    }
}

/// The parts of all headers.
pub(crate) fn headers(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let mut path = Vec::new();
            let mut at = start + 1;
            let count = name.split('.').count();
            for (nth, part) in name.split('.').enumerate() {
                path.push(part.to_owned());
                parts.push(Part { path: path.clone(), at: at..at + part.len(), last: nth + 1 == count });
                at += part.len() + 1;
            }
        }
        start += line.len();
    }
    parts
}

/// Where punctuation and the edges of words stand, outside of comments and strings.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Quotes, brackets, braces, `=` and commas.
    pub(crate) punctuation: Vec<usize>,
    /// Places where a token begins or ends.
    pub(crate) edges: Vec<usize>,
}

pub(crate) fn marks(text: &str) -> Marks {
    let mut marks = Marks::default();
    let (mut string, mut comment, mut word) = (false, false, false);
    // The specs at hand know double quotes only, and no escapes.
    for (at, c) in text.char_indices() {
        if comment {
            comment = c != '\n';
            continue;
        }
        match c {
            '"' => {
                marks.punctuation.push(at);
                marks.edges.push(if string { at + 1 } else { at });
                string = !string;
            }
            _ if string => {}
            '#' => comment = true,
            '[' | ']' | '{' | '}' | '=' | ',' | ':' => marks.punctuation.push(at),
            _ => {}
        }
        let now = !string && (c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if now != word && c != '"' && !string && !comment {
            marks.edges.push(at);
        }
        word = now;
    }
    marks.edges.sort_unstable();
    marks.edges.dedup();
    marks
}
