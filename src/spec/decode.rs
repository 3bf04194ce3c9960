//! From the untyped tree to plain records: every mistake of a table is reported, each at its span,
//! and what could be decoded is kept.
//!
//! Records are declared with the macros of [`super::declare`], which decode by what stands here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::merge::lay_over;
use super::raw::{Entry, Node, Raw, Table};
use super::shape::{Describe, Shape};
use crate::catalog::{self, Engine};
use crate::diag::{Code, Edit, Finding, Findings};
use crate::source::{At, Span};

/// What decoding carries along.
#[derive(Debug)]
pub struct Decoder<'a> {
    /// Where findings go.
    pub findings: &'a mut Findings,
    /// Parts of the spec were lost to syntax errors: missing keys are no finding then.
    pub lossy: bool,
}

/// A type that a value of the tree can be decoded into.
pub trait Decode: Sized {
    /// What it wants, with its article: `a string`, `a port`.
    const WANTS: &'static str;

    /// The only value that it takes, if there is but one: where a needed one is missing, it is this.
    const ONLY: Option<&'static str> = None;

    /// Decodes a value, or reports why not. Every `None` has its finding.
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self>;
}

/// Reports a value of the wrong type.
pub(super) fn wrong_type<T>(node: &Node, wants: &str, decoder: &mut Decoder<'_>) -> Option<T> {
    let title = format!("expected {wants}, found {}", node.value.what());
    decoder.findings.push(Finding::new(Code::WrongType, node.span, title).help(format!("write {wants}")));
    None
}

/// Reports a value of the right type that says nothing sensible.
pub(super) fn invalid<T>(
    span: Span,
    title: impl Into<String>,
    help: &str,
    decoder: &mut Decoder<'_>,
) -> Option<T> {
    decoder.findings.push(Finding::new(Code::InvalidField, span, title).help(help));
    None
}

/// A table whose keys are names that the user chose, in the order of the names.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T> {
    entries: BTreeMap<String, NamedEntry<T>>,
}

/// An entry of [`Named`].
#[derive(Debug, Clone, PartialEq)]
pub struct NamedEntry<T> {
    /// The name, where it stands.
    pub name: At<String>,
    /// The record; none where it could not be decoded at all.
    pub value: Option<At<T>>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named { entries: BTreeMap::new() }
    }
}

impl<T> Named<T> {
    /// Whether the name was declared, decodable or not.
    pub fn declares(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The record of a name.
    pub fn get(&self, name: &str) -> Option<&At<T>> {
        self.entries.get(name)?.value.as_ref()
    }

    /// Every declared name with its record where that could be decoded.
    pub fn entries(&self) -> impl Iterator<Item = &NamedEntry<T>> {
        self.entries.values()
    }

    /// Every record with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&At<String>, &At<T>)> {
        self.entries.values().filter_map(|entry| Some((&entry.name, entry.value.as_ref()?)))
    }

    /// The declared names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether nothing was declared.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T: Decode> Decode for Named<T> {
    const WANTS: &'static str = "a table of names";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Table(table) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        let mut named = Named::default();
        for (key, entry) in &table.entries {
            if !is_name(key) {
                let title = format!("`{}` cannot be a name", key.escape_debug());
                let help = "names hold letters, digits, `-`, `_` and `.`, and begin with a letter or digit";
                invalid::<()>(entry.key, title, help, decoder);
                continue;
            }
            let value = T::decode(&entry.value, decoder).map(|value| At::new(value, entry.value.span));
            named.entries.insert(key.clone(), NamedEntry { name: At::new(key.clone(), entry.key), value });
        }
        report_unused_unsets(table, decoder);
        Some(named)
    }
}

impl<T: Describe> Describe for Named<T> {
    fn shape() -> Shape {
        T::named()
    }
}

/// What a name is, as a regular expression.
pub const NAME_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$";

/// Names become folder names, unit names and Sentinel's master names, none of which can be quoted
/// everywhere.
fn is_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

impl<T: Decode> Decode for Vec<At<T>> {
    const WANTS: &'static str = "a list";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::List(items) = &node.value else {
            let title = format!("expected a list, found {}", node.value.what());
            let help = format!("put it in brackets: each item is {}", T::WANTS);
            let finding = Finding::new(Code::WrongType, node.span, title).help(help);
            let mut faults = Findings::default();
            let is_item =
                T::decode(node, &mut Decoder { findings: &mut faults, lossy: decoder.lossy }).is_some();
            decoder.findings.push(if is_item && faults.is_empty() {
                finding.mended_by(in_brackets(node.span))
            } else {
                finding
            });
            return None;
        };
        // Every item is decoded, so that every mistake is found, before the list fails as a whole.
        let values: Vec<_> = items
            .iter()
            .map(|item| T::decode(item, decoder).map(|value| At::new(value, item.span)))
            .collect();
        values.into_iter().collect()
    }
}

