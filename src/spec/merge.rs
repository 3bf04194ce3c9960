//! Lays one layer over another: tables merge deeply, everything else replaces, `unset` takes away.

use super::raw::{Entry, Raw, Table, Unset};
use crate::diag::{Code, Finding, Findings};
use crate::source::At;

/// The key that takes away what earlier layers set.
pub(super) const UNSET: &str = "unset";

/// Moves every `unset` list of a freshly read layer from the entries to its own place.
pub(super) fn extract_unset(table: &mut Table, findings: &mut Findings) {
    if let Some(entry) = table.entries.remove(UNSET) {
        take_list(table, entry, findings);
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

/// Lays `over` on `base`.
pub(super) fn lay_over(base: &mut Table, over: Table) {
    for mut unset in over.unset {
        unset.used |= base.entries.remove(&unset.name.value).is_some();
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
                base.entries.insert(key, merged(below, entry));
            }
        }
    }
}

fn merged(below: Entry, over: Entry) -> Entry {
    let Entry { key: below_key, value: mut below_value, mut overrode } = below;
    match (&mut below_value.value, over.value.value) {
        (Raw::Table(base), Raw::Table(table)) => {
            lay_over(base, table);
            Entry { key: over.key, value: below_value, overrode }
        }
        (_, replacement) => {
            overrode.push(below_key);
            let value = super::raw::Node { value: replacement, span: over.value.span };
            Entry { key: over.key, value, overrode }
        }
    }
}
