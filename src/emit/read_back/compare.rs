//! Two readings of one file: the model's and a template's.

use std::collections::BTreeMap;
use std::ops::Range;

use super::difference::{Difference, What};

/// One thing that a file says.
#[derive(Clone)]
pub(super) struct Item {
    /// What it is about: things with one key replace each other or add up.
    pub(super) key: String,
    /// The thing as it is shown: the whole line, or its name where the value may be a secret.
    pub(super) shown: String,
    /// The arguments.
    pub(super) args: Vec<Vec<u8>>,
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// It holds a secret.
    pub(super) secret: bool,
}

/// What a template's reading says otherwise. `same` decides about two lists of one key, of the model and of
/// the template, that are not equal to the byte.
pub(super) fn compare(
    model: &[Item],
    written: &[Item],
    same: impl Fn(&[&Item], &[&Item]) -> bool,
) -> Vec<Difference> {
    let mut keys: BTreeMap<&str, (Vec<&Item>, Vec<&Item>)> = BTreeMap::new();
    for item in model {
        keys.entry(&item.key).or_default().0.push(item);
    }
    for item in written {
        keys.entry(&item.key).or_default().1.push(item);
    }
    let mut missing: Vec<String> = Vec::new();
    let mut differences = Vec::new();
    for (model, written) in keys.into_values() {
        match (model.as_slice(), written.as_slice()) {
            ([], written) => differences.extend(written.iter().map(|item| added(item))),
            (model, []) => missing.extend(model.iter().map(|item| item.shown.clone())),
            (model, written) if equal(model, written) || same(model, written) => {}
            (model, written) => differences.push(changed(model, written, &same)),
        }
    }
    differences.sort_by_key(|difference| difference.at.as_ref().map(|at| at.start));
    if !missing.is_empty() {
        differences.push(Difference { at: None, secret: false, what: What::Missing { lines: missing } });
    }
    differences
}

fn equal(model: &[&Item], written: &[&Item]) -> bool {
    model.len() == written.len() && model.iter().zip(written).all(|(a, b)| a.args == b.args)
}

fn added(item: &Item) -> Difference {
    let what = What::Added { line: item.shown.clone() };
    Difference { at: Some(item.range.clone()), secret: item.secret, what }
}

/// Both sides say something about one thing, and not the same.
fn changed(model: &[&Item], written: &[&Item], same: &impl Fn(&[&Item], &[&Item]) -> bool) -> Difference {
    let agrees = |a: &Item, b: &Item| a.args == b.args || same(&[a], &[b]);
    let wanted = || model.iter().map(|item| item.shown.clone()).collect();
    let strange = written.iter().find(|item| !model.iter().any(|other| agrees(other, item)));
    let lost = model.iter().find(|item| !written.iter().any(|other| agrees(item, other)));
    let of = |item: &Item, what| Difference { at: Some(item.range.clone()), secret: item.secret, what };
    match (strange, lost, written) {
        (Some(item), _, _) => of(item, What::Changed { line: item.shown.clone(), wanted: wanted() }),
        (None, Some(item), _) => {
            Difference { at: None, secret: false, what: What::Missing { lines: vec![item.shown.clone()] } }
        }
        (None, None, [.., last]) if written.len() > model.len() => {
            of(last, What::Repeated { line: last.shown.clone() })
        }
        (None, None, [first, ..]) => of(first, What::Reordered { wanted: wanted() }),
        (None, None, []) => Difference { at: None, secret: false, what: What::Missing { lines: wanted() } },
    }
}