fn in_brackets(value: Span) -> Vec<Edit> {
    let end = Span { start: value.end, ..value };
    let put = |span, text: &str| Edit::Replace { span, text: text.to_owned() };
    vec![put(value.start_only(), "["), put(end, "]")]
}

impl<T: Describe> Describe for Vec<At<T>> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}

/// A needed field that is not there.
struct Missing {
    key: &'static str,
    /// What it wants.
    wants: &'static str,
    /// Its only value, if there is but one.
    only: Option<&'static str>,
}

/// The table of a record, and what is left to say about it once its fields are decoded.
pub(super) struct Fields<'t> {
    table: Cow<'t, Table>,
    span: Span,
    keys: &'static [&'static str],
    what: &'static str,
    /// Needed fields that are not there.
    missing: Vec<Missing>,
}

impl<'t> Fields<'t> {
    /// Opens a table and reports keys that the record does not have.
    pub(super) fn open(
        node: &'t Node,
        what: &'static str,
        keys: &'static [&'static str],
        decoder: &mut Decoder<'_>,
    ) -> Option<Self> {
        let Raw::Table(table) = &node.value else { return wrong_type(node, what, decoder) };
        for (key, entry) in &table.entries {
            if !keys.contains(&key.as_str()) {
                decoder.findings.push(unknown_key(key, entry.key, what, keys));
            }
        }
        report_unused_unsets(table, decoder);
        Some(Fields { table: as_meant(table, keys), span: node.span, keys, what, missing: Vec::new() })
    }

    /// Decodes a field that may be absent.
    pub(super) fn optional<T: Decode>(&self, key: &str, decoder: &mut Decoder<'_>) -> Option<At<T>> {
        let node = self.table.get(key)?;
        T::decode(node, decoder).map(|value| At::new(value, node.span))
    }

    /// Decodes a field that must be there.
    pub(super) fn required<T: Decode>(
        &mut self,
        key: &'static str,
        decoder: &mut Decoder<'_>,
    ) -> Option<At<T>> {
        if self.table.get(key).is_none() && !decoder.lossy {
            self.missing.push(Missing { key, wants: T::WANTS, only: T::ONLY });
        }
        self.optional(key, decoder)
    }

    /// Decodes a table of names; absent is empty.
    pub(super) fn map<T: Decode>(&self, key: &str, decoder: &mut Decoder<'_>) -> Named<T> {
        self.table.get(key).and_then(|node| Named::decode(node, decoder)).unwrap_or_default()
    }

    /// Reports the needed fields that were not there, all in one: they may be where a misspelled name is.
    pub(super) fn report_missing(&self, decoder: &mut Decoder<'_>) {
        let keys: Vec<&str> = self.missing.iter().map(|missing| missing.key).collect();
        if keys.is_empty() {
            return;
        }
        let title = format!("{} needs {}", self.what, listed(&keys));
        let mut finding = Finding::new(Code::MissingKey, self.span, title);
        for Missing { key, wants, only } in &self.missing {
            finding = finding.help(match only {
                Some(only) => format!("add `{key} = {only}`: {wants}"),
                None => format!("add `{key} = ` with {wants}"),
            });
        }
        if let Some(edits) = self.additions() {
            finding = finding.mended_by(edits);
        }
        decoder.findings.push(finding);
    }

    /// What to add where each missing key has one value: behind the first key of the record that is no table.
    fn additions(&self) -> Option<Vec<Edit>> {
        let here = |entry: &&Entry| {
            entry.key.source == self.span.source && !matches!(entry.value.value, Raw::Table(_))
        };
        let entries = self.table.entries.values().map(AsRef::as_ref).filter(here);
        let beside = entries.map(|entry| entry.key).min_by_key(|key| key.start)?;
        let add = |missing: &Missing| {
            let value = missing.only?.to_owned();
            Some(Edit::Insert { beside, key: missing.key.to_owned(), value })
        };
        self.missing.iter().map(add).collect()
    }

    /// Reports what `validator` found, each at the span of its field.
    pub(super) fn bounds(&self, checked: Result<(), validator::ValidationErrors>, decoder: &mut Decoder<'_>) {
        let Err(errors) = checked else { return };
        let errors = errors.field_errors();
        for key in self.keys {
            // The errors carry the input value; only our own message is shown.
            let Some(found) = errors.get(key.replace('-', "_").as_str()) else { continue };
            let Some(node) = self.table.get(key) else { continue };
            for error in *found {
                let wants = error.message.as_deref().unwrap_or("a value within its bounds");
                let title = format!("`{key}` must be {wants}");
                decoder.findings.push(Finding::new(Code::InvalidField, node.span, title));
            }
        }
    }
}

