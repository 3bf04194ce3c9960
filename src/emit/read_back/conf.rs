//! redis.conf, valkey.conf and sentinel.conf.

use std::collections::BTreeSet;

use crate::catalog::sentinel::{Scope, SentinelDirective, directive as sentinel_directive};
use crate::catalog::{self, Kind, Special, Target, Version};
use crate::spec::nearest;
use crate::text::conf::{ConfDoc, ConfLineKind, Directive};
use crate::value::{HostNames, fold_lines, judge, judge_sentinel};

use super::ReadBack;
use super::compare::{Item, compare};
use super::difference::{Difference, What};

/// Sentinel reads its lines in the order of the file before this version; later it finds `monitor` first.
const FINDS_MONITOR_FIRST: Version = Version::new(6, 2, 0);

/// A file of directives.
pub(in crate::emit) struct ConfReadBack<'a> {
    /// Who reads it.
    pub(in crate::emit) target: &'a Target,
    /// The file's name.
    pub(in crate::emit) file: &'a str,
    /// The node, and its deployment or set of sentinels.
    pub(in crate::emit) node: [&'a str; 2],
    /// The model's lines.
    pub(in crate::emit) model: &'a [&'a str],
}

impl ReadBack for ConfReadBack<'_> {
    fn differences(&self, output: &str) -> Vec<Difference> {
        let written = ConfDoc::parse(output);
        let mut differences: Vec<Difference> = unreadable(&written).collect();
        let model: Vec<Item> = self
            .model
            .iter()
            .flat_map(|text| self.items(&ConfDoc::parse(*text)).collect::<Vec<_>>())
            .collect();
        let items: Vec<Item> = self.items(&written).collect();
        differences.extend(compare(&model, &items, |model, written| self.same(model, written)));
        differences.extend(self.too_early(&items));
        differences
    }

    fn placeholder(&self) -> &'static str {
        "directives"
    }

    fn keep(&self) -> String {
        if self.file != crate::emit::sentinel_conf::FILE {
            return "keep `{{ directives }}` as it is: it holds every line that the spec says".to_owned();
        }
        let parts = "`{{ directives }}`, `{{ global }}`, and `{{ watch.directives }}` of each of `watches`";
        format!("keep {parts}: together they are what the spec says")
    }

    fn file(&self) -> String {
        let [node, deployment] = self.node;
        format!("{} of `{node}` in `{deployment}`", self.file)
    }
}

/// What a line is about.
struct About {
    /// Lines of one key replace each other or add up.
    key: String,
    /// What can be shown of it in any case.
    named: String,
    /// The rest is not to be shown.
    hidden: bool,
    /// The rest is a secret.
    secret: bool,
}

fn unreadable(doc: &ConfDoc) -> impl Iterator<Item = Difference> + '_ {
    doc.lines().iter().filter_map(|line| match &line.kind {
        ConfLineKind::Bad(error) => Some(Difference {
            at: Some(line.content.range()),
            secret: false,
            what: What::Unreadable { why: error.problem.to_string() },
        }),
        _ => None,
    })
}

