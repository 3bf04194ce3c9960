//! Lays one layer over another: tables merge deeply, everything else replaces, `unset` takes away.

use super::raw::{Entry, Node, Raw, Table, Unset};
use super::shape::{Describe, Field, Presence};
use crate::catalog::{self, Engine};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Span};

/// The key that takes away what earlier layers set; every table may hold it, but for those in lists.
pub const UNSET: Field = Field {
    key: "unset",
    doc: "Keys of this table that are taken away: what layers below set and, under `config`, what profiles set.",
    presence: Presence::Optional,
    bounds: None,
    shape: Vec::<At<String>>::shape,
};

/// Moves every `unset` list of a freshly read layer from the entries to its own place.
pub(super) fn extract_unset(table: &mut Table, findings: &mut Findings) {
    if let Some(entry) = table.entries.remove(UNSET.key) {
        take_list(table, *entry, findings);
    }
    for entry in table.entries.values_mut() {
        if let Raw::Table(inner) = &mut entry.value.value {
            extract_unset(inner, findings);
        }
    }
}

fn take_list(table: &mut Table, entry: Entry, findings: &mut Findings) {
    let Raw::List(items) = entry.value.value else {
        let title = format!("`unset` is a list of names, not {}", entry.value.value.what());
        let finding = Finding::new(Code::WrongType, entry.value.span, title);
        findings.push(finding.help("write `unset = [\"maxmemory-clients\"]`"));
        return;
    };
    for item in items {
        let Raw::Text(name) = item.value else {
            let title = format!("`unset` lists names, and {} is none", item.value.what());
            findings.push(Finding::new(Code::WrongType, item.span, title));
            continue;
        };
        if let Some(set) = table.entries.get(&name) {
            let title = format!("`{name}` is set and unset in the same table");
            let finding = Finding::new(Code::InvalidField, item.span, title).related(set.key, "set here");
            findings.push(finding.help("keep one of the two"));
            continue;
        }
        table.unset.push(Unset { name: At::new(name, item.span), used: false });
    }
}

/// Lays `over` on `base`. What is replaced is never looked at again, so literal secrets among it are noted.
pub(super) fn lay_over(base: &mut Table, over: Table, secrets: &mut Vec<Span>) {
    for mut unset in over.unset {
        let taken = base.entries.remove(&unset.name.value);
        secrets.extend(taken.as_ref().and_then(|entry| literal_secret(&unset.name.value, &entry.value)));
        unset.used |= taken.is_some();
        base.unset.retain(|earlier| earlier.name.value != unset.name.value);
        base.unset.push(unset);
    }
    for (key, entry) in over.entries {
        base.unset.retain(|earlier| earlier.name.value != key);
        match base.entries.remove(&key) {
            None => {
                base.entries.insert(key, entry);
            }
            Some(below) => {
                let entry = merged(&key, *below, *entry, secrets);
                base.entries.insert(key, Box::new(entry));
            }
        }
    }
}

fn merged(name: &str, below: Entry, over: Entry, secrets: &mut Vec<Span>) -> Entry {
    let Entry { key: below_key, value: mut below_value, mut overrode } = below;
    match (&mut below_value.value, over.value.value) {
        (Raw::Table(base), Raw::Table(table)) => {
            lay_over(base, table, secrets);
            Entry { key: over.key, value: below_value, overrode }
        }
        (_, replacement) => {
            secrets.extend(literal_secret(name, &below_value));
            overrode.push(below_key);
            let value = Node { value: replacement, span: over.value.span };
            Entry { key: over.key, value, overrode }
        }
    }
}

/// The place of a secret that stands in a layer itself, under a name that holds one.
pub(crate) fn literal_secret(name: &str, value: &Node) -> Option<Span> {
    let secret = |engine| catalog::directive(engine, name).is_some_and(|directive| directive.secret);
    let holds = matches!(name, "password" | "passwords" | "key-file-password")
        || [Engine::Redis, Engine::Valkey].into_iter().any(secret);
    match &value.value {
        Raw::Text(text) if holds && !text.is_empty() => Some(value.span),
        Raw::List(items) if holds && items.iter().any(|item| matches!(item.value, Raw::Text(_))) => {
            Some(value.span)
        }
        _ => None,
    }
}