/// The table with misspelled keys read as the ones that were meant, so that nothing else follows from the
/// spelling, and mistakes behind it are found as well.
fn as_meant<'t>(table: &'t Table, keys: &[&'static str]) -> Cow<'t, Table> {
    let mut meant = Cow::Borrowed(table);
    for (key, entry) in table.entries.iter().filter(|(key, _)| !keys.contains(&key.as_str())) {
        let Some(near) = nearest(key, keys.iter().copied()) else { continue };
        match (meant.get(near).map(|node| &node.value), &entry.value.value) {
            (None, _) => {
                meant.to_mut().entries.insert(near.to_owned(), entry.clone());
            }
            (Some(Raw::Table(_)), Raw::Table(more)) => {
                let entry = meant.to_mut().entries.get_mut(near).map(AsMut::as_mut);
                if let Some(Entry { value: Node { value: Raw::Table(base), .. }, .. }) = entry {
                    lay_over(base, more.clone(), &mut Vec::new());
                }
            }
            _ => {}
        }
    }
    meant
}

fn report_unused_unsets(table: &Table, decoder: &mut Decoder<'_>) {
    for unset in table.unset.iter().filter(|unset| !unset.used && !decoder.lossy) {
        let title = format!("`unset` takes away `{}`, which no layer below sets", unset.name.value);
        let finding = Finding::new(Code::UnsetWithoutEffect, unset.name.span, title)
            .help("remove the name, or correct its spelling");
        let misspelled = nearest(&unset.name.value, table.entries.keys().map(String::as_str)).is_some();
        decoder.findings.push(if misspelled { finding } else { finding.fix_by_removing(unset.name.span) });
    }
}

/// The finding for a key that a table does not have.
pub(super) fn unknown_key(key: &str, span: Span, what: &str, keys: &[&str]) -> Finding {
    let finding = Finding::new(Code::UnknownKey, span, format!("{what} has no key `{}`", key.escape_debug()));
    match nearest(key, keys.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).guess(span, near),
        None if keys.contains(&"config") && is_servers_own(key) => {
            finding.help("it is one of the server's own settings: write it under `config`")
        }
        None => finding.help(format!("its keys are {}", listed(keys))),
    }
}

/// Whether some server knows a setting of that name.
fn is_servers_own(key: &str) -> bool {
    [Engine::Redis, Engine::Valkey].iter().any(|engine| {
        catalog::directive(*engine, key).is_some() || catalog::sentinel::directive(*engine, key).is_some()
    }) || catalog::memcached::option(key).is_some()
}

/// How many slips lie between two words at least: each puts one character at most where the word had none. Cheap, and
/// enough to tell most words apart.
fn fewest_slips(a: &str, b: &str) -> usize {
    let characters = |word: &str| word.chars().fold(0u128, |set, c| set | 1 << (u32::from(c) & 127));
    let (a, b) = (characters(a), characters(b));
    (a & !b).count_ones().max((b & !a).count_ones()) as usize
}

/// The known word that a misspelled one most likely stands for.
pub(crate) fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let lower = word.to_ascii_lowercase().replace('_', "-");
    // Of a word of one letter nothing would be left that the two have in common.
    let most = |candidate: &str| {
        let shorter = lower.len().min(candidate.len());
        if shorter < 2 { 0 } else { 1.max(shorter / 3) }
    };
    // A word may have any length; one that is much longer or shorter is not compared.
    known
        .filter(|candidate| lower.len().abs_diff(candidate.len()) <= most(candidate))
        .filter(|candidate| fewest_slips(&lower, candidate) <= most(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` and `c`, each in backquotes.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A number of things, in words for people: `1 file`, `2 files`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// One of some words, or a finding that names them.
pub(super) fn word(
    node: &Node,
    what: &str,
    words: &'static [&'static str],
    decoder: &mut Decoder<'_>,
) -> Option<&'static str> {
    let choose = || format!("write one of {}", listed(words));
    let Raw::Text(text) = &node.value else {
        let title = format!("expected {what}, found {}", node.value.what());
        decoder.findings.push(Finding::new(Code::WrongType, node.span, title).help(choose()));
        return None;
    };
    let found = words.iter().find(|word| *word == text);
    if found.is_none() {
        let title = format!("`{}` is not {what}", text.escape_debug());
        let finding = Finding::new(Code::InvalidField, node.span, title);
        let finding = match nearest(text, words.iter().copied()) {
            Some(near) => {
                finding.help(format!("did you mean `{near}`?")).guess(node.span, format!("\"{near}\""))
            }
            None => finding.help(choose()),
        };
        decoder.findings.push(finding);
    }
    found.copied()
}

pub(super) use super::declare::{choice, record};