impl ConfReadBack<'_> {
    fn items<'s>(&'s self, doc: &'s ConfDoc) -> impl Iterator<Item = Item> + 's {
        doc.directives().map(|(_, line)| {
            let args: Vec<Vec<u8>> = line.args.iter().map(|arg| arg.value.clone()).collect();
            let About { key, named, hidden, secret } = self.about(line);
            let range = line.span().range();
            let shown =
                if hidden { named } else { String::from_utf8_lossy(doc.bytes(line.span())).into_owned() };
            Item { key, shown, args, range, secret }
        })
    }

    /// What a line is about.
    fn about(&self, line: &Directive) -> About {
        let engine = self.target.engine;
        let name = line.key().into_owned();
        if let Some((directive, rest)) = self.sentinel(line) {
            let primary = (directive.scope == Scope::Primary).then(|| rest.first()).flatten();
            let key = match primary {
                Some(primary) => format!("sentinel {} {primary}", directive.name),
                None => format!("sentinel {}", directive.name),
            };
            let secret = directive.secret;
            return About { named: key.clone(), key, hidden: secret, secret };
        }
        match catalog::directive(engine, &name) {
            Some(directive) => {
                let secret = directive.secret || directive.name == "user";
                About { key: directive.name.to_owned(), named: name, hidden: secret, secret }
            }
            // A module's, or misspelled: nobody knows what it holds.
            None => {
                let secrets = catalog::directives(engine).iter().filter(|directive| directive.secret);
                let meant = nearest(&name, secrets.map(|directive| directive.name));
                About { key: name.clone(), named: name, hidden: true, secret: meant.is_some() }
            }
        }
    }

    /// One of Sentinel's own lines, and what stands behind the option.
    fn sentinel(&self, line: &Directive) -> Option<(&'static SentinelDirective, Vec<String>)> {
        let (option, rest) = line.args.split_first().filter(|_| line.is("sentinel"))?;
        let directive = sentinel_directive(self.target.engine, &option.lossy().to_ascii_lowercase())?;
        Some((directive, rest.iter().map(|arg| arg.lossy().into_owned()).collect()))
    }

    /// Whether a server makes the same of two lists of lines of one directive.
    fn same(&self, model: &[&Item], written: &[&Item]) -> bool {
        let key = model.first().map(|item| item.key.as_str()).unwrap_or_default();
        let pairs = || model.len() == written.len();
        if let Some(rest) = key.strip_prefix("sentinel ") {
            let option = rest.split(' ').next().unwrap_or_default();
            let Some(directive) = sentinel_directive(self.target.engine, option) else { return false };
            let skipped = if directive.scope == Scope::Primary { 2 } else { 1 };
            let value = |item: &Item| {
                let args = item.args.get(skipped..).unwrap_or_default();
                judge_sentinel(directive, args, HostNames::Resolved, self.target).value().cloned()
            };
            return pairs()
                && model.iter().zip(written).all(|(a, b)| value(a).is_some() && value(a) == value(b));
        }
        let Some(directive) = catalog::directive(self.target.engine, key) else { return false };
        let value = |item: &Item| judge(directive, &item.args, self.target).value().cloned();
        if pairs() && model.iter().zip(written).all(|(a, b)| value(a).is_some() && value(a) == value(b)) {
            return true;
        }
        let newest = directive.within(self.target.versions).last();
        let merges = newest.is_some_and(|facts| {
            matches!(
                facts.kind,
                Kind::Special(Special::Save { .. } | Special::ClientOutputBufferLimit { .. })
            )
        });
        let folded = |items: &[&Item]| {
            let lines: Vec<Vec<Vec<u8>>> = items.iter().map(|item| item.args.clone()).collect();
            fold_lines(directive, &lines, self.target).value().cloned()
        };
        merges && folded(model).is_some() && folded(model) == folded(written)
    }

    /// Lines of Sentinel above the `monitor` line of what they speak of.
    fn too_early(&self, items: &[Item]) -> Vec<Difference> {
        if self.target.versions.first >= FINDS_MONITOR_FIRST {
            return Vec::new();
        }
        let mut known: BTreeSet<&[u8]> = BTreeSet::new();
        let monitored: BTreeSet<&[u8]> = items.iter().filter_map(|item| primary_of(item, true)).collect();
        let mut early = Vec::new();
        for item in items {
            known.extend(primary_of(item, true));
            let Some(primary) = primary_of(item, false) else { continue };
            if monitored.contains(primary) && !known.contains(primary) {
                let why = "Sentinel 6.0 reads `monitor` of the same name first";
                let what = What::Misplaced { line: item.key.clone(), why };
                early.push(Difference { at: Some(item.range.clone()), secret: false, what });
            }
        }
        early
    }
}

/// The name that a line of Sentinel speaks of, of `monitor` lines or of the others.
fn primary_of(item: &Item, monitor: bool) -> Option<&[u8]> {
    let words = item.key.split(' ').count();
    let of_primary = item.key.starts_with("sentinel ") && words > 2;
    let monitors = item.key.starts_with("sentinel monitor ");
    (of_primary && monitors == monitor).then(|| item.args.get(1).map(Vec::as_slice)).flatten()
}
